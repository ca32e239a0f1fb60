"""What a training will need: parameters, arithmetic and memory of each stage, calculated without training."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import keras
import tensorflow as tf

from tfhd.config import Config
from tfhd.data.pipeline.datasets import batch_spec
from tfhd.data.pipeline.transforms import picture_size
from tfhd.training.graph_memory import Held, arithmetic, operations_run, peak_memory
from tfhd.training.model_building import build_model, build_perceptual
from tfhd.training.pix2pixhd import Pix2PixHD

# Chosen from trainings of three steps of cityscapes-1024p's networks at 512x256 and 1024x512 on a CPU, with TensorFlow 2.21:
# what the process grew by beyond the calculated tensors. Gaps are a share of gradients and activations: memory that
# TensorFlow's pool takes and cannot use, and what kernels use within an operation. Program is graph, kernels and threads.
_GAPS = 0.12
_PROGRAM = 530_000_000
_CARDS = (6, 8, 11, 12, 16, 20, 24, 32, 40, 48, 80, 96, 141)


@dataclass(frozen=True)
class Memory:
    """Estimated bytes of one replica at the moment of a step that needs the most.

    Attributes:
        weights: of all networks.
        optimizer: Adam's two moments of every trained weight.
        averages: running averages of weights, if any.
        gradients: of weights, at that moment.
        activations: all other tensors of the step, at that moment.
        gaps: what the pool of memory cannot use and kernels take for themselves, by a measured share.
        program: TensorFlow's graph, kernels and threads, as measured.
    """

    weights: int
    optimizer: int
    averages: int
    gradients: int
    activations: int
    gaps: int
    program: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(dataclasses.astuple(self))

    @property
    def card(self) -> int | None:
        """The GiB of the smallest usual graphics card that holds it; None if there is none."""
        return next((size for size in _CARDS if self.total <= size * 2**30), None)


@dataclass(frozen=True)
class StagePlan:
    """One stage.

    Attributes:
        name: of the stage.
        width: of a picture; with `data.resize` scale_width other shapes occur.
        height: of a picture.
        pictures: per step, on one replica.
        parameters: by network: generator, discriminator, encoder, vgg19; only of networks that the experiment has.
        flops: floating-point operations per step of convolutions and matrix products, as this machine calculates them.
        memory: as configured.
        memory_with: with settings that save memory, by their flags; of the last stage only.
    """

    name: str
    width: int
    height: int
    pictures: int
    parameters: Mapping[str, int]
    flops: int
    memory: Memory
    memory_with: Mapping[str, Memory]


class _Traced(NamedTuple):
    """A training step that was traced and not run, on one part of a batch."""

    model: Pix2PixHD
    graph: tf.Graph
    outputs: list[tf.Tensor]
    gradients: list[tf.Tensor]


def plan_stages(config: Config, num_classes: int, progress: Callable[[str], None] = lambda text: None) -> list[StagePlan]:
    """Plans every stage of a configuration; of the last, which is the largest, also what would save memory.

    Nothing is trained and no weights are created, so it takes little memory; tracing takes seconds for each stage and each
    saving. The fusions of `training.jit`, which lower memory further, are not taken into account.

    Args:
        config: the experiment.
        num_classes: classes of its label set.
        progress: called with a description of what is planned next.
    """
    plans = []
    for name in config.stages:
        progress(f"stage {name}")
        single = config.at(name)
        traced = _trace(single, num_classes)
        memory_with = {}
        if name == list(config.stages)[-1]:
            for flags, setting in _savings(single).items():
                progress(f"stage {name} with {flags}")
                memory_with[flags] = _memory(setting, _trace(setting, num_classes))
        height, width = picture_size(single)
        ops = operations_run(traced.graph, traced.outputs)
        plans.append(
            StagePlan(
                name,
                width,
                height,
                single.data.batch_size,
                {name: network.count_params() for name, network in _networks(traced.model).items()},
                arithmetic(ops) * single.training.accumulate,
                _memory(single, traced),
                memory_with,
            )
        )
    return plans


def to_json(plans: list[StagePlan]) -> str:
    """The plans as indented JSON text; memory in bytes."""

    def described(memory: Memory) -> dict:
        return {**dataclasses.asdict(memory), "total": memory.total, "card_gib": memory.card}

    stages = [
        {
            **dataclasses.asdict(stage),
            "memory": described(stage.memory),
            "memory_with": {flags: described(memory) for flags, memory in stage.memory_with.items()},
        }
        for stage in plans
    ]
    return json.dumps({"stages": stages}, indent=2) + "\n"


def _savings(config: Config) -> dict[str, Config]:
    """Settings that lower memory and are not in use, by their flags; the last has them all."""
    settings = {}
    if not config.training.recompute:
        settings["--training.recompute"] = {"recompute": True}
    if config.training.precision == "float32":
        settings["--training.precision mixed_bfloat16"] = {"precision": "mixed_bfloat16"}
    if config.training.accumulate < config.data.batch_size:
        settings[f"--training.accumulate {config.data.batch_size}"] = {"accumulate": config.data.batch_size}
    if len(settings) > 1:
        settings[" ".join(settings)] = {name: value for setting in settings.values() for name, value in setting.items()}
    return {
        flags: dataclasses.replace(config, training=dataclasses.replace(config.training, **setting))
        for flags, setting in settings.items()
    }


def _trace(config: Config, num_classes: int) -> _Traced:
    # Accumulation has one part in memory at a time, and copies for averages can be counted without being made.
    alone = dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, batch_size=config.data.batch_size // config.training.accumulate),
        training=dataclasses.replace(config.training, accumulate=1, average_decay=0.0, jit=False),
    )
    found: list[tf.Tensor] = []
    with tf.Graph().as_default():  # where variables get no memory
        # Without trained weights, whose file may be absent.
        perceptual = build_perceptual(config) if config.has_perceptual_loss else None
        model = build_model(alone, num_classes, steps_per_epoch=1, perceptual=perceptual)
        for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
            _note_gradients(optimizer, found)
        batch = batch_spec(alone)
        if config.training.pool_size:
            earlier = {"earlier": tf.TensorSpec(batch["label"].shape[:1], tf.bool)}
            step = tf.function(model.train_step_with_pool).get_concrete_function(batch, batch | earlier)
        else:
            step = tf.function(model.train_step).get_concrete_function(batch)
    return _Traced(model, step.graph, list(step.outputs), found)


def _note_gradients(optimizer: keras.optimizers.Optimizer, found: list[tf.Tensor]) -> None:
    apply = optimizer.apply

    def noting(gradients, variables) -> None:
        found.extend(gradients)
        apply(gradients, variables)

    optimizer.apply = noting


def _networks(model: Pix2PixHD) -> dict[str, keras.Model]:
    return model.networks | ({"vgg19": model.perceptual} if model.perceptual is not None else {})


def _memory(config: Config, traced: _Traced) -> Memory:
    model = traced.model
    networks = _networks(model)
    held: Held = peak_memory(traced.graph, traced.outputs, traced.gradients)
    trained = _bytes(model.generator_variables) + _bytes(model.discriminator.trainable_variables)
    summed = trained if config.training.accumulate > 1 else 0
    averaged = sum(_bytes(network.variables) for network in model.networks_for_synthesis.values())
    return Memory(
        weights=sum(_bytes(network.variables) for network in networks.values()),
        optimizer=_bytes([*model.generator_optimizer.variables, *model.discriminator_optimizer.variables]),
        averages=averaged if config.training.average_decay else 0,
        gradients=held.marked + summed,
        activations=held.total - held.marked,
        gaps=int(_GAPS * (held.total + summed)),
        program=_PROGRAM,
    )


def _bytes(variables: list[keras.Variable]) -> int:
    return sum(tf.TensorShape(variable.shape).num_elements() * tf.as_dtype(variable.dtype).size for variable in variables)
