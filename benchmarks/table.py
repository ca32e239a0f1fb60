"""Results as a Markdown table."""

from __future__ import annotations

from benchmarks.results import Comparison, Report, Series

_HEADER = ("work", "size", "tfhd", "original", "original / tfhd", "tfhd's memory", "original's memory")


def markdown(report: Report) -> str:
    """A table with a row for each comparison, over a line on machine, versions and command."""
    rows = [_HEADER, ("---", "---", *["---:"] * (len(_HEADER) - 2)), *(_row(comparison) for comparison in report.comparisons)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    machine = report.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        f"{table}\n\n{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB; Python {machine.python}, "
        f"{packages}; {report.date}; `{report.command}`\n"
    )


def _row(comparison: Comparison) -> tuple[str, ...]:
    ours, theirs = comparison.series[0], comparison.series[1] if len(comparison.series) > 1 else None
    return (
        comparison.work,
        f"{comparison.settings['width']}x{comparison.settings['height']}",
        _time(comparison, ours),
        _time(comparison, theirs) if theirs else "",
        f"{comparison.ratio:.2f}" if comparison.ratio else "",
        _memory(ours),
        _memory(theirs) if theirs else "",
    )


def _time(comparison: Comparison, series: Series) -> str:
    if comparison.pictures > comparison.settings["batch_size"]:
        return f"{comparison.pictures / series.median:.1f} pictures/s"
    return f"{series.median:.2f} s" if series.median >= 0.1 else f"{1000 * series.median:.1f} ms"


def _memory(series: Series) -> str:
    return f"{series.peak_bytes / 2**30:.2f} GiB"
