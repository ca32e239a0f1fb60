from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.serving.protocol.conftest import Asked


def ask(url: str, body: Any) -> httpx.Response:
    return httpx.post(f"{url}:predict", json=body, timeout=300)


def columns(inputs: dict[str, np.ndarray]) -> dict[str, list]:
    return {name: value.tolist() for name, value in inputs.items()}


def test_status_and_metadata(server: Asked, rest: str) -> None:
    (status,) = httpx.get(f"{rest}/{server.model}").json()["model_version_status"][:1]
    assert status["state"] == "AVAILABLE"
    assert status["status"] == {"error_code": "OK", "error_message": ""}
    metadata = httpx.get(f"{rest}/{server.model}/metadata").json()
    assert metadata["model_spec"] == {"name": server.model, "signature_name": "", "version": status["version"]}
    assert set(metadata["metadata"]["signature_def"]["signature_def"]["synthesize"]["inputs"]) == set(server.maps())


def test_rows_and_columns_paint_what_grpc_paints(server: Asked, rest: str) -> None:
    inputs = server.maps(samples=2)
    expected = server.predict(inputs)["image"]
    by_column = ask(f"{rest}/{server.model}", {"signature_name": "synthesize", "inputs": columns(inputs)})
    np.testing.assert_array_equal(np.array(by_column.json()["outputs"]), expected)
    rows = [{name: value[row].tolist() for name, value in inputs.items()} for row in range(2)]
    newest = httpx.get(f"{rest}/{server.model}").json()["model_version_status"][0]["version"]
    by_row = ask(f"{rest}/{server.model}/versions/{newest}", {"signature_name": "synthesize", "instances": rows})
    np.testing.assert_array_equal(np.array(by_row.json()["predictions"]), expected)


def test_pictures_travel_in_base64(server: Asked, rest: str) -> None:
    inputs = server.maps()
    row: dict[str, Any] = {"seed": 0}
    for name in ("label", "instance"):
        file = io.BytesIO()
        Image.fromarray(inputs[name][0, ..., 0]).save(file, "PNG")
        row[f"{name}_bytes"] = {"b64": base64.b64encode(file.getvalue()).decode()}
    (answer,) = ask(f"{rest}/{server.model}", {"instances": [row]}).json()["predictions"]
    picture = Image.open(io.BytesIO(base64.b64decode(answer["b64"])))
    np.testing.assert_array_equal(np.asarray(picture), server.predict(inputs)["image"][0])


def test_one_input_and_several_outputs(server: Asked, rest: str) -> None:
    expected = server.predict({"class_id": np.arange(2, dtype=np.int32)}, "styles")
    rows = ask(f"{rest}/{server.model}", {"signature_name": "styles", "instances": [0, 1]}).json()["predictions"]
    for number, row in enumerate(rows):
        assert row["count"] == expected["count"][number]
        np.testing.assert_array_equal(np.array(row["centers"], np.float32), expected["centers"][number])
        assert row["class_names"] == [name.decode() for name in expected["class_names"][number]]


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
        '{"signature_name": "styles", "inputs": []}',
        '{"signature_name": "\\ud800", "instances": [0]}',
        '{"instances": [{"label_bytes": ' + "[" * 900 + "]" * 900 + ', "instance_bytes": "", "seed": 1}]}',
    ],
)
def test_what_is_no_request_is_a_bad_request(server: Asked, rest: str, body: str) -> None:
    answer = httpx.post(f"{rest}/{server.model}:predict", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["{model}/versions/one", "{model}/versions/99999999999999999999", "{model}/nothing", ""])
def test_a_path_that_there_is_not_is_refused_in_the_same_way(server: Asked, rest: str, path: str) -> None:
    answer = httpx.get(f"{rest}/{path.format(model=server.model)}")
    assert answer.status_code in (400, 404)
    assert set(answer.json()) == {"error"}
