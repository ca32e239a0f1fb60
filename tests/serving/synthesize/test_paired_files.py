from __future__ import annotations

from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.serving.synthesize.paired_files import PaintJob, find_jobs


def files(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).touch()
    return folder


def test_files_of_the_same_name_go_together_in_order(tmp_path: Path) -> None:
    label = files(tmp_path / "label", "b.png", "a.tif", ".hidden.png", "notes.txt")
    photo = files(tmp_path / "photo", "a.jpg", "b.JPG", "c.jpg")
    out = tmp_path / "out"
    assert find_jobs(PaintJob(label, out, styles_of=photo)) == [
        PaintJob(label / "a.tif", out / "a.png", styles_of=photo / "a.jpg"),
        PaintJob(label / "b.png", out / "b.png", styles_of=photo / "b.JPG"),
    ]
    assert not out.exists()


def test_files_are_one_job(tmp_path: Path) -> None:
    folder = files(tmp_path / "files", "label.png", "instance.png")
    job = PaintJob(folder / "label.png", folder / "out.png", folder / "instance.png")
    assert find_jobs(job) == [job]


@pytest.mark.parametrize(
    ("label", "out", "partners", "message"),
    [
        ("absent", "out", {}, r"absent: no such file or folder; .*--label$"),
        ("empty", "out", {}, "empty: holds no picture"),
        ("twice", "out", {}, r"twice: a\.png and a\.tif share the name 'a'; keep one"),
        ("label", "out", {"instance": "empty"}, r"^2 label maps have no .* in --instance .*empty: .*a\.png, .*b\.png; add"),
        ("label", "out", {"styles_of": "one"}, r"^1 label map has no file .* in --styles-of .*one: .*label/b\.png; add"),
        ("label", "out", {"styles_of": "label", "styles_instance": "one"}, r"in --styles-instance .*one: "),
        ("label", "out", {"instance": "one/a.png"}, r"a\.png: is a file, but --label is a folder; give --instance a folder"),
        ("label", "out", {"instance": "absent"}, r"absent: cannot be read \(No such file or directory\); give --instance"),
        ("label", "out.png", {}, r"out\.png: names a file, but --label .*label is a folder"),
        ("label", "one/a.png", {}, r"a\.png: names a file"),
        ("label", "twice/../label", {}, "label: is read from, so it is not written to"),
        ("label", "one", {"instance": "one"}, "one: is read from"),
        ("one/a.png", "one/a.png", {}, r"a\.png: is read from"),
        ("one/a.png", "out", {}, "cannot write a file without suffix"),
    ],
)
def test_what_does_not_go_together_ends_in_one_line(tmp_path: Path, label, out, partners, message: str) -> None:
    files(tmp_path / "label", "a.png", "b.png")
    files(tmp_path / "one", "a.png")
    files(tmp_path / "twice", "a.png", "a.tif")
    files(tmp_path / "empty")
    given = PaintJob(tmp_path / label, tmp_path / out, **{kind: tmp_path / path for kind, path in partners.items()})
    with pytest.raises(InputError, match=message) as error:
        find_jobs(given)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()
