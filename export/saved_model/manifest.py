"""manifest.json in a SavedModel's folder: what the model was made of, for people and clients."""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

import tfhd
from tfhd.config import PixelType
from tfhd.files import write_text
from tfhd.runs import TrainedRun

_MANIFEST_FILE = "manifest.json"


def write_manifest(
    folder: Path, run: TrainedRun, settings: Mapping[str, Any], label_dtype: tf.DType, differences: Sequence[Mapping[str, Any]]
) -> None:
    """Writes `folder`/manifest.json.

    Args:
        folder: of the SavedModel.
        run: what it was exported from.
        settings: flags of the export that decide what the model computes.
        label_dtype: of its input `label`, or `picture`.
        differences: from Keras, see `compare_saved_model`.

    Raises:
        InputError: the file cannot be written.
    """
    manifest = {
        "checkpoint": run.weights_name.split()[0],
        "weights": run.weights_name,
        **settings,
        "parameters": sum(network.count_params() for network in run.networks.for_synthesis().values()),
        "size_multiple": run.config.size_multiple,
        "label_dtype": label_dtype.name,
        "instance_dtype": "uint16",
        "feature_channels": run.config.encoder.feature_channels,
        "versions": {"tfhd": tfhd.__version__, "tensorflow": tf.__version__, "keras": keras.__version__},
        "label_set": json.loads(run.label_set.to_json()),
        "config": dataclasses.asdict(run.config),
        "checks": differences,
    }
    write_text(folder / _MANIFEST_FILE, json.dumps(manifest, indent=2) + "\n", "manifest")


def summary(folder: Path) -> str:
    """Size, number of parameters, origin and largest difference of a SavedModel in three lines, the last one a command to try.

    Args:
        folder: of the SavedModel, a version in the model's base folder.
    """
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    manifest = json.loads((folder / _MANIFEST_FILE).read_text(encoding="utf-8"))
    largest = max(difference["largest"] for difference in manifest["checks"])
    data = manifest["config"]["data"]
    inputs = "--picture PICTURE" if data["input"] == "image" else "--label LABEL.png --instance INSTANCE.png"
    if data["input"] == "image" and data["instance_edges"]:
        inputs += " --instance INSTANCE.png"
    return "\n".join(
        [
            f"{folder}: {total / 1e6:.1f} MB, {manifest['parameters']:,} parameters, from {manifest['checkpoint']}",
            "loaded again, it computes Keras' images: no channel of a pixel is more than "
            f"{largest} of {_levels(data)} levels off",
            f"try: tfhd synthesize {shlex.quote(str(folder.parent))} {inputs} -o out.png",
        ]
    )


def _levels(data: Mapping[str, Any]) -> int:
    pixels = PixelType(**data["output_pixels"])
    return pixels.highest - pixels.low
