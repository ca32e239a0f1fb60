"""`tfhd train plan PRESET`: parameters, arithmetic and memory of every stage, without training."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.training.planning import Memory, StagePlan, plan_stages, to_json

from .preparation import check_size
from .preset_flags import PresetFlags, parse_preset_flags

_NETWORKS = {"generator": "generator", "discriminator": "discriminators", "encoder": "encoder", "vgg19": "VGG19 (frozen)"}
_MEMORY = {
    "weights": "weights",
    "optimizer": "optimizer state",
    "averages": "averages",
    "gradients": "gradients",
    "activations": "activations",
    "gaps": "allocator gaps, kernel workspace",
    "program": "TensorFlow's graph and threads",
    "total": "in all",
}


@dataclass(frozen=True)
class Plan(PresetFlags):
    """A configuration, and where its plan is written.

    Memory is that of one replica at the moment of a step that needs the most, estimated from the tensors of the traced step. It
    does not include Python and TensorFlow themselves, which take about 0.7 GB of a computer's memory before the model is built.
    """

    json: Path | None = None
    """Also write the plan to this file, with memory in bytes."""


def plan(arguments: list[str], prog: str) -> None:
    """Print parameters, arithmetic and memory of every stage of a preset, without training."""
    options = parse_preset_flags(Plan, arguments, prog)
    if options.json is not None and not os.path.isdir(options.json.parent):  # unlike Path's, never raises
        raise InputError(f"{options.json}: its folder does not exist; create it, or choose another --json")
    label_set = options.data.load_label_set()
    for stage in options.stages:
        check_size(options.config.at(stage))
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("planning", total=None)
        plans = plan_stages(options.config, label_set.num_classes, lambda text: bar.update(task, description=text))
    _print_plans(plans, Console())
    if options.json is not None:
        write_text(options.json, to_json(plans), "plan")
        print(options.json)


def _print_plans(plans: list[StagePlan], console: Console) -> None:
    console.print(_stages(plans))
    last = plans[-1]
    console.print(_savings(last))
    console.print("Estimated; computers need about 0.7 GB more for Python and TensorFlow.", style="dim", soft_wrap=True)


def _stages(plans: list[StagePlan]) -> Table:
    table = Table("stage", box=SIMPLE_HEAD)
    for stage in plans:
        table.add_column(stage.name, justify="right")
    table.add_row("images per step", *(f"{stage.pictures} x {stage.width}x{stage.height}" for stage in plans))
    for name, title in _NETWORKS.items():
        if name in plans[0].parameters:
            table.add_row(f"parameters: {title}", *(f"{stage.parameters[name]:,}" for stage in plans))
    table.add_row("operations per step", *(f"{stage.flops / 1e12:.3g} TFLOP" for stage in plans))
    for name, title in _MEMORY.items():
        table.add_row(f"memory: {title}", *(_gigabytes(getattr(stage.memory, name)) for stage in plans))
    table.add_row("fits", *(_card(stage.memory) for stage in plans))
    return table


def _savings(stage: StagePlan) -> Table:
    table = Table(f"stage {stage.name}", "memory", "fits", box=SIMPLE_HEAD)
    for flags, memory in {"as above": stage.memory, **stage.memory_with}.items():
        table.add_row(flags if flags == "as above" else f"with {flags}", _gigabytes(memory.total), _card(memory))
    return table


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"


def _card(memory: Memory) -> str:
    return f"a {memory.card} GB card" if memory.card is not None else "no card"
