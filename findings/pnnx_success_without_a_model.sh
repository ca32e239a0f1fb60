#!/usr/bin/env bash
# pnnx 20261020 and ncnn 1.0.20261020 (checked 2026-11-29): the converter ends with exit status 0 and
# writes a model that ncnn cannot load.
#
# Seen: a ConvTranspose with pads=[1, 1, 0, 0] (2x upsampling with kernel 3, as exporters from TensorFlow
# write "same" padding) is copied into the .param file under its ONNX name. There is a line "ignore
# ConvTranspose" among the progress lines, exit status 0, and ncnn's load_param returns -1:
# "layer ConvTranspose not exists or registered". With pads=[1, 1, 1, 1] and output_padding=[1, 1], which
# means the same, it becomes a Deconvolution and loads.
#
# Why it matters: all upsampling in pix2pixHD's generator is of this kind. A build step that trusts the
# exit status publishes a file that fails on the phone.
#
# Remedy: write symmetric pads with output_padding. Load the result in the build step.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 onnx==1.23.2
# Without dependencies: the program itself is a binary and needs no PyTorch.
"$tmp/venv/bin/pip" install -q --disable-pip-version-check --no-deps pnnx==20261020 \
    ncnn==1.0.20261020

cd "$tmp"
venv/bin/python - <<'PY'
import os
import site
import subprocess
import sys

import ncnn
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

program = os.path.join(site.getsitepackages()[0], "pnnx", "pnnx")
weights = np.random.RandomState(0).randn(2, 3, 3, 3).astype(np.float32)
image = np.random.RandomState(1).randn(1, 2, 8, 8).astype(np.float32)


def write(name, **attributes):
    graph = helper.make_graph(
        [helper.make_node("ConvTranspose", ["x", "weights"], ["y"], strides=[2, 2], **attributes)],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 16, 16])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, f"{name}.onnx")
    return ReferenceEvaluator(model).run(None, {"x": image})[0]


outputs = [
    write("asymmetric", pads=[1, 1, 0, 0]),
    write("symmetric", pads=[1, 1, 1, 1], output_padding=[1, 1]),
]
alike = bool((outputs[0] == outputs[1]).all())
print(f"both models give the same numbers in ONNX's reference: {alike}")
seen = {}
for name in ("asymmetric", "symmetric"):
    converted = subprocess.run([program, f"{name}.onnx"], capture_output=True)
    with open(f"{name}.ncnn.param") as file:
        layer = file.read().splitlines()[-1].split()[0]
    seen[name] = (converted.returncode, layer, ncnn.Net().load_param(f"{name}.ncnn.param"))
    print(f"{name}: exit status, layer, what load_param returns: {seen[name]}")
wanted = {"asymmetric": (0, "ConvTranspose", -1), "symmetric": (0, "Deconvolution", 0)}
sys.exit(f"changed: {wanted} was expected" if seen != wanted or not alike else 0)
PY
