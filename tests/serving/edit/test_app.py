"""What the page asks of the server, over a real socket, and what it should not ask."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.serving.edit.conftest import HEADERS
from tests.tiny_run import LABEL_SET, street
from tfhd.serving.edit import frames
from tfhd.serving.edit.limits import MAX_BODY
from tfhd.serving.in_process.local_model import LocalModel


@pytest.fixture(scope="module")
def post(editor: str) -> Callable[..., httpx.Response]:
    def send(path: str, header: dict[str, Any], *parts: bytes) -> httpx.Response:
        return httpx.post(f"{editor}/api/{path}", content=frames.pack(header, parts), headers=HEADERS, timeout=60)

    return send


def maps_of(label: np.ndarray, instance: np.ndarray) -> tuple[dict[str, int], bytes, bytes]:
    return {"height": label.shape[0], "width": label.shape[1]}, frames.map_bytes(label), frames.map_bytes(instance)


def png(array: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", **options)
    return file.getvalue()


def error_of(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    message = answer.json()["error"]
    assert "\n" not in message
    return message


def test_the_page_learns_the_models_classes_styles_and_scenes(editor: str) -> None:
    model = httpx.get(f"{editor}/api/model").json()
    assert [item["name"] for item in model["classes"]] == list(LABEL_SET.names)
    assert model["classes"][1] == {
        "name": "car",
        "ids": [26, 27],
        "color": [0, 0, 142],
        "countable": True,
        "styles": model["classes"][1]["styles"],
    }
    assert np.shape(model["classes"][1]["styles"]) == (3, 3)
    assert model["hasStyles"]
    assert model["scenes"] == ["val/0", "val/1"]


def test_a_scene_has_the_files_ids_and_photo(editor: str, scene_folder: Path) -> None:
    header, (label, instance, photo) = frames.unpack(httpx.get(f"{editor}/api/scenes/0").content, 3)
    expected = street(32, 48)
    assert header == {"name": "val/0", "height": 32, "width": 48}
    np.testing.assert_array_equal(frames.read_map(label, 32, 48), expected[0])
    np.testing.assert_array_equal(frames.read_map(instance, 32, 48), expected[1])
    assert photo == np.asarray(Image.open(scene_folder / "val_img" / "0.png")).tobytes()


def test_painting_equals_the_model_with_the_same_style_vectors(
    post: Callable[..., httpx.Response], local_model: LocalModel
) -> None:
    label, instance = street(32, 48)
    vector = [0.25, -0.5, 1.0]
    header, *parts = maps_of(label, instance)
    answer = post("paint", {**header, "styles": [[26001, vector]]}, *parts)
    picture = np.frombuffer(answer.content, np.uint8).reshape(32, 48, 4)
    expected = local_model.synthesize_vectors(label, instance, {26001: np.array(vector, np.float32)})
    np.testing.assert_array_equal(picture[..., :3], expected)
    assert (picture[..., 3] == 255).all()
    assert "model;dur=" in answer.headers["server-timing"]


@pytest.mark.parametrize("styles", [[[1]], [[1, "x"]], "text", [[1, [1, 2]]], [["a", [1, 2, 3]]], [[1e400, [1, 2, 3]]], 5])
def test_styles_of_another_form_are_refused(post: Callable[..., httpx.Response], styles: Any) -> None:
    header, *parts = maps_of(*street(32, 48))
    text = json.dumps({**header, "styles": styles, "parts": [len(part) for part in parts]}).encode()
    body = b"".join([struct.pack("<I", len(text)), text, *parts])
    answer = httpx.post(str(post("paint", {}).url), content=body, headers=HEADERS)
    assert error_of(answer)


def test_a_label_of_no_class_and_a_size_that_no_network_takes_are_refused(post: Callable[..., httpx.Response]) -> None:
    label, instance = street(32, 48)
    assert "254" in error_of(post("paint", *_with(label, instance, 254)))
    header, *parts = maps_of(label[:31], instance[:31])
    assert "31" in error_of(post("paint", header, *parts))


def _with(label: np.ndarray, instance: np.ndarray, value: int) -> tuple[dict[str, int], bytes, bytes]:
    changed = label.copy()
    changed[0, 0] = value
    return maps_of(changed, instance)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"123",
        struct.pack("<I", 2**32 - 1) + b"{}",
        struct.pack("<I", 2) + b"[]",
        struct.pack("<I", 2) + b"{}",
        struct.pack("<I", 10**5) + b"[" * 10**5,
        struct.pack("<I", 27) + b'{"parts":[4, 9999999999999]}',
        struct.pack("<I", 17) + b'{"parts":[-1, 1]}',
        struct.pack("<I", 19) + b'{"parts":[0.5, 1]} ',
    ],
)
def test_bodies_that_are_no_frames_are_refused(editor: str, body: bytes) -> None:
    for path in ("paint", "encode", "maps/read", "maps/write", "scene/write", "scene/read"):
        assert error_of(httpx.post(f"{editor}/api/{path}", content=body, headers=HEADERS))


@pytest.mark.parametrize("size", [(0, 5), (-4, -4), (10**9, 10**9), (4096, 4096), (True, 3), ("4", 4), (None, None), (2.0, 4)])
def test_sizes_that_do_not_fit_the_maps_are_refused(post: Callable[..., httpx.Response], size: tuple[Any, Any]) -> None:
    assert error_of(post("paint", {"height": size[0], "width": size[1]}, b"12345678", b"12345678"))


def test_a_body_that_is_too_large_or_of_unknown_length_is_refused_unread(editor: str) -> None:
    host, port = httpx.URL(editor).host, httpx.URL(editor).port
    for length in (f"Content-Length: {MAX_BODY + 1}", "Transfer-Encoding: chunked", "Content-Length: 99999999999999999999"):
        with socket.create_connection((host, port), timeout=10) as connection:
            head = f"POST /api/scene/read HTTP/1.1\r\nHost: {host}:{port}\r\nX-Tfhd-Editor: 1\r\n{length}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(4096).startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))
    assert httpx.get(f"{editor}/api/model").status_code == 200


def test_more_bytes_in_flight_than_fit_are_refused_until_others_end(editor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfhd.serving.edit.limits._MAX_IN_FLIGHT", 1000)
    host, port = httpx.URL(editor).host, httpx.URL(editor).port
    head = f"POST /api/paint HTTP/1.1\r\nHost: {host}:{port}\r\nX-Tfhd-Editor: 1\r\nContent-Length: 900\r\n\r\n"
    with socket.create_connection((host, port), timeout=10) as waiting:
        waiting.sendall(head.encode() + b"1")
        deadline = time.monotonic() + 10
        while (answer := httpx.post(f"{editor}/api/paint", content=b"1" * 900, headers=HEADERS)).status_code != 503:
            assert time.monotonic() < deadline
        assert "try again" in error_of(answer, 503)
    deadline = time.monotonic() + 10
    while httpx.post(f"{editor}/api/paint", content=b"1" * 900, headers=HEADERS).status_code == 503:
        assert time.monotonic() < deadline


def png_header(width: int, height: int) -> bytes:
    """A PNG file whose header claims a size, with hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(30_000, 30_000), (9000, 9000), (8_388_609, 1), (4097, 2048)])
