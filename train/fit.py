"""`tfhd train fit PRESET`: from a preset and a data folder to a run folder."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.presets import PRESETS
from tfhd.training.listeners import Profile

from .changes import Changes, find_changes
from .data_reading import data_errors
from .preparation import prepare
from .preset_flags import PresetFlags, parse_preset_flags
from .stage_runner import StageRunner
from .stop_request import stop_request


@dataclass(frozen=True)
class Fit(PresetFlags):
    """A configuration, and how to train it."""

    out: Path = Path("runs/new")
    """The run folder: config.json, losses.csv, samples/, tensorboard/, checkpoints/."""
    resume: bool = False
    """Go on from the newest checkpoint in --out; flags can change data.root, training.learning_rate and epochs of the run."""
    init: Path | None = None
    """A run folder whose networks the first stage starts from: those of the stage before, of the same stage, or imported."""
    first_stage: str | None = None
    """The stage to start with; those before it are not trained."""
    profile: bool = False
    """Record ten steps with TensorFlow's profiler, for TensorBoard."""
    terminate_on_collapse: bool = False
    """End the training, instead of warning, once the discriminators have recognized nearly every fake for 1000 steps."""
    dry_run: bool = False
    """Print the whole configuration and stop."""


def fit(arguments: list[str], prog: str) -> None:
    """Train a preset on your photos, or on the embedded streets."""
    options = parse_fit(arguments, prog)
    config, changes = _run_config(options, arguments, prog)
    if options.dry_run:
        print(config.to_json(), end="")
        return
    with data_errors():
        start = {"resume": options.resume, "init": options.init, "first_stage": options.first_stage}
        training = prepare(config, options.out, changes=changes, **start)
        profile = Profile(options.out / "tensorboard") if options.profile and training.cluster.is_chief else None
        runner = StageRunner(training, profile, options.terminate_on_collapse)
        with _full_disk(options.out), stop_request() as stop:
            state, done = runner.run(stop)
    if profile is not None:
        print(profile.summary)
    if not done:
        print(f"{options.out}: stopped after step {state.step}, which is saved; go on with --resume")
        sys.exit(stop.exit_code)
    print(f"done: {options.out}")
    if config.encoder.feature_channels:
        print(f"next: tfhd train styles {shlex.quote(str(options.out))}")


def parse_fit(arguments: list[str], prog: str) -> Fit:
    """The options that `fit` is given; raises `InputError` where the preset or a flag is unknown, or a value is wrong."""
    options = parse_preset_flags(Fit, arguments, prog)
    if options.resume and (options.init is not None or options.first_stage is not None):
        raise InputError("--resume goes on from the run's own checkpoint; leave out --init and --first-stage")
    stages = list(options.stages)
    if options.first_stage not in (None, *stages):
        raise InputError(f"--first-stage {options.first_stage!r} is no stage; expected one of {', '.join(stages)}")
    if options.first_stage not in (None, stages[0]) and options.init is None:
        raise InputError(
            f"--first-stage {options.first_stage}: needs the weights of the stages before; name a run that has them with --init"
        )
    return options


def _run_config(options: Fit, arguments: list[str], prog: str) -> tuple[Config, Changes]:
    """The configuration to train, and what `--resume` changes of the run's own."""
    if not options.resume:
        return options.config, {}
    path = options.out / "config.json"
    config = Config.load(path)
    # Parsed again over the run's configuration: over a preset, a flag that repeats the preset's value would go unnoticed.
    given = parse_preset_flags(Fit, arguments, prog, {name: (text, config) for name, (text, _) in PRESETS.items()}).config
    return given, find_changes(config, given, path)


@contextmanager
def _full_disk(out: Path) -> Iterator[None]:
    """Turns the error of a disk that takes no more losses or samples into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or out}: cannot write to the run folder ({error.strerror}); free disk space and go on with --resume"
        ) from None
