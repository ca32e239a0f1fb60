"""`python -m train fit PRESET`: from a preset and a data folder to a run folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import keras
import tensorflow as tf
from rich.progress import Progress

from tfhd.checkpoints import checkpoints, latest_checkpoint, restore
from tfhd.command_line import parse_preset
from tfhd.config import Config
from tfhd.data import build_dataset, check_examples, find_examples, has_split
from tfhd.data.transforms import picture_size
from tfhd.errors import InputError
from tfhd.palettes import LabelSet, load_label_set
from tfhd.presets import PRESETS
from tfhd.training import Pix2PixHD, build_model
from tfhd.training.callbacks import Checkpoints, LossTable, SampleGrid, StopOnNonFinite
from train.progress import data_faults

_SAMPLES = 4


@dataclass(frozen=True)
class Fit(Config):
    """A configuration, and what is done with it."""

    out: Path = Path("runs/new")
    """The run folder: config.json, losses.csv, samples/, tensorboard/, checkpoints/."""
    resume: bool = False
    """Go on from the newest checkpoint in --out, with the configuration that it was started with."""
    dry_run: bool = False
    """Print the whole configuration and stop."""

    @property
    def config(self) -> Config:
        """The configuration alone."""
        return Config(**{field.name: getattr(self, field.name) for field in fields(Config)})


def fit(arguments: list[str], prog: str) -> None:
    """Train a preset on your photos, or on the embedded streets."""
    options = parse_fit(arguments, prog)
    if options.dry_run:
        print(options.config.to_json(), end="")
        return
    config = Config.load(options.out / "config.json") if options.resume else options.config
    if not options.resume and os.path.exists(options.out / "config.json"):  # unlike Path's, never raises
        raise InputError(f"{options.out}: holds a run already; go on with --resume, or choose another --out")
    if options.resume and not checkpoints(options.out / "checkpoints"):
        raise InputError(f"{options.out}: was stopped before its first checkpoint; remove it and start again without --resume")
    with data_faults():
        _train(config, options.out, options.resume)


def parse_fit(arguments: list[str], prog: str) -> Fit:
    """The options that `fit` is given; raises `InputError` where the preset or a flag is unknown, or a value is wrong."""
    presets = {name: (text, Fit(**vars(config))) for name, (text, config) in PRESETS.items()}
    return parse_preset(presets, arguments, prog)


def _train(config: Config, out: Path, resume: bool) -> None:
    label_set = load_label_set(out / "label_set.json" if resume else config.data.label_set)
    splits = [split for split in ("train", "val") if split == "train" or has_split(config.data, split)]
    _check_size(config)
    _check_files(config, splits)
    keras.utils.set_random_seed(config.training.seed)
    steps = len(build_dataset(config, "train"))
    model = build_model(config, label_set.num_classes, steps)
    first_epoch = 0
    if resume:
        restore(latest_checkpoint(out / "checkpoints"), model)
        first_epoch = int(model.steps_done.numpy()) // steps
    epochs = config.training.epochs + config.training.decay_epochs
    if first_epoch >= epochs:
        raise InputError(f"{out}: all {epochs} epochs are trained; start another run with more --training.epochs")
    training = build_dataset(config, "train", first_epoch=first_epoch)
    held_out = build_dataset(config, "val") if "val" in splits else None
    samples = _samples(config, splits[-1])
    if not resume:
        _write_description(config, label_set, out)
    _describe(model, config, out, steps, epochs)
    with _full_disk(out):
        model.fit(
            training,
            epochs=epochs,
            initial_epoch=first_epoch,
            validation_data=held_out,
            validation_freq=config.training.validate_every,
            callbacks=_callbacks(config, out, samples, label_set),
            shuffle=False,  # the data set shuffles itself
            verbose=1 if sys.stdout.isatty() else 2,
        )
    print(f"done: {out}\nnext: python -m train styles {out}" if model.encoder is not None else f"done: {out}")


def _check_size(config: Config) -> None:
    # Residual blocks reflect at the borders, which takes two rows and columns after all downsampling.
    height, width = picture_size(config)
    least = 2 * config.generator.size_multiple
    if width < least or (height < least and config.data.resize != "scale_width"):
        raise InputError(
            f"pictures of {width}x{height} are too small for the generator; make data.width and data.height at least {least}, "
            "or lower --generator.num-downsamples"
        )


def _check_files(config: Config, splits: list[str]) -> None:
    if config.data.format == "streets":
        return
    for split in splits:
        examples = find_examples(config.data, split)
        with Progress() as bar:
            task = bar.add_task(f"checking {len(examples)} examples of {split}", total=len(examples))
            check_examples(examples, config, lambda done, total, bar=bar, task=task: bar.update(task, completed=done))


def _samples(config: Config, split: str) -> dict[str, tf.Tensor]:
    """The first pictures of a split as one batch, those of the first one's size."""
    batches = [batch for batch in islice(build_dataset(config, split, training=False), _SAMPLES)]
    alike = [batch for batch in batches if batch["label"].shape[1:] == batches[0]["label"].shape[1:]]
    return {key: tf.concat([batch[key] for batch in alike], axis=0)[:_SAMPLES] for key in alike[0]}


def _describe(model: Pix2PixHD, config: Config, out: Path, steps: int, epochs: int) -> None:
    counts = {"generator": model.generator, "discriminator": model.discriminator, "encoder": model.encoder}
    sizes = ", ".join(f"{name} {network.count_params() / 1e6:.1f} M" for name, network in counts.items() if network)
    print(f"{out}: {epochs} epochs of {steps} steps at {config.data.width}x{config.data.height}; parameters: {sizes}")
    print(f"watch: .venv/bin/tensorboard --logdir {out}/tensorboard, and {out}/samples")


def _write_description(config: Config, label_set: LabelSet, out: Path) -> None:
    files = {out / "label_set.json": label_set.to_json(), out / "config.json": config.to_json()}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in files:
            with suppress(OSError):  # it is not there, as a rule, or cannot be
                path.unlink()
        raise InputError(f"{out}: cannot write the run folder ({error.strerror}); choose another --out") from None


@contextmanager
def _full_disk(out: Path) -> Iterator[None]:
    """Turns the error of a disk that takes no more losses or samples into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or out}: cannot write to the run folder ({error.strerror}); free disk space and go on with --resume"
        ) from None


def _callbacks(config: Config, out: Path, samples: dict[str, tf.Tensor], label_set: LabelSet) -> list[keras.callbacks.Callback]:
    return [
        StopOnNonFinite(),
        LossTable(out / "losses.csv"),
        SampleGrid(out / "samples", samples, label_set, config.training.samples_every),
        keras.callbacks.TensorBoard(str(out / "tensorboard"), write_graph=False),
        Checkpoints(out / "checkpoints", config.training.checkpoint_every),
    ]
