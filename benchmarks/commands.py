"""The command lines: flags to tasks, results to a file and a table."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.compare import compare
from benchmarks.frame import frame
from benchmarks.load import load
from benchmarks.planned_memory import memory
from benchmarks.results import add_results, read_results
from benchmarks.markdown_table import insert_table, markdown
from benchmarks.task import TRAINING_STEP, Device, Precision, Task
from benchmarks.worker import Contender
from tfhd import command_line
from tfhd.errors import InputError


@dataclass(frozen=True)
class Options:
    """What all benchmarks have in common."""

    original: Path | None = None
    """A checkout of github.com/NVIDIA/pix2pixHD to run beside tfhd; needs PyTorch (make install EXTRAS=torch)."""
    rounds: int = 9
    """Turns of each contender: one run, or several where they take less than a second."""
    device: Device = "cpu"
    """Where to run."""
    precision: Precision = "float32"
    """Arithmetic of the networks."""
    jit: bool = False
    """Compile tfhd's side with XLA."""
    out: Path = Path("runs/benchmarks.json")
    """File that the results are added to."""

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise InputError(f"--rounds is {self.rounds}; it must be at least 1")
        if self.original is None:
            return
        if not (self.original / "models" / "pix2pixHD_model.py").is_file():
            raise InputError(
                f"{self.original}: no checkout of pix2pixHD; `git clone https://github.com/NVIDIA/pix2pixHD` makes one"
            )
        if importlib.util.find_spec("torch") is None:
            raise InputError("--original needs PyTorch, which is not installed; `make install EXTRAS=torch` installs it")

    def measure(self, work: str, ours: str, task: Task, theirs: str | None = None) -> None:
        """Times tfhd's work, beside the original's if there is one; adds to the file and prints the table.

        Args:
            work: what is done, in a few words.
            ours: `module:function` among the benchmarks.
            task: what both do.
            theirs: the original's, as `ours`.
        """
        task = dataclasses.replace(task, device=self.device, precision=self.precision, jit=self.jit)
        contenders = [Contender("tfhd", f"benchmarks.{ours}")]
        if theirs and self.original:
            contenders.append(Contender("original", f"benchmarks.{theirs}"))
        comparison = compare(work, contenders, task, self.original, self.rounds)
        add_results(self.out, [comparison])
        print(markdown([comparison]))


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
    task = Task(height, width, batch_size, filters=filters, discriminator_filters=discriminator_filters, num_scales=num_scales)
    _require_size(height, width)
    options.measure(TRAINING_STEP, "ours:training_step", task, "original:training_step")


def _require_size(height: int, width: int) -> None:
    for name, size in (("height", height), ("width", width)):
        if size < 64 or size % 32:
            raise InputError(f"--{name} is {size}; the networks need a multiple of 32, at least 64")


def inference(options: Common, height: int = 512, width: int = 1024, filters: int = 64) -> None:
    """Times a picture from its maps: global generator, local enhancer around it, and that as it is exported for processors.

    Args:
        options: what all benchmarks have in common.
        height: rows of a picture.
        width: columns of a picture.
        filters: of the global generator's first convolution; the local enhancer has half as many.
    """
    _require_size(height, width)
    for name, task in (
        ("global generator", Task(height, width, filters=filters)),
        ("local enhancer", Task(height, width, filters=filters // 2, num_enhancers=1)),
    ):
        options.measure(f"inference, {name}", "ours:inference", task, "original:inference")
    if options.device == "cpu" and options.original:  # which writes the weights that are exported
        options.measure("inference, local enhancer, exported", "exported:inference", task, "original:painted")


def pooling(options: Common, height: int = 1024, width: int = 2048, instances: int = 60) -> None:
    """Times the averaging of three feature channels over instances.

    Args:
        options: what all benchmarks have in common.
        height: rows of the features.
        width: columns of the features.
        instances: instance ids.
    """
    options.measure("instance pooling", "ours:pooling", Task(height, width, instances=instances), "original:pooling")


def pipeline(options: Common, height: int = 256, width: int = 512, pictures: int = 16) -> None:
    """Times the input pipeline alone: PNG files of 2048x1024 in folders like Cityscapes', and rendered streets.

    Args:
        options: what all benchmarks have in common.
        height: rows of a training picture.
        width: columns of a training picture.
        pictures: pictures an epoch; a run is one epoch.
    """
    options.measure("input pipeline, 2048x1024 files", "ours:files", Task(height, width, pictures=pictures))
    options.measure("input pipeline, rendered streets", "ours:streets", Task(height, width, pictures=pictures))


def everything(options: Common) -> None:
    """Times the training step, inference, instance pooling and the input pipeline, one after the other.

    Args:
        options: what all benchmarks have in common.
    """
    for measure in (step, inference, pooling, pipeline):
        measure(options)
    print(markdown(read_results(options.out)))


def table(
    results: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RESULTS")]],
    document: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="DOCUMENT")]],
) -> None:
    """Puts results into a Markdown file, between its two marks.

    Args:
        results: JSON file that the other commands wrote.
        document: Markdown file.
    """
    insert_table(document, read_results(results))


def _command(function: Callable[..., None]) -> command_line.Command:
    @functools.wraps(function)  # the docstring is the command's help
    def command(arguments: list[str], prog: str) -> None:
        command_line.parse(function, arguments, prog)

    return command


COMMANDS = {
    "all": _command(everything),
    "step": _command(step),
    "inference": _command(inference),
    "pooling": _command(pooling),
    "pipeline": _command(pipeline),
    "memory": _command(memory),
    "frame": _command(frame),
    "load": _command(load),
    "table": _command(table),
}
