"""What all signatures of a SavedModel compute: images from raw maps and styles, style vectors from photos."""

from __future__ import annotations

import tensorflow as tf

from tfhd.config import Config
from tfhd.graph.assertions import require
from tfhd.graph.label_lookup import class_indices
from tfhd.graph.numbers import from_numbers, to_numbers
from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.styles import StyleTable
from tfhd.styles.instances import Instances, find_instances, instance_vectors
from tfhd.styles.sampling import style_features, style_features_from_vectors

from .request_assertions import SizeRule, broadcast_to_batch, require_style_lists
from .signature_specs import traced

MAX_ENCODED = 256
"""Instances that `encode` returns for each photo; if there are more, the largest."""

_MAP = tf.TensorSpec((None, None, None, 1), tf.int32)
_LISTS = tf.TensorSpec((None, None), tf.int32)


class ModelGraph:
    """Networks and styles as functions that all signatures share, so that a SavedModel holds each of their graphs once.

    Args:
        config: of the run.
        label_set: its classes; raw ids are mapped to class indices in the graph.
        networks: trained.
        table: the styles; None without an encoder.
        size: the only height and width of label maps; None for all that fit the networks.

    Attributes:
        label_set: as given.
        table: as given.
        label_dtype: of raw labels: uint8, or uint16 if the label set has ids above 255.
        photo: what the numbers of photos and painted pictures are.
    """

    def __init__(
        self,
        config: Config,
        label_set: LabelSet,
        networks: Networks,
        table: StyleTable | None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._networks, self.label_set, self.table, self._size = networks, label_set, table, size
        self._rule, self.photo = SizeRule.of(config, size), config.data.output_pixels
        self.label_dtype = tf.uint8 if max(max(item.ids) for item in label_set.classes) < 256 else tf.uint16
        channels = table.centers.shape[2] if table else 0
        size = size or (None, None)
        map_spec, seeds = tf.TensorSpec((None, *size), tf.int32), tf.TensorSpec((None,), tf.int32)
        self._classes_and_ids = traced(self._map_labels, input_signature=[_MAP, _MAP])
        self._generate = traced(self._run_generator, input_signature=[map_spec, map_spec, tf.TensorSpec((None, *size, channels))])
        self._choose_and_generate = traced(self._paint, input_signature=[_MAP, _MAP, seeds, _LISTS, _LISTS])
        self._use_and_generate = traced(
            self._paint_vectors, input_signature=[_MAP, _MAP, _LISTS, tf.TensorSpec((None, None, channels))]
        )
        photo = tf.TensorSpec((None, None, None, self.photo.channels), self.photo.dtype)
        self._encode = traced(self._run_encoder, input_signature=[photo, _MAP])

    def paint(self, label: tf.Tensor, instance: tf.Tensor, seed: tf.Tensor, styles: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Paints label maps in styles by number.

        Args:
            label: raw ids `(batch, height, width, 1)` of an integer dtype.
            instance: the same of instance ids.
            seed: int32 `(batch,)`, or `(1,)` for all samples.
            styles: instance ids and numbers of styles, both int32 `(batch, N)` or `(1, N)`; -1 is an unused entry.

        Returns:
            `(batch, height, width, channels)` as `photo` says; uint8 RGB by default.

        Raises:
            tf.errors.InvalidArgumentError: an input does not fit the model or the others; names it, as all of these methods do.
        """
        return self._choose_and_generate(tf.cast(label, tf.int32), tf.cast(instance, tf.int32), seed, *styles)

    def paint_vectors(self, label: tf.Tensor, instance: tf.Tensor, source: str, styles: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """Paints label maps in styles by vector.

        Args:
            label: as for `paint`.
            instance: as for `paint`.
            source: the input that the styles came from, for messages.
            styles: instance ids int32 `(batch, N)` or `(1, N)`, -1 for unused entries, and their vectors float32 `(..., N, C)`.

        Returns:
            As `paint`.
        """
        (ids,) = broadcast_to_batch(tf.shape(label)[0], **{source: styles[0]})
        return self._use_and_generate(tf.cast(label, tf.int32), tf.cast(instance, tf.int32), ids, styles[1])

    def encode(self, name: str, image: tf.Tensor, instance_name: str, instance: tf.Tensor) -> dict[str, tf.Tensor]:
        """Reads the styles of photos.

        Args:
            name: of the input `image`, for messages.
            image: `(batch, height, width, channels)` as `photo` says.
            instance_name: of the input `instance`.
            instance: integer ids `(batch, height, width, 1)`.

        Returns:
            style_instance int32 `(batch, MAX_ENCODED)`, style_vector float32 `(batch, MAX_ENCODED, C)` and pixels int32
            `(batch, MAX_ENCODED)` of each sample's largest instances, the largest first; -1 and zeros fill them up.
        """
        with tf.control_dependencies(self._rule.checks(name, image, instance_name, instance, painted=False)):
            # Not the call alone: once it is inlined, what reads the input itself does not wait for the checks.
            image, instance = tf.identity(image), tf.cast(instance, tf.int32)
        return self._encode(image, instance)

    def _paint(self, label, instance, seed, style_instance, style_index) -> tf.Tensor:
        label, instance = self._classes_and_ids(label, instance)
        style_instance, style_index = require_style_lists(style_instance, style_index=style_index)
        lists = {"seed": seed, "style_instance": style_instance, "style_index": style_index}
        seed, style_instance, style_index = broadcast_to_batch(tf.shape(label)[0], **lists)
        if self.table:
            features = style_features(self.table, label, instance, seed, style_instance, style_index)
            return self._generate(label, instance, features)
        message = tf.constant("a style is given, but this model was trained without an encoder and has no styles")
        with tf.control_dependencies([require(tf.reduce_all(style_instance < 0), lambda: message)]):
            return self._generate(label, instance, tf.zeros(tf.concat([tf.shape(label), [0]], axis=0)))

    def _paint_vectors(self, label, instance, style_instance, style_vector) -> tf.Tensor:
        label, instance = self._classes_and_ids(label, instance)
        seed, vectors = broadcast_to_batch(tf.shape(label)[0], seed=tf.constant([-1]), style_vector=style_vector)
        return self._generate(
            label, instance, style_features_from_vectors(self.table, label, instance, seed, style_instance, vectors)
        )

    def _run_encoder(self, image: tf.Tensor, instance: tf.Tensor) -> dict[str, tf.Tensor]:
        photo, instance = from_numbers(image, self.photo), instance[..., 0]
        features = tf.cast(self._networks.encoder(photo, instance), tf.float32)
        instances = find_instances(tf.zeros_like(instance), instance, 1)
        return _largest_instances(instances, instance_vectors(features, instances), tf.shape(image)[0])

    def _run_generator(self, label: tf.Tensor, instance: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
        encoded = self._networks.label_encoding(label, instance)
        image = self._networks.generator(tf.concat([encoded, tf.cast(features, encoded.dtype)], axis=-1))
        return to_numbers(image, self.photo)

    def _map_labels(self, label: tf.Tensor, instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Class indices and instance ids, int32 `(batch, height, width)`, of raw maps; requires fitting sizes and known ids."""
        with tf.control_dependencies(self._rule.checks("label", label, "instance", instance)):
            classes, ids = class_indices(label[..., 0], self.label_set), instance[..., 0]
        # After the checks: TensorFlow trusts a declared shape, and would remove checks that compare with it.
        return tuple(tf.ensure_shape(values, (None, *(self._size or (None, None)))) for values in (classes, ids))


def _largest_instances(instances: Instances, vectors: tf.Tensor, batch: tf.Tensor) -> dict[str, tf.Tensor]:
    """Rows of `MAX_ENCODED` instances for each sample, the largest first, padded with -1 and zeros."""
    order = tf.argsort(instances.pixels, direction="DESCENDING", stable=True)
    order = tf.gather(order, tf.argsort(tf.gather(instances.sample, order), stable=True))
    sample = tf.gather(instances.sample, order)
    rank = tf.range(tf.size(sample)) - tf.searchsorted(sample, sample)
    kept = rank < MAX_ENCODED
    order, cells = tf.boolean_mask(order, kept), tf.boolean_mask(tf.stack([sample, rank], axis=1), kept)

    def rows(values: tf.Tensor, empty: int) -> tf.Tensor:
        shape = tf.concat([[batch, MAX_ENCODED], tf.shape(values)[1:]], axis=0)
        return tf.tensor_scatter_nd_update(tf.fill(shape, tf.cast(empty, values.dtype)), cells, tf.gather(values, order))

    return {
        "style_instance": rows(instances.instance_id, -1),
        "style_vector": tf.ensure_shape(rows(vectors, 0), (None, MAX_ENCODED, vectors.shape[1])),
        "pixels": rows(instances.pixels, 0),
    }
