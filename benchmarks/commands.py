"""The command lines: flags to tasks, results to a file and a table."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.comparison import compare
from benchmarks.results import Comparison, new_report
from benchmarks.table import markdown
from benchmarks.tasks import Device, Precision, Task
from benchmarks.worker import Contender
from tfhd import command_line
from tfhd.errors import InputError


@dataclass(frozen=True)
class Options:
    """What all benchmarks have in common."""

    original: Path | None = None
    """A checkout of github.com/NVIDIA/pix2pixHD to run beside tfhd; needs PyTorch (make install EXTRAS=torch)."""
    rounds: int = 9
    """Timed runs of each contender, by turns."""
    device: Device = "cpu"
    """Where to run."""
    precision: Precision = "float32"
    """Arithmetic of the networks."""
    jit: bool = False
    """Compile tfhd's side with XLA."""
    out: Path = Path("runs/benchmarks.json")
    """File for the results."""

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise InputError(f"--rounds is {self.rounds}; it must be at least 1")
        if self.original is None:
            return
        if not (self.original / "models" / "pix2pixHD_model.py").is_file():
            raise InputError(f"{self.original}: no checkout of pix2pixHD; `git clone https://github.com/NVIDIA/pix2pixHD` and name it")
        if importlib.util.find_spec("torch") is None:
            raise InputError("--original needs PyTorch, which is not installed; run `make install EXTRAS=torch`")

    def task(self, **sizes: int) -> Task:
        """A task of these sizes on the device and in the precision that were chosen."""
        return Task(original=self.original, device=self.device, precision=self.precision, jit=self.jit, **sizes)

    def compare(self, work: str, function: str, task: Task) -> Comparison:
        """tfhd's `function`, beside the original's if it was given."""
        contenders = [Contender("tfhd", f"benchmarks.ours:{function}"), Contender("original", f"benchmarks.original:{function}")]
        return compare(work, contenders if self.original else contenders[:1], task, self.rounds)


Common = Annotated[Options, tyro.conf.arg(name="")]


def step(
    options: Common,
    height: int = 256,
    width: int = 512,
    batch_size: int = 1,
    filters: int = 64,
    discriminator_filters: int = 64,
    num_scales: int = 3,
) -> None:
    """Times a training step: global generator, encoder and discriminators, without VGG.

    Args:
        options: what all benchmarks have in common.
        height: rows of a picture.
        width: columns of a picture.
        batch_size: pictures a step.
        filters: of the generator's first convolution.
        discriminator_filters: of each discriminator's first convolution.
        num_scales: discriminators.
    """
    task = options.task(
        height=height,
        width=width,
        batch_size=batch_size,
        filters=filters,
        discriminator_filters=discriminator_filters,
        num_scales=num_scales,
    )
    _report(options, [options.compare("training step", "training_step", task)])


def _report(options: Options, comparisons: list[Comparison]) -> None:
    report = new_report(comparisons)
    report.write(options.out)
    print(markdown(report))
    print(options.out)


def _step(arguments: list[str], prog: str) -> None:
    """Time a training step."""
    command_line.parse(step, arguments, prog)


COMMANDS = {"step": _step}
