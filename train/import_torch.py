"""`tfhd train import-torch G.pth OUT`: a run folder from weights of the original PyTorch implementation."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro

from tfhd.command_line import require_extra
from tfhd.config import Config, DataConfig, DiscriminatorConfig, EncoderConfig, GeneratorConfig
from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.interop import load_state_dict, without_wrapping
from tfhd.label_sets import LabelSet
from tfhd.networks import build_networks
from tfhd.runs import write_config_and_label_set, write_networks

StateDict = dict[str, np.ndarray]

_WEIGHTS = ("state_dict", "model")
"""Keys under which checkpoints of training programs have the weights."""


def import_torch(
    generator: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="G.pth")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    encoder: Path | None = None,
    discriminator: Path | None = None,
    data: DataConfig = DataConfig(),  # noqa: B008 - frozen
) -> None:
    """Turn .pth files of the original PyTorch implementation into a run folder.

    Sizes of the networks are read from the weights. `tfhd train styles OUT` and `tfhd export saved-model OUT MODEL`
    go on from there.

    Args:
        generator: the generator's weights (latest_net_G.pth).
        out: run folder to write; it must not exist.
        encoder: the encoder's weights (latest_net_E.pth).
        discriminator: the discriminators' weights (latest_net_D.pth); only training needs them.
        data: the data that the weights were trained on.
    """
    paths = {"generator": generator, "encoder": encoder, "discriminator": discriminator}
    weights = {name: read_state_dict(path) for name, path in paths.items() if path is not None}
    config = write_imported_run(weights, out, data)
    print(f"{out}: {', '.join(weights)} with {config.generator}")
    if encoder is not None:
        print(f"next: tfhd train styles {shlex.quote(str(out))}, with --root where the training data lie")


def read_state_dict(path: Path) -> StateDict:
    """Reads a .pth file of tensors, which may be its `state_dict` or `model` beside other things: names to float32 arrays.

    Raises:
        InputError: PyTorch is not installed, or the file cannot be read or holds more than tensors.
    """
    require_extra("torch", "reading .pth files", ["torch"])
    import torch

    try:
        # weights_only: a .pth file is a pickle, which could run any code.
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        tensors = next((tensors[key] for key in _WEIGHTS if isinstance(tensors.get(key), dict)), tensors)
        return {str(name): tensor.detach().float().numpy() for name, tensor in tensors.items()}
    except OSError as error:
        # torch.load raises OSError of half a file too.
        reason = f"cannot be read, or is cut off ({error.strerror})"
        raise InputError(f"{path}: {reason}; give a .pth file that the original saved") from None
    # torch.load raises whatever its unpickler and archive reader do.
    except Exception as error:
        reason = type(error).__name__
        raise InputError(
            f"{path}: is not a file of PyTorch weights ({reason}); give a .pth file that the original saved"
        ) from None


def write_imported_run(weights: dict[str, StateDict], out: Path, data: DataConfig) -> Config:
    """Writes a run folder with the original's weights.

    Args:
        weights: state dicts by network: generator, and optionally encoder and discriminator.
        out: the folder, which must not exist.
        data: names the label set, or says what the input pictures are, and gives the size of pictures.

    Returns:
        The configuration, with the networks' sizes as read from the weights.

    Raises:
        InputError: the weights do not fit each other or the label set, or the folder exists; nothing was written.
    """
    label_set = data.load_label_set()
    weights = {name: without_wrapping(state_dict) for name, state_dict in weights.items()}
    config = infer_config(weights, label_set, data)
    networks = build_networks(config, label_set.num_classes)
    loaded: dict[str, keras.Model] = {name: getattr(networks, name) for name in weights}
    for name, network in loaded.items():
        load_state_dict(network, weights[name])
    with new_folder(out, "run") as partial:
        write_config_and_label_set(partial, config, label_set)
        write_networks(partial, loaded)
    return config


def infer_config(weights: dict[str, StateDict], label_set: LabelSet, data: DataConfig) -> Config:
    """Reads the networks' sizes from names and shapes of their weights; raises `InputError` where they do not fit."""
    generator = _generator(weights["generator"])
    encoder = _encoder(weights["encoder"]) if "encoder" in weights else EncoderConfig(feature_channels=0)
    discriminator = _discriminator(weights["discriminator"]) if "discriminator" in weights else DiscriminatorConfig()
    _require_channels(weights["generator"], label_set, data, encoder)
    return Config(data=data, generator=generator, encoder=encoder, discriminator=discriminator)


