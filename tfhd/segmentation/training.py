from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfhd.errors import InputError
from tfhd.files import written
from tfhd.networks import SegmentationNetwork
from tfhd.segmentation.augmentation import augment
from tfhd.training.adam import Adam

_POWER = 0.9  # of the falling rate (PSPNet, section 5.1)
_STEP = "step"


class SegmenterTraining:
    """Trains a segmentation network by cross-entropy, step by step; a saved training goes on to the same bits.

    Args:
        network: built or not; its weights are trained in place.
        ignored: classes whose pixels the loss leaves out.
        steps: of the whole training, over which the rate falls to 0.
        rate: Adam's, at the first step.
        seed: of the augmentation.
    """

    def __init__(
        self, network: SegmentationNetwork, ignored: tuple[int, ...], steps: int, rate: float = 2e-3, seed: int = 0
    ) -> None:
        self.network, self.steps, self.step, self._seed = network, steps, 0, seed
        if not network.built:
            network.build((None, None, None, 3))
        judged = np.ones(network.num_classes, np.float32)
        judged[list(ignored)] = 0.0
        self._judged = tf.constant(judged)
        schedule = keras.optimizers.schedules.PolynomialDecay(rate, steps, 0.0, _POWER)
        self._optimizer = Adam(schedule)
        self._optimizer.build(network.trainable_variables)
        self._train = tf.function(self._train_on, reduce_retracing=True)

    def train_on(self, batch: Mapping[str, tf.Tensor]) -> float:
        """One step.

        Args:
            batch: `image` float32 `(N, H, W, 3)` in [-1, 1] and `label` int32 `(N, H, W)`.

        Returns:
            The mean cross-entropy of the pixels that count.
        """
        loss = self._train(batch["image"], batch["label"], tf.constant([self._seed, self.step * 100], tf.int32))
        self.step += 1
        return float(loss)

    def save(self, path: Path) -> None:
        """Writes all that decides how the training goes on; raises `InputError` where the disk refuses."""
        with written(path, "checkpoint") as partial, open(partial, "wb") as file:
            np.savez(file, **{_STEP: self.step}, **{name: np.asarray(variable) for name, variable in self._variables().items()})

    def restore(self, path: Path) -> None:
        """Goes on from what `save` wrote; raises `InputError` where it is damaged or of another network."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            step = int(arrays.pop(_STEP))
        except Exception as error:  # a damaged zip makes NumPy raise nearly anything
            raise InputError(
                f"{path}: cannot read the checkpoint ({type(error).__name__}); remove it to start the training anew"
            ) from None
        variables = self._variables()
        if arrays.keys() != variables.keys() or any(arrays[k].shape != tuple(v.shape) for k, v in variables.items()):
            raise InputError(f"{path}: is of another network; give the flags that the training was started with, or remove it")
        for name, variable in variables.items():
            variable.assign(arrays[name])
        self.step = step

    def _variables(self) -> dict[str, keras.Variable]:
        parts = {"network": self.network.variables, "optimizer": self._optimizer.variables}
        return {f"{part}/{i}": variable for part, found in parts.items() for i, variable in enumerate(found)}

    def _train_on(self, image: tf.Tensor, label: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        image, label = augment(image, label, seed)
        known = tf.maximum(label, 0)
        weight = tf.gather(self._judged, known) * tf.cast(label >= 0, tf.float32)
        with tf.GradientTape() as tape:
            scores = self.network(image, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(known, scores)
            loss = tf.reduce_sum(losses * weight) / tf.maximum(tf.reduce_sum(weight), 1.0)
        variables = self.network.trainable_variables
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        return loss
