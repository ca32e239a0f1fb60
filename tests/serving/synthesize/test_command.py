from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.forked_server import Server
from tests.tiny_run import street
from tfhd.errors import InputError
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize.command import main, parse_styles

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def maps(tmp_path: Path) -> tuple[Path, Path]:
    """Files of a label map and an instance map."""
    paths = tmp_path / "label.png", tmp_path / "instance.png"
    for path, array in zip(paths, street(32, 48), strict=True):
        Image.fromarray(array).save(path)
    return paths


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int | None:
    """Runs `tfhd synthesize ARGUMENTS` in this process; returns its exit code."""
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


def test_without_an_instance_map_regions_are_instances_as_in_training(
    model_base: Path, maps: tuple[Path, Path], tmp_path: Path
) -> None:
    label = np.full((32, 48), 7, np.uint8)
    label[8:16, 4:12] = label[8:16, 20:28] = label[20:28, 20:40] = 26
    Image.fromarray(label).save(maps[0])
    regions = np.where(label == 26, 1000, 7)
    regions[8:16, 20:28], regions[20:28, 20:40] = 1001, 1002
    main(model_base, label=maps[0], out=tmp_path / "out.png", style=(("7=3", "26=2", "1001=1"),))
    model = LocalModel(model_base)
    expected = model.synthesize(label, regions, styles={7: 3, 1000: 2, 1001: 1, 1002: 2})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)
    assert (expected != model.synthesize(label, label, styles={7: 3})).any()


def test_a_server_paints_the_same_regions(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    with Server(model_base) as server:
        main(server=server.address, label=maps[0], out=tmp_path / "server.png", seed=3)
    main(model_base, label=maps[0], out=tmp_path / "model.png", seed=3)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "server.png")), np.asarray(Image.open(tmp_path / "model.png")))


def test_a_photo_lends_styles_to_all_regions_of_a_class_where_its_map_is_of_labels(
    model_base: Path, maps: tuple[Path, Path], tmp_path: Path
) -> None:
    label, _ = street(32, 48)
    photo = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    main(model_base, label=maps[0], out=tmp_path / "out.png", styles_of=tmp_path / "photo.png", styles_instance=maps[0])
    model = LocalModel(model_base)
    regions = np.where(label == 7, 7, np.where(label == 26, 1000, 1001))
    vectors = model.encode(photo, label)
    expected = model.synthesize_vectors(label, regions, {7: vectors[7], 1000: vectors[26], 1001: vectors[27]})
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)


