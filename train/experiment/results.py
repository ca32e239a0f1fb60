"""The results of a table: every row and seed as CSV, means over the seeds as Markdown."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfhd.errors import InputError
from tfhd.files import write_text

from .row import Row

KINDS = ("own", "usual", "sampled")
SCORES = ("pixel_accuracy", "class_accuracy", "mean_iou")
_SIMILARITY = ("l1_encoder", "l1_reduction", "psnr", "ssim")


class Result(NamedTuple):
    """One row with one seed.

    Attributes:
        row: its name.
        seed: of the training.
        minutes: of the training.
        evaluation: what evaluation.json holds.
    """

    row: str
    seed: int
    minutes: float
    evaluation: dict[str, Any]

    def score(self, kind: str, name: str) -> float | None:
        """A score of the judge for a kind of pictures, `photos` among them; None where there are none of this kind."""
        return self.evaluation["segmentation"].get(kind, {}).get(name)


def read_results(rows: Sequence[Row]) -> list[Result]:
    """The results of the rows that are done.

    Raises:
        InputError: a result cannot be read.
    """
    found = []
    for row in rows:
        if row.is_done:
            path = row.folder / "evaluation.json"
            try:
                evaluation = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise InputError(f"{path}: cannot be read; remove it, and run the command again") from None
            found.append(Result(row.name, row.seed, row.seconds / 60, evaluation))
    return found


def write_csv(path: Path, results: Sequence[Result]) -> None:
    """Writes a line per row, seed and kind of pictures."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ratios = [f"{name}_ratio" for name in SCORES]
    distances = [name for name in ("frechet_distance", "kernel_distance") if any(name in r.evaluation for r in results)]
    writer.writerow(["row", "seed", "pictures", "minutes", *SCORES, *ratios, *_SIMILARITY, *distances])
    for result in results:
        for kind in ("photos", *KINDS):
            if result.score(kind, "pixel_accuracy") is None:
                continue
            scores = [result.score(kind, name) for name in SCORES]
            ratio = result.evaluation["segmentation"][kind].get("ratio_to_photos", dict.fromkeys(SCORES, 1.0))
            own = [result.evaluation.get(name) if kind == "own" else None for name in _SIMILARITY]
            far = [_distance(result.evaluation, name, kind) for name in distances]
            values = [*scores, *(ratio[name] for name in SCORES), *own, *far]
            writer.writerow([result.row, result.seed, kind, f"{result.minutes:.1f}", *map(_cell, values)])
    write_text(path, text.getvalue(), "results")


def write_markdown(path: Path, title: str, results: Sequence[Result], names: Sequence[str], note: str) -> None:
    """Writes a table with a line per row, means over its seeds, and the photos' own scores last."""
    lines = [
        f"# {title}",
        "",
        note,
        "",
        "Pixel accuracy / mean IoU of a segmenter on held-out pictures, means over the seeds and, after ±, their standard "
        "deviation; in brackets the ratios to real photos. L1 lower: mean L1 in own styles below that of painting classes in "
        "their mean colour.",
        "",
        "| row | seeds | own styles | most usual | sampled | L1 lower | minutes |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        found = [result for result in results if result.row == name]
        if found:
            cells = [_scores(found, kind) for kind in KINDS]
            lower = _mean([result.evaluation.get("l1_reduction") for result in found])
            minutes = _mean([result.minutes for result in found])
            shown = "" if lower is None else f"{lower:.1%}"
            lines.append(f"| {name} | {len(found)} | {' | '.join(cells)} | {shown} | {minutes:.1f} |")
    if results:
        accuracy, iou = (results[0].score("photos", name) for name in ("pixel_accuracy", "mean_iou"))
        lines.append(f"| real photos | | {accuracy:.3f} / {iou:.3f} | | | | |")
    write_text(path, "\n".join(lines) + "\n", "results")


def _scores(found: Sequence[Result], kind: str) -> str:
    parts, ratios = [], []
    for name in ("pixel_accuracy", "mean_iou"):
        values = [value for result in found if (value := result.score(kind, name)) is not None]
        if not values:
            return ""
        spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
        parts.append(f"{statistics.mean(values):.3f}{spread}")
        photos = [result.score("photos", name) for result in found]
        ratios.append(f"{statistics.mean(values) / statistics.mean(photos):.3f}" if all(photos) else "")
    return f"{' / '.join(parts)} ({' / '.join(ratios)})"


def _distance(evaluation: dict[str, Any], name: str, kind: str) -> float | None:
    found = evaluation.get(name, {})
    return next((value for key, value in found.items() if key.split(",")[0] == kind and key != "pictures"), None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.mean(known) if known else None


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
