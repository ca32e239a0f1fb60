"""Work of tfhd in comparisons of inference, pooling and the input pipeline, and what others share with them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

from tfhd import command_line

command_line.import_tensorflow_quietly()

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

from benchmarks.task import NUM_CLASSES, Task, Workspace, random_batch  # noqa: E402
from benchmarks.worker import Outputs, Work  # noqa: E402
from tfhd import config  # noqa: E402
from tfhd.data import build_dataset  # noqa: E402
from tfhd.interop import load_state_dict  # noqa: E402
from tfhd.layers import InstanceAveragePooling  # noqa: E402
from tfhd.networks import build_networks  # noqa: E402
from tfhd.streets.scene import render_street  # noqa: E402


def inference(task: Task, workspace: Workspace) -> Work:
    """Label encoding and generator without features: label and instance map to an image."""
    networks = build_networks(config_for(task, feature_channels=0), NUM_CLASSES)
    load_weights(workspace.weights, G=networks.generator)
    batch = random_batch(task)
    label, instance = tf.constant(batch.label), tf.constant(batch.instance)

    @tf.function(jit_compile=task.jit)
    def synthesize(label: tf.Tensor, instance: tf.Tensor) -> tf.Tensor:
        return networks.generator(networks.label_encoding(label, instance))

    return lambda: {"picture": tf.cast(synthesize(label, instance), tf.float32).numpy()}


def pooling(task: Task, _: Workspace) -> Work:
    """Instance-wise average pooling of three channels."""
    batch = random_batch(task)
    features, instance = tf.constant(batch.image), tf.constant(batch.instance)
    pool = tf.function(InstanceAveragePooling(), jit_compile=task.jit)
    return lambda: {"features": pool(features, instance).numpy()}


def files(task: Task, workspace: Workspace) -> Work:
    """An epoch of training images from PNG files of 2048x1024, written here in Cityscapes' folder layout."""
    write_cityscapes(workspace.folder, task.pictures)
    return _epoch(task, config.DataConfig("cityscapes", str(workspace.folder), height=task.height, width=task.width))


def streets(task: Task, _: Workspace) -> Work:
    """An epoch of training images from the embedded streets, rendered here."""
    return _epoch(task, config.DataConfig("streets", height=task.height, width=task.width, street_count=task.pictures))


def prepared_set(task: Task, workspace: Workspace) -> Work:
    """An epoch of the same images from a TensorFlow Datasets set that `prepare` made of them at training size."""
    source, out = workspace.folder / "large", workspace.folder / "prepared"
    write_cityscapes(source, task.pictures)
    command = [sys.executable, "-m", "train", "prepare", "cityscapes", str(source), str(out), "--tfds"]
    size = ["--width", str(task.width), "--height", str(task.height)]
    subprocess.run([*command, *size], cwd=Path(__file__).parents[1], check=True, stdout=subprocess.DEVNULL)
    root, label_set = str(out / "tfds"), str(out / "label_set.json")
    return _epoch(task, config.DataConfig("tfds", root, label_set=label_set, height=task.height, width=task.width))


def write_cityscapes(root: Path, count: int) -> None:
    """Writes rendered streets as a Cityscapes tree, with noise that makes the photos' files as large as a camera's."""
    for index in range(count):
        street = render_street("train", index, 1024, 2048)
        noise = np.random.default_rng(index).normal(0, 0.7, street.image.shape)
        photo = np.clip(np.rint(street.image + noise), 0, 255).astype(np.uint8)
        arrays = {"leftImg8bit": photo, "gtFine_labelIds": street.label, "gtFine_instanceIds": street.instance}
        for kind, array in arrays.items():
            path = root / kind.split("_")[0] / "train" / "city" / f"city_{index:06}_{kind}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)


def _epoch(task: Task, data: config.DataConfig) -> Work:
    dataset = build_dataset(config.Config(data=dataclasses.replace(data, batch_size=task.batch_size)), "train")

    def run() -> Outputs:
        for batch in dataset:
            last = batch
        return {name: array.numpy() for name, array in last.items()}

    return run


def config_for(task: Task, feature_channels: int = 3) -> config.Config:
    """Returns the configuration of a task's networks and training, without VGG loss."""
    return config.Config(
        data=config.DataConfig(height=task.height, width=task.width, batch_size=task.batch_size),
        generator=config.GeneratorConfig(filters=task.filters, num_enhancers=task.num_enhancers),
        discriminator=config.DiscriminatorConfig(task.discriminator_filters, num_scales=task.num_scales),
        encoder=config.EncoderConfig(feature_channels),
        loss=config.LossConfig(perceptual_weight=0.0),
        training=config.TrainingConfig(precision=task.precision, jit=task.jit),
    )


def load_weights(weights: Path, **networks: keras.Model) -> None:
    """Loads the weights that the original wrote, if it takes part."""
    if not weights.exists():
        return
    with np.load(weights) as arrays:
        for letter, network in networks.items():
            names = [name for name in arrays.files if name.startswith(f"{letter}/")]
            load_state_dict(network, {name.removeprefix(f"{letter}/"): arrays[name] for name in names})
