from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.serving.protocol.conftest import Asked


def ask(url: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"{url}:predict", json=body, headers=headers, timeout=300)


def files(inputs: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """The inputs of a request in rows, with maps and photos as PNG files in base64, and all other values as numbers."""
    rows = []
    for row in range(len(inputs["instance"])):
        given = {}
        for name, value in inputs.items():
            if value.ndim == 4:
                file = io.BytesIO()
                Image.fromarray(value[row, ..., 0] if value.shape[-1] == 1 else value[row]).save(file, "PNG")
                given[f"{name}_bytes"] = {"b64": base64.b64encode(file.getvalue()).decode()}
            else:
                given[name] = value[row].tolist()
        rows.append(given)
    return rows


def columns(rows: list[dict[str, Any]]) -> dict[str, list]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def pictures(answers: list[dict[str, str]]) -> np.ndarray:
    return np.stack([np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["b64"])))) for answer in answers])


def test_status_and_metadata(server: Asked, rest: str) -> None:
    (status,) = httpx.get(f"{rest}/{server.model}").json()["model_version_status"][:1]
    assert status["state"] == "AVAILABLE"
    assert status["status"] == {"error_code": "OK", "error_message": ""}
    assert httpx.get(f"{rest}/{server.model}/labels/unknown").json()["model_version_status"][0] == status
    metadata = httpx.get(f"{rest}/{server.model}/metadata").json()
    assert metadata["model_spec"] == {"name": server.model, "signature_name": "", "version": status["version"]}
    assert list(metadata["metadata"]) == ["signature_def"]
    assert list(metadata["metadata"]["signature_def"]) == ["signature_def"]
    assert set(metadata["metadata"]["signature_def"]["signature_def"]["synthesize"]["inputs"]) == set(server.maps())


def styled(server: Asked) -> dict[str, dict[str, np.ndarray]]:
    """Inputs of every signature that paints, by its name over gRPC."""
    inputs, random = server.maps(samples=2), np.random.default_rng(0)
    maps = {name: inputs[name] for name in ("label", "instance")}
    found = server.predict({"class_id": np.zeros(1, np.int32)}, "styles")["centers"]
    vectors = np.repeat(found[:, :1], 2, axis=0)
    photo = random.integers(0, 256, (*inputs["label"].shape[:3], 3), np.uint8)
    return {
        "synthesize": inputs | {name: np.full((2, 1), index, np.int32) for name, index in STYLE.items()},
        "synthesize_vectors": {**maps, "style_instance": np.full((2, 1), 101, np.int32), "style_vector": vectors},
        "synthesize_reference": {**maps, "reference_image": photo, "reference_instance": inputs["instance"]},
    }


STYLE = {"style_instance": 101, "style_index": 0}


@pytest.mark.parametrize("signature", ["synthesize", "synthesize_vectors", "synthesize_reference"])
def test_files_in_rows_and_columns_paint_what_grpc_paints(server: Asked, rest: str, signature: str) -> None:
    inputs = styled(server)[signature]
    expected, rows = server.predict(inputs, signature)["image"], files(inputs)
    by_column = ask(f"{rest}/{server.model}", {"signature_name": f"{signature}_png", "inputs": columns(rows)})
    np.testing.assert_array_equal(pictures(by_column.json()["outputs"]), expected)
    newest = httpx.get(f"{rest}/{server.model}").json()["model_version_status"][0]["version"]
    by_row = ask(f"{rest}/{server.model}/versions/{newest}", {"signature_name": f"{signature}_png", "instances": rows})
    np.testing.assert_array_equal(pictures(by_row.json()["predictions"]), expected)


def test_photos_are_encoded_as_over_grpc(server: Asked, rest: str) -> None:
    reference = styled(server)["synthesize_reference"]
    inputs = {"image": reference["reference_image"], "instance": reference["reference_instance"]}
    expected = server.predict(inputs, "encode")
    found = ask(f"{rest}/{server.model}", {"signature_name": "encode_png", "inputs": columns(files(inputs))}).json()["outputs"]
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(np.array(found[name], value.dtype), value)


def test_the_default_signature_takes_maps_and_a_seed(server: Asked, rest: str) -> None:
    inputs = server.maps()
    rows = files({name: inputs[name] for name in ("label", "instance", "seed")})
    (answer,) = pictures(ask(f"{rest}/{server.model}", {"instances": rows}).json()["predictions"])
    np.testing.assert_array_equal(answer, server.predict(inputs)["image"][0])


@pytest.mark.parametrize("signature", ["synthesize", "synthesize_vectors", "synthesize_reference"])
def test_signatures_for_grpc_alone_cannot_be_asked(server: Asked, rest: str, signature: str) -> None:
    inputs = {name: value.tolist() for name, value in styled(server)[signature].items()}
    rows = [{name: value[row] for name, value in inputs.items()} for row in range(2)]
    assert ask(f"{rest}/{server.model}", {"signature_name": signature, "inputs": inputs}).status_code == 501
    answer = ask(f"{rest}/{server.model}", {"signature_name": signature, "instances": rows})
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


def test_all_classes_come_with_one_row(server: Asked, rest: str) -> None:
    expected = server.predict({"row": np.zeros(1, np.int32)}, "classes")
    (row,) = ask(f"{rest}/{server.model}", {"signature_name": "classes", "instances": [0]}).json()["predictions"]
    assert row["class_names"] == [name.decode() for name in expected["class_names"][0]]
    for name in set(expected) - {"class_names"}:
        np.testing.assert_array_equal(np.array(row[name], expected[name].dtype), expected[name][0])


