"""The tables that can be measured: which variants of a preset are their rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tfhd.config import Config
from tfhd.variants import VARIANTS


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: what it compares.
        rows: by the row's name, the variants that make it of the preset, one after another.
    """

    title: str
    rows: dict[str, tuple[str, ...]]


TABLES = {
    "table1": Table(
        "Methods (Wang et al., table 1)", {"pix2pix": ("pix2pix",), "CRN": ("crn",), "ours, no VGG": ("no-vgg",), "ours": ()}
    ),
    "table3": Table(
        "Generators, under our objective (table 3)", {"U-Net": ("unet-generator",), "CRN": ("crn-generator",), "ours": ()}
    ),
    "table5": Table("Discriminators (table 5)", {"one scale": ("one-discriminator",), "all scales": ()}),
    "losses": Table(
        "Losses (section 4.1)",
        {
            "adversarial alone": ("adversarial-alone",),
            "with feature matching": ("no-vgg",),
            "with VGG": ("with-vgg", "no-feature-matching"),
            "with both": ("with-vgg",),
        },
    ),
    "instances": Table("Instance boundary maps (section 3.3)", {"without": ("no-instance-map",), "with": ()}),
}


def row_configs(table: Table, base: Config) -> dict[str, Config]:
    """The experiment of each row; a row that is the same as a later one is left out."""
    found: dict[str, Config] = {}
    for name, variants in table.rows.items():
        config = base
        for variant in variants:
            config = VARIANTS[variant].change(config)
        found = {other: known for other, known in found.items() if known != config} | {name: config}
    return found


def with_seed(config: Config, seed: int) -> Config:
    """The experiment with another seed."""
    return replace(config, training=replace(config.training, seed=seed))
