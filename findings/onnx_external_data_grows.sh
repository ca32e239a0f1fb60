#!/usr/bin/env bash
# onnx 1.23.2 (checked 2026-11-29): saving with external data twice doubles the file of weights, and
# saving once empties the model in memory.
#
# Seen: onnx.save_model(..., save_as_external_data=True) appends to a data file that exists. The new
# model points behind the old weights, which stay in the file: 0.4 MB, 0.8 MB, 1.2 MB for the same
# model. It also moves the weights out of the object it was given: what serializes to 0.4 MB before
# the call serializes to a few hundred bytes after it, so a session made from model.SerializeToString()
# no longer has weights. There is a check for an existing file (FileExistsError), but it looks for the
# name in the working directory, not in the model's folder.
#
# Why it matters: generators of high resolution are near or above protobuf's 2 GB, so their weights go
# into a file of their own, and exporters are run again into the same folder. The result is right
# and grows with every run; an export followed by a check in memory fails or checks nothing.
#
# Remedy: remove the data file first (or save into a fresh folder and rename it), and load the saved
# file for whatever comes after.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 onnx==1.23.2

cd "$tmp"
venv/bin/python - <<'PY'
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def model():
    weights = numpy_helper.from_array(np.ones((100, 1000), np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 100])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1000])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def save(exported):
    onnx.save_model(exported, "out/model.onnx", save_as_external_data=True, location="model.data")


os.mkdir("out")
sizes, in_memory = [], []
for _ in range(3):
    exported = model()
    before = len(exported.SerializeToString())
    save(exported)
    sizes.append(os.path.getsize("out/model.data"))
    in_memory.append((before > 400_000, len(exported.SerializeToString()) < 1_000))
kept = onnx.load("out/model.onnx").graph.initializer[0]
right = bool((numpy_helper.to_array(kept) == 1).all())
os.remove("out/model.data")
save(model())
fresh = os.path.getsize("out/model.data")
os.chdir("out")
try:
    onnx.save_model(model(), "model.onnx", save_as_external_data=True, location="model.data")
    refused = False
except FileExistsError:
    refused = True
print(f"refused when the working directory is the model's folder: {refused}")
print(f"bytes of model.data after each of three saves: {sizes}, after removing it: {fresh}")
print(f"weights in memory before the save, gone after it: {in_memory}; file right: {right}")
wanted = [400_000, 800_000, 1_200_000]
same = sizes == wanted and in_memory == [(True, True)] * 3
same = same and right and fresh == 400_000 and refused
sys.exit(0 if same else f"changed: {wanted} was expected, and an empty model in memory")
PY
