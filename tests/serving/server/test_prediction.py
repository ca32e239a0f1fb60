from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfhd.serving.in_process.session import Call, ModelSession
from tfhd.serving.server.batching import BatchingOptions
from tfhd.serving.server.prediction import ServedVersion
from tfhd_client import Code, ServingError, id_png

OPTIONS = BatchingOptions(max_batch_size=4)


@pytest.fixture
def extra(model_base: Path, tmp_path: Path) -> Path:
    """The folder assets.extra of a version, empty."""
    folder = shutil.copytree(model_base / "1", tmp_path / "1") / "assets.extra"
    folder.mkdir()
    return folder


def load(extra: Path, *, per_model: bool = False, is_warmed_up: bool = True) -> ServedVersion:
    return ServedVersion.load(extra.parent, OPTIONS, per_model=per_model, is_warmed_up=is_warmed_up)


def request_for(signature: str, **inputs: object) -> bytes:
    log = PredictionLog()
    log.predict_log.request.model_spec.signature_name = signature
    for name, value in (inputs or {"class_id": [0]}).items():
        log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return log.SerializeToString()


def write_warm_up(extra: Path, *records: bytes) -> None:
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as file:
        for record in records:
            file.write(record)


def test_a_version_is_there_when_its_warm_up_requests_are_answered(extra: Path) -> None:
    write_warm_up(extra, request_for("styles"))
    load(extra).close()


def test_warm_up_requests_may_leave_out_the_signature_and_records_may_be_empty(extra: Path) -> None:
    png = [id_png(np.full((64, 96), 7, np.uint8))]
    write_warm_up(extra, b"", request_for("", label_bytes=png, instance_bytes=png))
    load(extra).close()


def test_warm_up_requests_may_hold_strings_as_programs_in_cpp_write_them(extra: Path) -> None:
    png = id_png(np.full((64, 96), 7, np.uint8))
    log = PredictionLog.FromString(request_for("", label_bytes=[png], instance_bytes=[png]))
    for tensor in log.predict_log.request.inputs.values():
        length = [len(png)] if len(png) < 128 else [len(png) & 127 | 128, len(png) >> 7]
        tensor.tensor_content = bytes(length) + png
        tensor.ClearField("string_val")
    write_warm_up(extra, log.SerializeToString())
    load(extra).close()


def test_a_warm_up_request_that_cannot_be_run_here_is_named(extra: Path) -> None:
    log = PredictionLog()
    log.session_run_log.request.feed.add(name="x")
    write_warm_up(extra, request_for("styles"), log.SerializeToString())
    with pytest.raises(ServingError, match="holds session_run_log; only predict_log can be run here") as error:
        load(extra)
    assert error.value.code is Code.UNIMPLEMENTED


def test_more_warm_up_requests_than_tensorflow_serving_takes_are_refused(extra: Path) -> None:
    write_warm_up(extra, *[b""] * 1001)
    with pytest.raises(ServingError, match="holds more than 1000 requests") as error:
        load(extra)
    assert error.value.code is Code.INVALID_ARGUMENT


def test_a_warm_up_request_that_fails_refuses_the_version(extra: Path) -> None:
    write_warm_up(extra, request_for("styles"), request_for("nothing"))
    with pytest.raises(ServingError, match="signature 'nothing' not found") as error:
        load(extra)
    assert error.value.code is Code.FAILED_PRECONDITION


@pytest.mark.parametrize("damage", ["no records", "no requests"])
def test_a_damaged_warm_up_file_is_named(extra: Path, damage: str) -> None:
    write_warm_up(extra, b"no request")
    if damage == "no records":
        (extra / "tf_serving_warmup_requests").write_bytes(b"no record " * 10)
    with pytest.raises(ServingError, match="tf_serving_warmup_requests: cannot be read") as error:
        load(extra)
    assert error.value.code is Code.DATA_LOSS


def test_a_version_brings_its_own_batching_where_that_is_allowed_and_is_not_batched_otherwise(extra: Path) -> None:
    (extra / "batching_params.pbtxt").write_text("max_batch_size { value: 3 }")  # where TensorFlow Serving does not look
    for own, per_model, expected in ((None, True, None), (2, True, 2), (2, False, 4)):
        if own:
            (extra.parent / "batching_params.pbtxt").write_text(f"max_batch_size {{ value: {own} }}")
        version = load(extra, per_model=per_model, is_warmed_up=False)
        assert version.batching.max_batch_size == expected
        version.close()


def test_batching_parameters_that_make_no_sense_refuse_the_version(extra: Path) -> None:
    (extra.parent / "batching_params.pbtxt").write_text("max_batch_size { value: 0 }")
    with pytest.raises(ServingError, match=r"batching_params\.pbtxt: max_batch_size is 0") as error:
        load(extra, per_model=True)
    assert error.value.code is Code.INVALID_ARGUMENT


def test_every_signature_has_run_when_a_version_is_there(extra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_warm_up(extra, request_for("styles"))
    ran, run = Counter(), ModelSession.run

    def recorded(session: ModelSession, call: Call, timeout: float | None = None) -> dict:
        answer = run(session, call, timeout)
        ran[call.signature] += 1
        return answer

    monkeypatch.setattr(ModelSession, "run", recorded)
    version = load(extra)
    assert ran == dict.fromkeys(version.session.signatures, 1)
    version.close()


@pytest.mark.parametrize("manifest", [None, "{", "{}", '{"size_multiple": 32, "size": null, "label_set": {"classes": []}}'])
def test_a_model_that_does_not_say_what_it_takes_is_served_too(extra: Path, manifest: str | None) -> None:
    path = extra.parent / "manifest.json"
    path.unlink()
    if manifest is not None:
        path.write_text(manifest)
    load(extra).close()
