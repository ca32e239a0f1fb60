"""Writes what a study found: CSV, JSON, Markdown and HTML."""

from __future__ import annotations

import csv
import html
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .curve import draw_curve
from .evaluation import PairAgreement, Ranking, Rate, RaterSummary, Results
from .statistics import Preference
from .texts import count_of
from .votes import StoredVote

_PREFERENCE = Preference._fields

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
body {{ color: #1a1a1a; background: #fff; }}
table {{ border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap; }}
td {{ font-variant-numeric: tabular-nums; }}
svg {{ max-width: 100%; height: auto; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Table(NamedTuple):
    """A table of the report.

    Attributes:
        title: above it.
        columns: their names.
        rows: texts.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def write_report(folder: Path, results: Results, votes: Sequence[StoredVote]) -> None:
    """Writes preferences.csv, pictures.csv, raters.csv, rater_preferences.csv, votes.csv, results.json, .md and .html, and
    curve.svg in limited time."""
    rates = [[*each[:3], *each.preference, each.clustered_low, each.clustered_high] for each in results.rates]
    columns = ("first", "second", "seconds", *_PREFERENCE, "clustered_low", "clustered_high")
    _write_csv(folder / "preferences.csv", columns, rates)
    _write_csv(folder / "pictures.csv", ("first", "second", "name", *_PREFERENCE), map(_flat, results.pictures))
    _write_csv(folder / "rater_preferences.csv", ("first", "second", "rater", *_PREFERENCE), map(_flat, results.rater_rates))
    _write_csv(folder / "raters.csv", RaterSummary._fields, results.raters)
    _write_csv(folder / "votes.csv", StoredVote._fields, votes)
    _write(folder / "results.json", json.dumps(_plain(results), indent=2, allow_nan=False) + "\n")
    _write(folder / "results.md", as_markdown(results))
    curve = draw_curve(results.rates) if _is_limited(results) else ""
    if curve:
        _write(folder / "curve.svg", curve)
    _write(folder / "results.html", _as_html(results, curve))


def as_markdown(results: Results) -> str:
    """The report as Markdown."""
    parts = [f"# {results.question}", *_facts(results)]
    for table in _tables(results):
        lines = [_markdown_row(table.columns), _markdown_row(["---"] * len(table.columns)), *map(_markdown_row, table.rows)]
        parts += [f"## {table.title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _as_html(results: Results, curve: str) -> str:
    parts = [f"<h1>{html.escape(results.question)}</h1>", *(f"<p>{html.escape(fact)}</p>" for fact in _facts(results)), curve]
    for table in _tables(results):
        head = "".join(f"<th>{html.escape(name)}</th>" for name in table.columns)
        rows = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
        parts += [f"<h2>{html.escape(table.title)}</h2>", f"<table>\n<tr>{head}</tr>\n{rows}\n</table>"]
    return _PAGE.format(title=html.escape(results.question), body="\n".join(parts))


def _facts(results: Results) -> list[str]:
    apart = ", ".join(f"{count} {reason}" for reason, count in results.kept_apart.items())
    voting = sum(each.votes > 0 for each in results.raters)
    missing = results.asked - results.counted
    facts = [
        f"{count_of(results.counted, 'vote')} of {count_of(voting, 'rater')} counted, of {results.asked} asked for; "
        f"kept apart: {apart or 'none'}. "
        f"The left picture was chosen in {_percent(results.left)}.",
        "p is of the two-sided exact binomial test against chance, for each row by itself. It and Wilson's intervals take votes "
        "as independent, which those of one rater or on one picture are only in part. The clustered intervals allow for that "
        "(pigeonhole bootstrap of raters and pictures): they are for other raters and pictures of the same kind.",
    ]
    if missing > 0:
        facts.insert(
            1,
            f"{count_of(missing, 'vote')} missing. Raters who open their links are given those that are left to them; "
            "`study run --add` makes links for others, since nobody is asked twice about a pair.",
        )
    return facts


def _tables(results: Results) -> list[Table]:
    is_limited = _is_limited(results)
    compared = ("method", "compared with", *(("shown",) if is_limited else ()))
    columns = (*compared, "votes", "preferred", "95 % Wilson", "95 % clustered", "p")
    rates = [(*_compared(each), *_cells(each)) for each in results.rates]
    tables = [Table("Preferences", columns, rates), *map(_ranking, results.rankings)]
    agreement = [(*_compared(each), _percent(each.agreement.same), _number(each.agreement.alpha)) for each in results.agreement]
    tables.append(Table("Agreement between raters", (*compared, "same answer", "Krippendorff's alpha"), agreement))
    columns = ("rater", "votes", "kept apart", "checks passed", "left", "with majority", "median time")
    raters = [
        (
            *(str(each.rater), str(each.votes), str(each.kept_apart), f"{each.checks_passed} of {each.checks}"),
            *(_percent(each.left), _percent(each.with_majority)),
            "-" if math.isnan(each.median_seconds) else f"{each.median_seconds:.2f} s",
        )
        for each in results.raters
    ]
    return [*tables, Table("Raters", columns, raters)]


def _compared(row: Rate | PairAgreement) -> tuple[str, ...]:
    return (row.first, row.second, *(() if row.seconds is None else (f"{row.seconds:g} s",)))


def _ranking(ranking: Ranking) -> Table:
    title = "Ranking" + (f" at {ranking.seconds:g} s" if ranking.seconds else "")
    if ranking.strengths is None:
        reason = "there is none while a method has won or lost all of its comparisons; more votes are needed"
        return Table(title, ("Bradley-Terry strengths",), [(reason,)])
    order = sorted(ranking.strengths.items(), key=lambda item: -item[1])
    rows = [(name, f"{value:.3f}", "{:.3f} to {:.3f}".format(*ranking.intervals[name])) for name, value in order]
    return Table(title, ("method", "Bradley-Terry strength", "95 % clustered"), rows)


def _cells(rate: Rate) -> tuple[str, ...]:
    each = rate.preference
    if not each.votes:
        return "0", "-", "-", "-", "-"
    p = f"{each.p_value:.3f}" if each.p_value >= 0.001 else f"{each.p_value:.0e}" if each.p_value else "< 1e-300"
    ends = ((each.low, each.high), (rate.clustered_low, rate.clustered_high))
    return str(each.votes), _percent(each.rate), *(f"{100 * low:.1f} to {_percent(high)}" for low, high in ends), p


def _is_limited(results: Results) -> bool:
    return results.rates[0].seconds is not None


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _flat(row: tuple[Any, ...]) -> list[Any]:
    return [*row[:-1], *row[-1]]


def _plain(value: Any) -> Any:
    """Named tuples as objects, and NaN, which JSON has not, as null."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(each) for name, each in zip(value._fields, value, strict=True)}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(["" if isinstance(each, float) and math.isnan(each) else each for each in row] for row in rows)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
