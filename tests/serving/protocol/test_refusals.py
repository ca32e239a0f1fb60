from __future__ import annotations

import io

import grpc
import numpy as np
import pytest
from PIL import Image

from tests.serving.protocol.conftest import Asked

MODEL_FAULTS = {
    "unknown model": ("NOT_FOUND", {"model": "nothing"}),
    "unknown version": ("NOT_FOUND", {"version": 999_999}),
    "unknown label": ("INVALID_ARGUMENT", {"version_label": "nothing"}),
    "unknown signature": ("FAILED_PRECONDITION", {"signature": "nothing"}),
    "empty name": ("INVALID_ARGUMENT", {"model": ""}),
    "unknown output": ("INVALID_ARGUMENT", {"output_filter": ["picture"]}),
    "an output twice": ("INVALID_ARGUMENT", {"output_filter": ["image", "image"]}),
}


def refusal(server: Asked, *arguments, **options) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        server.predict(*arguments, **options)
    assert error.value.details()
    assert "Graph execution error" not in error.value.details(), "it says where and not what"
    return error.value


@pytest.mark.parametrize("fault", MODEL_FAULTS)
def test_what_the_server_does_not_have_gets_its_code(server: Asked, fault: str) -> None:
    code, options = MODEL_FAULTS[fault]
    assert refusal(server, server.maps(), **options).code().name == code


LONG = "\N{CUT OF MEAT}" * 5_000
"""A name of 20 kB."""
LONG_NAMES = {
    "model": ("NOT_FOUND", {"model": LONG}),
    "label": ("INVALID_ARGUMENT", {"version_label": LONG}),
    "signature": ("FAILED_PRECONDITION", {"signature": LONG}),
    "output": ("INVALID_ARGUMENT", {"output_filter": [LONG]}),
}


@pytest.mark.parametrize("what", [*LONG_NAMES, "input"])
def test_messages_about_long_names_are_short_enough_to_arrive(server: Asked, what: str) -> None:
    code, options = LONG_NAMES.get(what, ("INVALID_ARGUMENT", {}))
    error = refusal(server, server.maps() | ({LONG: np.zeros(1, np.int32)} if what == "input" else {}), **options)
    assert error.code().name == code
    assert len(error.details()) <= 1024 + len("...TRUNCATED")


@pytest.mark.parametrize(
    "fault",
    ["missing", "extra", "dtype", "rank", "height", "samples", "channels", "no such label id", "an instance without a style"],
)
def test_inputs_that_do_not_fit_are_invalid(server: Asked, fault: str) -> None:
    inputs = server.maps()
    if fault == "missing":
        del inputs["label"]
    elif fault == "an instance without a style":
        inputs |= {name: np.array([[1]], np.int32) for name in ("style_instance", "style_index")} | {
            "style_index": np.array([[99]], np.int32)
        }
    else:
        inputs |= {
            "extra": {"more": np.zeros(1, np.int32)},
            "dtype": {"label": inputs["label"].astype(np.float32)},
            "rank": {"label": inputs["label"][0]},
            "height": {"label": inputs["label"][:, :-16]},
            "samples": {"label": np.repeat(inputs["label"], 2, 0)},
            "channels": {"label": np.repeat(inputs["label"], 3, 3)},
            "no such label id": {"label": np.full_like(inputs["label"], 254)},
        }[fault]
    assert refusal(server, inputs).code() is grpc.StatusCode.INVALID_ARGUMENT


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("fault", ["no PNG", "cut off", "empty", "colours", "sizes"])
def test_pictures_that_hold_no_ids_are_invalid(server: Asked, fault: str) -> None:
    maps = server.maps()
    good = png(maps["label"][0, ..., 0])
    bad = {
        "no PNG": b"GIF89a" * 20,
        "cut off": good[: len(good) // 2],
        "empty": b"",
        "colours": png(np.full((*maps["label"].shape[1:3], 3), (1, 2, 3), np.uint8)),
        "sizes": png(maps["label"][0, :-16, :, 0]),
    }[fault]
    pictures = {"label_bytes": np.array([bad], object), "instance_bytes": np.array([good], object)}
    error = refusal(server, {**pictures, "seed": maps["seed"]}, "serving_default")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    if fault == "palette":
        assert "palette" in error.details()


def test_a_deadline_that_is_too_short_is_exceeded_and_harms_nobody(server: Asked) -> None:
    error = refusal(server, server.maps(512, 1024), timeout=0.005)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert server.predict(server.maps())["image"].shape == (1, 64, 96, 3)
