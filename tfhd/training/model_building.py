from __future__ import annotations

import keras

from tfhd.config import Config, StageConfig
from tfhd.networks import VGG19Features, build_networks
from tfhd.training.adam import Adam
from tfhd.training.pix2pixhd import Pix2PixHD
from tfhd.training.schedules import ConstantThenLinearDecay
from tfhd.training.stage_weights import freeze


def build_model(config: Config, num_classes: int, steps_per_epoch: int, perceptual: VGG19Features | None = None) -> Pix2PixHD:
    """The compiled model of an experiment's only stage, with new random weights. Call it inside the strategy's scope.

    Args:
        config: the experiment, of one stage (see `Config.at`).
        num_classes: classes of its label set.
        steps_per_epoch: training steps per epoch, which turn epochs of the schedule into steps.
        perceptual: network of the perceptual loss; None takes VGG19 with the weights that the configuration names, if there is
            that loss (`Config.has_perceptual_loss`).

    Raises:
        InputError: the VGG19 weights cannot be read or downloaded.
    """
    (stage,) = config.stages.values()
    networks = build_networks(config, num_classes)
    model = Pix2PixHD(
        networks.generator,
        networks.discriminator,
        networks.label_encoding,
        networks.encoder,
        perceptual if perceptual is not None else _perceptual(config),
        loss=config.loss,
        accumulate=config.training.accumulate,
        jit=config.training.jit,
        average_decay=config.training.average_decay,
        dtype=config.training.precision,
        name="pix2pixhd",
    )
    if stage.trained == "enhancer":
        freeze(model)
    model.compile(*(_optimizer(config, stage, steps_per_epoch, name) for name in ("generator", "discriminator")))
    return model


def _perceptual(config: Config) -> VGG19Features | None:
    if not config.has_perceptual_loss:
        return None
    network = build_perceptual(config)
    network.load_imagenet(config.loss.vgg_weights)
    return network


def build_perceptual(config: Config) -> VGG19Features:
    """The network of the perceptual loss, with random weights."""
    layers = "second" if config.loss.perceptual == "crn" else "first"
    network = VGG19Features(config.loss.vgg_normalize, layers, dtype=config.training.precision, name="vgg19")
    network.build((None, None, None, 3))
    return network


def _optimizer(config: Config, stage: StageConfig, steps_per_epoch: int, name: str) -> keras.optimizers.Optimizer:
    settings = config.training
    schedule = ConstantThenLinearDecay(
        settings.learning_rate, stage.epochs * steps_per_epoch, stage.decay_epochs * steps_per_epoch
    )
    adam = Adam(schedule, settings.beta_1, 0.999, epsilon=1e-8, name=name)
    return keras.optimizers.LossScaleOptimizer(adam) if settings.precision == "mixed_float16" else adam
