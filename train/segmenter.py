"""`tfhd train segmenter DATA`: a judge of synthesized pictures, trained on photos."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import keras

from tfhd.config import Config, FileFormat, LabelSetName
from tfhd.data import TrainingData, build_dataset
from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.label_sets import LabelSet, load_label_set
from tfhd.metrics import ConfusionMatrix
from tfhd.networks import SegmentationNetwork
from tfhd.pixels import shown
from tfhd.segmentation import Segmenter, SegmenterCard, SegmenterTraining, ignored_classes, keras_runner, write_segmenter
from tfhd.segmentation.segmenter import CARD

from .data_flags import DataArgument, data_config
from .data_reading import data_errors, with_progress
from .preparation import check_files
from .progress_bar import progress_bar
from .score_table import print_scores, scores_as_json
from .stop_request import StopRequest, stop_request

_CHECKPOINT, _SETTINGS = "training.npz", "training.json"
_CHECKPOINT_EVERY = _REPORT_EVERY = 200


def train_segmenter(
    data: DataArgument,
    out: Path,
    format: FileFormat = "folder",
    label_set: LabelSetName = "cityscapes",
    height: int = 128,
    width: int = 256,
    street_count: int = 400,
    steps: int = 1200,
    batch_size: int = 8,
    filters: int = 24,
    rate: float = 2e-3,
    seed: int = 0,
    resume: bool = False,
) -> None:
    """Train a segmenter on the photos of the split train, and measure it on those of val; writes --out.

    --out is what `tfhd train evaluate --segmenter` takes: model.keras and segmenter.json, which holds the scores.

    Args:
        data: a data folder; or streets, the embedded rendered set.
        out: the segmenter's folder.
        format: of the data folder.
        label_set: a label set's name, or the path of a JSON file.
        height: rows of a picture; give those of the pictures to judge.
        width: columns of a picture.
        street_count: streets that are rendered for training, and a fifth as many to measure.
        steps: training steps.
        batch_size: pictures per step.
        filters: channels of the network at half the picture's size.
        rate: learning rate of the first step; it falls to 0.
        seed: of weights, order and augmentation.
        resume: go on with a training that was interrupted.

    Raises:
        InputError: the data is at fault, --out holds a segmenter, or cannot be written.
    """
    config = data_config(data, format, label_set, height, width, street_count=street_count, batch_size=batch_size, seed=seed)
    for name, value in (("steps", steps), ("filters", filters)):
        if value < 1:
            raise InputError(f"--{name} is {value}; it must be at least 1")
    settings = {
        **{"data": data, "format": format, "label_set": label_set, "height": height, "width": width},
        **({"street_count": street_count} if not config.data.has_files else {}),
        **{"steps": steps, "batch_size": batch_size, "filters": filters, "rate": rate, "seed": seed},
    }
    seconds_before = _check_out(out, settings, resume)
    classes = load_label_set(label_set)
    with data_errors():
        check_files(config, ("train", "val"))
        keras.utils.set_random_seed(seed)
        network = SegmentationNetwork(classes.num_classes, filters)
        training = SegmenterTraining(network, ignored_classes(classes), steps, rate, seed)
        if resume:
            training.restore(out / _CHECKPOINT)
        with stop_request() as stop:
            seconds = seconds_before + _train(training, config, out, settings, seconds_before, stop)
            if training.step < steps:
                print(f"{out}: stopped after step {training.step}, which is saved; go on with --resume")
                sys.exit(stop.exit_code)
        ignored = tuple(classes.names[index] for index in ignored_classes(classes))
        described = settings | {"minutes": round(seconds / 60, 1)}
        card = SegmenterCard(classes.names, "minus_one_to_one", ignored, training=described)
        _write_with_scores(out, network, card, config, classes)


def _check_out(out: Path, settings: dict[str, Any], resume: bool) -> float:
    """Seconds that the training took so far; raises `InputError` where `out` holds something else than the flags say."""
    if os.path.exists(out / CARD):
        raise InputError(f"{out}: holds a segmenter already; choose another --out, or remove it")
    interrupted = os.path.exists(out / _CHECKPOINT)
    if not resume:
        if interrupted:
            raise InputError(f"{out}: holds a training that was interrupted; go on with --resume, or remove it")
        return 0.0
    if not interrupted:
        raise InputError(f"{out / _CHECKPOINT}: no training to go on with; leave out --resume")
    try:
        saved = json.loads((out / _SETTINGS).read_text(encoding="utf-8"))
        before, seconds = saved["settings"], float(saved["seconds"])
    except (OSError, ValueError, LookupError, TypeError):
        raise InputError(f"{out / _SETTINGS}: cannot be read; remove {out}, and train anew") from None
    for name in settings | before:
        if settings.get(name) != before.get(name):
            raise InputError(
                f"{out}: was started with {name} {before.get(name)}, and the flags say {settings.get(name)}; give the same flags"
            )
    return seconds


def _train(
    training: SegmenterTraining, config: Config, out: Path, settings: dict[str, Any], seconds_before: float, stop: StopRequest
) -> float:
    """Trains to the last step or a stop, which is saved; returns the seconds that it took."""
    started, losses = time.monotonic(), []
    with progress_bar("training the segmenter") as show:
        for batch in TrainingData(config).batches(training.step):
            losses.append(training.train_on(batch))
            show(training.step, training.steps)
            last = training.step == training.steps
            if training.step % _REPORT_EVERY == 0 or last:
                print(f"step {training.step}/{training.steps}  cross-entropy {sum(losses) / len(losses):.3f}", flush=True)
                losses.clear()
            if training.step % _CHECKPOINT_EVERY == 0 or last or stop():
                seconds = seconds_before + time.monotonic() - started
                out.mkdir(parents=True, exist_ok=True)
                write_text(out / _SETTINGS, json.dumps({"settings": settings, "seconds": seconds}) + "\n", "settings")
                training.save(out / _CHECKPOINT)
            if last or stop():
                return time.monotonic() - started
    raise AssertionError("batches never end")


def _write_with_scores(out: Path, network: keras.Model, card: SegmenterCard, config: Config, label_set: LabelSet) -> None:
    """Measures the network on held-out photos, and writes the segmenter."""
    segmenter = Segmenter(keras_runner(network, out), card, label_set, out)
    matrix, pictures = ConfusionMatrix(label_set.num_classes, segmenter.ignored), 0
    for batch in with_progress(build_dataset(config, "val"), "reading held-out photos"):
        matrix.update(batch["label"], segmenter(shown(batch["image"].numpy())))
        pictures += len(batch["label"])
    scores = matrix.scores()
    found = {"split": "val", "pictures": pictures, **scores_as_json(scores, label_set)}
    write_segmenter(out, network, dataclasses.replace(card, scores=found))
    print_scores({"held-out photos": scores}, label_set)
    print(out)
