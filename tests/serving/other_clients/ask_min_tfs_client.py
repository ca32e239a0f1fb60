"""Run by min-tfs-client's own Python: ask_min_tfs_client.py ADDRESS REQUESTS.json ANSWERS.json"""

import base64
import json
import sys
from pathlib import Path

import grpc
import numpy as np
from min_tfs_client.tensors import ndarray_to_tensor_proto, tensor_proto_to_ndarray
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

STRING = 7


def tensor(given):
    if given["dtype"] != "object":
        return ndarray_to_tensor_proto(np.array(given["values"], given["dtype"]).reshape(given["shape"]))
    proto = TensorProto(dtype=STRING, string_val=[base64.b64decode(value) for value in given["values"]])
    for size in given["shape"]:
        proto.tensor_shape.dim.add(size=size)
    return proto


def values(proto):
    if proto.dtype == STRING:
        return [base64.b64encode(value).decode() for value in proto.string_val]
    return tensor_proto_to_ndarray(proto).ravel().tolist()


address, requests, answers = sys.argv[1:]
stub, found = PredictionServiceStub(grpc.insecure_channel(address)), {}
for signature, inputs in json.loads(Path(requests).read_text()).items():
    request = PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "default", signature
    for name, given in inputs.items():
        request.inputs[name].CopyFrom(tensor(given))
    found[signature] = {name: values(proto) for name, proto in stub.Predict(request, 300).outputs.items()}
Path(answers).write_text(json.dumps(found))
