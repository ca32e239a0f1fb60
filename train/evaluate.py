"""`tfhd train evaluate RUN`: how close synthesized pictures come to held-out photos, by differences and by a judge."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro

from tfhd.config import Config, DataConfig, FileFormat, LabelSetName
from tfhd.data import build_dataset
from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.metrics import SegmentationScores, class_mean_colors, inception_v3_model, vgg19_model
from tfhd.networks import VGG19Features
from tfhd.pixels import shown
from tfhd.runs import TrainedRun, WhichCheckpoint, WhichWeights, load_run
from tfhd.runs.trained_run import STYLES
from tfhd.segmentation import PixelRange, Segmenter, load_segmenter
from tfhd.styles import StyleTable

from .data_reading import data_errors, with_progress
from .evaluation.measures import Instruments, Measures
from .evaluation.page import Shown, choose, write_page
from .evaluation.partial import PartialEvaluation
from .evaluation.report import (
    distances_as_json,
    diversity_as_json,
    print_report,
    segmentation_as_json,
    segmentation_scores,
    similarity_as_json,
)
from .evaluation.sources import Batch, FolderSource, PictureSource, RunSource, seed_kind

_SAVE_EVERY = 20.0
"""Seconds between two savings of what was measured so far."""

Features = Literal["none", "vgg19", "inception-v3"]


def evaluate(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN|FOLDER")]],
    segmenter: Path | None = None,
    split: str = "val",
    root: str | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
    seeds: tuple[int, ...] = (0, 1, 2),
    pixels: PixelRange | None = None,
    features: Features = "none",
    vgg_weights: str = "imagenet",
    format: FileFormat = "folder",
    label_set: LabelSetName = "cityscapes",
) -> None:
    """Compare synthesized pictures with held-out photos; writes evaluation.json and evaluation/index.html to RUN or FOLDER.

    With --segmenter, a judge reads the classes of photos and of synthesized pictures: in the photos' own styles, in each class's
    most usual style and in sampled ones. The yardstick of L1 is a painting of every class in its mean colour over the training
    photos; for runs on pictures, which have no classes, one of all in the mean colour. Killed and started again with the same
    flags, it goes on where it stopped and ends with the same numbers.

    Args:
        run: folder that `tfhd train fit` wrote; or a folder of pictures that are named as the label maps of --root.
        segmenter: the judge: what `tfhd train segmenter` wrote, or a SavedModel, a Keras or an ONNX file.
        split: the split to measure on.
        root: the data's folder: of a run, where it is no longer that of its config.json; of a folder of pictures, always.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step.
        seeds: of the sampled styles, which a run has after `tfhd train styles`.
        pixels: values of photos as a segmenter without segmenter.json takes them.
        features: also measure distances between features: vgg19: Frechet, kernel and perceptual distance in VGG19; inception-v3:
            Frechet and kernel distance in Keras' InceptionV3, downloaded once.
        vgg_weights: imagenet, which Keras downloads once, or the path of an npz file.
        format: of --root, for a folder of pictures.
        label_set: of --root, for a folder of pictures: a label set's name, or the path of a JSON file.

    Raises:
        InputError: run, pictures, data or segmenter cannot be read or do not fit, or the result cannot be written.
    """
    if len(set(seeds)) < len(seeds) or any(seed < 0 for seed in seeds):
        raise InputError(f"--seeds {' '.join(map(str, seeds))}: expected different numbers from 0 up")
    if os.path.exists(run / "config.json"):
        trained = load_run(run, checkpoint, weights, root=root)
        source: PictureSource = RunSource(trained, _styles(trained, seeds), seeds)
    else:
        source = _given_pictures(run, root, format, label_set, split)
    judge = load_segmenter(segmenter, source.label_set, pixels) if segmenter is not None else None
    instruments = _instruments(source, judge, features, vgg_weights)
    what = {
        **source.identity,
        **{"root": source.config.data.root, "split": split, "kinds": source.kinds, "features": features, "vgg": vgg_weights},
        "segmenter": judge.identity if judge is not None else None,
    }
    seeded = [seed_kind(seed) for seed in seeds if seed_kind(seed) in source.kinds]
    partial = PartialEvaluation(source.folder / "evaluation.partial.npz", what)
    measures = _measure(source, split, instruments, seeded, partial)
    scores = segmentation_scores(measures, seeded)
    result = _result(source, split, seeds if seeded else (), instruments, measures, scores)
    shown = _shown(source, split, instruments, measures)
    page = write_page(source.folder / "evaluation", shown, result, "pixel accuracy" if judge is not None else "L1 below 0")
    write_text(source.folder / "evaluation.json", json.dumps(result, indent=2, allow_nan=False) + "\n", "evaluation")
    partial.remove()
    print_report(result, scores, source.label_set, has_classes=_has_classes(source.config), has_styles=source.has_styles)
    print(page)


def _result(
    source: PictureSource,
    split: str,
    seeds: tuple[int, ...],
    instruments: Instruments,
    measures: Measures,
    scores: dict[str, SegmentationScores],
) -> dict[str, Any]:
    """What evaluation.json holds."""
    seeded = [seed_kind(seed) for seed in seeds]
    result = {
        "split": split,
        "pictures": measures.count,
        "of": source.identity,
        "seeds": list(seeds),
        **similarity_as_json(measures),
        **diversity_as_json(measures, seeded),
    }
    if instruments.features is not None:
        result |= distances_as_json(measures, instruments.features, seeded)
    judge = instruments.segmenter
    if judge is not None:
        result["segmenter"] = judge.identity | {"training": judge.card.training, "own_scores": judge.card.scores}
        result["segmentation"] = segmentation_as_json(scores, source.label_set)
    return result


def _has_classes(config: Config) -> bool:
    return config.data.input == "labels"


def _given_pictures(folder: Path, root: str | None, format: str, label_set: str, split: str) -> FolderSource:
    if root is None:
        raise InputError(
            f"{folder}/config.json: cannot read the configuration (no such file); give a run folder that `train fit` wrote, or "
            "with --root the data that a folder of pictures was made of"
        )
    return FolderSource(folder, Config(data=DataConfig(format=format, root=root, label_set=label_set, fit="pad")), split)


def _styles(trained: TrainedRun, seeds: tuple[int, ...]) -> StyleTable | None:
    """The run's style table; None, and a line that says so, where `tfhd train styles` was not run."""
    if trained.networks.encoder is None:
        return None
    if not os.path.exists(trained.folder / STYLES):
        print(f"note: {trained.folder} has no {STYLES}, so only the photos' own styles are measured; run tfhd train styles first")
        return None
    return trained.styles()


