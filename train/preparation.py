"""Finds and checks everything that a training needs before any of it starts."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from rich.progress import Progress

from tfhd.config import Config
from tfhd.data import TrainingData, check_examples
from tfhd.data.pipeline.transforms import picture_size
from tfhd.errors import InputError
from tfhd.label_sets import LabelSet
from tfhd.runs import TrainingState, read_run
from tfhd.runs.checkpoint_files import find_checkpoint, list_checkpoints, read_networks, read_state
from tfhd.training import Cluster, open_cluster

from .changes import Changes, TrainedOn, last_data


class Inherited(NamedTuple):
    """Weights that a stage starts from.

    Attributes:
        weights: by network, then by variable path.
        config: of the stage that they were trained in.
        origin: the run folder that they come from, for messages.
    """

    weights: Mapping[str, Mapping[str, np.ndarray]]
    config: Config
    origin: Path


class Start(NamedTuple):
    """Where a training starts.

    Attributes:
        stage: the first stage to train.
        state: where the training stands before it.
        checkpoint: what that stage goes on from; None starts it anew.
        inherited: what a stage that starts anew takes over; None leaves all weights random.
    """

    stage: str
    state: TrainingState = TrainingState()
    checkpoint: Path | None = None
    inherited: Inherited | None = None


@dataclass(frozen=True, eq=False)
class PreparedTraining:
    """What all stages of a training share, and where the first one starts.

    Attributes:
        config: the experiment; the label set of a run that goes on is the one that its folder holds.
        label_set: its classes.
        cluster: the replicas.
        out: the run folder.
        splits: those that the data has: train, and val where there are held-out pictures.
        start: where the training starts.
        described: what the run folder's config.json says.
        changes: what `resume` changes of the run.
    """

    config: Config
    label_set: LabelSet
    cluster: Cluster
    out: Path
    splits: tuple[str, ...]
    start: Start
    described: Config
    changes: Changes = field(default_factory=dict)


def prepare(
    config: Config,
    out: Path,
    *,
    resume: bool = False,
    init: Path | None = None,
    first_stage: str | None = None,
    changes: Changes = MappingProxyType({}),
) -> PreparedTraining:
    """Connects hosts and replicas, reads what the training starts from, and checks data and run folder; writes nothing.

    Call it before TensorFlow has run anything. What needs the networks themselves, such as VGG19's weights or whether inherited
    ones fit, is checked when the first stage starts, still before anything is written.

    Args:
        config: the experiment; on `resume` that of the run, with its changes.
        out: the run folder.
        resume: go on from the newest checkpoint in `out`.
        init: a run folder whose networks the first stage takes over.
        first_stage: the stage to start with; None takes the first.
        changes: what `resume` changes of the run.

    Raises:
        InputError: the label set, the data, a run folder, a picture size or a change is at fault.
    """
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()
    cluster = open_cluster()
    described = config
    if resume:  # the file that the run was started with may have moved or changed since
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, label_set=str(out / "label_set.json")))
    label_set = config.data.load_label_set()
    splits = ("train", "val") if config.data.has_split("val") else ("train",)
    inherited = inherit(init) if init is not None else None
    for stage in config.stages:
        check_size(config.at(stage))
    if cluster.is_chief:
        _check_out(out, resume)
        check_files(config, splits)
        _tell_of_perceptual_loss(config)
    if resume:
        start = _resumed(config, out, cluster.replicas, changes)
    else:
        start = Start(first_stage or next(iter(config.stages)), inherited=inherited)
    return PreparedTraining(config, label_set, cluster, out, splits, start, described, changes)


def inherit(run: Path) -> Inherited:
    """All weights of a run folder's newest checkpoint, to start from; raises `InputError` where there are none."""
    config, checkpoint = read_run(run)
    return Inherited(read_networks(checkpoint), config, run)


def check_size(config: Config) -> None:
    """Raises `InputError` where a stage's pictures are too small for its generator or encoder."""
    height, width = config.data.height, config.data.width
    # Sizes are rounded to what the networks need; one that this would more than double is too small as well.
    least_height, least_width = (min(size, 2 * given) for size, given in zip(picture_size(config), (height, width), strict=True))
    least = config.smallest_size
    if least_width < least or (least_height < least and config.data.resize != "scale_width"):
        if config.data.fit == "pad":
            raise InputError(f"pictures of {width}x{height} are too small; make data.width and data.height at least {least}")
        network = "generator" if least == 2 * config.generator.size_multiple else "encoder"
        raise InputError(
            f"pictures of {width}x{height} are too small for the {network}; make data.width and data.height at least {least}, "
            f"or lower --{network}.num-downsamples"
        )


