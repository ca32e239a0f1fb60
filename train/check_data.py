"""`tfhd train check-data DATA`: what a data folder holds, everything that is wrong with it, and what will train badly."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typing_extensions import Doc

from tfhd.config import DataConfig, InputKind, InstanceIdsMeaning, LabelSetName, MapSizeBesidePhotos, PixelType
from tfhd.data import DataReport, PairReport, inspect_data, inspect_pairs
from tfhd.data.inspection.pairs import PairSplitReport, Range
from tfhd.data.inspection.report import SplitReport, Spread
from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.pictures import describe_folder
from tfhd.readers import describe_layouts, file_readers

from .label_set_drafts import finish_draft, write_draft
from .progress_bar import progress_bar

_LISTED_FILES = 10
_LISTED_VALUES = 10
_LISTED_SIZES = 3

_TITLES = {
    "folder": "folders",
    "same name": "files that share a name",
    "unpaired": "files without a partner",
    "unreadable": "files that cannot be read",
    "size": "maps or pictures that differ from their counterpart in size",
    "values": "label maps with values outside the label set",
    "colours": "label maps that contradict each other",
    "instances": "maps with too many instances",
}


_TFDS = "tfds"
CheckedFormat = Annotated[
    Literal[(*file_readers(), _TFDS)], Doc(f"{describe_layouts(file_readers())} {_TFDS}: says what to check instead.")
]


def check_data(
    data: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="DATA")]],
    format: CheckedFormat = "folder",
    label_set: LabelSetName = "cityscapes",
    instance_ids: InstanceIdsMeaning = "unique",
    map_size: MapSizeBesidePhotos = "same",
    splits: Annotated[tuple[str, ...], tyro.conf.arg(metavar="SPLIT ...")] = (),
    json: Annotated[Path | None, tyro.conf.arg(metavar="PATH")] = None,
    draft_label_set: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    input: InputKind = "labels",
    input_pixels: PixelType = DataConfig.input_pixels,
    output_pixels: PixelType = DataConfig.output_pixels,
    instance_edges: bool = False,
) -> None:
    """Reads a data folder and reports counts, sizes, classes, instances, everything that is wrong, and what will train badly.

    Ends with code 0 if the data can be trained on (warnings may remain), 1 if files are at fault, 2 if the command is wrong.

    Args:
        data: The data folder.
        splits: The splits to read; by default train, and val if it exists.
        json: Also write the report to this file, with all errors, of which the tables list the first ones of each kind.
        draft_label_set: Write a label set of what the label maps hold to this file, and report by it instead of by --label-set.
        input: labels: label maps and photos; image: pictures of {split}_A and {split}_B, as fit takes them with --data.input.
        input_pixels: With --input image: the numbers of {split}_A.
        output_pixels: The numbers of photos, or of {split}_B.
        instance_edges: With --input image: read instance maps of {split}_inst too.
    """
    if format == _TFDS:
        raise InputError(
            f"{data}: --format {_TFDS}: check-data reads picture files; give it the folder that `prepare --tfds` made the set "
            f"of, without --format ({data.absolute().parent}, if it is that)"
        )
    config = DataConfig(
        format=format,
        root=str(data),
        label_set=label_set,
        instance_ids=instance_ids,
        map_size=map_size,
        input=input,
        input_pixels=input_pixels,
        output_pixels=output_pixels,
        instance_edges=instance_edges,
    )
    if draft_label_set is not None and input == "image":
        raise InputError("--draft-label-set reads label maps, and --input image has none; leave one of them out")
    chosen = _choose_splits(config, splits)
    if json is not None and not os.path.isdir(json.parent):  # unlike Path's, never raises
        raise InputError(f"{json}: its folder does not exist; create it, or choose another --json")
    if draft_label_set is not None:
        with progress_bar(f"reading label maps of {data}") as show:
            draft = write_draft(config, chosen, draft_label_set, show)
        config = dataclasses.replace(config, label_set=str(draft_label_set))
    with progress_bar(f"reading {data}") as show:
        report = inspect_pairs(config, chosen, show) if input == "image" else inspect_data(config, chosen, show)
    _print_report(report, Console())
    if draft_label_set is not None:
        finish_draft(draft, report, draft_label_set)
    if json is not None:
        write_text(json, report.to_json(), "report")
        print(json)
    if report.errors:
        sys.exit(1)


def _choose_splits(config: DataConfig, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The splits to read; raises `InputError` if one that was asked for, or by default both train and val, are absent."""
    asked = tuple(dict.fromkeys(asked))
    absent = [split for split in asked or ("train", "val") if not config.has_split(split)]
    if absent and (asked or len(absent) == 2):
        folders = " and ".join(config.reader.folders_of(absent[0]))
        raise InputError(
            f"{config.root}: has no split {absent[0]} in the format {config.format} (folders {folders}); "
            f"check the path, --format and --splits (it holds {describe_folder(Path(config.root))})"
        )
    # Without train there is nothing to train on, which the report then says.
    return asked or (("train",) if "val" in absent else ("train", "val"))


