#!/usr/bin/env bash
# ONNX Runtime 1.32.0 and onnx 1.23.2 on CPUs (checked 2026-11-29): models that take ids as uint16
# pass the checker and cannot be loaded.
#
# Seen: the ONNX standard allows 16-bit unsigned numbers in Max, Min, Where, Pad, Resize and OneHot,
# and onnx.checker with full_check=True accepts them. ONNX Runtime has no kernel for these and refuses
# when the session is made (NOT_IMPLEMENTED). Equal, Concat and Transpose have one. OneHot is missing
# for uint8 and even for int32 indices with an int64 depth and float values; int64 indices work.
#
# Why it matters: uint16 is what instance maps are stored in, so it is the natural input type. An
# edge map from shifted ids (Equal) runs with it; padding the ids, joining edges with Max or a one-hot
# encoding does not, which shows on the serving machine and not in the export's own check.
#
# Remedy: take uint16 at the input if requests should be small, and Cast to int32 (int64 for OneHot) as
# the first node. Make a session in the export's test, not only a check.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 onnx==1.23.2 \
    onnxruntime==1.32.0

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(4)
SHAPE = [1, 1, 8, 8]
CONSTANTS = {
    "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
    "scales": np.array([1, 1, 2, 2], np.float32),
    "depth": np.array(40),
    "off_on": np.array([0, 1], np.float32),
    "condition": np.array(True),
}
OPERATORS = {
    "Equal": (["x", "x2"], {}),
    "Concat": (["x", "x2"], {"axis": 1}),
    "Transpose": (["x"], {}),
    "Max": (["x", "x2"], {}),
    "Min": (["x", "x2"], {}),
    "Where": (["condition", "x", "x2"], {}),
    "Pad": (["x", "pads"], {}),
    "Resize": (["x", "", "scales"], {"mode": "nearest"}),
    "OneHot": (["x", "depth", "off_on"], {}),
}


def runs(operator, dtype):
    """Whether ONNX Runtime loads a model of this one operator, which the checker accepts."""
    names, attributes = OPERATORS[operator]
    output = {"Equal": TensorProto.BOOL, "OneHot": TensorProto.FLOAT}.get(operator, dtype)
    rank = 5 if operator == "OneHot" else 4
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["y"], **attributes)],
        "graph",
        [helper.make_tensor_value_info(n, dtype, SHAPE) for n in ("x", "x2") if n in names],
        [helper.make_tensor_value_info("y", output, list("abcde")[:rank])],
        [numpy_helper.from_array(CONSTANTS[name], name) for name in names if name in CONSTANTS],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    try:
        onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        if "NOT_IMPLEMENTED" not in str(error):
            raise
        return False
    return True


types = {name: getattr(TensorProto, name) for name in ("UINT8", "UINT16", "INT32", "INT64")}
seen = {
    operator: [name for name, dtype in types.items() if not runs(operator, dtype)]
    for operator in OPERATORS
}
for operator, missing in seen.items():
    print(f"{operator}: valid, but without a kernel for {', '.join(missing) or 'none'}")
wanted = dict.fromkeys(("Equal", "Concat", "Transpose"), [])
wanted |= dict.fromkeys(("Max", "Min", "Where", "Pad"), ["UINT16"])
wanted["Resize"] = ["UINT16", "INT64"]
wanted["OneHot"] = ["UINT8", "UINT16", "INT32"]
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