def test_one_input_and_several_outputs(server: Asked, rest: str) -> None:
    expected = server.predict({"class_id": np.arange(2, dtype=np.int32)}, "styles")
    rows = ask(f"{rest}/{server.model}", {"signature_name": "styles", "instances": [0, 1]}).json()["predictions"]
    for number, row in enumerate(rows):
        assert row["count"] == expected["count"][number]
        np.testing.assert_array_equal(np.array(row["centers"], np.float32), expected["centers"][number])
        assert row["class_names"] == [name.decode() for name in expected["class_names"][number]]


def test_a_vector_that_is_not_finite_is_read_and_then_refused_by_the_model(server: Asked, rest: str) -> None:
    inputs = columns(files(styled(server)["synthesize_vectors"]))
    inputs["style_vector"][0][0][0] = "SHORT"
    for text in ("NaN", "Infinity", "-Infinity"):
        body = json.dumps({"signature_name": "synthesize_vectors_png", "inputs": inputs}).replace('"SHORT"', text)
        answer = httpx.post(f"{rest}/{server.model}:predict", content=body)
        assert answer.status_code == 400
        assert "style_vector holds NaN or infinite numbers" in answer.json()["error"]


@pytest.mark.parametrize("path", ["nothing", "{model}/versions/999999"])
def test_what_there_is_not_is_not_found(server: Asked, rest: str, path: str) -> None:
    url = f"{rest}/{path.format(model=server.model)}"
    for answer in (httpx.get(url), httpx.get(f"{url}/metadata"), ask(url, {"instances": [{}]})):
        assert answer.status_code == 404
        assert answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"instances": []}',
        '{"instances": [{"label_bytes": {"b64": "AA=="}}]}',
        '{"instances": [{"label_bytes": {"b64": "?"}, "instance_bytes": {"b64": "?"}, "seed": 1}]}',
        '{"instances": [{"label_bytes": 1, "instance_bytes": 2, "seed": "x"}]}',
        '{"signature_name": "synthesize", "inputs": {"label": [[1], [1, 2]], "instance": 1, "seed": 1}}',
        '{"signature_name": "styles", "instances": [0, NaN]}',
        '{"signature_name": "nothing", "instances": [0]}',
        '{"signature_name": "styles", "inputs": {"class_id": [true]}}',
        '{"signature_name": "\\ud800", "instances": [0]}',
        '{"instances": [{"label_bytes": ' + "[" * 900 + "]" * 900 + ', "instance_bytes": "", "seed": 1}]}',
    ],
)
def test_what_is_no_request_is_a_bad_request(server: Asked, rest: str, body: str) -> None:
    answer = httpx.post(f"{rest}/{server.model}:predict", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


REFUSED = {
    "GET /v1/models": 400,
    "GET /v1/models/": 400,
    "GET /v1/models/{model}/": 400,
    "GET /v1/models/{model}/metadata/": 400,
    "POST /v1/models/{model}:PREDICT": 400,
    "POST /v1/models/nothing:PREDICT": 400,
    "GET /v1/models/{model}/nothing": 400,
    "GET /v1/models/{model}:predict": 400,
    "GET /v1/models/{model}/versions/one": 400,
    "GET /v1/models/{model}/versions/-1": 400,
    "GET /v1/models/{model}/versions/99999999999999999999": 400,
    "GET /v1/models/{model}?verbose=1": 404,  # the query is part of the name
    "GET /v1/anything": 400,
    "POST /v1/models/{model}": 400,
    "POST /v1/models/{model}:nothing": 400,
    "POST /v1/models/{model}:classify": 400,
    "PUT /v1/models/{model}": 400,
    "DELETE /v1/models/{model}": 400,
    "PATCH /v1/models/{model}:predict": 400,
}


@pytest.mark.parametrize("request_line", REFUSED)
def test_what_is_no_request_of_the_interface_is_refused_with_a_line(server: Asked, rest: str, request_line: str) -> None:
    method, path = request_line.format(model=server.model).split()
    answer = httpx.request(method, f"http://{server.rest}{path}", content="{}" if method == "POST" else None)
    assert answer.status_code == REFUSED[request_line]
    assert list(answer.json()) == ["error"]


def test_words_of_a_path_are_known_in_lower_case_alone(server: Asked, rest: str) -> None:
    found = httpx.get(f"http://{server.rest}/V1/Models/{server.model}/METADATA").json()
    assert found == httpx.get(f"{rest}/{server.model}").json()


def test_other_paths_are_not_found(server: Asked, rest: str) -> None:
    assert httpx.get(f"http://{server.rest}/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/V1/Models/{model}", "/v1/models/{encoded}", "/v1/models/{model}/versions/00{version}"])
def test_a_path_may_be_written_in_other_ways(server: Asked, rest: str, path: str) -> None:
    status = httpx.get(f"{rest}/{server.model}").json()
    version = status["model_version_status"][0]["version"]
    encoded = "".join(f"%{ord(letter):02x}" for letter in server.model)
    answer = httpx.get(f"http://{server.rest}{path.format(model=server.model, encoded=encoded, version=version)}")
    assert answer.json()["model_version_status"][0]["version"] == version


@pytest.mark.parametrize(("headers", "status"), [({"Origin": "https://example.org"}, 200), ({}, 400), ({"Origin": "null"}, 400)])
def test_options_are_answered_where_an_origin_asks(server: Asked, rest: str, headers: dict[str, str], status: int) -> None:
    assert httpx.options(f"{rest}/{server.model}:predict", headers=headers).status_code == status


def test_head_is_refused_without_a_body(server: Asked, rest: str) -> None:
    answer = httpx.head(f"{rest}/{server.model}")
    assert (answer.status_code, answer.content) == (400, b"")
