"""Formats results as Markdown tables and inserts them into a document."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from benchmarks.results import Comparison, Series
from benchmarks.task import TRAINING_STEP, Task
from tfhd.errors import InputError

BEGIN = "<!-- begin: python -m benchmarks table -->"
END = "<!-- end -->"

_HEADER = ("work", "size", "tfhd", "original", "original / tfhd", "tfhd's memory", "original's memory")


def markdown(comparisons: list[Comparison]) -> str:
    """Formats a table for each machine, with a row for each comparison, and below it machine, versions and commands."""
    by_machine: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        by_machine.setdefault(comparison.machine.description, []).append(comparison)
    parts = [
        part
        for machine, group in by_machine.items()
        for part in (_table(group), *_consumption(group), f"{machine}: {_commands(group)}.")
    ]
    return "\n\n".join(parts) + "\n"


def insert_table(document: Path, comparisons: list[Comparison]) -> None:
    """Replaces everything between the two marks in a Markdown file with the tables.

    Raises:
        InputError: the file cannot be read or written, or lacks a mark.
    """
    try:
        text = document.read_text(encoding="utf-8")
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise InputError(f"{document}: lacks the line {(BEGIN if not begin else END)!r}; put both marks where the table goes")
        document.write_text(f"{before}{begin}\n{markdown(comparisons)}{end}{after}", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{document}: cannot be read and written ({error.strerror}); name a Markdown file") from None


def _table(comparisons: list[Comparison]) -> str:
    rows = [_HEADER, ("---", "---", *["---:"] * (len(_HEADER) - 2)), *(_row(comparison) for comparison in comparisons)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(comparison: Comparison) -> tuple[str, ...]:
    ours, theirs = comparison.series[0], comparison.series[1] if len(comparison.series) > 1 else None
    return (
        comparison.work,
        _size(comparison.task),
        _time(comparison.task, ours),
        _time(comparison.task, theirs) if theirs else "",
        f"{comparison.ratio:.2f}" if comparison.ratio else "",
        _memory(ours),
        _memory(theirs) if theirs else "",
    )


def _size(task: Task) -> str:
    default = {field.name: field.default for field in dataclasses.fields(Task)}
    options = [
        f"batch {task.batch_size}" if task.batch_size != default["batch_size"] else "",
        "XLA" if task.jit else "",
        *(value for name in ("device", "precision") if (value := getattr(task, name)) != default[name]),
    ]
    return ", ".join([f"{task.width}x{task.height}", *filter(None, options)])


def _time(task: Task, series: Series) -> str:
    if task.pictures > 1:
        return f"{task.pictures / series.median:.1f} pictures/s"
    return f"{series.median:.2f} s" if series.median >= 1 else f"{1000 * series.median:.0f} ms"


def _memory(series: Series) -> str:
    return f"{series.peak_bytes / 2**30:.2f} GiB"


def _consumption(comparisons: list[Comparison]) -> list[str]:
    """Relates each input pipeline to the training step of the same size, if both were measured: a line for each."""
    step_seconds = {
        _size(each.task): each.series[0].median / each.task.batch_size for each in comparisons if each.work == TRAINING_STEP
    }
    lines = []
    for pipeline in comparisons:
        size = _size(pipeline.task)
        if pipeline.task.pictures > 1 and size in step_seconds:
            times = step_seconds[size] * pipeline.task.pictures / pipeline.series[0].median
            lines.append(
                f"{pipeline.work}: alone, it delivers {times:.0f} times as many pictures per second as the training step uses."
            )
    return lines


def _commands(comparisons: list[Comparison]) -> str:
    return "; ".join(dict.fromkeys(f"`{comparison.command}` on {comparison.date}" for comparison in comparisons))