def test_label_maps_with_too_many_pixels_are_refused_by_their_header(
    post: Callable[..., httpx.Response], size: tuple[int, int]
) -> None:
    message = error_of(post("maps/read", {}, png_header(*size), b""))
    assert "pixels" in message


def test_a_decompression_bomb_of_text_does_not_fill_the_memory(post: Callable[..., httpx.Response]) -> None:
    bomb = zlib.compress(b"a" * 2**28)
    label = png(np.full((32, 48), 7, np.uint8))
    chunk = b"zTXtname\0\0" + bomb
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    answer = post("maps/read", {}, label[:33] + packed + label[33:], b"")
    header, _ = frames.unpack(answer.content, 2)
    assert header == {"height": 32, "width": 48}


def test_a_jpeg_is_no_label_map(post: Callable[..., httpx.Response]) -> None:
    file = io.BytesIO()
    Image.fromarray(np.full((32, 48), 7, np.uint8)).save(file, "JPEG")
    message = error_of(post("maps/read", {}, file.getvalue(), b""))
    assert message.startswith("label map: is a JPEG file")


def test_a_palette_map_is_read_as_training_reads_it(post: Callable[..., httpx.Response]) -> None:
    label, instance = street(32, 48)
    image = Image.fromarray(np.where(label == 7, 0, 1).astype(np.uint8), "P")
    image.putpalette([128, 64, 128, 0, 0, 142])
    file = io.BytesIO()
    image.save(file, "PNG")
    _, (read, _) = frames.unpack(post("maps/read", {}, file.getvalue(), png(instance)).content, 2)
    np.testing.assert_array_equal(frames.read_map(read, 32, 48), np.where(label == 7, 7, 26))


