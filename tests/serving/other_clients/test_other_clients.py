from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from tensorflow_serving.apis import prediction_service_pb2

from tests.forked_server import Server
from tests.other_programs import CLIENTS
from tests.tiny_run import street
from tfhd.serving.in_process.session import ModelSession
from tfhd_client import Arrays, Client, id_png, read_photo

HERE = Path(__file__).parent
GRPC_ONLY = {"synthesize", "synthesize_vectors", "synthesize_reference", "encode"}
LABEL, INSTANCE = street(32, 48)
PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)


@pytest.fixture(scope="module")
def server(model_base: Path) -> Iterator[Server]:
    with Server(model_base) as started:
        yield started


@pytest.fixture(scope="module")
def requests() -> dict[str, Arrays]:
    """Inputs of every signature."""
    maps = {"label": LABEL[None, ..., None], "instance": INSTANCE[None, ..., None]}
    files = {"label_bytes": file(id_png(LABEL)), "instance_bytes": file(id_png(INSTANCE))}
    seed, ids = {"seed": np.array([3], np.int32)}, {"style_instance": np.array([[26001, -1]], np.int32)}
    styles = seed | ids | {"style_index": np.array([[2, -1]], np.int32)}
    vectors = ids | {"style_vector": np.full((1, 2, 3), 0.25, np.float32)}
    photo = {"image": PHOTO[None], "instance": maps["instance"]}
    photo_files = {"image_bytes": file(id_png(PHOTO)), "instance_bytes": files["instance_bytes"]}
    return {
        "serving_default": files | seed,
        "synthesize": maps | styles,
        "synthesize_png": files | styles,
        "synthesize_vectors": maps | vectors,
        "synthesize_vectors_png": files | vectors,
        "synthesize_reference": maps | {f"reference_{name}": value for name, value in photo.items()},
        "synthesize_reference_png": files | {f"reference_{name}": value for name, value in photo_files.items()},
        "encode": photo,
        "encode_png": photo_files,
        "styles": {"class_id": np.array([1], np.int32)},
        "classes": {"row": np.array([0], np.int32)},
    }


@pytest.fixture(scope="module")
def expected(model_base: Path, requests: dict[str, Arrays]) -> dict[str, Arrays]:
    """What the model answers in this process."""
    session = ModelSession(model_base / "1")
    assert set(requests) == set(session.signatures)
    yield {signature: session.run(session.prepare(signature, inputs)) for signature, inputs in requests.items()}
    session.close()


def file(content: bytes) -> np.ndarray:
    return np.array([content], object)


def as_text(value: np.ndarray) -> list:
    return [base64.b64encode(item).decode() for item in value.ravel()] if value.dtype == object else value.ravel().tolist()


def write_requests(path: Path, requests: dict[str, Arrays]) -> Path:
    document = {
        signature: {
            name: {"dtype": value.dtype.name, "shape": value.shape, "values": as_text(value)} for name, value in inputs.items()
        }
        for signature, inputs in requests.items()
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def assert_equal(found: dict[str, list], expected: Arrays) -> None:
    assert set(found) == set(expected)
    for name, value in expected.items():
        if value.dtype == object:
            assert found[name] == as_text(value)
        else:
            np.testing.assert_array_equal(np.array(found[name], value.dtype).reshape(value.shape), value)


@pytest.mark.program("min-tfs-client")
def test_min_tfs_client_reads_every_signature(server: Server, requests, expected, tmp_path: Path) -> None:
    python, answers = CLIENTS / "min-tfs-client" / "bin" / "python", tmp_path / "answers.json"
    given = write_requests(tmp_path / "requests.json", requests)
    subprocess.run(
        [python, HERE / "ask_min_tfs_client.py", server.address, given, answers], check=True, cwd=tmp_path, timeout=300
    )
    found = json.loads(answers.read_text(encoding="utf-8"))
    for signature, outputs in expected.items():
        assert_equal(found[signature], outputs)


@pytest.mark.program("grpc-js")
def test_grpc_js_reads_every_signature(server: Server, requests, expected, tmp_path: Path) -> None:
    files: dict[str, FileDescriptor] = {}
    collect(prediction_service_pb2.DESCRIPTOR, files)
    descriptors = FileDescriptorSet()
    for each in files.values():
        each.CopyToProto(descriptors.file.add())
    (tmp_path / "descriptors").write_bytes(descriptors.SerializeToString())
    given, answers = write_requests(tmp_path / "requests.json", requests), tmp_path / "answers.json"
    command = ["node", HERE / "ask_grpc_js.js", server.address, tmp_path / "descriptors", given, answers]
    environment = os.environ | {"NODE_PATH": str(CLIENTS / "grpc-js" / "node_modules")}
    subprocess.run(command, check=True, env=environment, timeout=300)
    found = json.loads(answers.read_text(encoding="utf-8"))
    for signature, outputs in expected.items():
        assert_equal(found[signature], outputs)


def collect(descriptor: FileDescriptor, files: dict[str, FileDescriptor]) -> None:
    """Adds a .proto file to `files`, after those that it imports."""
    for each in descriptor.dependencies:
        collect(each, files)
    files.setdefault(descriptor.name, descriptor)


@pytest.mark.program("curl")
def test_curl_reads_every_signature_but_those_for_grpc(server: Server, requests, expected, tmp_path: Path) -> None:
    for signature, inputs in requests.items():
        columns = {
            name: [{"b64": text} for text in as_text(value)] if value.dtype == object else value.tolist()
            for name, value in inputs.items()
        }
        (tmp_path / "body.json").write_text(json.dumps({"signature_name": signature, "inputs": columns}), encoding="utf-8")
        url = f"http://{server.rest_address}/v1/models/default:predict"
        command = ["curl", "--silent", "--write-out", "\n%{http_code}", "--data-binary", "@body.json", url]
        answer = subprocess.run(command, check=True, cwd=tmp_path, timeout=300, capture_output=True, text=True)
        body, _, status = answer.stdout.rpartition("\n")
        if signature in GRPC_ONLY:
            assert status == "501"
            continue
        outputs = json.loads(body)["outputs"]
        named = outputs if len(expected[signature]) > 1 else {next(iter(expected[signature])): outputs}
        for name, value in expected[signature].items():
            if name.endswith("_bytes"):
                assert [item["b64"] for item in named[name]] == as_text(value)
            elif value.dtype == object:
                assert named[name] == [[item.decode() for item in row] for row in value]
            else:
                np.testing.assert_array_equal(np.array(named[name], value.dtype), value)


@pytest.mark.program("curl")
def test_the_python_client_gets_the_same_pictures(server: Server, expected) -> None:
    with Client(server.address) as client:
        picture = client.synthesize(LABEL, INSTANCE, 3, {26001: 2})
        png = client.synthesize_png(LABEL, INSTANCE, 3, {26001: 2})
    np.testing.assert_array_equal(picture, expected["synthesize"]["image"][0])
    assert png == expected["synthesize_png"]["image_bytes"][0]
    np.testing.assert_array_equal(read_photo(png), picture)