def _print_report(report: DataReport | PairReport, console: Console) -> None:
    if isinstance(report, PairReport):
        _line(console, f"{report.root} (pictures to pictures)", style="bold")
        console.print(_overview(report, _PAIR_ROWS))
    else:
        _line(console, f"{report.root} ({report.format}, label set {report.label_set})", style="bold")
        console.print(_overview(report, _ROWS))
        console.print(_classes(report))
        _print_outside(report, console)
    _print_findings(report, console)


def _print_outside(report: DataReport, console: Console) -> None:
    for split in report.splits:
        for item in split.outside[:_LISTED_VALUES]:
            _line(
                console,
                f"{split.name}: value {item.value} is outside the label set (pixels: {item.pixels}, pictures: {item.pictures})",
            )
        _more(console, len(split.outside) - _LISTED_VALUES, "values")


def _print_findings(report: DataReport | PairReport, console: Console) -> None:
    for kind, title in _TITLES.items():
        messages = [error.message for error in report.errors if error.kind == kind]
        if messages:
            _line(console, f"\n{title} ({len(messages)})", style="bold red")
            for message in messages[:_LISTED_FILES]:
                _line(console, f"  {message}")
            _more(console, len(messages) - _LISTED_FILES, "files (--json lists all)")
    if report.warnings:
        _line(console, f"\nwarnings ({len(report.warnings)})", style="bold yellow")
        for warning in report.warnings:
            _line(console, f"  {warning}")
    _line(console, f"\n{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}", style="bold")


def _overview(report: DataReport | PairReport, rows: Mapping[str, Callable[[Any], str]]) -> Table:
    table = Table("", *(escape(split.name) for split in report.splits), box=SIMPLE_HEAD)
    for title, cell in rows.items():
        table.add_row(title, *(cell(split) for split in report.splits))
    return table


def _sizes(split: SplitReport | PairSplitReport) -> str:
    listed = [f"{size.width}x{size.height}: {size.pictures}" for size in split.sizes[:_LISTED_SIZES]]
    rest = len(split.sizes) - _LISTED_SIZES
    return "\n".join(listed + [f"and {rest} more"] * (rest > 0))


def _spread(spread: Spread | None) -> str:
    return f"{spread.least}..{spread.most}, median {spread.median:g}" if spread is not None else "-"


def _range(found: Range | None) -> str:
    return f"{found.least}..{found.most}" if found is not None else "-"


_ROWS: dict[str, Callable[[SplitReport], str]] = {
    "label maps": lambda split: str(split.label_maps),
    "photos": lambda split: str(split.photos),
    "instance maps": lambda split: str(split.instance_maps) if split.instance_maps else "none: regions",
    "pictures (both)": lambda split: str(split.pictures),
    "sizes (width x height)": _sizes,
    "instances per picture": lambda split: _spread(split.instances),
    "  of countable classes": lambda split: _spread(split.objects),
}
_PAIR_ROWS: dict[str, Callable[[PairSplitReport], str]] = {
    "input pictures": lambda split: str(split.inputs),
    "output pictures": lambda split: str(split.outputs),
    "instance maps": lambda split: str(split.instance_maps) if split.instance_maps else "none",
    "pairs": lambda split: str(split.pictures),
    "sizes (width x height)": _sizes,
    "numbers of inputs": lambda split: _range(split.input_range),
    "numbers of outputs": lambda split: _range(split.output_range),
}


def _classes(report: DataReport) -> Table:
    """A row for each class: its share of the pixels, the pictures that show it and its instances, for each split."""
    table = Table("class", box=SIMPLE_HEAD)
    for split in report.splits:
        for title in ("pixels", "pictures", "instances"):
            table.add_column(escape(f"{split.name}\n{title}"), justify="right")
    totals = [max(1, sum(item.pixels for item in split.classes)) for split in report.splits]
    for items in zip(*(split.classes for split in report.splits), strict=True):
        cells = []
        for item, total in zip(items, totals, strict=True):
            cells += [f"{item.pixels / total:.3%}", str(item.pictures), str(item.instances)] if item.pixels else ["-"] * 3
        table.add_row(escape(items[0].name), *cells, style=None if any(item.pixels for item in items) else "dim")
    return table


def _line(console: Console, text: str, style: str | None = None) -> None:
    # File names may be bytes that are not UTF-8, which Python holds as surrogates and cannot print.
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # Paths are neither wrapped nor searched for markup, so that they can be copied.
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _more(console: Console, count: int, what: str) -> None:
    if count > 0:
        _line(console, f"  and {count} more {what}")


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