def _instruments(source: PictureSource, judge: Segmenter | None, features: Features, vgg_weights: str) -> Instruments:
    colors, perceptual, model = None, None, None
    if features == "vgg19":
        perceptual = VGG19Features()
        perceptual.load_imagenet(vgg_weights)
        model = vgg19_model(perceptual, vgg_weights)
    elif features == "inception-v3":
        model = inception_v3_model()
    if source.config.data.has_split("train"):
        what = "mean colours of the classes" if _has_classes(source.config) else "mean colour of the pictures"
        batches = with_progress(build_dataset(source.config, "train", training=False), what)
        colors = class_mean_colors(batches, source.label_set.num_classes)
    return Instruments(colors, judge, model, perceptual)


def _measure(
    source: PictureSource, split: str, instruments: Instruments, seeded: list[str], partial: PartialEvaluation
) -> Measures:
    """Measures all examples of the split, from where an earlier start was interrupted."""
    batch_size = source.config.data.batch_size
    dataset = build_dataset(source.config, split, training=False)
    measures = Measures(instruments, source.kinds, seeded, source.label_set.num_classes, len(dataset) * batch_size)
    saved = partial.load()
    if saved is not None:
        measures.restore(saved)
        print(f"going on after {measures.count} pictures")
    last_saved = time.monotonic()
    for batch in with_progress(dataset.skip(-(-measures.count // batch_size)), f"measuring {split}"):
        label, photo = batch["label"].numpy(), shown(batch["image"].numpy())
        measures.update(label, photo, source.pictures(batch, measures.count))
        if time.monotonic() - last_saved > _SAVE_EVERY:
            partial.save(measures.arrays())
            last_saved = time.monotonic()
    partial.save(measures.arrays())
    return measures


def _shown(source: PictureSource, split: str, instruments: Instruments, measures: Measures) -> dict[str, list[Shown]]:
    """The worst, the median and the best examples, made once more."""
    chosen = choose(measures.ranking)
    numbers = {number for part in chosen.values() for number in part}
    made: dict[int, Shown] = {}
    first = 0
    with data_errors():
        for batch in build_dataset(source.config, split, training=False):
            count = len(batch["label"])
            if numbers & set(range(first, first + count)):
                pictures = source.pictures(batch, first)
                for place in range(count):
                    if first + place in numbers:
                        panels = _panels(source, instruments.segmenter, batch, pictures, place)
                        made[first + place] = Shown(first + place, measures.ranking[first + place], panels)
            first += count
    return {title: [made[number] for number in part] for title, part in chosen.items()}


def _panels(
    source: PictureSource, judge: Segmenter | None, batch: Batch, pictures: dict[str, np.ndarray], place: int
) -> dict[str, np.ndarray]:
    palette = np.array(source.label_set.colors, np.uint8)
    photo = shown(batch["image"][place].numpy())
    label = batch["label"][place].numpy()
    made_of = {"label map": palette[label]} if _has_classes(source.config) else {"input": shown(label)}
    panels = made_of | {"photo": photo}
    panels |= {kind: found[place] for kind, found in pictures.items()}
    if judge is not None:
        main = source.kinds[0]
        read = judge(np.stack([photo, pictures[main][place]]))
        panels |= {"photo, as read": palette[read[0]], f"{main}, as read": palette[read[1]]}
    return panels
