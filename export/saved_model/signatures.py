"""The signatures of an exported SavedModel: functions from raw maps to images, styles and vectors."""

from __future__ import annotations

from functools import partial

import tensorflow as tf

from tfhd.config import Config
from tfhd.graph.assertions import require
from tfhd.graph.label_lookup import class_indices
from tfhd.graph.png import decode_ids, encode_images
from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.styles import StyleTable
from tfhd.styles.instances import Instances, find_instances, instance_vectors
from tfhd.styles.sampling import style_features, style_features_from_vectors

from .request_assertions import broadcast_to_batch, require_style_lists, size_text

MAX_ENCODED = 256
"""Instances that `encode` returns for each photo; if there are more, the largest."""

_MAPS = (None, None, None, 1)
_PHOTOS = partial(tf.TensorSpec, (None, None, None, 3), tf.uint8)


class ServingSignatures:
    """The functions that a SavedModel offers to clients.

    Args:
        config: of the run.
        label_set: its classes; raw ids are mapped to class indices in the graph.
        networks: trained.
        table: the styles; None without an encoder.
        size: the only height and width that the signatures take; None for all that fit the networks.

    Attributes:
        label_dtype: of the input `label`: uint8, or uint16 if the label set has ids above 255.
    """

    def __init__(
        self,
        config: Config,
        label_set: LabelSet,
        networks: Networks,
        table: StyleTable | None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._networks, self._label_set, self._table, self._size = networks, label_set, table, size
        self._size_multiple, self._smallest = config.size_multiple, config.smallest_size
        self.label_dtype = tf.uint8 if max(max(item.ids) for item in label_set.classes) < 256 else tf.uint16
        channels = table.centers.shape[2] if table else 0
        size = size or (None, None)
        raw, maps = tf.TensorSpec(_MAPS, tf.int32), tf.TensorSpec((None, *size), tf.int32)
        lists = tf.TensorSpec((None, None), tf.int32)
        # Each a tf.function, so that all signatures share its graph instead of holding a copy.
        self._classes_and_ids = tf.function(self._map_labels, input_signature=[raw, raw])
        self._generate = tf.function(self._run_generator, input_signature=[maps, maps, tf.TensorSpec((None, *size, channels))])
        self._synthesize_styles = tf.function(
            self._choose_and_generate, input_signature=[raw, raw, tf.TensorSpec((None,), tf.int32), lists, lists]
        )

    def functions(self) -> dict[str, tf.types.experimental.GenericFunction]:
        """The functions by signature name; `serving_default` and `synthesize` exist without an encoder too."""
        found = {"serving_default": self._serving_default(), "synthesize": self._synthesize()}
        if self._table:
            found["synthesize_vectors"] = self._synthesize_vectors()
            found["synthesize_reference"] = self._synthesize_reference()
            found |= {"encode": self._encode(), "styles": self._list_styles()}
        return found

    def _serving_default(self) -> tf.types.experimental.GenericFunction:
        files = [tf.TensorSpec((None,), tf.string, name) for name in ("label_bytes", "instance_bytes")]
        no_seed, no_styles = _absent()

        @tf.function(input_signature=[*files, tf.TensorSpec((None,), tf.int32, "seed")])
        def serving_default(label_bytes, instance_bytes, seed=no_seed):
            maps = decode_ids(label_bytes, "label_bytes"), decode_ids(instance_bytes, "instance_bytes")
            return {"image_bytes": encode_images(self._synthesize_styles(*_integers(maps), seed, no_styles, no_styles))}

        return serving_default

    def _synthesize(self) -> tf.types.experimental.GenericFunction:
        lists = [tf.TensorSpec((None, None), tf.int32, name) for name in ("style_instance", "style_index")]
        no_seed, no_styles = _absent()

        @tf.function(input_signature=[*self._map_specs(), tf.TensorSpec((None,), tf.int32, "seed"), *lists])
        def synthesize(label, instance, seed=no_seed, style_instance=no_styles, style_index=no_styles):
            return {"image": self._synthesize_styles(*_integers((label, instance)), seed, style_instance, style_index)}

        return synthesize

    def _synthesize_vectors(self) -> tf.types.experimental.GenericFunction:
        instances = tf.TensorSpec((None, None), tf.int32, "style_instance")
        vectors = tf.TensorSpec((None, None, self._table.centers.shape[2]), tf.float32, "style_vector")

        @tf.function(input_signature=[*self._map_specs(), instances, vectors])
        def synthesize_vectors(label, instance, style_instance, style_vector):
            styles = require_style_lists(style_instance, style_vector=style_vector)
            return {"image": self._synthesize_from_vectors(label, instance, "style_instance", *styles)}

        return synthesize_vectors

    def _synthesize_reference(self) -> tf.types.experimental.GenericFunction:
        reference = [_PHOTOS("reference_image"), tf.TensorSpec(_MAPS, tf.uint16, "reference_instance")]

        @tf.function(input_signature=[*self._map_specs(), *reference])
        def synthesize_reference(label, instance, reference_image, reference_instance):
            found = self._encode_photo("reference_image", reference_image, "reference_instance", reference_instance)
            styles = found["style_instance"], found["style_vector"]
            return {"image": self._synthesize_from_vectors(label, instance, "reference_image", *styles)}

        return synthesize_reference

    def _encode(self) -> tf.types.experimental.GenericFunction:
        @tf.function(input_signature=[_PHOTOS("image"), tf.TensorSpec(_MAPS, tf.uint16, "instance")])
        def encode(image, instance):
            return self._encode_photo("image", image, "instance", instance)

        return encode

    def _list_styles(self) -> tf.types.experimental.GenericFunction:
        names = tf.constant([[item.name for item in self._label_set.classes]])

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32, "class_id")])
        def styles(class_id):
            known = tf.reduce_all((class_id >= 0) & (class_id < self._label_set.num_classes))
            message = tf.constant(f"class_id holds numbers that are no class; expected 0..{self._label_set.num_classes - 1}")
            with tf.control_dependencies([require(known, lambda: message)]):
                return {
                    "centers": tf.gather(tf.constant(self._table.centers), class_id),
                    "count": tf.gather(tf.constant(self._table.counts), class_id),
                    # All names in every row, so that a request for one class shows how many classes there are.
                    "class_names": tf.repeat(names, tf.size(class_id), axis=0),
                }

        return styles

    def _map_specs(self) -> list[tf.TensorSpec]:
        return [tf.TensorSpec(_MAPS, self.label_dtype, "label"), tf.TensorSpec(_MAPS, tf.uint16, "instance")]

    def _choose_and_generate(self, label, instance, seed, style_instance, style_index) -> tf.Tensor:
        label, instance = self._classes_and_ids(label, instance)
        style_instance, style_index = require_style_lists(style_instance, style_index=style_index)
        lists = {"seed": seed, "style_instance": style_instance, "style_index": style_index}
        seed, style_instance, style_index = broadcast_to_batch(tf.shape(label)[0], **lists)
        if self._table:
            features = style_features(self._table, label, instance, seed, style_instance, style_index)
            return self._generate(label, instance, features)
        message = tf.constant("a style is given, but this model was trained without an encoder and has no styles")
        with tf.control_dependencies([require(tf.reduce_all(style_instance < 0), lambda: message)]):
            return self._generate(label, instance, tf.zeros(tf.concat([tf.shape(label), [0]], axis=0)))

    def _synthesize_from_vectors(self, label, instance, source: str, style_instance, style_vector) -> tf.Tensor:
        """Images in given style vectors; `source` names the input that they came from, for messages."""
        label, instance = self._classes_and_ids(*_integers((label, instance)))
        batch = tf.shape(label)[0]
        (style_instance,) = broadcast_to_batch(batch, **{source: style_instance})
        seed, style_vector = broadcast_to_batch(batch, seed=_absent()[0], style_vector=style_vector)
        features = style_features_from_vectors(self._table, label, instance, seed, style_instance, style_vector)
        return self._generate(label, instance, features)

    def _encode_photo(self, name: str, image: tf.Tensor, instance_name: str, instance: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.control_dependencies(self._size_checks(name, image, instance_name, instance)):
            photo, instance = tf.cast(image, tf.float32) / 127.5 - 1.0, tf.cast(instance[..., 0], tf.int32)
        features = tf.cast(self._networks.encoder(photo, instance), tf.float32)
        instances = find_instances(tf.zeros_like(instance), instance, 1)
        return _largest_instances(instances, instance_vectors(features, instances), tf.shape(image)[0])

    def _run_generator(self, label: tf.Tensor, instance: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
        encoded = self._networks.label_encoding(label, instance)
        image = self._networks.generator(tf.concat([encoded, tf.cast(features, encoded.dtype)], axis=-1))
        return tf.saturate_cast(tf.round((tf.cast(image, tf.float32) + 1.0) * 127.5), tf.uint8)

    def _map_labels(self, label: tf.Tensor, instance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Class indices and instance ids, int32 `(batch, height, width)`, of raw maps; requires fitting sizes and known ids."""
        with tf.control_dependencies(self._size_checks("label", label, "instance", instance)):
            classes, ids = class_indices(label[..., 0], self._label_set), instance[..., 0]
        # After the checks: TensorFlow trusts a declared shape, and would remove checks that compare with it.
        return tuple(tf.ensure_shape(values, (None, *(self._size or (None, None)))) for values in (classes, ids))

    def _size_checks(self, name: str, image: tf.Tensor, instance_name: str, instance: tf.Tensor) -> list[tf.Operation | None]:
        """Assertions on the size of an input, label map or photo, and on that of its instance map."""
        size, other = tf.shape(image)[:3], tf.shape(instance)[:3]
        if self._size and name == "label":
            fits = tf.reduce_all(size[1:] == self._size)
            wanted = " pixels high and wide; this model was exported for {}x{} alone".format(*self._size)
        else:
            fits = tf.reduce_all((size[1:] % self._size_multiple == 0) & (size[1:] >= self._smallest))
            wanted = f" pixels high and wide; both must be multiples of {self._size_multiple} from {self._smallest} on"
        return [
            require(size[0] > 0, lambda: tf.constant(f"{name} is an empty batch; send at least one map")),
            require(
                tf.reduce_all(size == other),
                lambda: tf.strings.join(
                    [
                        f"{name} is ",
                        size_text(size),
                        f" but {instance_name} is ",
                        size_text(other),
                        " (batch x height x width); make them equal",
                    ]
                ),
            ),
            require(fits, lambda: tf.strings.join([f"{name} is ", size_text(size[1:]), wanted])),
        ]


def _absent() -> tuple[tf.Tensor, tf.Tensor]:
    """Seed and style list for requests that leave them out: one row, which counts for every sample of the batch."""
    return tf.constant([-1]), tf.constant([[-1]])


def _integers(maps: tuple[tf.Tensor, ...]) -> list[tf.Tensor]:
    return [tf.cast(values, tf.int32) for values in maps]


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
