"""Has simulated raters answer a whole study: the example's table in docs/study.md.

Usage: python -m tests.serving.study.simulate_raters STUDY [RATE]

RATE is the probability with which they prefer the method that was named first; they pass all attention checks.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_ratings import rate
from tfhd.serving.study.ratings import Ratings


def main(study: Path, preference: float) -> None:
    ratings, rng = Ratings(study), np.random.default_rng(1)

    def choose(row) -> str:
        if row["expected"]:
            return row["expected"]
        return "left" if (rng.random() < preference) != bool(row["is_swapped"]) else "right"

    answers = sum(len(rate(ratings, token, choose=choose)) for token in tokens_of(study))
    sys.stdout.write(f"{answers} answers, practice and checks included\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.862)
