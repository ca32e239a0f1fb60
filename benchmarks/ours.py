"""tfhd's side of each comparison."""

from __future__ import annotations

from tfhd import command_line

command_line.import_tensorflow_quietly()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from benchmarks.tasks import NUM_CLASSES, Task, pictures  # noqa: E402
from benchmarks.worker import Outputs, Work  # noqa: E402
from tfhd.config import (  # noqa: E402
    Config,
    DataConfig,
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    LossConfig,
    TrainingConfig,
)
from tfhd.interop import load_state_dict  # noqa: E402
from tfhd.layers import InstanceAveragePooling  # noqa: E402
from tfhd.networks import build_networks  # noqa: E402
from tfhd.training import build_model  # noqa: E402


def training_step(task: Task) -> Work:
    """`Pix2PixHD.train_step` as training compiles it, with encoder and without VGG."""
    model = build_model(_config(task), NUM_CLASSES, steps_per_epoch=1000)
    _load(task, G=model.generator, D=model.discriminator, E=model.encoder)
    step = tf.function(model.train_step, jit_compile=task.jit)
    batch = {name: tf.constant(array) for name, array in pictures(task)._asdict().items()}

    def run() -> Outputs:
        losses = step(batch)
        return {name: value.numpy() for name, value in losses.items() if name != "perceptual"}

    return run


def inference(task: Task) -> Work:
    """Label encoding and generator, without features: label and instance map to a picture."""
    networks = build_networks(_config(task, feature_channels=0), NUM_CLASSES)
    _load(task, G=networks.generator)
    batch = pictures(task)
    label, instance = tf.constant(batch.label), tf.constant(batch.instance)

    @tf.function(jit_compile=task.jit)
    def paint(label: tf.Tensor, instance: tf.Tensor) -> tf.Tensor:
        return networks.generator(networks.label_encoding(label, instance))

    return lambda: {"picture": tf.cast(paint(label, instance), tf.float32).numpy()}


def pooling(task: Task) -> Work:
    """Instance-wise average pooling of three channels."""
    batch = pictures(task)
    features, instance = tf.constant(batch.image), tf.constant(batch.instance)
    pool = tf.function(InstanceAveragePooling(), jit_compile=task.jit)
    return lambda: {"features": pool(features, instance).numpy()}


def _config(task: Task, feature_channels: int = 3) -> Config:
    return Config(
        data=DataConfig(height=task.height, width=task.width, batch_size=task.batch_size),
        generator=GeneratorConfig(task.filters, task.num_enhancers, num_residual_blocks=task.num_residual_blocks),
        discriminator=DiscriminatorConfig(task.discriminator_filters, num_scales=task.num_scales),
        encoder=EncoderConfig(feature_channels, task.encoder_filters),
        loss=LossConfig(perceptual_weight=0.0),
        training=TrainingConfig(precision=task.precision),
    )


def _load(task: Task, **networks: keras.Model) -> None:
    """Takes the weights that the original wrote, where there are any."""
    if task.weights is None:
        return
    with np.load(task.weights) as arrays:
        for letter, network in networks.items():
            names = [name for name in arrays.files if name.startswith(f"{letter}/")]
            load_state_dict(network, {name.removeprefix(f"{letter}/"): arrays[name] for name in names})
