"""The classes of a data set, and the JSON files that describe them."""

from __future__ import annotations

import codecs
import dataclasses
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from tfhd.errors import InputError
from tfhd_client import MAX_ID, LabelClasses

LABEL_SET_NAMES = ("cityscapes", "ade20k", "nyu", "helen", "camvid")
"""The label sets that come with the package."""
_CLASS_KEYS = {"name", "ids", "color", "countable"}


@dataclass(frozen=True)
class LabelClass:
    """One class of a label set.

    Args:
        name: what people call it.
        ids: raw values in label files (0..65535) that mean this class.
        color: red, green, blue (0..255) of its pixels in a painted label map.
        countable: whether it comes as single objects (cars) rather than as a region (sky).
    """

    name: str
    ids: tuple[int, ...]
    color: tuple[int, int, int]
    countable: bool


@dataclass(frozen=True)
class LabelSet:
    """The classes of a data set; a class' index is its place in `classes`.

    Raises:
        InputError: there is no class, or two classes share a name or a raw id.
    """

    name: str
    classes: tuple[LabelClass, ...]

    def __post_init__(self) -> None:
        if not self.classes:
            raise InputError(f"label set {self.name!r} has no classes; list at least one under 'classes'")
        names: set[str] = set()
        owners: dict[int, str] = {}
        for item in self.classes:
            if item.name in names:
                raise InputError(f"label set {self.name!r} has two classes named {item.name!r}; rename one")
            names.add(item.name)
            for value in item.ids:
                if value in owners:
                    raise InputError(
                        f"label set {self.name!r}: id {value} belongs to both {owners[value]!r} and {item.name!r}; keep it in one"
                    )
                owners[value] = item.name

    @property
    def num_classes(self) -> int:
        """How many classes there are, a don't-care class included."""
        return len(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names by index."""
        return tuple(item.name for item in self.classes)

    @property
    def colors(self) -> tuple[tuple[int, int, int], ...]:
        """Class colours by index, each red, green, blue in 0..255."""
        return tuple(item.color for item in self.classes)

    @cached_property
    def label_classes(self) -> LabelClasses:
        """What `tfhd_client.read_labels` needs to know of the classes to read label maps."""
        return LabelClasses.of(self.name, self.classes)

    @property
    def shared_colors(self) -> dict[tuple[int, int, int], tuple[str, ...]]:
        """Colours that several classes have, and the names of these: maps in colours cannot tell them apart."""
        return self.label_classes.shared_colors

    @property
    def countable(self) -> tuple[int, ...]:
        """Indices of the classes that come as single objects."""
        return tuple(index for index, item in enumerate(self.classes) if item.countable)

    def with_countable(self, names: Collection[str]) -> LabelSet:
        """The same classes, with those of these names countable, and no others."""
        classes = (dataclasses.replace(item, countable=item.name in names) for item in self.classes)
        return dataclasses.replace(self, classes=tuple(classes))

    def to_json(self) -> str:
        """The label set as JSON text, one class per line."""
        rows = ",\n    ".join(json.dumps(dataclasses.asdict(item)) for item in self.classes)
        return f'{{\n  "name": {json.dumps(self.name)},\n  "classes": [\n    {rows}\n  ]\n}}\n'

    @classmethod
    def from_json(cls, text: str, source: str = "label set") -> LabelSet:
        """Reads what `to_json` wrote.

        Args:
            text: `{"name": ..., "classes": [{"name": ..., "ids": [...], "color": [r, g, b], "countable": true}, ...]}`.
            source: name of the file, for messages.

        Raises:
            InputError: the text is not such JSON; says which class and key.
        """
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{source}: line {error.lineno}: {error.msg}; the file must be JSON text") from None
        if not isinstance(document, dict) or set(document) != {"name", "classes"} or not isinstance(document["classes"], list):
            raise InputError(f"{source}: expected an object with the keys 'name' and 'classes' (a list), and no others")
        _require(isinstance(document["name"], str), source, "name", document["name"], "a text")
        classes = tuple(_parse_class(item, f"{source}: classes[{index}]") for index, item in enumerate(document["classes"]))
        try:
            return cls(document["name"], classes)
        except InputError as error:
            raise InputError(f"{source}: {error}") from None


ONE_CLASS = LabelSet("pictures", (LabelClass("picture", (0,), (0, 0, 0), False),))
"""Of data whose input is pictures: a class that all pixels have."""


def load_label_set(name_or_path: str | Path) -> LabelSet:
    """Loads a label set that comes with the package, or one described in a JSON file.

    Args:
        name_or_path: ade20k, camvid, cityscapes, helen, nyu, or the path of a file ending in .json.

    Raises:
        InputError: the name is not known, or the file cannot be read or is not a label set.
    """
    name = str(name_or_path)
    if name in LABEL_SET_NAMES:
        return LabelSet.from_json(resources.files("tfhd.label_sets").joinpath(f"{name}.json").read_text(encoding="utf-8"), name)
    if not name.endswith(".json"):
        known = ", ".join(sorted(LABEL_SET_NAMES))
        if name.endswith((".txt", ".csv")):
            raise InputError(
                f"label set {name!r} is no .json file; make one of a list of classes with `tfhd train label-set {name} OUT.json`"
            )
        raise InputError(f"label set {name!r} is not known; use one of {known}, or the path of a .json file")
    return LabelSet.from_json(read_text(Path(name), "label set"), name)


def read_text(path: Path, what: str) -> str:
    """Reads a text in UTF-8, or in UTF-16 where a byte order mark says so; the mark is no part of the text.

    Args:
        path: of the file.
        what: it is, for messages.

    Raises:
        InputError: it cannot be read.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: cannot read the {what} ({reason}); give the path of a text file") from None


def _parse_class(item: Any, where: str) -> LabelClass:
    if not isinstance(item, dict):
        raise InputError(f"{where}: expected an object with the keys name, ids, color, countable; got {item!r:.60}")
    missing, unknown = sorted(_CLASS_KEYS - set(item)), sorted(set(item) - _CLASS_KEYS)
    if missing or unknown:
        mistake = f"key {missing[0]!r} is missing" if missing else f"key {unknown[0]!r} is not known"
        raise InputError(f"{where}: {mistake}; a class has name, ids, color, countable")
    name, ids, color, countable = (item[key] for key in ("name", "ids", "color", "countable"))
    _require(isinstance(name, str) and bool(name), where, "name", name, "a text")
    _require(_are_integers(ids, MAX_ID) and bool(ids), where, "ids", ids, f"a list of whole numbers in 0..{MAX_ID}")
    _require(_are_integers(color, 255) and len(color) == 3, where, "color", color, "three whole numbers in 0..255")
    _require(isinstance(countable, bool), where, "countable", countable, "true or false")
    return LabelClass(name, tuple(ids), tuple(color), countable)


def _are_integers(values: Any, highest: int) -> bool:
    # type() and not isinstance(): JSON's true would pass as the number 1.
    return isinstance(values, list) and all(type(value) is int and 0 <= value <= highest for value in values)


def _require(condition: bool, where: str, key: str, value: Any, expected: str) -> None:
    if not condition:
        raise InputError(f"{where}: {key} is {value!r:.60}; it must be {expected}")
