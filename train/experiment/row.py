"""One row with one seed: trained, its styles clustered, evaluated; each where an earlier start was interrupted."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tfhd.command_line import import_tensorflow_to_train
from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.files import write_text

_TRAINED = "trained.json"


@dataclass(frozen=True)
class Row:
    """What to train and how to judge it.

    Attributes:
        name: of the row.
        seed: of the training.
        config: JSON text of the experiment.
        folder: of the run.
        segmenter: the judge.
        features: as for `tfhd train evaluate`.
    """

    name: str
    seed: int
    config: str
    folder: Path
    segmenter: Path
    features: str

    @property
    def is_done(self) -> bool:
        """Whether it is trained and evaluated."""
        return os.path.exists(self.folder / "evaluation.json")

    @property
    def seconds(self) -> float:
        """Seconds of training so far."""
        try:
            return float(json.loads((self.folder / _TRAINED).read_text(encoding="utf-8"))["seconds"])
        except (OSError, ValueError, LookupError):
            return 0.0


def run_row(row: Row) -> None:
    """Does what is left of a row; in a process of its own, so that no row leaves anything behind for the next.

    Exits with code 2 and one line on standard error for a mistake of the user's, or as `tfhd train fit` does where it is stopped.
    """
    import_tensorflow_to_train()
    try:
        _run(row)
    except InputError as error:
        print("error:", *str(error).splitlines(), file=sys.stderr)
        sys.exit(2)


def _run(row: Row) -> None:
    # These take TensorFlow.
    from ..evaluate import evaluate
    from ..styles import write_styles

    config = Config.from_json(row.config)
    if not _is_trained(row):
        _train(row, config)
    if config.encoder.feature_channels and not os.path.exists(row.folder / "styles.npz"):
        write_styles(row.folder)
    evaluate(row.folder, row.segmenter, features=row.features, vgg_weights=config.loss.vgg_weights)


def _is_trained(row: Row) -> bool:
    try:
        return bool(json.loads((row.folder / _TRAINED).read_text(encoding="utf-8"))["done"])
    except (OSError, ValueError, LookupError):
        return False


def _train(row: Row, config: Config) -> None:
    from tfhd.runs.checkpoint_files import list_checkpoints

    from ..data_reading import data_errors
    from ..preparation import prepare
    from ..stage_runner import StageRunner
    from ..stop_request import stop_request

    resume = bool(list_checkpoints(row.folder / "checkpoints"))
    if not resume:
        shutil.rmtree(row.folder, ignore_errors=True)  # stopped before its first checkpoint
    before, started = row.seconds if resume else 0.0, time.monotonic()
    with data_errors(), stop_request() as stop:
        _, done = StageRunner(prepare(config, row.folder, resume=resume)).run(stop)
        seconds = before + time.monotonic() - started
        write_text(row.folder / _TRAINED, json.dumps({"done": done, "seconds": seconds}) + "\n", "state of the row")
        if not done:
            sys.exit(stop.exit_code)
