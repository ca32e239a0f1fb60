from __future__ import annotations

import dataclasses
import glob
import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, Literal

import keras
import tensorflow as tf
import tyro

import tfhd
from tfhd.command_line import require_extra
from tfhd.config import Config
from tfhd.data.pipeline.transforms import picture_size
from tfhd.errors import InputError
from tfhd.files import new_folder
from tfhd.label_sets import LabelSet
from tfhd.networks import Networks
from tfhd.runs import WhichCheckpoint, WhichWeights, load_run

from ..compare.differences import free_shapes
from ..compare.saved_model import picture_differences
from .signatures import Synthesis
from .transformed_kernels import prepared_kernels

ComputePrecision = Literal["float32", "bfloat16"]
Device = Literal["any", "cpu"]

MANIFEST = "manifest.json"

_HIGHEST_VERSION = 2**63 - 1


def main(
    run: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RUN")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    version: int | None = None,
    size: tuple[int, int] | None = None,
    precision: ComputePrecision = "float32",
    device: Device = "any",
    warm_up: bool = False,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> None:
    """Write a run's generator, encoder and styles as a SavedModel for TensorFlow Serving.

    Args:
        run: folder that `python -m train fit` wrote, and `python -m train styles` where it has an encoder.
        out: base folder of the model; the SavedModel becomes OUT/VERSION.
        version: number of the version; by default one more than the highest there.
        size: the only height and width that the model shall take; by default it takes all that fit the networks.
        precision: of the arithmetic; bfloat16 is for devices that have it, styles and norms stay float32.
        device: cpu makes a model that paints faster on processors, starts later and takes more memory; see docs/serving.md.
        warm_up: put requests into the model that TensorFlow Serving answers before it calls the model ready, of --size or else of
            the training's size.
        checkpoint: the newest one, or of the last stage the one closest to held-out photos; as the styles were made with.
        weights: running averages where the run keeps them, or those of the last step; as the styles were made with.
    """
    path = export_saved_model(
        run,
        out,
        version=version,
        size=size,
        precision=precision,
        device=device,
        warm_up=warm_up,
        checkpoint=checkpoint,
        weights=weights,
    )
    total = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    worst = max(check["largest"] for check in manifest["checks"])
    print(f"{path}: {total / 1e6:.1f} MB, {manifest['parameters']:,} parameters, from {manifest['checkpoint']}")
    print(f"read again, it paints what Keras does: no channel of a pixel is more than {worst} of 255 levels off")
    print(f"try: python -m serving synthesize {out} --label LABEL.png --instance INSTANCE.png -o out.png")


def export_saved_model(
    run: str | Path,
    out: str | Path,
    *,
    version: int | None = None,
    size: tuple[int, int] | None = None,
    precision: ComputePrecision = "float32",
    device: Device = "any",
    warm_up: bool = False,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Writes OUT/VERSION from a run's checkpoint and its style table, and compares what it paints with Keras.

    TensorFlow Serving, which looks every second, never sees half of it.

    Args:
        run: folder that `python -m train fit` wrote, and `python -m train styles` where it has an encoder.
        out: base folder of the model.
        version: a number from 1 on; by default one more than the highest there.
        size: height and width; None leaves them free.
        precision: as for `main`.
        device: as for `main`.
        warm_up: as for `main`.
        checkpoint: see `tfhd.runs.load_run`.
        weights: see `tfhd.runs.load_run`.

    Returns:
        The path of the SavedModel: saved_model.pb and variables, and a manifest.json for people and clients.

    Raises:
        InputError: the run lacks something, the version exists or is no such number, a setting does not fit, or the disk
            refused; nothing half-written is left.
    """
    run, out = Path(run), Path(out)
    if version is not None and not 1 <= version <= _HIGHEST_VERSION:
        raise InputError(f"version {version}: TensorFlow Serving takes 1 to {_HIGHEST_VERSION}; leave out --version for the next")
    if device == "cpu" and precision != "float32":
        raise InputError(f"--device cpu --precision {precision}: only float32 gains from --device cpu; leave one of them out")
    if warm_up:
        require_extra("serving", "--warm-up", ["tensorflow_serving"])
    target = out / str(_next_version(out) if version is None else version)
    if os.path.lexists(target):  # as glob below, and unlike Path's own, it takes what cannot be entered as not there
        raise InputError(f"{target}: version exists already; leave out --version, or remove it")
    policy = "float32" if precision == "float32" else "mixed_bfloat16"
    trained = load_run(run, checkpoint, weights, precision=policy)
    config, label_set, networks = trained.config, trained.label_set, trained.networks
    origin, table = trained.weights_name, trained.styles()
    if size is not None and any(side % config.size_multiple or side < config.smallest_size for side in size):
        raise InputError(
            f"--size {size[0]} {size[1]}: the networks need multiples of {config.size_multiple}, at least {config.smallest_size}"
        )
    synthesis = Synthesis(config, label_set, networks, table, size)
    with new_folder(target) as folder:
        _save(folder, synthesis, networks, device)
        if warm_up:
            from .warm_up import write_warm_up  # its library is an extra's, which no other export needs

            write_warm_up(folder, label_set, synthesis.label_dtype, size or picture_size(config))
        shapes = free_shapes(config) if size is None else [(1, *size)]
        manifest = {
            "checkpoint": origin.split()[0],
            "weights": origin,
            "size": size,
            "precision": precision,
            "device": device,
            **_describe(config, label_set, networks, synthesis),
            "checks": picture_differences(folder, label_set, networks, table, shapes),
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return target


def _save(folder: Path, synthesis: Synthesis, networks: Networks, device: Device) -> None:
    module = tf.Module()
    for name, network in {"generator": networks.generator, "encoder": networks.encoder}.items():
        # Keras' own objects would be saved beside their variables: every weight twice.
        setattr(module, name, [variable.value for variable in network.variables] if network else [])
    with prepared_kernels(networks.generator) if device == "cpu" else nullcontext([]) as module.prepared:
        tf.saved_model.save(module, str(folder), signatures=synthesis.signatures())


def _next_version(out: Path) -> int:
    highest = max((int(name) for name in glob.glob("*", root_dir=out) if name.isdecimal()), default=0)
    if highest >= _HIGHEST_VERSION:
        raise InputError(
            f"{out}: holds version {highest}, and TensorFlow Serving takes none above {_HIGHEST_VERSION}; give --version"
        )
    return highest + 1


def _describe(config: Config, label_set: LabelSet, networks: Networks, synthesis: Synthesis) -> dict[str, Any]:
    used = [network for network in (networks.generator, networks.encoder) if network is not None]
    return {
        "parameters": sum(network.count_params() for network in used),
        "size_multiple": config.size_multiple,
        "label_dtype": synthesis.label_dtype.name,
        "instance_dtype": "uint16",
        "feature_channels": config.encoder.feature_channels,
        "versions": {"tfhd": tfhd.__version__, "tensorflow": tf.__version__, "keras": keras.__version__},
        "label_set": json.loads(label_set.to_json()),
        "config": dataclasses.asdict(config),
    }
