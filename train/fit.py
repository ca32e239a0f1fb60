"""`python -m train fit PRESET`: from a preset and a data folder to a run folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import tensorflow as tf
from rich.progress import Progress

from tfhd.command_line import parse_preset
from tfhd.config import Config
from tfhd.data import check_examples
from tfhd.data.pipeline.transforms import picture_size
from tfhd.errors import InputError
from tfhd.label_sets import load_label_set
from tfhd.presets import PRESETS
from tfhd.runs.checkpoint_files import checkpoints
from tfhd.training import open_cluster
from tfhd.training.listeners import Profile

from .data_reading import data_errors
from .stage_runner import StageRunner, inherit
from .stop_request import stop_request


@dataclass(frozen=True)
class Fit(Config):
    """A configuration, and what is done with it."""

    out: Path = Path("runs/new")
    """The run folder: config.json, losses.csv, samples/, tensorboard/, checkpoints/."""
    resume: bool = False
    """Go on from the newest checkpoint in --out, with the configuration that it was started with."""
    init: Path | None = None
    """A run folder whose networks the first stage starts from: of the stage before, of the same, or imported ones."""
    first_stage: str | None = None
    """The stage to start with, where those before it are not to be trained."""
    profile: bool = False
    """Record ten steps with TensorFlow's profiler, to be looked at in TensorBoard."""
    terminate_on_collapse: bool = False
    """End the training, rather than warn, when the discriminators have won for long."""
    dry_run: bool = False
    """Print the whole configuration and stop."""

    @property
    def config(self) -> Config:
        """The configuration alone."""
        return Config(**{field.name: getattr(self, field.name) for field in fields(Config)})


def fit(arguments: list[str], prog: str) -> None:
    """Train a preset on your photos, or on the embedded streets."""
    options = parse_fit(arguments, prog)
    config = _run_config(options, PRESETS[arguments[0]][1])
    if options.dry_run:
        print(config.to_json(), end="")
        return
    with data_errors():
        _train(options, config)


def parse_fit(arguments: list[str], prog: str) -> Fit:
    """The options that `fit` is given; raises `InputError` where the preset or a flag is unknown, or a value is wrong."""
    presets = {name: (text, Fit(**vars(config))) for name, (text, config) in PRESETS.items()}
    options = parse_preset(presets, arguments, prog)
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


def _run_config(options: Fit, preset: Config) -> Config:
    """The configuration to train: on `--resume` the run's own, which flags may repeat but not change."""
    if not options.resume:
        return options.config
    path = options.out / "config.json"
    config = Config.load(path)
    if options.config not in (preset, config):
        raise InputError(f"{path}: says otherwise than the flags; --resume goes on with the file, so leave out all but --out")
    return config


def _train(options: Fit, config: Config) -> None:
    out = options.out
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()
    cluster = open_cluster()
    label_set = load_label_set(out / "label_set.json" if options.resume else config.data.label_set)
    splits = [split for split in ("train", "val") if split == "train" or config.data.has_split(split)]
    inherited = inherit(options.init) if options.init is not None and not options.resume else None
    for stage in config.stages:
        check_size(config.at(stage))
    if cluster.is_chief:
        _check_out(options)
        _check_files(config, splits)
    profile = Profile(out / "tensorboard") if options.profile and cluster.is_chief else None
    runner = StageRunner(config, label_set, cluster, out, "val" in splits, profile, options.terminate_on_collapse)
    with _full_disk(out), stop_request() as stop:
        if options.resume:
            state, done = runner.resume(stop)
        else:
            state, done = runner.start(options.first_stage or next(iter(config.stages)), inherited, stop)
    if profile is not None:
        print(profile.summary)
    if not done:
        print(f"{out}: stopped after step {state.step}, which is saved; go on with --resume")
        sys.exit(stop.exit_code)
    print(f"done: {out}\nnext: python -m train styles {out}" if config.encoder.feature_channels else f"done: {out}")


def _check_out(options: Fit) -> None:
    if not options.resume and os.path.exists(options.out / "config.json"):  # unlike Path's, never raises
        raise InputError(f"{options.out}: holds a run already; go on with --resume, or choose another --out")
    if options.resume and not checkpoints(options.out / "checkpoints"):
        raise InputError(f"{options.out}: was stopped before its first checkpoint; remove it and start again without --resume")


def check_size(config: Config) -> None:
    """Raises `InputError` where a stage's pictures are too small for its generator or encoder."""
    height, width = config.data.height, config.data.width
    # Sizes are rounded to what the networks need; one that this would more than double is too small as well.
    least_height, least_width = (min(size, 2 * given) for size, given in zip(picture_size(config), (height, width), strict=True))
    least = config.smallest_size
    if least_width < least or (least_height < least and config.data.resize != "scale_width"):
        network = "generator" if least == 2 * config.generator.size_multiple else "encoder"
        raise InputError(
            f"pictures of {width}x{height} are too small for the {network}; make data.width and data.height at least {least}, "
            f"or lower --{network}.num-downsamples"
        )


def _check_files(config: Config, splits: list[str]) -> None:
    if not config.data.has_files:
        return
    for split in splits:
        reader = config.data.open_files(split)
        with Progress() as bar:
            task = bar.add_task(f"checking {reader.count} examples of {split}", total=reader.count)
            check_examples(reader, lambda done, total, bar=bar, task=task: bar.update(task, completed=done))


@contextmanager
def _full_disk(out: Path) -> Iterator[None]:
    """Turns the error of a disk that takes no more losses or samples into an `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or out}: cannot write to the run folder ({error.strerror}); free disk space and go on with --resume"
        ) from None
