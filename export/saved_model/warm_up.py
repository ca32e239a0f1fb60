"""Requests that TensorFlow Serving runs before it reports a model as ready."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

# The message that a warm-up file holds.
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfhd.label_sets import LabelSet

WARM_UP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"


def write_warm_up(model: Path, label_set: LabelSet, label_dtype: tf.DType, size: tuple[int, int]) -> None:
    """Writes a request for each signature that needs label and instance maps alone into a SavedModel's folder.

    The first request of a signature builds and optimizes its graph, which takes seconds.

    Args:
        model: folder of the SavedModel.
        label_set: its classes.
        label_dtype: of its input `label`.
        size: height and width of the maps.
    """
    label = np.full((1, *size, 1), label_set.classes[0].ids[0], label_dtype.as_numpy_dtype)
    instance = np.zeros((1, *size, 1), np.uint16)
    absent = np.full((1, 1), -1, np.int32)
    files = {f"{name}_bytes": [tf.io.encode_png(maps[0]).numpy()] for name, maps in (("label", label), ("instance", instance))}
    requests = {
        "serving_default": {**files, "seed": absent[0]},
        "synthesize": {
            "label": label,
            "instance": instance,
            "seed": absent[0],
            "style_instance": absent,
            "style_index": absent,
        },
    }
    (model / WARM_UP_FILE).parent.mkdir()
    with tf.io.TFRecordWriter(str(model / WARM_UP_FILE)) as file:
        for signature, inputs in requests.items():
            log = PredictionLog()
            log.predict_log.request.model_spec.signature_name = signature
            for name, value in inputs.items():
                log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            file.write(log.SerializeToString())
