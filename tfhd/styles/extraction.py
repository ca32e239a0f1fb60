"""Feature vectors of the instances in photos, as an encoder reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfhd.networks import FeatureEncoder
from tfhd.styles.instances import find_instances, instance_vectors


class InstanceFeatures(NamedTuple):
    """One entry for each of the n instances in all images.

    Attributes:
        class_index: int32 `(n,)`, the class of most of the instance's pixels.
        feature: float32 `(n, C)`, the encoder's vector for it.
        share: float32 `(n,)`, the share of the image's pixels that it covers, in (0, 1]. (The released code records
            `pixels / (height * width // 32)`, which is 32 times as much.)
    """

    class_index: np.ndarray
    feature: np.ndarray
    share: np.ndarray


def record_features(encoder: FeatureEncoder, batches: Iterable[Mapping[str, tf.Tensor]], num_classes: int) -> InstanceFeatures:
    """Encodes every instance of every image.

    Args:
        encoder: trained.
        batches: as `tfhd.data.build_dataset` yields them.
        num_classes: classes of the label set.
    """

    @tf.function(reduce_retracing=True)
    def record(label: tf.Tensor, instance: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        instances = find_instances(label, instance, num_classes)
        share = tf.cast(instances.pixels / tf.size(label[0]), tf.float32)
        return instances.class_index, instance_vectors(encoder(image, instance), instances), share

    nothing = (np.zeros(0, np.int32), np.zeros((0, encoder.feature_channels), np.float32), np.zeros(0, np.float32))
    parts = [nothing]
    for batch in batches:
        parts.append(tuple(part.numpy() for part in record(batch["label"], batch["instance"], batch["image"])))
    return InstanceFeatures(*(np.concatenate(column) for column in zip(*parts, strict=True)))