def test_without_an_instance_map_regions_of_countable_classes_are_objects(post: Callable[..., httpx.Response]) -> None:
    label, _ = street(32, 48)
    _, (_, part) = frames.unpack(post("maps/read", {}, png(label), b"").content, 2)
    instance = frames.read_map(part, 32, 48)
    assert len(np.unique(instance)) == 3
    assert (instance[label == 7] == 7).all()


def test_map_files_at_fault_are_named(post: Callable[..., httpx.Response]) -> None:
    label, instance = street(32, 48)
    outside = label.copy()
    outside[3, 4] = 99
    assert "99" in error_of(post("maps/read", {}, png(outside), b""))
    assert error_of(post("maps/read", {}, b"no picture", b"")).startswith("label map: ")
    assert error_of(post("maps/read", {}, png(label), b"no picture")).startswith("instance map: ")
    sizes = error_of(post("maps/read", {}, png(label), png(instance[:16])))
    assert "48x32" in sizes
    assert "48x16" in sizes
    assert "cut off" in error_of(post("maps/read", {}, png(label)[:80], b""))


def test_maps_are_written_with_as_many_bits_as_they_need(post: Callable[..., httpx.Response]) -> None:
    label, instance = street(32, 48)
    for ids, mode in ((label, "L"), (instance, "I;16")):
        header, part, _ = maps_of(ids, ids)
        image = Image.open(io.BytesIO(post("maps/write", header, part).content))
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), ids)


def test_the_style_of_a_photos_region_is_that_of_its_pixels(post: Callable[..., httpx.Response], local_model: LocalModel) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (32, 48, 3), np.uint8)
    answer = post("encode", {"height": 32, "width": 48, "region": [0.25, 0.5, 0.75, 1]}, png(photo), b"")
    ids = np.zeros((32, 48), np.int32)
    ids[16:, 12:36] = 1
    expected = local_model.encode(photo, ids)[1]
    ((ident, vector),) = answer.json()["styles"]
    assert ident == 1
    np.testing.assert_array_equal(np.array(vector, np.float32), expected)


def test_a_photo_of_another_size_and_its_instance_map_give_styles_by_instance(post: Callable[..., httpx.Response]) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (50, 70, 3), np.uint8)
    ids = np.repeat(np.array([[3] * 35 + [9] * 35], np.uint8), 50, axis=0)
    answer = post("encode", {"height": 32, "width": 48}, png(photo), png(ids))
    assert {ident for ident, _ in answer.json()["styles"]} == {3, 9}


@pytest.mark.parametrize("region", [None, [0, 0, 0, 0], [1, 2], "text", [0.9, 0.9, 0.1, 0.1], [0, 0, float("inf"), "x"]])
def test_regions_without_pixels_are_refused(post: Callable[..., httpx.Response], region: Any) -> None:
    photo = png(np.zeros((32, 48, 3), np.uint8))
    header = {"height": 32, "width": 48}
    if region != [0, 0, float("inf"), "x"]:
        header["region"] = region
    assert "region" in error_of(post("encode", header, photo, b""))


def test_a_request_that_the_page_ended_is_no_longer_painted(editor: str, local_editor, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one large picture is painted, two more are asked for and abandoned: the model never starts them."""
    from tfhd.serving.in_process import local_model

    begun, original = [], local_model._SessionTransport.call
    first, go_on = threading.Event(), threading.Event()

    def call(self: Any, signature: str, inputs: Any) -> Any:
        begun.append(int(inputs["label"][0, 0, 0, 0]))
        first.set()
        go_on.wait(20)
        return original(self, signature, inputs)

    monkeypatch.setattr(local_model._SessionTransport, "call", call)
    host, port = httpx.URL(editor).host, httpx.URL(editor).port

    def begin(value: int) -> socket.socket:
        label = np.full((32, 48), value, np.uint8)
        header, *parts = maps_of(label, label)
        body = frames.pack(header, parts)
        connection = socket.create_connection((host, port), timeout=30)
        head = f"POST /api/paint HTTP/1.1\r\nHost: {host}:{port}\r\nX-Tfhd-Editor: 1\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return connection

    with begin(7) as shown:
        assert first.wait(20)
        for value in (0, 26):
            begin(value).close()
        with begin(27) as newest:
            time.sleep(0.5)  # for the server to notice that two are gone
            go_on.set()
            assert newest.recv(15) == b"HTTP/1.1 200 OK"
        assert shown.recv(15) == b"HTTP/1.1 200 OK"
    assert begun == [7, 27]
