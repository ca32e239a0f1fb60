from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from tfhd.serving.server.message_parts import packed_bytes
from tfhd_client import ServingError


def request_of(value: np.ndarray) -> PredictRequest:
    request = PredictRequest()
    request.inputs["image"].CopyFrom(tf.make_tensor_proto(value))
    return request


def test_numbers_count_as_one_whether_they_are_bytes_or_packed() -> None:
    request = request_of(np.zeros((1, 512, 512, 3), np.uint8))
    assert packed_bytes(request.SerializeToString(), request.DESCRIPTOR) == 0
    request.inputs["image"].ClearField("tensor_content")
    request.inputs["image"].int_val.extend([7] * 512 * 512 * 3)
    assert packed_bytes(request.SerializeToString(), request.DESCRIPTOR) == 4 * 512 * 512 * 3


def test_pictures_of_the_largest_batch_are_few_parts() -> None:
    request = request_of(np.array([b"\x89PNG" * 1000] * 1024, object))
    packed_bytes(request.SerializeToString(), request.DESCRIPTOR)


def test_parts_within_parts_count_together() -> None:
    request = ReloadConfigRequest()
    for number in range(200):
        model = request.config.model_config_list.config.add(name=str(number))
        model.model_version_policy.specific.versions.extend(range(50))
        model.version_labels.update({str(label): label for label in range(150)})
    with pytest.raises(ServingError, match="more than 65536 fields"):
        packed_bytes(request.SerializeToString(), request.DESCRIPTOR)


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"\xff" * 100, b"\x12\xff\xff\x7f", b"\x12\x05\x12", b"\x0b\x0c", b"\x00\x00"])
def test_a_damaged_message_is_left_to_its_reader(damaged: bytes) -> None:
    assert packed_bytes(damaged, PredictRequest.DESCRIPTOR) == 0
