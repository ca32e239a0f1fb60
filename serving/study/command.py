"""`tfhd study COMMAND`. Each command imports its own module: SciPy, which some need, takes seconds to import."""

from __future__ import annotations

from tfhd import command_line


def _create(arguments: list[str], prog: str) -> None:
    """Pair pictures by name and make a study of them."""
    from . import create

    command_line.parse(create.main, arguments, prog)


def _run(arguments: list[str], prog: str) -> None:
    """Ask raters in their browsers."""
    from . import run

    command_line.parse(run.main, arguments, prog)


def _results(arguments: list[str], prog: str) -> None:
    """Report what the votes say, as CSV, JSON, Markdown and HTML."""
    from . import results

    command_line.parse(results.main, arguments, prog)


def _power(arguments: list[str], prog: str) -> None:
    """Tell how many votes it takes to tell a preference from chance."""
    from . import power

    command_line.parse(power.main, arguments, prog)


def _hits(arguments: list[str], prog: str) -> None:
    """Write the votes that are still asked for as HITs of Mechanical Turk."""
    from . import hits

    command_line.parse(hits.main, arguments, prog)


def _read_hits(arguments: list[str], prog: str) -> None:
    """Read the results file of Mechanical Turk."""
    from . import hit_results

    command_line.parse(hit_results.main, arguments, prog)


def _release_hits(arguments: list[str], prog: str) -> None:
    """Have the votes asked again that no worker of Mechanical Turk gave."""
    from . import hit_results

    command_line.parse(hit_results.release, arguments, prog)


def main(arguments: list[str], prog: str) -> None:
    """Runs the command of the study that the arguments name."""
    command_line.run(
        prog,
        "Asks people which of two pictures looks more natural, as section 4.2 of the paper does.",
        {
            "create": _create,
            "run": _run,
            "results": _results,
            "power": _power,
            "hits": _hits,
            "read-hits": _read_hits,
            "release-hits": _release_hits,
        },
        arguments,
    )
