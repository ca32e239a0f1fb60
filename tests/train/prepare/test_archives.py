from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.formats.test_data_sets import photo, save
from tests.train.prepare.sources import roboflow, zip_folder
from tfhd.errors import InputError
from tfhd.train.prepare.command import prepare
from tfhd.train.prepare.source import open_source


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "folder of both"])
def test_archives_are_unpacked_and_forgotten(tmp_path: Path, kind: str) -> None:
    source, out = roboflow(tmp_path / "source"), tmp_path / "out"
    given = tmp_path / ("set." + kind) if kind != "folder of both" else tmp_path / "archives"
    names = sorted(source.rglob("*.*"))
    if kind == "folder of both":
        given.mkdir()
    zipped = names if kind == "zip" else names[:3] if kind == "folder of both" else []
    if zipped:
        with zipfile.ZipFile(given / "a.zip" if given.is_dir() else given, "w") as file:
            for path in zipped:
                file.write(path, path.relative_to(source))
    packed = [path for path in names if path not in zipped]
    if packed:
        with tarfile.open(given / "b.tar.gz" if given.is_dir() else given, "w:gz") as file:
            for path in packed:
                file.add(path, path.relative_to(source))
    prepare("roboflow", given, out)
    assert len(list((out / "train_img").iterdir())) == 2
    assert not (out / ".source").exists()


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png", "..\\evil.png", "C:/evil.png"])
def test_archives_cannot_write_elsewhere(tmp_path: Path, name: str) -> None:
    for kind in ("zip", "tar"):
        path, out = tmp_path / f"set.{kind}", tmp_path / f"out_{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as file:
                file.writestr(zipfile.ZipInfo(name), b"x")
        else:
            with tarfile.open(path, "w") as file:
                info = tarfile.TarInfo(name)
                info.size = 1
                file.addfile(info, io.BytesIO(b"x"))
        with pytest.raises(InputError, match="names a file outside of it"):
            prepare("roboflow", path, out)
    assert not [found for found in tmp_path.rglob("*") if "evil" in found.name]


def test_links_in_archives_lead_nowhere(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as file:
        link = tarfile.TarInfo("train")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        file.addfile(link)
    with pytest.raises(InputError, match="holds no _classes"):
        prepare("roboflow", tmp_path / "set.tar", tmp_path / "out")


def test_archives_that_share_nothing_but_readmes_are_one_tree(tmp_path: Path) -> None:
    label, image = tmp_path / "gt", tmp_path / "photos"
    save(label / "gtFine" / "train" / "ulm" / "u_gtFine_labelIds.png", np.full((32, 32), 7, np.uint8))
    photo(image / "leftImg8bit" / "train" / "ulm" / "u_leftImg8bit.png", (32, 32))
    (tmp_path / "source").mkdir()
    for folder in (label, image):
        (folder / "README.txt").write_text(folder.name)
        zip_folder(folder, tmp_path / "source" / f"{folder.name}.zip")
    (tmp_path / "out").mkdir()
    tree = open_source(tmp_path / "source", tmp_path / "out")
    assert [name.partition("/")[0] for name in tree.files] == ["README.txt", "gtFine", "leftImg8bit"]
