"""Scenes as files: a zip of label.png, instance.png and scene.json, as docs/editor.md describes it."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tfhd.errors import InputError
from tfhd_client import LabelClass

from .frames import parse_json
from .map_files import read_maps, write_map

FORMAT = "tfhd-scene"
VERSION = 1

_MEMBERS = ("scene.json", "label.png", "instance.png")
_MAX_MEMBER = 64 << 20
_SETTINGS = "scene.json"
_REMEDY = "give a file that the editor saved"

_Id = Annotated[int, Field(ge=0, le=65535)]
_Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Style(_Strict):
    """The style of an object: a number of its class's styles, or a vector."""

    id: _Id
    style: Annotated[int, Field(ge=0, le=65535)] | None = None
    vector: Annotated[list[_Number], Field(max_length=64)] | None = None


class Settings(_Strict):
    """scene.json: everything of a scene but its maps.

    Attributes:
        format: always tfhd-scene.
        version: of the format.
        name: of the scene.
        classes: names of the classes of the model that it was made with.
        seed: draws a style for each object that `styles` lacks; negative gives each class's most frequent one.
        styles: those of objects that have one of their own.
        locked: ids of objects that no tool changes.
        hidden: ids of objects whose label colour is not shown.
    """

    format: str
    version: int
    name: Annotated[str, Field(max_length=200)]
    classes: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=65536)]
    seed: Annotated[int, Field(ge=-1, le=2**31 - 1)] = -1
    styles: Annotated[list[Style], Field(max_length=65536)] = []
    locked: Annotated[list[_Id], Field(max_length=65536)] = []
    hidden: Annotated[list[_Id], Field(max_length=65536)] = []


def read_settings(values: dict[str, Any]) -> Settings:
    """Checks settings; raises `InputError` with the first that is wrong."""
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{_SETTINGS}: {where[:100]}: {first['msg']}; {_REMEDY}") from None
    if settings.format != FORMAT or settings.version != VERSION:
        raise InputError(f"{_SETTINGS}: is of another format or a newer version than {FORMAT} {VERSION}; {_REMEDY}")
    return settings


def write_scene(label: np.ndarray, instance: np.ndarray, settings: Settings) -> bytes:
    """Encodes a scene, uint16 maps `(height, width)`; equal scenes give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in (
            (_SETTINGS, json.dumps(settings.model_dump(exclude_none=True), indent=1).encode()),
            ("label.png", write_map(label)),
            ("instance.png", write_map(instance)),
        ):
            # A fixed date, so that nothing but the scene decides the bytes; PNG files are compressed already.
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


def read_scene(data: bytes, classes: list[LabelClass]) -> tuple[np.ndarray, np.ndarray, Settings]:
    """Decodes a scene.

    Args:
        data: the zip file.
        classes: of the model that shall paint it.

    Returns:
        Label and instance map, int32 `(height, width)`, and the settings.

    Raises:
        InputError: it is no scene, damaged, too large, made for other classes, or holds other files than a scene does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"the scene file is no zip file or a damaged one; {_REMEDY}") from None
    settings = read_settings(parse_json(members[_SETTINGS], f"{_SETTINGS}: is no JSON object; {_REMEDY}"))
    if settings.classes != [item.name for item in classes]:
        raise InputError(
            "the scene was made with a model of other classes; open it with a model of the same label set, or import its "
            "label.png"
        )
    names = "label.png in the scene file", "instance.png in the scene file"
    label, instance = read_maps(members["label.png"], members["instance.png"], classes, names)
    return label, instance, settings


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The three files in memory: no name in an archive ever becomes a path."""
    listed = archive.namelist()
    if sorted(listed) != sorted(_MEMBERS):
        shown = ", ".join(repr(name[:60]) for name in listed[:4]) or "nothing"
        raise InputError(f"the scene file holds {shown}; expected {', '.join(_MEMBERS)} and nothing else; {_REMEDY}")
    found = {}
    for info in archive.infolist():
        with archive.open(info) as member:
            content = member.read(_MAX_MEMBER + 1)
        if len(content) > _MAX_MEMBER:
            raise InputError(f"{info.filename} in the scene file is larger than {_MAX_MEMBER >> 20} MB; {_REMEDY}")
        found[info.filename] = content
    return found
