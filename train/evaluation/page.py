"""The page that shows an evaluation: scores, and the worst, the median and the best pictures."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

import numpy as np

from tfhd.files import replaced_folder
from tfhd.pictures import write_picture

_SHOWN = 3

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Evaluation</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1400px; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; } th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #dfe3e8; }
th:first-child, td:first-child { text-align: left; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; margin-bottom: 1.2rem; } figure { margin: 0; width: 216px; }
img { width: 100%; display: block; } figcaption { font-size: .85rem; color: #59636e; } pre { overflow-x: auto; }
</style></head><body>
<h1>Evaluation</h1>
$table
$sections
<h2>All figures</h2>
<pre>$figures</pre>
</body></html>
""")


class Shown(NamedTuple):
    """An example on the page.

    Attributes:
        number: in the split, from 0.
        score: see `Measures.ranking`.
        panels: pictures uint8 `(H, W, 3)` by caption.
    """

    number: int
    score: float
    panels: Mapping[str, np.ndarray]


def choose(ranking: Sequence[float]) -> dict[str, list[int]]:
    """Numbers of the worst, the median and the best examples, no example twice."""
    order = np.argsort(np.asarray(ranking), kind="stable").tolist()
    worst, rest = order[:_SHOWN], order[_SHOWN:]
    best = rest[-_SHOWN:][::-1]
    between = rest[: len(rest) - len(best)]
    middle = max(0, len(order) // 2 - len(worst) - _SHOWN // 2)
    return {"Worst": worst, "Median": between[middle : middle + _SHOWN], "Best": best}


def write_page(folder: Path, shown: Mapping[str, Sequence[Shown]], result: Mapping[str, Any], what: str) -> Path:
    """Writes index.html and its pictures; replaces an older page.

    Args:
        folder: of the page.
        shown: examples under each title.
        result: what evaluation.json holds.
        what: the examples' score is.

    Returns:
        The path of index.html.

    Raises:
        InputError: the disk refused.
    """
    with replaced_folder(folder, "page") as partial:
        sections = []
        for title, examples in shown.items():
            rows = "\n".join(_row(partial, example, what) for example in examples)
            sections.append(f"<h2>{html.escape(title)}</h2>\n{rows}" if examples else "")
        figures = html.escape(json.dumps(result, indent=2))
        page = _PAGE.substitute(table=_table(result.get("segmentation", {})), sections="\n".join(sections), figures=figures)
        (partial / "index.html").write_text(page, encoding="utf-8")
    return folder / "index.html"


def _row(folder: Path, example: Shown, what: str) -> str:
    figures = []
    for place, (caption, picture) in enumerate(example.panels.items()):
        name = f"{example.number:05d}-{place}.png"
        write_picture(folder / name, picture)
        text = html.escape(caption)
        figures.append(
            f'<figure><img src="{name}" alt="{text} of example {example.number}"><figcaption>{text}</figcaption></figure>'
        )
    return f'<p>Example {example.number}, {html.escape(what)} {example.score:.3f}</p>\n<div class="row">{"".join(figures)}</div>'


def _table(segmentation: Mapping[str, Any]) -> str:
    """Intersection over union of each class, and the means, a column for each kind of picture."""
    if not segmentation:
        return ""
    kinds = list(segmentation)
    classes = list(dict.fromkeys(name for each in segmentation.values() for name in each["classes"]))
    rows = [(name, [segmentation[kind]["classes"].get(name, {}).get("iou") for kind in kinds]) for name in classes]
    for name in ("pixel_accuracy", "class_accuracy", "mean_iou"):
        rows.append((name.replace("_", " "), [segmentation[kind][name] for kind in kinds]))
    head = "".join(f"<th>{html.escape(kind)}</th>" for kind in ("intersection over union", *kinds))
    body = "\n".join(
        f"<tr><td>{html.escape(name)}</td>{''.join(f'<td>{_number(value)}</td>' for value in values)}</tr>"
        for name, values in rows
    )
    return f"<table><tr>{head}</tr>\n{body}</table>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
