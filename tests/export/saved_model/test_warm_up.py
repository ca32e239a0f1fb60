from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfhd.export.saved_model.export import export_saved_model
from tfhd.export.saved_model.warm_up import WARM_UP_FILE


def test_warm_up_requests_are_ones_that_the_model_answers(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, warm_up=True)
    signatures = tf.saved_model.load(str(path)).signatures
    records = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path / WARM_UP_FILE))]
    requests = [record.predict_log.request for record in records]
    assert {request.model_spec.signature_name for request in requests} == set(signatures) - {"classes", "styles"}
    for request in requests:
        inputs = {name: tf.constant(tf.make_ndarray(value)) for name, value in request.inputs.items()}
        answer = signatures[request.model_spec.signature_name](**inputs)
        assert all(value.shape[0] == 1 for value in answer.values())
        assert answer.get("image", tf.zeros((1, 32, 48, 3))).shape == (1, 32, 48, 3)


def test_without_an_encoder_there_are_requests_for_what_paints(exported_plain, tmp_path: Path) -> None:
    path = export_saved_model(exported_plain.run, tmp_path, warm_up=True)
    records = [PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path / WARM_UP_FILE))]
    asked = {record.predict_log.request.model_spec.signature_name for record in records}
    assert asked == {"serving_default", "synthesize", "synthesize_png"}
