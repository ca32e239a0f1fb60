"""Networks whose features of pictures are compared. Every result names the one that it is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tfhd.errors import InputError
from tfhd.networks import VGG19Features

_INCEPTION_SIZE = 299


@dataclass(frozen=True, eq=False)
class FeatureModel:
    """Turns pictures into one vector each.

    Attributes:
        name: network, layer and weights in words, for results.
        size: numbers per picture.
        features: float32 `(N, size)` from pictures float32 `(N, H, W, 3)` in [-1, 1].
    """

    name: str
    size: int
    features: Callable[[np.ndarray], np.ndarray]


def vgg19_model(network: VGG19Features, weights: str) -> FeatureModel:
    """Means over the positions of VGG19's relu5_1.

    Args:
        network: with its weights.
        weights: where these are from, for the name.
    """
    run = tf.function(lambda pictures: tf.reduce_mean(network(pictures)[-1], axis=(1, 2)), reduce_retracing=True)
    return FeatureModel(f"VGG19 relu5_1, mean over positions, weights {weights}", 512, lambda p: run(tf.constant(p)).numpy())


def inception_v3_model() -> FeatureModel:
    """Pooled features of Keras' InceptionV3; pictures are resized to what it was trained on.

    They are not those of the network that published Frechet distances are of: compare values of this project alone.

    Raises:
        InputError: its weights cannot be downloaded.
    """
    try:
        network = keras.applications.InceptionV3(include_top=False, weights="imagenet", pooling="avg")
    except Exception as error:  # Keras raises a bare Exception where the download fails
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        raise InputError(
            f"InceptionV3's weights cannot be downloaded ({reason}); take --features vgg19 with --vgg-weights PATH.npz"
        ) from None

    def features(pictures: tf.Tensor) -> tf.Tensor:
        return network(tf.image.resize(pictures, (_INCEPTION_SIZE, _INCEPTION_SIZE), antialias=True), training=False)

    run = tf.function(features, reduce_retracing=True)
    name = f"Keras InceptionV3, average pool, at {_INCEPTION_SIZE}x{_INCEPTION_SIZE}, weights imagenet"
    return FeatureModel(name, network.output_shape[-1], lambda pictures: run(tf.constant(pictures)).numpy())


def feature_distance(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Distance of pictures in a network's features, built as LPIPS is, but without its learned weights of channels.

    Features are divided by their length at each position; squared differences are summed over channels, averaged over positions
    and summed over layers.

    Args:
        first: per layer float `(N, h, w, c)`, such as `VGG19Features` returns.
        second: the same shapes.

    Returns:
        float64 `(N,)`, 0 for equal pictures.

    Reference:
        Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, 2018.
    """
    total = 0.0
    for a, b in zip(first, second, strict=True):
        total = total + np.square(_directions(a) - _directions(b)).sum(axis=-1).mean(axis=(1, 2))
    return total


def _directions(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, np.float64)
    return features / (np.sqrt(np.square(features).sum(axis=-1, keepdims=True)) + 1e-10)
