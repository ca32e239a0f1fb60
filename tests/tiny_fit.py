"""`tfhd train fit` for trainings of seconds, and what it leaves."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.train.fit import fit

# Networks that are traced in seconds; three epochs.
NETWORKS = shlex.split(
    """
    --generator.filters 4 --generator.num-downsamples 2 --generator.num-residual-blocks 1
    --discriminator.filters 4 --discriminator.num-layers 2 --discriminator.num-scales 1
    --encoder.filters 2 --encoder.num-downsamples 2 --encoder.feature-channels 2 --loss.perceptual-weight 0
    --data.height 32 --data.width 64
    --stages.global.epochs 2 --stages.global.decay-epochs 1
    --training.checkpoint-every 2 --training.samples-every 4 --training.validate-every 4 --training.log-every 2
    """
)
STREETS = ["streets-demo", "--data.street-count", "2", *NETWORKS]


def folder_flags(root: Path, out: Path) -> list[str]:
    """Trains the pictures in the plain folder `root`, whose label set lies beside them."""
    return ["camvid", "--data.root", str(root), "--data.label-set", str(root / "labels.json"), *NETWORKS, "--out", str(out)]


def rows(run: Path) -> list[dict[str, str]]:
    """The lines of losses.csv, by column."""
    with open(run / "losses.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def complaint(arguments: list[str], out: Path) -> str:
    """The line that a mistake ends in, before anything is written."""
    with pytest.raises(InputError) as caught:
        fit(arguments, "prog")
    assert not out.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)
