from __future__ import annotations

import io

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.serving.protocol.conftest import Asked


def png(ids: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(ids[0, ..., 0]).save(file, "PNG")
    return np.array([file.getvalue()], object)


def test_the_same_seed_paints_the_same_bytes(server: Asked) -> None:
    inputs = server.maps()
    first = server.predict(inputs)["image"]
    assert (first.shape, first.dtype) == ((1, 64, 96, 3), np.uint8)
    np.testing.assert_array_equal(server.predict(inputs)["image"], first)


def test_a_client_may_wait_for_ever(server: Asked) -> None:
    assert server.stub.Predict(server.request(server.maps())).outputs["image"]


def test_what_has_a_default_may_be_left_out(server: Asked) -> None:
    inputs = server.maps() | {"seed": np.array([-1], np.int32)}
    given = server.predict(inputs)["image"]
    left_out = server.predict({name: inputs[name] for name in ("label", "instance")})["image"]
    np.testing.assert_array_equal(left_out, given)


def test_an_output_filter_chooses_the_outputs(server: Asked) -> None:
    inputs = {"class_id": np.zeros(1, np.int32)}
    assert set(server.predict(inputs, "styles")) == {"centers", "count", "class_names"}
    assert set(server.predict(inputs, "styles", output_filter=["count"])) == {"count"}


def test_the_pictures_of_a_batch_are_those_of_single_requests(server: Asked) -> None:
    batch = server.maps(samples=3)
    together = server.predict(batch)["image"]
    for row in range(3):
        alone = server.predict({name: value[row : row + 1] for name, value in batch.items()})["image"]
        difference = np.abs(together[row].astype(int) - alone[0])
        assert difference.max() <= 1, "another number of samples may choose another order of summation"


def test_no_picture_suffers_from_others_of_unequal_size_at_a_time(server: Asked, pytestconfig: pytest.Config) -> None:
    requests = [server.maps(64, width) for width in (64, 96, 128, 160) for _ in range(4)]
    asked = [server.stub.Predict.future(server.request(request), timeout=300) for request in requests]
    codes = {each.code().name for each in asked}
    # TensorFlow Serving fails a batch that mixes sizes, where this project's server makes no such batch.
    assert codes <= ({"OK", "INVALID_ARGUMENT", "FAILED_PRECONDITION"} if pytestconfig.getoption("--address") else {"OK"})
    for request, answer in zip(requests, asked, strict=True):
        if answer.code() is grpc.StatusCode.OK:
            picture = tf.make_ndarray(answer.result().outputs["image"]).astype(int)
            alone = server.predict(request)["image"]
            assert picture.shape == alone.shape
            assert np.abs(picture - alone).max() <= 1


def test_png_in_and_out_paints_the_same_pixels(server: Asked) -> None:
    inputs = server.maps()
    pictures = {"label_bytes": png(inputs["label"]), "instance_bytes": png(inputs["instance"]), "seed": inputs["seed"]}
    (answer,) = server.predict(pictures, "serving_default")["image_bytes"]
    with Image.open(io.BytesIO(answer)) as picture:
        assert picture.format == "PNG"
        np.testing.assert_array_equal(np.asarray(picture), server.predict(inputs)["image"][0])


@pytest.mark.parametrize("size", [(1024, 2048)])
def test_a_picture_of_more_than_four_megabytes_arrives(server: Asked, size: tuple[int, int]) -> None:
    picture = server.predict(server.maps(*size))["image"]
    assert picture.shape == (1, *size, 3)
    assert picture.nbytes > 4 * 2**20
