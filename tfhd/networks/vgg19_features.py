from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from keras import ops

from tfhd.errors import InputError
from tfhd.layers.sequential_build import build_sequence
from tfhd.networks.configured_model import ConfiguredModel

# (block, convolutions, filters) up to the last layer that the loss reads; every block but the first starts with pooling.
_BLOCKS = ((1, 2, 64), (2, 2, 128), (3, 4, 256), (4, 4, 512), (5, 1, 512))
_MEAN_RGB = (123.68, 116.779, 103.939)
# ImageNet's mean standard deviation of a channel, in 0..255. Keras' weights were trained on images that were not divided by
# it. Dividing the features instead gives the loss the magnitude that it has with inputs of unit deviation.
_DEVIATION = 57.63


@keras.saving.register_keras_serializable(package="tfhd")
class VGG19Features(ConfiguredModel):
    """VGG19 up to the five activations that the perceptual loss compares, one of each block, with frozen weights.

    Args:
        layers: `"first"` of each block, relu1_1 to relu5_1; or `"second"`, relu1_2 to relu4_2, and relu5_1, the last that there
            is.
        normalize: whether images are normalized as for VGG19's training; False passes [-1, 1] on, as the original does.

    Call arguments:
        image: `(batch, height, width, 3)` RGB in [-1, 1], at least 16 pixels high and wide; or gray, `(..., 1)`, which is
            repeated.

    Returns:
        A list of five tensors `(batch, h, w, c)`, each half the size of the one before.

    Reference:
        Simonyan and Zisserman, 2015; Wang et al., CVPR 2018, appendix.
    """

    def __init__(self, normalize: bool = True, layers: Literal["first", "second"] = "first", **kwargs) -> None:
        super().__init__(**kwargs)
        self.normalize = normalize
        self._read = 0 if layers == "first" else 1
        self.blocks = [
            [
                keras.layers.Conv2D(
                    filters, 3, padding="same", activation="relu", dtype=self.dtype_policy.name, name=f"block{block}_conv{i + 1}"
                )
                for i in range(count)
            ]
            for block, count, filters in _BLOCKS
        ]
        self.trainable = False

    def build(self, image_shape) -> None:
        build_sequence([conv for block in self.blocks for conv in block], (*image_shape[:-1], 3))

    def call(self, image):
        if image.shape[-1] == 1:
            image = ops.repeat(image, 3, axis=-1)
        x = self._normalized(image) if self.normalize else image
        outputs = []
        for i, block in enumerate(self.blocks):
            if i:
                x = ops.max_pool(x, 2, 2)
            features = []
            for conv in block:
                x = conv(x)
                features.append(x)
            read = features[min(self._read, len(features) - 1)]
            outputs.append(read / _DEVIATION if self.normalize else read)
        return outputs

    def _normalized(self, image):
        # Keras' weights come from Caffe and expect BGR in 0..255, minus the mean.
        rgb = (image + 1.0) * 127.5 - ops.convert_to_tensor(_MEAN_RGB, image.dtype)
        return ops.flip(rgb, axis=-1)

    def load_imagenet(self, source: str = "imagenet") -> None:
        """Loads ImageNet weights.

        Args:
            source: `"imagenet"`, which Keras downloads once, or the path of an npz file with `NAME/kernel` (HWIO) and
                `NAME/bias`; a kernel may be stored in 8 bits as `NAME/kernel:u8` with `NAME/kernel:scale_min`.

        Raises:
            InputError: the weights are not available (the message names both remedies) or are not VGG19's. Nothing was
                loaded.
        """
        if not self.built:
            self.build((None, None, None, 3))
        weights = _from_keras() if source == "imagenet" else _from_file(Path(source))
        loaded = []
        for conv in (conv for block in self.blocks for conv in block):
            kernel, bias = weights(conv.name)
            if kernel.shape != conv.kernel.shape or bias.shape != conv.bias.shape:
                raise InputError(
                    f"{source}: {conv.name} has kernel {kernel.shape} and bias {bias.shape}; "
                    f"VGG19 has {conv.kernel.shape} and {conv.bias.shape}; give VGG19's weights"
                )
            loaded.append((conv, [kernel, bias]))
        for conv, arrays in loaded:
            conv.set_weights(arrays)


def _from_keras() -> Callable[[str], list[np.ndarray]]:
    try:
        model = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception where the download fails
        raise InputError(
            f"the VGG19 weights cannot be downloaded ({_first_line(error)}); "
            "give a file with --loss.vgg-weights PATH.npz, or do without by --loss.perceptual-weight 0"
        ) from None
    return lambda name: model.get_layer(name).get_weights()


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]


def _from_file(path: Path) -> Callable[[str], list[np.ndarray]]:
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as npz:
            arrays = dict(npz)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: cannot read the VGG19 weights ({error}); give an npz of NAME/kernel and NAME/bias arrays, "
            "or do without by --loss.perceptual-weight 0"
        ) from None

    def array(name: str) -> np.ndarray:
        if name not in arrays:
            raise InputError(f"{path}: holds no array {name}; it needs VGG19's layers up to block5_conv1")
        return arrays[name]

    def layer(name: str) -> list[np.ndarray]:
        if f"{name}/kernel:u8" not in arrays:
            return [array(f"{name}/kernel"), array(f"{name}/bias")]
        scale, minimum = array(f"{name}/kernel:scale_min")
        return [array(f"{name}/kernel:u8").astype("float32") * scale + minimum, array(f"{name}/bias")]

    return layer
