"""The commands of `python -m benchmarks`: each turns flags into tasks and writes results to a file and a table."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.compare import compare
from benchmarks.editor import editor
from benchmarks.frame import frame
from benchmarks.load import load
from benchmarks.markdown_table import insert_table, markdown
from benchmarks.planned_memory import memory
from benchmarks.results import add_results, read_results
from benchmarks.stall import stall
from benchmarks.task import TRAINING_STEP, Device, Precision, Task
from benchmarks.worker import Contender
from tfhd import command_line
from tfhd.errors import InputError


@dataclass(frozen=True)
class Options:
    """Flags that all benchmarks have in common."""

    original: Path | None = None
    """A checkout of github.com/NVIDIA/pix2pixHD to compare tfhd with; needs PyTorch (make install EXTRAS=torch)."""
    rounds: int = 9
    """Turns of each contender; a turn is one run, or as many as fit into a second."""
    device: Device = "cpu"
    """Device to run on."""
    precision: Precision = "float32"
    """Floating-point precision of the networks."""
    jit: bool = False
    """Compile tfhd's work with XLA."""
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
        command_line.require_extra("torch", "--original", ["torch"])

    def measure(self, work: str, ours: str, task: Task, theirs: str | None = None) -> None:
        """Times tfhd's work and, if available, the original's; adds the results to the file and prints them as a table.

        Args:
            work: a name for the work, in a few words.
            ours: tfhd's work as `module:function` in `benchmarks`.
            task: the task of both.
            theirs: the original's work, if there is one to compare with, as `module:function` in `benchmarks`.
        """
        task = dataclasses.replace(task, device=self.device, precision=self.precision, jit=self.jit)
        contenders = [Contender("tfhd", f"benchmarks.{ours}")]
        if theirs and self.original:
            contenders.append(Contender("original", f"benchmarks.{theirs}"))
        comparison = compare(work, contenders, task, self.original, self.rounds)
        add_results(self.out, [comparison])
        print(markdown([comparison]))


@dataclass(frozen=True)
class Size:
    """Size of an image."""

    height: int
    """Rows of an image."""
    width: int
    """Columns of an image."""

    def require_network_size(self) -> None:
        """Raises an `InputError` if the networks cannot process images of this size."""
        for name, size in dataclasses.asdict(self).items():
            if size < 64 or size % 32:
                raise InputError(f"--{name} is {size}; the networks need a multiple of 32, at least 64")


# Their fields are flags of their own, without a prefix.
CommonFlags = Annotated[Options, tyro.conf.arg(name="")]
SizeFlags = Annotated[Size, tyro.conf.arg(name="")]


def step(
    options: CommonFlags,
    batch_size: int = 1,
    filters: int = 64,
    discriminator_filters: int = 64,
    num_scales: int = 3,
    size: SizeFlags = Size(256, 512),
) -> None:
    """Times a training step: global generator, encoder and discriminators, without VGG.

    Args:
        options: flags that all benchmarks have in common.
        batch_size: images per step.
        filters: filters of the generator's first convolution.
        discriminator_filters: filters of each discriminator's first convolution.
        num_scales: number of discriminators.
        size: size of the images.
    """
    size.require_network_size()
    networks = {"filters": filters, "discriminator_filters": discriminator_filters, "num_scales": num_scales}
    task = Task(size.height, size.width, batch_size, **networks)
    options.measure(TRAINING_STEP, "training_work:training_step", task, "original_work:training_step")


def inference(options: CommonFlags, filters: int = 64, size: SizeFlags = Size(512, 1024)) -> None:
    """Times the synthesis of an image: by a global generator, a local enhancer, and a local enhancer exported for CPUs.

    Args:
        options: flags that all benchmarks have in common.
        filters: filters of the global generator's first convolution; the local enhancer has half as many.
        size: size of the image.
    """
    size.require_network_size()
    height, width = size.height, size.width
    for name, task in (
        ("global generator", Task(height, width, filters=filters)),
        ("local enhancer", Task(height, width, filters=filters // 2, num_enhancers=1)),
    ):
        options.measure(f"inference, {name}", "tfhd_work:inference", task, "original_work:inference")
    if options.device == "cpu" and options.original:  # the original writes the weights that are exported
        options.measure("inference, local enhancer, exported", "exported_work:inference", task, "original_work:inference_8_bit")


def pooling(options: CommonFlags, instances: int = 60, size: SizeFlags = Size(1024, 2048)) -> None:
    """Times the averaging of three feature channels over instances.

    Args:
        options: flags that all benchmarks have in common.
        instances: number of instances.
        size: size of the features.
    """
    task = Task(size.height, size.width, instances=instances)
    options.measure("instance pooling", "tfhd_work:pooling", task, "original_work:pooling")


def pipeline(options: CommonFlags, pictures: int = 16, size: SizeFlags = Size(256, 512)) -> None:
    """Times the input pipeline alone: PNG files of 2048x1024 in Cityscapes' folder layout, and rendered streets.

    Args:
        options: flags that all benchmarks have in common.
        pictures: images per epoch; a run is one epoch.
        size: size of the training images.
    """
    task = Task(size.height, size.width, pictures=pictures)
    options.measure("input pipeline, 2048x1024 files", "tfhd_work:files", task)
    options.measure("input pipeline, rendered streets", "tfhd_work:streets", task)


def prepared(options: CommonFlags, pictures: int = 16, size: SizeFlags = Size(256, 512)) -> None:
    """Times the input pipeline from 2048x1024 files and, taking turns, from a set that `prepare --tfds` made at training size.

    Args:
        options: flags that all benchmarks have in common.
        pictures: images per epoch; a run is one epoch.
        size: size of the training images.
    """
    task = Task(size.height, size.width, pictures=pictures)
    contenders = [Contender("files", "benchmarks.tfhd_work:files"), Contender("prepared", "benchmarks.tfhd_work:prepared_set")]
    comparison = compare("input pipeline, prepared", contenders, task, None, options.rounds)
    add_results(options.out, [comparison])
    for series in comparison.series:
        print(f"{series.name}: {pictures / series.median:.1f} images per second")


def everything(options: CommonFlags) -> None:
    """Times the training step, inference, instance pooling and the input pipeline, one after the other.

    Args:
        options: flags that all benchmarks have in common.
    """
    for measure in (step, inference, pooling, pipeline):
        measure(options)
    print(markdown(read_results(options.out)))


def table(
    results: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="RESULTS")]],
    document: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="DOCUMENT")]],
) -> None:
    """Inserts results into a Markdown file, between its two marks.

    Args:
        results: JSON file that the other commands wrote.
        document: the Markdown file.
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
    "prepared": _command(prepared),
    "memory": _command(memory),
    "frame": _command(frame),
    "load": _command(load),
    "editor": _command(editor),
    "stall": _command(stall),
    "table": _command(table),
}
