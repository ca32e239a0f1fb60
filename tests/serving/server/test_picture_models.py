"""Models of pictures: the served picture is the one painted in process."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from tests.forked_server import Server
from tests.tiny_pictures import KINDS, Kind, instances, numbers, picture_config, read
from tests.tiny_run import write_run
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.label_sets import ONE_CLASS
from tfhd.pictures import write_picture
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize.command import main
from tfhd_client import Client, ServingError

SERVED = ("rgb to gray", "rgb16 to rgba16")


def export(folder: Path, kind: Kind) -> Path:
    write_run(folder / "run", picture_config(kind), ONE_CLASS)
    export_saved_model(folder / "run", folder / "model", warm_up=kind.edges)
    return folder / "model"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: export(tmp_path_factory.mktemp("served"), KINDS[name]) for name in SERVED}


@pytest.fixture(scope="module")
def wide_server(models: dict[str, Path]):
    with Server(models["rgb16 to rgba16"]) as server:
        yield server


def test_a_server_paints_16_bits_as_in_process(models, wide_server, tmp_path: Path) -> None:
    kind = KINDS["rgb16 to rgba16"]
    picture = numbers(kind.given, 3)
    with LocalModel(models["rgb16 to rgba16"]) as model, Client(wide_server.address) as client:
        expected = model.translate(picture)
        np.testing.assert_array_equal(client.translate(picture), expected)
        for suffix in (".png", ".tif", ".npy"):
            write_picture(tmp_path / f"in{suffix}", picture)
            np.testing.assert_array_equal(client.translate(tmp_path / f"in{suffix}"), expected)
    assert (expected.shape, expected.dtype) == ((32, 64, 4), np.uint16)

    main(server=wide_server.address, picture=tmp_path / "in.tif", out=tmp_path / "out.png")
    np.testing.assert_array_equal(read(tmp_path / "out.png", kind.made), expected)

    body = {"inputs": {"picture_bytes": [{"b64": base64.b64encode((tmp_path / "in.png").read_bytes()).decode()}]}}
    request = urllib.request.Request(
        f"http://{wide_server.rest_address}/v1/models/default:predict", json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        (file,) = json.load(answer)["outputs"]
    (tmp_path / "rest.png").write_bytes(base64.b64decode(file["b64"]))
    np.testing.assert_array_equal(read(tmp_path / "rest.png", kind.made), expected)


def test_a_server_refuses_what_is_no_such_picture_in_one_line(models, wide_server) -> None:
    kind = KINDS["rgb16 to rgba16"]
    with Client(wide_server.address) as client:
        for wrong, message in (
            (numbers(KINDS["rgb to gray"].given, 0), r"picture is uint8 \(32, 64, 3\); expected uint16 \(height, width, 3\)"),
            (numbers(KINDS["gray16 to rgb"].given, 0), r"picture is uint16 \(32, 64, 1\); expected uint16"),
            (numbers(kind.given, 0, 30, 64), r"picture is 30x64 pixels high and wide; both must be multiples of 4 from 8 on"),
        ):
            with pytest.raises(InputError, match=message) as caught:
                client.translate(wrong)
            assert "\n" not in str(caught.value)
        with pytest.raises(InputError, match="the model takes pictures, not label maps; use translate"):
            client.synthesize(np.zeros((32, 64), np.uint8), np.zeros((32, 64), np.uint16))
        with pytest.raises(InputError, match="takes no instance map; leave it out"):
            client.translate(numbers(kind.given, 0), instances())


def test_numbers_outside_the_range_are_refused_by_the_model(models) -> None:
    picture = numbers(KINDS["rgb16 to rgba16"].given, 0)
    picture[0, 0, 0] = 9
    with LocalModel(models["rgb16 to rgba16"]) as model, pytest.raises(ServingError) as caught:
        model.translate(picture)
    assert str(caught.value) == "picture holds numbers 9..65000; expected 10..65000"


@pytest.mark.parametrize("name", SERVED)
def test_the_command_paints_files_as_the_model_paints_arrays(models, name: str, tmp_path: Path, capsys) -> None:
    kind = KINDS[name]
    picture = numbers(kind.given, 5)
    given = tmp_path / f"in{kind.suffixes[0]}"
    write_picture(given, picture)
    write_picture(tmp_path / "instance.png", instances()[..., None])
    instance = tmp_path / "instance.png" if kind.edges else None
    main(models[name], picture=given, instance=instance, out=tmp_path / "out.png")
    assert capsys.readouterr().out == f"{tmp_path / 'out.png'}: 64x32, by {models[name] / '1'}\n"
    with LocalModel(models[name]) as model:
        expected = model.translate(picture, instances() if kind.edges else None)
    np.testing.assert_array_equal(read(tmp_path / "out.png", kind.made), expected)


def test_a_folder_of_arrays_is_painted_one_by_one(models, tmp_path: Path) -> None:
    kind = KINDS["rgb16 to rgba16"]
    for number in range(2):
        write_picture(tmp_path / "in" / f"{number}.npy", numbers(kind.given, number))
    main(models["rgb16 to rgba16"], picture=tmp_path / "in", out=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "1.png"]
    assert (read(tmp_path / "out/0.png", kind.made) != read(tmp_path / "out/1.png", kind.made)).any()


def test_mistakes_of_the_command_name_file_and_flag(models, model_base: Path, tmp_path: Path) -> None:
    kind = KINDS["rgb to gray"]
    write_picture(tmp_path / "in.png", numbers(kind.given, 0))
    write_picture(tmp_path / "gray.png", numbers(kind.made, 0))
    out = tmp_path / "out.png"
    for arguments, message in (
        ({"picture": tmp_path / "in.png"}, r"in\.png: the model takes an instance map beside the picture; give one"),
        ({"picture": tmp_path / "gray.png", "instance": tmp_path / "gray.png"}, r"gray\.png: holds 1 channel of uint8, where 3"),
        (
            {"label": tmp_path / "gray.png", "instance": tmp_path / "gray.png"},
            "the model takes pictures, so it has no classes; use translate, or --picture",
        ),
        ({"label": tmp_path / "gray.png"}, "the model takes pictures, so it has no classes; use translate, or --picture"),
        ({"picture": tmp_path / "in.png", "label": tmp_path / "in.png"}, "and not both"),
        ({"picture": tmp_path / "in.png", "seed": 3}, "choose styles, which models of pictures have not"),
        ({"picture": tmp_path / "absent.tif"}, r"absent\.tif: no such file or folder; name a picture, or a folder of them"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            main(models["rgb to gray"], out=out, **arguments)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="the model paints label maps, not pictures; use synthesize, or --label"):
        main(model_base, picture=tmp_path / "in.png", out=out)
    write_picture(tmp_path / "wide.tif", numbers(KINDS["rgb16 to rgba16"].given, 0))
    with pytest.raises(InputError, match=r"out\.jpg: JPEG holds no 4 channels of uint16; end it in \.png, \.tif or \.npy"):
        main(models["rgb16 to rgba16"], picture=tmp_path / "wide.tif", out=tmp_path / "out.jpg")
    assert not out.exists()
    assert not (tmp_path / "out.jpg").exists()
