"""`tfhd train label-set LIST OUT`: a label set from a list of classes that another tool wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import tyro

from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.label_sets import LabelSet, load_class_list


def make_label_set(
    source: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="LIST")]],
    out: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="OUT")]],
    countable: Annotated[tuple[str, ...], tyro.conf.arg(metavar="CLASS ...")] = (),
) -> None:
    """Turns a list of classes into a label set for --label-set, a JSON file.

    Args:
        source: labelmap.txt of CVAT, label_colors.txt of CamVid, _classes.csv of Roboflow, or another CSV file with the columns
            name, r, g, b.
        out: The label set to write, ending in .json.
        countable: Classes that come as single objects (cars) rather than as a region (sky).
    """
    if out.suffix != ".json":
        raise InputError(f"{out}: a label set is a file ending in .json; choose such a name")
    if os.path.exists(out):
        raise InputError(f"{out}: exists already, and is not replaced; choose another name, or remove it")
    label_set = with_countable(load_class_list(source), countable, source)
    write_text(out, label_set.to_json(), "label set")
    print(f"{out}: {label_set.num_classes} classes, {len(label_set.countable)} of them countable")
    for color, names in label_set.shared_colors.items():
        print(f"warning: colour {color} stands for {', '.join(names)}; maps in colours that have it cannot be read")
    if source.suffix != ".csv":
        print("maps in these colours are read by colour; for maps of numbers, set `ids` to what they hold: the list has none")


def with_countable(label_set: LabelSet, countable: tuple[str, ...], source: Path) -> LabelSet:
    """The label set with these classes as the countable ones; raises `InputError` where `source` lists no such class."""
    unknown = [name for name in countable if name not in label_set.names]
    if unknown:
        raise InputError(f"--countable {unknown[0]}: {source} lists no such class; it has {', '.join(label_set.names)}")
    return label_set.with_countable(countable)
