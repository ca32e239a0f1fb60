"""Work of tfhd in the comparison of training steps, with TensorFlow as `tfhd train fit` imports it."""

from __future__ import annotations

from tfhd import command_line

command_line.import_tensorflow_to_train()

import tensorflow as tf  # noqa: E402

from benchmarks.task import NUM_CLASSES, Task, Workspace, random_batch  # noqa: E402
from benchmarks.tfhd_work import config_for, load_weights  # noqa: E402
from benchmarks.worker import Outputs, Work  # noqa: E402
from tfhd.training import build_model  # noqa: E402


def training_step(task: Task, workspace: Workspace) -> Work:
    """`Pix2PixHD.train_step`, compiled as in training, with encoder and without VGG loss."""
    model = build_model(config_for(task), NUM_CLASSES, steps_per_epoch=1000)
    load_weights(workspace.weights, G=model.generator, D=model.discriminator, E=model.encoder)
    step = tf.function(model.train_step)
    batch = {name: tf.constant(array) for name, array in random_batch(task)._asdict().items()}

    def run() -> Outputs:
        losses = step(batch)
        return {name: value.numpy() for name, value in losses.items() if name != "perceptual"}

    return run