def _require_channels(generator: StateDict, label_set: LabelSet, data: DataConfig, encoder: EncoderConfig) -> None:
    """Raises `InputError` where the generator reads or paints other channels than the data have."""
    is_picture = data.input == "image"
    given = data.input_pixels.channels if is_picture else label_set.num_classes
    what = "pictures of" if is_picture else f"label set {label_set.name} with"
    unit, remedy = ("channels", "--data.input-pixels.channels") if is_picture else ("classes", "--data.label-set")
    channels, expected = generator["model.1.weight"].shape[1], given + data.instance_edges + encoder.feature_channels
    if channels != expected:
        raise InputError(
            f"the generator reads {channels} channels, but {what} {given} {unit}, "
            f"{'' if data.instance_edges else 'no '}edges and {encoder.feature_channels} style channels makes {expected}; "
            f"set {remedy}, --data.no-instance-edges, or give its --encoder"
        )
    painted = _last_convolution(generator).shape[0]
    if painted != data.output_pixels.channels:
        raise InputError(
            f"the generator paints {painted} channels, but data.output_pixels.channels is {data.output_pixels.channels}; "
            f"set --data.output-pixels.channels {painted}"
        )


def _last_convolution(generator: StateDict) -> np.ndarray:
    """The kernel that paints: of the outermost enhancer, or of the global generator without."""
    enhancers = _numbers(generator, r"model(\d+)_2\.\d+\.weight")
    prefix = f"model{enhancers[-1]}_2" if enhancers else "model"
    last = _numbers(generator, rf"{prefix}\.(\d+)\.weight")[-1]
    return generator[f"{prefix}.{last}.weight"]


def _generator(weights: StateDict) -> GeneratorConfig:
    _require(weights, "model.1.weight", "generator")
    enhancers = _numbers(weights, r"model(\d+)_1\.1\.weight")
    first = f"model{enhancers[-1]}_1.1.weight" if enhancers else "model.1.weight"
    ends = 1 if enhancers else 2  # inside an enhancer the global generator has no output convolution
    return GeneratorConfig(
        filters=weights[first].shape[0],
        num_enhancers=len(enhancers),
        num_downsamples=(len(_plain_convolutions(weights)) - ends) // 2,
        num_residual_blocks=len(_numbers(weights, r"model\.(\d+)\.conv_block\.1\.weight")),
        num_local_residual_blocks=len(_numbers(weights, r"model1_2\.(\d+)\.conv_block\.1\.weight")),
    )


def _encoder(weights: StateDict) -> EncoderConfig:
    _require(weights, "model.1.weight", "encoder")
    plain = _plain_convolutions(weights)
    return EncoderConfig(
        feature_channels=weights[f"model.{plain[-1]}.weight"].shape[0],
        filters=weights["model.1.weight"].shape[0],
        num_downsamples=(len(plain) - 2) // 2,
    )


def _discriminator(weights: StateDict) -> DiscriminatorConfig:
    _require(weights, "scale0_layer0.0.weight", "discriminator")
    return DiscriminatorConfig(
        filters=weights["scale0_layer0.0.weight"].shape[0],
        num_layers=len(_numbers(weights, r"scale0_layer(\d+)\.0\.weight")) - 2,
        num_scales=len(_numbers(weights, r"scale(\d+)_layer0\.0\.weight")),
    )


def _plain_convolutions(weights: StateDict) -> list[int]:
    return _numbers(weights, r"model\.(\d+)\.weight")


def _numbers(weights: StateDict, pattern: str) -> list[int]:
    """The numbers in the names that match the pattern, in order."""
    return sorted(int(match[1]) for match in (re.fullmatch(pattern, name) for name in weights) if match)


def _require(weights: StateDict, name: str, network: str) -> None:
    if name not in weights or weights[name].ndim != 4:
        held = ", ".join(list(weights)[:3]) or "nothing"
        raise InputError(
            f"the weights of the {network} hold {held}, ... but no {name}; give a .pth file of the original's {network}"
        )
