"""What all signatures of a model of pictures compute."""

from __future__ import annotations

import tensorflow as tf

from tfhd.config import Config
from tfhd.graph.numbers import from_numbers, require_range, to_numbers
from tfhd.networks import Networks

from .request_assertions import SizeRule
from .signature_specs import traced


class PictureGraph:
    """Networks as a function that all signatures share.

    Args:
        config: of the run.
        networks: trained, for pictures.
        size: the only height and width of pictures; None for all that fit the networks.

    Attributes:
        picture: what the numbers of the input are.
        photo: what those of the output are.
        instance_edges: whether an instance map goes with the input.
        label_dtype: of the input, which stands for the label map.
    """

    def __init__(self, config: Config, networks: Networks, size: tuple[int, int] | None = None) -> None:
        self._networks, self._rule, self._size = networks, SizeRule.of(config, size), size or (None, None)
        self.picture, self.photo = config.data.input_pixels, config.data.output_pixels
        self.instance_edges, self.label_dtype = config.data.instance_edges, tf.as_dtype(self.picture.dtype)
        spec = tf.TensorSpec((None, None, None, self.picture.channels), self.picture.dtype)
        self._translate = traced(self._run, input_signature=[spec, tf.TensorSpec((None, None, None, 1), tf.int32)])

    def translate(self, picture: tf.Tensor, instance: tf.Tensor | None, names: tuple[str, str]) -> tf.Tensor:
        """Paints the counterparts of pictures.

        Args:
            picture: `(batch, height, width, channels)` as `picture` says.
            instance: integer ids `(batch, height, width, 1)`; None without edges.
            names: of both inputs, for messages.

        Returns:
            `(batch, height, width, channels)` as `photo` says.

        Raises:
            tf.errors.InvalidArgumentError: sizes do not fit the model or each other, or numbers are outside the range.
        """
        ids = tf.zeros_like(picture[..., :1], tf.int32) if instance is None else tf.cast(instance, tf.int32)
        checks = self._rule.checks(names[0], picture, names[1], ids)
        with tf.control_dependencies([*checks, require_range(names[0], picture, self.picture)]):
            # Not the call alone: once it is inlined, what reads the input itself does not wait for the checks.
            return self._translate(tf.identity(picture), tf.identity(ids))

    def _run(self, picture: tf.Tensor, instance: tf.Tensor) -> tf.Tensor:
        image, ids = from_numbers(picture, self.picture), instance[..., 0]
        image = tf.ensure_shape(image, (None, *self._size, self.picture.channels))
        ids = tf.ensure_shape(ids, (None, *self._size))
        return to_numbers(self._networks.generator(self._networks.label_encoding(image, ids)), self.photo)
