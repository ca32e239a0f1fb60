from __future__ import annotations

import time

import grpc
import numpy as np
import pytest
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, ModelVersionStatus
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest

from tests.serving.protocol.conftest import Asked


def status_request(name: str) -> GetModelStatusRequest:
    request = GetModelStatusRequest()
    request.model_spec.SetInParent()
    request.model_spec.name = name
    return request


def metadata_request(name: str, *fields: str) -> GetModelMetadataRequest:
    request = GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = name
    return request


def test_metadata_are_the_signatures(server: Asked) -> None:
    answer = server.stub.GetModelMetadata(metadata_request(server.model, "signature_def"))
    assert answer.model_spec.name == server.model
    assert answer.model_spec.version.value >= 1
    signatures = SignatureDefMap()
    assert answer.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "synthesize"} <= set(signatures.signature_def)
    assert set(signatures.signature_def["synthesize"].inputs) == set(server.maps())


@pytest.mark.parametrize("fields", [(), ("graph",), ("signature_def", "graph")])
def test_other_metadata_are_invalid(server: Asked, fields: tuple[str, ...]) -> None:
    with pytest.raises(grpc.RpcError) as error:
        server.stub.GetModelMetadata(metadata_request(server.model, *fields))
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_the_status_names_the_version_that_answers(server: Asked) -> None:
    newest = server.models.GetModelStatus(status_request(server.model)).model_version_status[0]
    assert newest.state == ModelVersionStatus.AVAILABLE
    assert (newest.HasField("status"), newest.status.error_code) == (True, 0)
    answer = server.stub.Predict(server.request(server.maps()), timeout=300)
    assert answer.model_spec.version.value == newest.version
    by_number = server.stub.Predict(server.request(server.maps(), version=newest.version), timeout=300)
    assert by_number.outputs["image"] == answer.outputs["image"]


@pytest.mark.parametrize(("name", "code"), [("nothing", "NOT_FOUND"), ("", "INVALID_ARGUMENT")])
def test_a_model_that_there_is_not_has_neither_status_nor_metadata(server: Asked, name: str, code: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        server.models.GetModelStatus(status_request(name))
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as error:
        server.stub.GetModelMetadata(metadata_request(name, "signature_def"))
    assert error.value.code().name == code


def test_a_request_without_a_model_is_invalid(server: Asked) -> None:
    with pytest.raises(grpc.RpcError) as error:
        server.models.GetModelStatus(GetModelStatusRequest())
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_an_empty_configuration_is_invalid_and_unloads_nothing(server: Asked) -> None:
    with pytest.raises(grpc.RpcError) as error:
        server.models.HandleReloadConfigRequest(ReloadConfigRequest(), timeout=60)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert server.predict(server.maps())["image"].shape == (1, 64, 96, 3)


def test_models_come_and_go_by_configuration(server: Asked, base: str) -> None:
    def reload(*names: str) -> None:
        request = ReloadConfigRequest()
        for name in names:
            request.config.model_config_list.config.add(name=name, base_path=base, model_platform="tensorflow")
        answer = server.models.HandleReloadConfigRequest(request, timeout=300)
        assert (answer.HasField("status"), answer.status.error_code) == (True, 0)

    def second_is_served() -> bool:
        try:
            server.predict(server.maps(), model="second")
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return False
        return True

    reload(server.model, "second")
    np.testing.assert_array_equal(server.predict(server.maps(), model="second")["image"], server.predict(server.maps())["image"])
    reload(server.model)
    end = time.monotonic() + 60
    while second_is_served():  # TensorFlow Serving unloads it some time after the answer
        assert time.monotonic() < end, "it stays"
    assert server.predict(server.maps())["image"].shape == (1, 64, 96, 3)
