"""`tfhd study results`: what the votes say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from tfhd.files import replaced_folder

from .design import Design
from .evaluation import evaluate
from .report import as_markdown, write_report
from .votes import read_votes


def main(
    study: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="STUDY")]],
    *,
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None,
) -> None:
    """Report preferences, agreement and how sure they are; also while raters are still asked.

    Args:
        study: folder that `study create` made.
        out: folder to write CSV, JSON, Markdown and HTML to, replaced if it exists; by default STUDY/results.
    """
    out = out or study / "results"
    design = Design.read(study)
    votes, asked = read_votes(study)
    results = evaluate(design, votes, asked)
    with replaced_folder(out, "results") as folder:
        write_report(folder, results, votes)
    print(as_markdown(results))
    print(f"{out / 'results.html'} shows the same; the CSV files beside it hold every picture, rater and vote")
