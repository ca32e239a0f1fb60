from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfhd.networks import FeatureEncoder
from tfhd.styles.sampling import Instances, instance_classes


class InstanceFeatures(NamedTuple):
    """One entry for every instance of every picture.

    Attributes:
        class_index: int32 `(n,)`, the class that most of the instance's pixels have.
        feature: float32 `(n, C)`, the encoder's vector for it.
        share: float32 `(n,)`, the part of the picture's pixels that it covers, in (0, 1]. (The released code records
            `pixels / (height * width // 32)`, which is 32 times as much.)
    """

    class_index: np.ndarray
    feature: np.ndarray
    share: np.ndarray


def record_features(encoder: FeatureEncoder, batches: Iterable[Mapping[str, tf.Tensor]], num_classes: int) -> InstanceFeatures:
    """Encodes every instance of every picture.

    Args:
        encoder: trained.
        batches: as `tfhd.data.build_dataset` gives them.
        num_classes: classes of the label set.
    """

    @tf.function(reduce_retracing=True)
    def record(label: tf.Tensor, instance: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        instances = instance_classes(label, instance, num_classes)
        share = tf.cast(instances.pixels / tf.size(label[0]), tf.float32)
        return instances.class_index, instance_vectors(encoder(image, instance), instances), share

    nothing = (np.zeros(0, np.int32), np.zeros((0, encoder.feature_channels), np.float32), np.zeros(0, np.float32))
    parts = [nothing]
    for batch in batches:
        parts.append(tuple(part.numpy() for part in record(batch["label"], batch["instance"], batch["image"])))
    return InstanceFeatures(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def instance_vectors(features: tf.Tensor, instances: Instances) -> tf.Tensor:
    """The vector of each instance.

    Args:
        features: float32 `(batch, height, width, C)`, the same for every pixel of an instance.
        instances: the instances of that batch.

    Returns:
        float32 `(U, C)`.
    """
    flat = tf.reshape(features, (-1, features.shape[-1]))
    # All pixels of an instance agree, and the maximum, unlike the mean, returns their value to the bit.
    return tf.math.unsorted_segment_max(flat, tf.reshape(instances.place, (-1,)), tf.size(instances.pixels))
