"""From one stage to the next: which weights go where (paper section 3.1, "Coarse-to-fine generator")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.networks import LocalEnhancer
from tfhd.runs.checkpoint_files import assign_network, network_arrays
from tfhd.training.pix2pixhd import Pix2PixHD

Weights = Mapping[str, Mapping[str, np.ndarray]]
"""By network (generator, discriminator, encoder), then by variable path."""


def weights_of(model: Pix2PixHD) -> Weights:
    """Copies of all weights of the networks that a model trains."""
    return {name: network_arrays(network) for name, network in model.networks.items()}


def carry_over(weights: Weights, source: Config, model: Pix2PixHD, target: Config, origin: str | Path) -> None:
    """Gives a new model the weights of a coarser stage, or of the same one trained elsewhere.

    New enhancers go around the generator, new discriminators before the others, at the finest scales; what has no counterpart
    keeps its random weights: new enhancers, new discriminators, the new output block, networks that `weights` lacks.

    Args:
        weights: of the networks that were trained.
        source: the configuration that they belong to.
        model: takes them.
        target: its configuration.
        origin: where the weights come from, for messages.

    Raises:
        InputError: the networks do not grow out of each other; the model is as it was.
    """
    enhancers = target.generator.num_enhancers - source.generator.num_enhancers
    scales = target.discriminator.num_scales - source.discriminator.num_scales
    if enhancers < 0 or scales < 0:
        raise InputError(
            f"{origin}: its networks have more enhancers or discriminators than those of stage {next(iter(target.stages))!r}; "
            "name a later stage with --first-stage, or take a preset with as many"
        )
    renamed = {
        "generator": lambda path: _grown_generator_path(path, source.generator.num_enhancers, enhancers),
        "discriminator": lambda path: _shifted(path, "scale_", scales),
        "encoder": lambda path: path,
    }
    networks = model.networks
    found = {}
    for name in networks.keys() & weights.keys():
        moved = {renamed[name](path): array for path, array in weights[name].items()}
        found[name] = _fitted(moved, networks[name], f"{origin}: {name}")
    for name, arrays in found.items():
        assign_network(networks[name], arrays, origin)


def freeze(model: Pix2PixHD) -> None:
    """Freezes everything of the generator but its outermost enhancer and its output block; call before `compile`.

    Raises:
        InputError: the generator has no enhancer.
    """
    if not isinstance(model.generator, LocalEnhancer):
        raise InputError("the generator has no enhancer to train alone; set generator.num_enhancers")
    for network in (model.generator.global_generator, *model.generator.enhancers[:-1]):
        network.trainable = False


def _grown_generator_path(path: str, enhancers: int, added: int) -> str | None:
    """Where a generator's variable lies once `added` enhancers surround it; None for the output block, which is replaced."""
    if not added:
        return path
    if path.startswith("top/"):
        return None
    return _shifted(path, "enhancer_", added) if enhancers else f"global_generator/{path}"


def _shifted(path: str, prefix: str, by: int) -> str:
    """The path with the number after `prefix`, which counts from the finest, raised."""
    if not path.startswith(prefix):
        return path
    number, rest = path.removeprefix(prefix).split("/", 1)
    return f"{prefix}{int(number) + by}/{rest}"


def _fitted(moved: Mapping[str | None, np.ndarray], network: keras.Model, origin: str) -> dict[str, np.ndarray]:
    own = network_arrays(network)
    for path, array in moved.items():
        if path is not None and (path not in own or own[path].shape != array.shape):
            wanted = f"of shape {own[path].shape}" if path in own else "absent"
            raise InputError(
                f"{origin}: {path} has shape {array.shape} but is {wanted} in the new network; use the same filters, layers, "
                "label set and feature channels"
            )
    return {path: moved.get(path, array) for path, array in own.items()}
