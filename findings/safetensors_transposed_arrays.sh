#!/usr/bin/env bash
# safetensors 0.8.0 with NumPy 2.4.6 (checked 2026-11-29): a transposed array is saved with its
# values in the wrong order.
#
# Seen: safetensors.numpy writes the bytes of an array as they lie in memory, but its shape as the
# view has it. For np.transpose, Fortran order and slices with a step the shape and the dtype of the
# loaded array are right and the values are not. Nothing is raised.
#
# Why it matters: converting weights between TensorFlow (height, width, in, out) and PyTorch (out,
# in, height, width) is np.transpose and save. The file loads into the model without an error, and
# the model draws noise.
#
# Remedy: np.ascontiguousarray on every array before saving, and compare what the file gives back.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
import safetensors.numpy

kernel = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4)
arrays = {
    "as it is": kernel,
    "transposed": kernel.transpose(3, 2, 0, 1),
    "Fortran order": np.asfortranarray(kernel),
    "transposed, contiguous": np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)),
}
safetensors.numpy.save_file(arrays, "weights.safetensors")
loaded = safetensors.numpy.load_file("weights.safetensors")
seen = {}
for name, array in arrays.items():
    in_memory_order = np.array_equal(loaded[name].ravel(), array.ravel(order="K"))
    seen[name] = (
        loaded[name].shape == array.shape,
        np.array_equal(loaded[name], array),
        in_memory_order,
    )
    print(f"{name}: right shape, right values, values in memory order: {seen[name]}")
wrong, right = (True, False, True), (True, True, True)
wanted = dict(zip(arrays, (right, wrong, wrong, right), strict=True))
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
