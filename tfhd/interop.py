"""Loads weights saved by the original PyTorch implementation, with its names and array layouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from tfhd.errors import InputError
from tfhd.layers import OutputBlock
from tfhd.networks import FeatureEncoder, GlobalGenerator, LocalEnhancer, MultiscaleDiscriminator

Network = GlobalGenerator | LocalEnhancer | MultiscaleDiscriminator | FeatureEncoder
_Named = Iterator[tuple[str, keras.layers.Layer]]

# The original numbers the modules of `nn.Sequential`: a block is (pad, conv, norm, relu), and padding is a module of its own
# only where it reflects.


_WRAPPER = "module."
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""What PyTorch before 0.4 saved of instance normalization, which has never used it."""


def without_wrapping(state_dict: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights alone, under the names that the original gives them.

    Leaves out the prefix `module.` of `nn.DataParallel` as often as all names have it, and statistics of instance normalization.

    Args:
        state_dict: names and arrays of a .pth file.
    """
    prefix = ""
    while state_dict and all(name.startswith(prefix + _WRAPPER) for name in state_dict):
        prefix += _WRAPPER
    return {name.removeprefix(prefix): array for name, array in state_dict.items() if name.rpartition(".")[2] not in _STATISTICS}


def load_state_dict(network: Network, state_dict: Mapping[str, np.ndarray]) -> None:
    """Copies the original's weights into a built network.

    Args:
        network: a built generator with any number of enhancers, discriminator or encoder.
        state_dict: the original's names and arrays (kernels of `Conv2d` in OIHW, of `ConvTranspose2d` in IOHW, and biases);
            any float dtype, converted to float32. What `without_wrapping` leaves out is overlooked.

    Raises:
        InputError: names are missing or left over, an array has another shape, or a number is not finite; the message lists all
            of them, and nothing was loaded.
        ValueError: the network is not built.
    """
    if not network.built:
        raise ValueError(f"{network.name} is not built; call it once on its input before loading weights")
    state_dict = without_wrapping(state_dict)
    wanted = {f"{name}.{part}": (layer, part) for name, layer in _names(network) for part in ("weight", "bias")}
    missing = sorted(wanted.keys() - state_dict.keys())
    left_over = sorted(state_dict.keys() - wanted.keys())
    values, misshapen = {}, []
    for name in wanted.keys() & state_dict.keys():
        layer, part = wanted[name]
        values[name] = _keras_layout(np.asarray(state_dict[name], "float32"), part)
        expected = tuple((layer.kernel if part == "weight" else layer.bias).shape)
        if values[name].shape != expected:
            misshapen.append(f"{name} {values[name].shape} instead of {expected}")
    broken = sorted(name for name, array in values.items() if not np.isfinite(array).all())
    if broken:
        raise InputError(
            f"the weights of {network.name} hold numbers that are not finite: {', '.join(broken)}; give a file of an earlier "
            "epoch"
        )
    errors = [("missing", missing), ("left over", left_over), ("misshapen (HWIO)", sorted(misshapen))]
    if any(names for _, names in errors):
        text = "; ".join(f"{what}: {', '.join(names)}" for what, names in errors if names)
        raise InputError(f"the weights do not fit {network.name}: {text}; give the network the sizes that they were trained with")
    for name, (layer, part) in wanted.items():
        (layer.kernel if part == "weight" else layer.bias).assign(values[name])


def _keras_layout(array: np.ndarray, part: str) -> np.ndarray:
    # The same permutation turns OIHW into HWIO, and IOHW into the HWOI of Keras' transposed convolution.
    return array.transpose(2, 3, 1, 0) if part == "weight" and array.ndim == 4 else array


def _names(network: Network) -> _Named:
    if isinstance(network, LocalEnhancer):
        yield from _body(network.global_generator, None if network.enhancers else network.top)
        for number, enhancer in enumerate(network.enhancers, start=1):
            yield f"model{number}_1.1", enhancer.front_end[0].conv
            yield f"model{number}_1.4", enhancer.front_end[1].conv
            yield from _residual(f"model{number}_2", 0, enhancer.residual_blocks)
            blocks = len(enhancer.residual_blocks)
            yield f"model{number}_2.{blocks}", _upsampling_conv(enhancer.upsampling)
            if enhancer is network.enhancers[-1]:
                yield f"model{number}_2.{blocks + 4}", network.top.block.conv
    elif isinstance(network, MultiscaleDiscriminator):
        for i, scale in enumerate(reversed(network.scales)):  # the original counts from the coarsest
            for j, block in enumerate(scale.blocks):
                yield f"scale{i}_layer{j}.0", block.conv
    else:
        yield from _body(network, network.top)


def _body(network: GlobalGenerator | FeatureEncoder, top: OutputBlock | None) -> _Named:
    yield "model.1", network.front_end.conv
    index = 4
    for block in network.downsampling:
        yield f"model.{index}", block.conv
        index += 3
    if isinstance(network, GlobalGenerator):
        yield from _residual("model", index, network.residual_blocks)
        index += len(network.residual_blocks)
    for block in network.upsampling:
        yield f"model.{index}", _upsampling_conv(block)
        index += 3
    if top is not None:
        yield f"model.{index + 1}", top.block.conv


def _residual(prefix: str, index: int, blocks: list) -> _Named:
    for offset, block in enumerate(blocks):
        yield f"{prefix}.{index + offset}.conv_block.1", block.first.conv
        yield f"{prefix}.{index + offset}.conv_block.5", block.second.conv


def _upsampling_conv(block) -> keras.layers.Layer:
    return block.block.conv if block.mode == "resize" else block.conv
