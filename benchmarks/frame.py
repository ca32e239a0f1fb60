"""What a server adds to a picture: PNG maps in and a PNG picture out, beside the same signature in this process."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image

from benchmarks.machine import this_machine
from benchmarks.server import Server
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError


def frame(
    model_base: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="MODEL_BASE")]],
    height: int = 512,
    width: int = 1024,
    rounds: int = 9,
    label_id: int = 7,
) -> None:
    """Times a picture through the local server, one at a time, and by the same signature in this process, by turns.

    Args:
        model_base: folder that `python -m export saved-model` wrote, with version 1.
        height: rows of a picture.
        width: columns of a picture.
        rounds: turns of each.
        label_id: of the label maps; must belong to the model's label set.
    """
    import_tensorflow_quietly()
    import tensorflow as tf
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

    rows, columns = np.indices((height, width)) // 64
    label, instance = np.full((height, width), label_id, np.uint8), (1000 + rows * 100 + columns).astype(np.uint16)
    pictures = {"label_bytes": _png(label), "instance_bytes": _png(instance)}
    inputs = {name: tf.constant([png]) for name, png in pictures.items()} | {"seed": tf.constant([-1])}
    model = tf.saved_model.load(str(model_base / "1"))
    request = PredictRequest()
    request.model_spec.name = "default"
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    with Server(model_base) as server, server.channel() as channel:
        sides = {
            "in this process": lambda: model.signatures["serving_default"](**inputs)["image_bytes"].numpy()[0],
            "through the server": lambda: server.predict(channel, request).outputs["image_bytes"].string_val[0],
        }
        seconds = _by_turns(sides, rounds)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.3f} s (median of {rounds}, {min(seconds[name]):.3f} to {max(seconds[name]):.3f})")
    here, there = medians.values()
    print(f"the server adds {there / here - 1:+.1%}, the same bytes both ways")
    print(this_machine().description)


def _by_turns(sides: dict[str, Callable[[], bytes]], rounds: int) -> dict[str, list[float]]:
    first = [{run() for _ in range(2)} for run in sides.values()]
    if first[0] != first[1] or len(first[0]) > 1:
        raise InputError("the server's picture is not that of the signature in this process")
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            begin = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def _png(ids: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(ids).save(file, "PNG")
    return file.getvalue()
