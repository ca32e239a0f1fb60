"""What a server adds to a picture: PNG maps in and a PNG picture out, beside the same signature in this process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks.machine import this_machine
from benchmarks.server import LabelMap, Map, ModelBase, Server, predict_request
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError
from tfhd_client import id_png

_MAP = LabelMap(512, 1024)


def frame(model_base: ModelBase, label_map: Map = _MAP, rounds: int = 9) -> None:
    """Times a picture through the local server, one at a time, and by the same signature in this process, by turns.

    Args:
        model_base: folder that `tfhd export saved-model` wrote, with version 1.
        label_map: the map of the picture.
        rounds: turns of each.
    """
    import_tensorflow_quietly()
    import tensorflow as tf

    label = label_map.pixels()
    pictures = {"label_bytes": id_png(label), "instance_bytes": id_png(label_map.instances())}
    inputs = {name: tf.constant([png]) for name, png in pictures.items()} | {"seed": tf.constant([-1])}
    model = tf.saved_model.load(str(model_base / "1"))
    request = predict_request(inputs)
    with Server(model_base, warm_up=True) as server, server.channel() as channel:
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
