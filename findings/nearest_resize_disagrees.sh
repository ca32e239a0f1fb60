#!/usr/bin/env bash
# OpenCV 5.0.0.93, SciPy 1.17.1, scikit-image 0.26.0 and Pillow 13.0.0 (checked 2026-11-29):
# "nearest" picks other pixels in each of three families of libraries.
#
# Seen: shrinking 12 columns to 4, Pillow, scikit-image and OpenCV's INTER_NEAREST_EXACT take columns
# 1, 4, 7, 10 (the centres). OpenCV's INTER_NEAREST takes 0, 3, 6, 9 (the upper left corners), so the
# map is shifted by up to half an output pixel. scipy.ndimage.zoom takes 0, 4, 7, 11: it lays the
# first and last columns on each other, so the map is stretched away from its middle.
#
# Why it matters: photos are resized with area or bilinear filters, which are centred in every one
# of these libraries. Resized with INTER_NEAREST or zoom, label and instance maps no longer lie on
# their photos. Sizes and ids are right, only the edges are off, and a model learns the offset. It
# shows when the same maps are prepared by another library for serving.
#
# Remedy: INTER_NEAREST_EXACT in OpenCV; grid_mode=True with mode="grid-constant" in SciPy.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 \
    scipy==1.17.1 scikit-image==0.26.0 opencv-python-headless==5.0.0.93

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import cv2
import numpy as np
import scipy.ndimage
import skimage.transform
from PIL import Image

columns = np.arange(12, dtype=np.uint8)[None].repeat(12, 0)
grid = {"grid_mode": True, "mode": "grid-constant"}
resizers = {
    "Pillow NEAREST": lambda n: np.array(
        Image.fromarray(columns).resize((n, n), Image.Resampling.NEAREST)
    ),
    "scikit-image order 0": lambda n: skimage.transform.resize(
        columns, (n, n), order=0, preserve_range=True
    ).astype(int),
    "OpenCV NEAREST_EXACT": lambda n: cv2.resize(
        columns, (n, n), interpolation=cv2.INTER_NEAREST_EXACT
    ),
    "SciPy zoom, grid_mode": lambda n: scipy.ndimage.zoom(columns, n / 12, order=0, **grid),
    "OpenCV NEAREST": lambda n: cv2.resize(columns, (n, n), interpolation=cv2.INTER_NEAREST),
    "SciPy zoom": lambda n: scipy.ndimage.zoom(columns, n / 12, order=0),
}
seen = {name: [resize(n)[0].tolist() for n in (6, 4)] for name, resize in resizers.items()}
for name, picked in seen.items():
    print(f"{name}: 12 to 6 columns {picked[0]}, 12 to 4 columns {picked[1]}")
centres = [[1, 3, 5, 7, 9, 11], [1, 4, 7, 10]]
wanted = dict.fromkeys(list(resizers)[:4], centres)
wanted["OpenCV NEAREST"] = [[0, 2, 4, 6, 8, 10], [0, 3, 6, 9]]
wanted["SciPy zoom"] = [[0, 2, 4, 7, 9, 11], [0, 4, 7, 11]]
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
