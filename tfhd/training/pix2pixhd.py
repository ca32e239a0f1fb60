from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import keras
import tensorflow as tf
from keras import ops

from tfhd.config import LossConfig
from tfhd.layers import LabelEncoding, PictureEncoding
from tfhd.losses import l1_loss
from tfhd.networks import FeatureEncoder, Generator, MultiscaleDiscriminator, VGG19Features
from tfhd.runs.checkpoint_files import variables_by_path
from tfhd.training.objective import LossInputs, Objective
from tfhd.training.weight_averages import WeightAverages

Batch = Mapping[str, tf.Tensor]
"""label int32 (N,H,W), instance int32 (N,H,W), image float32 (N,H,W,C) in [-1,1]; pictures as input: label as image."""


class Gradients(NamedTuple):
    """What one step moves weights by.

    Attributes:
        losses: the loss terms by name, weighted.
        generator: a gradient for each of `Pix2PixHD.generator_variables`.
        discriminator: a gradient for each trainable variable of the discriminators.
        fake: generated pictures float32 `(N, H, W, C)` in [-1, 1].
    """

    losses: dict[str, tf.Tensor]
    generator: list[tf.Tensor]
    discriminator: list[tf.Tensor]
    fake: tf.Tensor


class Pix2PixHD(keras.Model):
    """Generator, discriminators and encoder, trained together.

    The generator runs once per step and the discriminators twice, for the photo and for the fake; both updates use these
    outputs, and both gradients are calculated before either update. (One run of the discriminators on photo and fake together
    would make the generator's gradient go through the photo's half too, where it is zero.) What is minimized is
    `tfhd.training.objective`'s.

    Args:
        generator: turns encoded labels (and features) into pictures in [-1, 1].
        discriminator: judges encoded labels with a picture.
        label_encoding: turns class and instance maps into one-hot classes and edges, or hands on pictures.
        encoder: turns photo and instance map into style features for the generator; None trains without.
        perceptual: frozen VGG19 for the perceptual loss; None leaves that at 0.
        loss: kind of adversarial loss, and weights of the terms; what it says of VGG19's own weights is not used here.
        accumulate: parts that a batch is trained in, one after another, with the sum of their gradients.
        jit: whether gradients are calculated under XLA.
        average_decay: decay of the running averages of generator and encoder, which `tfhd.training.Trainer` updates; 0 keeps
            none.

    Call arguments:
        batch: as `tfhd.data.build_dataset` yields it.

    Returns:
        float32 `(N, H, W, C)` pictures in [-1, 1], styled as the batch's own photos where there is an encoder.

    Reference:
        Wang et al., CVPR 2018, section 3.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: MultiscaleDiscriminator,
        label_encoding: LabelEncoding | PictureEncoding,
        encoder: FeatureEncoder | None = None,
        perceptual: VGG19Features | None = None,
        *,
        loss: LossConfig = LossConfig(),  # noqa: B008 - frozen
        accumulate: int = 1,
        jit: bool = False,
        average_decay: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.generator, self.discriminator, self.label_encoding = generator, discriminator, label_encoding
        self.encoder, self.perceptual = encoder, perceptual
        self.objective = Objective(loss, perceptual)
        # Not the optimizers' count, which leaves out steps that a loss scale skipped.
        self.steps_done = keras.Variable(0, dtype="int64", trainable=False, name="steps_done", aggregation="only_first_replica")
        self._validation = {name: keras.metrics.Mean(name=name) for name in self.objective.names}
        self._build_networks()
        self.accumulate = accumulate
        self._gradients = tf.function(self._gradients_of_batch, jit_compile=True) if jit else self._gradients_of_batch
        self.averages = WeightAverages(self._averaged(), average_decay) if average_decay else None

    def _build_networks(self) -> None:
        encoded, painted = self.label_encoding.output_channels, self.generator.output_channels
        channels = encoded
        if self.encoder is not None:
            if not self.encoder.built:
                self.encoder.build((None, None, None, painted), (None, None, None))
            channels += self.encoder.feature_channels
        if not self.generator.built:
            self.generator.build((None, None, None, channels))
        if not self.discriminator.built:
            self.discriminator.build((None, None, None, encoded + painted))
        self.built = True

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        **kwargs,
    ) -> None:
        """Takes one optimizer for generator and encoder and one for the discriminators, and builds both.

        Under a distribution strategy call it inside the strategy's scope. `kwargs` go to `keras.Model.compile`.
        """
        kwargs.setdefault("jit_compile", False)
        super().compile(optimizer=None, **kwargs)
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        generator_optimizer.build(self.generator_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's optimizer updates: generator and encoder."""
        encoder = self.encoder.trainable_variables if self.encoder is not None else []
        return self.generator.trainable_variables + encoder

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks that are trained, by name: generator, discriminator and, where there is one, encoder."""
        networks = {"generator": self.generator, "discriminator": self.discriminator, "encoder": self.encoder}
        return {name: network for name, network in networks.items() if network is not None}

    @property
    def networks_for_synthesis(self) -> dict[str, keras.Model]:
        """Those that synthesis needs, by name: generator and, where there is one, encoder."""
        return {name: network for name, network in self.networks.items() if name != "discriminator"}

    def generate(self, encoded, image, instance, training: bool = False):
        """Pictures float32 `(N, H, W, C)` in [-1, 1] from encoded labels, in the styles of `image` where there is an encoder."""
        if self.encoder is None:
            return self.generator(encoded, training=training)
        features = ops.cast(self.encoder(image, instance, training=training), encoded.dtype)
        return self.generator(ops.concatenate([encoded, features], axis=-1), training=training)

    def call(self, batch: Batch):
        encoded = self.label_encoding(batch["label"], batch["instance"])
        return self.generate(encoded, batch["image"], batch["instance"])

    def train_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """One step of generator, encoder and discriminator.

        Under a distribution strategy gradients are means over the replicas' batches, as of one batch of all their pictures.

        Returns:
            The losses before the step, by name and weighted; see `Objective.names`.
        """
        gradients = self._gradients(batch)
        self._apply(gradients)
        return gradients.losses

    def train_step_with_pool(self, batch: Batch, drawn: Batch) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """One step in which the discriminator is shown some earlier fakes.

        Args:
            batch: what the generator learns from.
            drawn: what `ImagePool.draw` returned.

        Returns:
            The losses, and the newest fakes, float32 `(N, H, W, C)`.
        """
        gradients = self._gradients(batch, drawn)
        self._apply(gradients)
        return gradients.losses, gradients.fake

    def _apply(self, gradients: Gradients) -> None:
        self.generator_optimizer.apply(gradients.generator, self.generator_variables)
        self.discriminator_optimizer.apply(gradients.discriminator, self.discriminator.trainable_variables)
        self.steps_done.assign_add(1)

    def _gradients_of_batch(self, batch: Batch, drawn: Batch | None = None) -> Gradients:
        if self.accumulate == 1:
            return self._gradients_of_part(batch, drawn)
        # A loop within the graph: an unrolled one would have all parts in memory at once.
        parts = {key: self._in_parts(tensor) for key, tensor in batch.items()}
        drawn_parts = {} if drawn is None else {key: self._in_parts(tensor) for key, tensor in drawn.items()}

        def add_part(i, total, fakes):
            drawn_part = {key: tensor[i] for key, tensor in drawn_parts.items()} or None
            *part, fake = self._gradients_of_part({key: tensor[i] for key, tensor in parts.items()}, drawn_part)
            total = tf.nest.map_structure(lambda so_far, one: so_far + one / self.accumulate, total, part)
            return i + 1, total, fakes.write(i, fake)

        variables = self.generator_variables, self.discriminator.trainable_variables
        zeros = [
            {name: tf.zeros(()) for name in self.objective.names},
            *([tf.zeros(v.shape) for v in part] for part in variables),
        ]
        shape = [None, None, None, self.generator.output_channels]
        fakes = tf.TensorArray(tf.float32, self.accumulate, element_shape=shape)
        _, total, fakes = tf.while_loop(lambda i, *_: i < self.accumulate, add_part, (0, zeros, fakes), parallel_iterations=1)
        return Gradients(*total, fakes.concat())

    def _in_parts(self, tensor: tf.Tensor) -> tf.Tensor:
        return tf.reshape(tensor, tf.concat([[self.accumulate, -1], tf.shape(tensor)[1:]], axis=0))

    def _gradients_of_part(self, batch: Batch, drawn: Batch | None) -> Gradients:
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape(persistent=True) as tape:
            losses, fake = self._loss_terms(batch, drawn, training=True)
            for_generator = self.objective.total(losses, "generator") / replicas
            for_generator = self.generator_optimizer.scale_loss(for_generator)
            for_discriminator = self.objective.total(losses, "discriminator") / replicas
            for_discriminator = self.discriminator_optimizer.scale_loss(for_discriminator)
        return Gradients(
            losses,
            tape.gradient(for_generator, self.generator_variables),
            tape.gradient(for_discriminator, self.discriminator.trainable_variables),
            fake,
        )

    def test_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The losses without a step, averaged over the batches of one evaluation."""
        for name, value in self.loss_terms(batch).items():
            self._validation[name].update_state(value)
        return {name: mean.result() for name, mean in self._validation.items()}

    def validation_terms(self, batch: Batch) -> dict[str, tf.Tensor]:
        """The losses of a batch by name, and always mean_l1: the mean absolute difference from the photos, in [0, 1]."""
        losses, fake = self._loss_terms(batch)
        return {**losses, "mean_l1": l1_loss(batch["image"], fake) / 2.0}

    def loss_terms(self, batch: Batch, training: bool = False) -> dict[str, tf.Tensor]:
        """The loss terms of a batch by name, with gradients where a tape records."""
        return self._loss_terms(batch, training=training)[0]

    def _loss_terms(
        self, batch: Batch, drawn: Batch | None = None, training: bool = False
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        image = batch["image"]
        encoded = self.label_encoding(batch["label"], batch["instance"])
        fake = self.generate(encoded, image, batch["instance"], training)
        early, zero = self.objective.early_losses(image, fake, self._loss_scale() if training else None)
        image, fake = image + zero, fake + zero
        judged_real, judged_fake = (self._judge(encoded, picture, training) for picture in (image, fake))
        judged_shown = judged_fake if drawn is None else self._judge_drawn(drawn, fake, training)
        return self.objective.losses(LossInputs(image, fake, judged_real, judged_fake, judged_shown), early), fake

    def _loss_scale(self) -> tf.Tensor | float:
        return self.generator_optimizer.scale_loss(tf.ones(())) if self.compiled else 1.0

    def _judge(self, encoded: tf.Tensor, picture: tf.Tensor, training: bool) -> list[list[tf.Tensor]]:
        inputs = ops.concatenate([encoded, ops.cast(picture, encoded.dtype)], axis=-1)
        return self.discriminator(inputs, training=training)

    def _judge_drawn(self, drawn: Batch, fake: tf.Tensor, training: bool) -> list[list[tf.Tensor]]:
        encoded = self.label_encoding(drawn["label"], drawn["instance"])
        shown = ops.where(drawn["earlier"][:, None, None, None], drawn["image"], ops.stop_gradient(fake))
        return self._judge(encoded, shown, training)

    def _averaged(self) -> dict[str, keras.Variable]:
        return {
            f"{name}/{path}": variable
            for name, network in self.networks_for_synthesis.items()
            for path, variable in variables_by_path(network).items()
        }
