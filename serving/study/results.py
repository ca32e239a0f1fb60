"""`tfhd study results`: what the votes say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from tfhd.errors import InputError
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
        out: folder to write CSV, JSON, Markdown and HTML to, by default STUDY/results; older results there are replaced.
    """
    out = out or study / "results"
    _require_replaceable(out)
    design = Design.read(study)
    votes, asked = read_votes(study)
    results = evaluate(design, votes, asked)
    with replaced_folder(out, "results") as folder:
        write_report(folder, results, votes)
    print(as_markdown(results))
    print(f"{out / 'results.html'} shows the same; the CSV files beside it hold every picture, rater and vote")


def _require_replaceable(out: Path) -> None:
    """Raises `InputError` where a folder holds something else than older results, which would be lost."""
    try:
        if any(out.iterdir()) and not (out / "results.json").is_file():
            raise InputError(f"{out}: holds other files than results; choose another folder with --out")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise InputError(f"{out}: cannot be read ({error.strerror}); choose another folder with --out") from None
