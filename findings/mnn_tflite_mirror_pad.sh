#!/usr/bin/env bash
# MNN 3.6.1 and ai-edge-litert 2.3.0 (checked 2026-11-29): MNN's converter turns the reflection padding
# of a TFLite model into zero padding and reports success.
#
# Seen: a model of one MIRROR_PAD (reflect) gives NumPy's np.pad(mode="reflect") in LiteRT. Converted to
# MNN ("Converted Success!", exit status 0) it gives zeros around the image. The same operator as ONNX Pad
# with mode "reflect" converts rightly.
#
# Why it matters: pix2pixHD pads by reflection before its first and last convolutions and in every
# residual block. The converted generator runs and draws plausible images with wrong borders, and the
# error reaches far inside, because every norm sees the zeros.
#
# Remedy: convert to MNN from ONNX. Compare outputs after any conversion, borders included.
#
# The converter is called below without its command, which installs packages: see
# mnn_converter_installs_packages.sh.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 onnx==1.23.2 MNN==3.6.1 \
    ai-edge-litert==2.3.0

cd "$tmp"
cat > models.py <<'PY'
import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as tflite
from onnx import TensorProto, helper, numpy_helper

IMAGE = np.arange(1, 21, dtype=np.float32).reshape(1, 4, 5, 1)  # batch, height, width, channels
PADDED = np.pad(IMAGE, [(0, 0), (2, 2), (2, 2), (0, 0)], "reflect")


def tensor(name, shape, buffer, kind):
    made = tflite.TensorT()
    made.name, made.shape, made.buffer, made.type = name, list(shape), buffer, kind
    return made


def write_tflite(path):
    pads = tflite.BufferT()
    pads.data = list(np.array([[0, 0], [2, 2], [2, 2], [0, 0]], np.int32).tobytes())
    operator = tflite.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1], [2]
    operator.builtinOptionsType = tflite.BuiltinOptions.MirrorPadOptions
    operator.builtinOptions = tflite.MirrorPadOptionsT()
    operator.builtinOptions.mode = tflite.MirrorPadMode.REFLECT
    graph = tflite.SubGraphT()
    graph.tensors = [
        tensor("x", IMAGE.shape, 0, tflite.TensorType.FLOAT32),
        tensor("pads", (4, 2), 1, tflite.TensorType.INT32),
        tensor("y", PADDED.shape, 0, tflite.TensorType.FLOAT32),
    ]
    graph.operators, graph.inputs, graph.outputs = [operator], [0], [2]
    code = tflite.OperatorCodeT()
    code.version = 1
    code.builtinCode = code.deprecatedBuiltinCode = tflite.BuiltinOperator.MIRROR_PAD
    model = tflite.ModelT()
    model.version, model.buffers = 3, [tflite.BufferT(), pads]
    model.subgraphs, model.operatorCodes = [graph], [code]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    with open(path, "wb") as file:
        file.write(builder.Output())


def write_onnx(path):
    graph = helper.make_graph(
        [helper.make_node("Pad", ["x", "pads"], ["y"], mode="reflect")],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 8, 9])],
        [numpy_helper.from_array(np.array([0, 0, 2, 2, 0, 0, 2, 2]), "pads")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
PY
cat > convert.py <<'PY'
import sys

import MNN
import _tools

kind, source, target = sys.argv[1:]
arguments = ["-f", kind, "--modelFile", source, "--MNNModel", target, "--bizCode", "test"]
_tools.mnnconvert(["mnnconvert", *arguments])
PY
cat > run.py <<'PY'
import sys

import MNN.expr
import MNN.nn
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from models import IMAGE, PADDED


def mnn(path, layout, shape):
    network = MNN.nn.load_module_from_file(path, ["x"], ["y"])
    x = MNN.expr.const(IMAGE, shape, layout, MNN.expr.float)
    output = MNN.expr.convert(network.forward([x])[0], layout)
    return np.array(output.read(), np.float32).reshape(8, 9)


interpreter = Interpreter(model_path="pad.tflite")
interpreter.allocate_tensors()
interpreter.set_tensor(0, IMAGE)
interpreter.invoke()
outputs = {
    "LiteRT": interpreter.get_tensor(2).reshape(8, 9),
    "MNN from TFLite": mnn("tflite.mnn", MNN.expr.NHWC, [1, 4, 5, 1]),
    "MNN from ONNX": mnn("onnx.mnn", MNN.expr.NCHW, [1, 1, 4, 5]),
}
reflected = PADDED.reshape(8, 9)
zeros = np.pad(IMAGE.reshape(4, 5), 2)
seen = {}
for name, output in outputs.items():
    seen[name] = (
        "reflected" if (output == reflected).all()
        else "zeros" if (output == zeros).all()
        else "other"
    )
    print(f"{name}: border is {seen[name]}, first row {output[0].tolist()}")
wanted = {"LiteRT": "reflected", "MNN from TFLite": "zeros", "MNN from ONNX": "reflected"}
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
venv/bin/python -c 'import models; models.write_tflite("pad.tflite"); models.write_onnx("pad.onnx")'
venv/bin/python convert.py TFLITE pad.tflite tflite.mnn >convert.log
grep "Converted Success" convert.log
venv/bin/python convert.py ONNX pad.onnx onnx.mnn >convert.log
grep "Converted Success" convert.log
venv/bin/python run.py
