"""Compares the memory that `tfhd train plan` estimates with what training really takes."""

from __future__ import annotations

import dataclasses
import multiprocessing
import re
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.machine import this_machine
from benchmarks.task import NUM_CLASSES, Task, random_batch
from tfhd import command_line
from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.presets import PRESETS

_STEPS = 3


def memory(
    preset: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="PRESET")]] = "cityscapes-1024p-no-vgg",
    sizes: tuple[tuple[int, int], ...] = ((512, 256), (1024, 512)),
    vgg_weights: str | None = None,
) -> None:
    """Compares the memory that `train plan` estimates with the growth of a process that trains on this machine's CPU.

    Each stage runs three steps of one image in a process of its own. Memory that was resident before the model was built is
    not counted.

    Args:
        preset: a preset of `tfhd train fit`.
        sizes: width and height of the last stage's images.
        vgg_weights: file with VGG19's weights, for presets with the VGG loss.
    """
    if preset not in PRESETS:
        raise InputError(f"unknown preset {preset!r}; expected one of {', '.join(PRESETS)}")
    print("| stage | pictures | planned | measured | difference |\n| --- | --- | ---: | ---: | ---: |")
    for width, height in sizes:
        config = _sized(PRESETS[preset][1], width, height, vgg_weights)
        for name, stage in config.stages.items():
            single = config.at(name)
            planned, measured = _in_own_process(_send_planned, single), _in_own_process(_send_measured, single)
            size = f"{width >> stage.halvings}x{height >> stage.halvings}"
            print(
                f"| {name} | {size} | {planned / 1e9:.2f} GB | {measured / 1e9:.2f} GB | {planned / measured - 1:+.1%} |",
                flush=True,
            )
    print(f"\n{this_machine().description}")


def _sized(config: Config, width: int, height: int, vgg_weights: str | None) -> Config:
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, width=width, height=height, batch_size=1),
        loss=dataclasses.replace(config.loss, vgg_weights=vgg_weights or config.loss.vgg_weights),
    )


def _in_own_process(function, config: Config) -> int:
    """Runs `function` in a process of its own and returns the number that it sends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=function, args=(theirs, config))
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        raise InputError(
            "the process ended before its last step; its own messages are above, or it had too little memory"
        ) from None
    process.join()
    if isinstance(answer, InputError):
        raise answer
    return answer


def _send_planned(connection: Connection, config: Config) -> None:
    command_line.import_tensorflow_quietly()
    from tfhd.training.planning import plan_stages

    (stage,) = plan_stages(config, NUM_CLASSES)
    connection.send(stage.memory.total)


def _send_measured(connection: Connection, config: Config) -> None:
    command_line.import_tensorflow_to_train()
    import tensorflow as tf

    from tfhd.data.pipeline.transforms import picture_size
    from tfhd.training import build_model

    batch = {name: tf.constant(array) for name, array in random_batch(Task(*picture_size(config)))._asdict().items()}
    before = _resident_bytes("VmRSS")
    try:
        model = build_model(config, NUM_CLASSES, steps_per_epoch=1000)
    except InputError as error:
        connection.send(error)
        return
    step = tf.function(model.train_step)
    for _ in range(_STEPS):
        step(batch)
    connection.send(_resident_bytes("VmHWM") - before)


def _resident_bytes(kind: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return 1024 * int(re.search(rf"{kind}:\s+(\d+) kB", status).group(1))
