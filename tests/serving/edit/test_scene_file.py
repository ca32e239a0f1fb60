"""Scene files: the same bytes for the same scene, and none of the ways in which a hand-made one could do harm."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tiny_run import LABEL_SET, street
from tfhd.errors import InputError
from tfhd.serving.edit.scene_file import read_scene, read_settings, write_scene
from tfhd_client import LabelClass

CLASSES = [LabelClass(item.name, item.ids, item.color, item.countable) for item in LABEL_SET.classes]
SETTINGS: dict[str, Any] = {
    "format": "tfhd-scene",
    "version": 1,
    "name": "Street <script>alert(1)</script>",
    "classes": list(LABEL_SET.names),
    "seed": 7,
    "styles": [{"id": 26001, "style": 2}, {"id": 26002, "vector": [0.1, -0.2, 0.3]}],
    "locked": [7],
    "hidden": [],
}


def scene(**changed: Any) -> bytes:
    return write_scene(*street(32, 48), read_settings({**SETTINGS, **changed}))


def repacked(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(scene())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_scene_comes_back_as_it_was_and_is_saved_to_the_same_bytes() -> None:
    label, instance, settings = read_scene(scene(), CLASSES)
    np.testing.assert_array_equal(label, street(32, 48)[0])
    np.testing.assert_array_equal(instance, street(32, 48)[1])
    assert settings.model_dump(exclude_none=True) == SETTINGS
    assert write_scene(label, instance, settings) == scene()


def test_the_files_inside_are_what_any_tool_reads() -> None:
    found = members()
    assert list(found) == ["scene.json", "label.png", "instance.png"]
    assert json.loads(found["scene.json"])["styles"] == SETTINGS["styles"]
    assert found["label.png"].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name", ["../../outside.png", "/etc/cron.d/evil", "label.png/../../x", "C:\\x", "con\0.png", "a" * 60_000]
)
def test_names_in_the_archive_never_become_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="and nothing else") as error:
        read_scene(repacked({**members(), name: b"x"}), CLASSES)
    assert len(str(error.value)) < 700
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_archive_is_only_text() -> None:
    info = zipfile.ZipInfo("label.png")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("scene.json", members()["scene.json"])
        archive.writestr(info, "/etc/passwd")
        archive.writestr("instance.png", members()["instance.png"])
    with pytest.raises(InputError, match="is not a picture"):
        read_scene(file.getvalue(), CLASSES)


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    bomb = repacked({**members(), "label.png": b"\0" * (65 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="larger than 64 MB"):
        read_scene(bomb, CLASSES)


def test_two_members_of_one_name_are_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("scene.json", "label.png", "instance.png"):
            archive.writestr(name, b"x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("label.png", b"y")
    with pytest.raises(InputError, match="nothing else"):
        read_scene(file.getvalue(), CLASSES)


@pytest.mark.parametrize("cut", [0, 10, 100, -1, -30, -200])
def test_damaged_files_end_in_a_line(cut: int) -> None:
    with pytest.raises(InputError, match=r"no zip file or a damaged one|is not a picture|cut off|holds"):
        read_scene(scene()[:cut] if cut else b"PK", CLASSES)


def test_a_flipped_bit_is_noticed() -> None:
    data = bytearray(scene())
    data[data.index(b"IDAT") + 12] ^= 1
    with pytest.raises(InputError):
        read_scene(bytes(data), CLASSES)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"seed": 2**31}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"styles": [{"id": 70_000, "style": 1}]}, "styles.0.id"),
        ({"styles": [{"id": 1, "vector": [1e300]}]}, "styles.0.vector"),
        ({"styles": [{"id": 1, "vector": [0.0] * 65}]}, "styles.0.vector"),
        ({"locked": [-1]}, "locked"),
        ({"name": "x" * 201}, "name"),
        ({"extra": 1}, "extra"),
        ({"version": 2}, "newer version"),
        ({"format": "other"}, "another format"),
    ],
)
def test_settings_at_fault_are_named(changed: dict[str, Any], named: str) -> None:
    settings = json.dumps({**SETTINGS, **changed}).encode()
    with pytest.raises(InputError, match=named):
        read_scene(repacked({**members(), "scene.json": settings}), CLASSES)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"[" * 100_000, b"\xff\xfe", b'{"format": NaN}'])
def test_settings_that_are_no_json_object_are_refused(text: bytes) -> None:
    with pytest.raises(InputError, match=r"scene\.json"):
        read_scene(repacked({**members(), "scene.json": text}), CLASSES)


def test_a_scene_of_other_classes_is_refused() -> None:
    with pytest.raises(InputError, match="other classes"):
        read_scene(scene(classes=["road"]), CLASSES)
