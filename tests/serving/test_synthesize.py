from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from serving.model import LocalModel
from serving.synthesize import main, parse_styles
from tests.tiny_run import street
from tfhd.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def maps(tmp_path: Path) -> tuple[Path, Path]:
    """Files of a label map and an instance map."""
    paths = tmp_path / "label.png", tmp_path / "instance.png"
    for path, array in zip(paths, street(32, 48), strict=True):
        Image.fromarray(array).save(path)
    return paths


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int | None:
    """Runs `python -m serving synthesize ARGUMENTS` in this process; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["serving", "synthesize", *map(str, arguments)])
    try:
        runpy.run_module("serving", run_name="__main__")
    except SystemExit as error:
        return error.code
    return None


def test_command_paints_what_the_model_paints(
    model_base: Path, maps: tuple[Path, Path], tmp_path: Path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out.png"
    styles = ("--style", "26001=1", "26002=0", "--style", "7=2")
    assert not run(monkeypatch, model_base, "--label", maps[0], "--instance", maps[1], "--seed", "3", *styles, "-o", out)
    assert capsys.readouterr().out == f"{out}: 48x32, by {model_base / '1'}\n"
    expected = LocalModel(model_base).synthesize(*street(32, 48), seed=3, styles={26001: 1, 26002: 0, 7: 2})
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected)


def test_mistakes_end_in_one_line_and_exit_code_2(
    model_base: Path, maps: tuple[Path, Path], tmp_path: Path, monkeypatch, capsys
) -> None:
    out = tmp_path / "out.png"
    assert run(monkeypatch, model_base, "--label", maps[0], "--instance", maps[1], "--style", "26001=9", "--out", out) == 2
    message = f"error: {maps[0]}: instance 26001 cannot have style 9: its class has 3 styles, counted from 0\n"
    assert capsys.readouterr().err == message
    assert not out.exists()


def test_without_an_instance_map_every_class_is_one_instance(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    main(model_base, maps[0], tmp_path / "out.png", style=(("7=3",),))
    label, _ = street(32, 48)
    expected = LocalModel(model_base).synthesize(label, label, styles={7: 3})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)


def test_a_photo_lends_its_styles(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    photo_instance = np.full((16, 24), 26002, np.uint16)
    photo_instance[:, :8] = 7
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(photo_instance).save(tmp_path / "photo_instance.png")
    options = {"styles_of": tmp_path / "photo.png", "styles_instance": tmp_path / "photo_instance.png"}
    main(model_base, maps[0], tmp_path / "out.png", maps[1], **options)
    model = LocalModel(model_base)
    expected = model.synthesize_vectors(*street(32, 48), model.encode(photo, photo_instance))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)

    with pytest.raises(InputError, match=r"photo\.png: image is 1x16x24 but instance is 1x32x48"):
        main(model_base, maps[0], tmp_path / "out.png", maps[1], styles_of=tmp_path / "photo.png")
    with pytest.raises(InputError, match="leave out --seed and --style"):
        main(model_base, maps[0], tmp_path / "out.png", maps[1], seed=1, **options)
    with pytest.raises(InputError, match="name it with --styles-of"):
        main(model_base, maps[0], tmp_path / "out.png", maps[1], styles_instance=maps[1])


def test_jpeg_is_written_by_suffix(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    main(model_base, *maps[:1], tmp_path / "out.jpg", maps[1])
    with Image.open(tmp_path / "out.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (48, 32))


@pytest.mark.parametrize("text", ["26001", "26001=", "a=1", "26001=-1", "26001=1,5", "26001:3"])
def test_styles_in_another_form_are_shown_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="expected INSTANCE=STYLE in whole numbers, for instance 26001=3"):
        parse_styles([text])


def test_serving_needs_nothing_that_trains() -> None:
    script = "import sys, serving.model, serving.synthesize; print(*(name for name in sys.modules if 'tfhd' in name))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert set(done.stdout.split()) == {"tfhd", "tfhd.errors", "tfhd.command_line"}