def stage_steps(config: Config, stage: str, data: TrainingData) -> int:
    """Steps of a whole stage."""
    settings = config.stages[stage]
    return (settings.epochs + settings.decay_epochs) * data.order.steps_per_epoch


def _resumed(config: Config, out: Path, replicas: int, changes: Changes) -> Start:
    checkpoint = find_checkpoint(out / "checkpoints")
    state = read_state(checkpoint)
    data = TrainingData(config.at(state.stage), replicas)
    if state.batch_size != data.order.batch_size:
        raise InputError(
            f"{out}: was trained with {state.batch_size} pictures per step, now there are {data.order.batch_size} "
            f"({replicas} replicas); go on with as many replicas as before"
        )
    _require_same_data(out, data, config.data.has_files, changes)
    _require_changeable_epochs(config, out, state, data, changes)
    if state.stage_step < stage_steps(config, state.stage, data):
        return Start(state.stage, state, checkpoint)
    names = list(config.stages)
    if state.stage == names[-1]:
        raise InputError(
            f"{out}: all stages are trained ({state.step} steps); go on with more epochs, for instance "
            f"--stages.{state.stage}.epochs {config.stages[state.stage].epochs + 10}, or start another run"
        )
    return Start(names[names.index(state.stage) + 1], state, inherited=inherit(out))


def _require_same_data(out: Path, data: TrainingData, has_files: bool, changes: Changes) -> None:
    """Raises `InputError` where data that moved are not those of before; says so where data changed in their place."""
    before, now = last_data(out), TrainedOn.of(data, has_files=has_files)
    if before in (None, now):
        return
    if before.examples == now.examples:
        found = f"{out}: was trained on {now.examples} other examples, by their names or pixels"
    else:
        found = f"{out}: was trained on {before.examples} examples, and there are {now.examples} now"
    if "data.root" in changes:
        raise InputError(f"{found}; give --data.root the same data in another place, or start another run with --init {out}")
    print(f"warning: {found}" + (": their order and the steps of an epoch change" if before.examples != now.examples else ""))


def _require_changeable_epochs(config: Config, out: Path, state: TrainingState, data: TrainingData, changes: Changes) -> None:
    names = list(config.stages)
    changed = {name.split(".")[1] for name in changes if name.startswith("stages.")}
    for name in names[: names.index(state.stage)]:
        if name in changed:
            raise InputError(
                f"{out}: stage {name} is over, and {state.stage} has begun from its weights; leave out --stages.{name}"
            )
    steps = stage_steps(config, state.stage, data)
    if state.stage in changed and state.stage_step > steps:
        raise InputError(
            f"{out}: stage {state.stage} has {state.stage_step} steps already, more than the {steps} of so few epochs; "
            "give it more, or leave the flag out"
        )


def _check_out(out: Path, resume: bool) -> None:
    if not resume and os.path.exists(out / "config.json"):  # unlike Path's, never raises
        raise InputError(f"{out}: holds a run already; go on with --resume, or choose another --out")
    if resume and not list_checkpoints(out / "checkpoints"):
        raise InputError(f"{out}: was stopped before its first checkpoint; remove it and start again without --resume")


def _tell_of_perceptual_loss(config: Config) -> None:
    if config.loss.perceptual_weight and not config.has_perceptual_loss:
        channels = config.data.output_pixels.channels
        print(f"warning: the VGG term is off: it takes pictures of 1 or 3 channels, and these have {channels}")


def check_files(config: Config, splits: Sequence[str]) -> None:
    """Prints what will train badly in these splits; raises `InputError` where a file is at fault."""
    if not config.data.has_files:
        return
    with Progress(transient=True) as bar:
        tasks = {split: bar.add_task(f"checking {split}") for split in splits}
        warnings = check_examples(
            config, splits, lambda split, done, total: bar.update(tasks[split], completed=done, total=total)
        )
    for warning in warnings:
        print(f"warning: {warning}")