def test_a_photo_lends_its_styles(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    photo_instance = np.full((16, 24), 26002, np.uint16)
    photo_instance[:, :8] = 7
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(photo_instance).save(tmp_path / "photo_instance.png")
    options = {"styles_of": tmp_path / "photo.png", "styles_instance": tmp_path / "photo_instance.png"}
    main(model_base, label=maps[0], out=tmp_path / "out.png", instance=maps[1], **options)
    model = LocalModel(model_base)
    expected = model.synthesize_vectors(*street(32, 48), model.encode(photo, photo_instance))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)

    with pytest.raises(InputError, match=r"photo\.png: image is 1x16x24 but instance is 1x32x48"):
        main(model_base, label=maps[0], out=tmp_path / "out.png", instance=maps[1], styles_of=tmp_path / "photo.png")
    with pytest.raises(InputError, match="leave out --seed and --style"):
        main(model_base, label=maps[0], out=tmp_path / "out.png", instance=maps[1], seed=1, **options)
    with pytest.raises(InputError, match="name it with --styles-of"):
        main(model_base, label=maps[0], out=tmp_path / "out.png", instance=maps[1], styles_instance=maps[1])


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Folders of two label maps, instance maps and photos, of one size each."""
    found = {kind: tmp_path / kind for kind in ("label", "instance", "photo")}
    for folder in found.values():
        folder.mkdir()
    for number, width in enumerate((48, 32)):
        photo = np.random.default_rng(number).integers(0, 256, (32, width, 3), np.uint8)
        for folder, array in zip(found.values(), (*street(32, width), photo), strict=True):
            Image.fromarray(array).save(folder / f"{number}.png")
    return found


def test_folders_are_painted_file_by_file_as_the_files_are_alone(
    model_base: Path, folders: dict[str, Path], tmp_path: Path, monkeypatch, capsys
) -> None:
    (folders["label"] / "readme.txt").write_text("no picture")
    Image.new("RGB", (4, 4)).save(folders["photo"] / "unpaired.png")
    maps = ("--label", folders["label"], "--instance", folders["instance"])
    out = tmp_path / "new" / "out"
    assert not run(monkeypatch, model_base, *maps, "--seed", "3", "--style", "26001=1", "-o", out)
    assert f"\n{out}: 2 PNG, by {model_base / '1'}\n" in capsys.readouterr().out
    assert not run(monkeypatch, model_base, *maps, "--styles-of", folders["photo"], "--out", tmp_path / "own")
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png"]
    model = LocalModel(model_base)
    for number, width in enumerate((48, 32)):
        sampled, own = (np.asarray(Image.open(folder / f"{number}.png")) for folder in (out, tmp_path / "own"))
        label, instance = street(32, width)
        np.testing.assert_array_equal(sampled, model.synthesize(label, instance, seed=3, styles={26001: 1}))
        photo = np.asarray(Image.open(folders["photo"] / f"{number}.png"))
        np.testing.assert_array_equal(own, model.synthesize_vectors(label, instance, model.encode(photo, instance)))


def test_a_style_for_an_instance_that_a_picture_lacks_names_the_picture(
    model_base: Path, folders: dict[str, Path], tmp_path: Path
) -> None:
    Image.fromarray(street(32, 32, cars=1)[1]).save(folders["instance"] / "1.png")
    with pytest.raises(InputError, match=r"label/1\.png: .*instance 26002, which is not .* it holds 7, 26001"):
        main(model_base, label=folders["label"], out=tmp_path / "out", instance=folders["instance"], style=(("26002=1",),))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.png"], "whole pictures stay"


def test_a_model_and_a_server_exclude_each_other(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    for place in ({}, {"model": model_base, "server": "localhost:8500"}):
        with pytest.raises(InputError, match="name a folder of a model, or a server with --server HOST:PORT, and not both"):
            main(**place, label=maps[0], out=tmp_path / "out.png")


def test_jpeg_is_written_by_suffix(model_base: Path, maps: tuple[Path, Path], tmp_path: Path) -> None:
    main(model_base, label=maps[0], out=tmp_path / "out.jpg", instance=maps[1])
    with Image.open(tmp_path / "out.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (48, 32))


@pytest.mark.parametrize("text", ["26001", "26001=", "a=1", "26001=-1", "26001=1,5", "26001:3"])
def test_styles_in_another_form_are_shown_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="expected INSTANCE=STYLE in whole numbers, for instance 26001=3"):
        parse_styles([text])


def test_serving_needs_nothing_that_trains() -> None:
    script = (
        "import sys, tfhd.serving.in_process.local_model, tfhd.serving.synthesize.command; "
        "print(*(n for n in sys.modules if n.startswith('tfhd.') and not n.startswith('tfhd.serving')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert set(done.stdout.split()) == {"tfhd.errors", "tfhd.command_line", "tfhd.files", "tfhd.pictures"}


def test_a_label_map_in_the_models_colours_is_painted_as_its_ids(
    model_base: Path, maps: tuple[Path, Path], tmp_path: Path
) -> None:
    label, instance = street(32, 48)
    colors = np.zeros((256, 3), np.uint8)
    colors[7], colors[26], colors[27] = (128, 64, 128), (0, 0, 142), (0, 0, 142)
    painted = tmp_path / "painted.png"
    Image.fromarray(colors[label]).save(painted)
    main(model_base, label=painted, instance=maps[1], out=tmp_path / "out.png", seed=3)
    expected = LocalModel(model_base).synthesize(label, instance, seed=3)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), expected)
    np.testing.assert_array_equal(LocalModel(model_base).synthesize(painted, instance, seed=3), expected)
    Image.fromarray(np.full((32, 48, 3), 5, np.uint8)).save(painted)
    with pytest.raises(InputError, match=r"painted\.png: colours outside the label set 'model': \(5, 5, 5\) \(1536 pixels\)"):
        main(model_base, label=painted, instance=maps[1], out=tmp_path / "second.png")
    assert not (tmp_path / "second.png").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"picture": "L"}, "nowhere"),
        ({"picture": "L", "seed": 3}, "--seed, --style and --styles-of choose styles, which models of pictures have not"),
        ({"picture": "L", "styles_of": "L"}, "--seed, --style and --styles-of choose styles, which models of pictures have not"),
        ({"label": "L", "styles_of": "L", "seed": 3}, "--styles-of gives every instance its style already"),
        ({"label": "L", "styles_of": "L", "style": (("26001=1",),)}, "--styles-of gives every instance its style already"),
        ({"label": "L", "styles_instance": "L"}, "--styles-instance belongs to a photo"),
    ],
)
def test_flags_of_styles_that_do_not_go_together_are_refused_and_no_others(
    flags: dict, message: str, maps: tuple[Path, Path], tmp_path: Path
) -> None:
    paths = {name: maps[0] if value == "L" else value for name, value in flags.items()}
    with pytest.raises(InputError, match=message):
        main(tmp_path / "nowhere", **paths, out=tmp_path / "out.png")
