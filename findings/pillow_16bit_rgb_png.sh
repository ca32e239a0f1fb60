#!/usr/bin/env bash
# Pillow 13.0.0, imageio 2.38.1 and OpenCV 5.0.0.93 (checked 2026-11-29): a PNG with three 16-bit
# channels loses its low bytes in two of three readers.
#
# Seen: Pillow has no mode for 16-bit RGB, so it opens the file as 8-bit "RGB" and keeps the high
# byte of each sample. Nothing is raised or warned. imageio reads through Pillow and does the same.
# Gray 16-bit PNGs are read in full, so a test with those does not find it.
#
# Why it matters: synthetic street scenes (SYNTHIA) store class and instance in such PNGs. All their
# values are below 256, so the whole label map comes back as zeros: valid ids of a valid class.
#
# Remedy: read bit depth and colour type from the header (bytes 24 and 25) and give 16-bit colour to
# a reader that keeps it: cv2.imread(path, cv2.IMREAD_UNCHANGED), whose channels are B, G, R.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 \
    imageio==2.38.1 opencv-python-headless==5.0.0.93

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import cv2
import imageio.v3
import numpy as np
from PIL import Image

rgb = np.array([[[8, 12, 0], [10, 300, 0]]], np.uint16)
gray = np.array([[12, 300]], np.uint16)
cv2.imwrite("rgb.png", rgb[..., ::-1])
cv2.imwrite("gray.png", gray)

with open("rgb.png", "rb") as file:
    header = file.read(26)
print("rgb.png: bit depth", header[24], "colour type", header[25], "values", rgb.tolist())
readers = {
    "Pillow": lambda path: np.array(Image.open(path)),
    "imageio": imageio.v3.imread,
    "OpenCV unchanged": lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED),
}
seen = {}
for name, read in readers.items():
    array = read("rgb.png")
    seen[name] = (str(array.dtype), array.tolist(), read("gray.png").tolist() == gray.tolist())
    print(f"{name}: {array.dtype} {array.tolist()}, gray file complete: {seen[name][2]}")
high = ("uint8", [[[0, 0, 0], [0, 1, 0]]], True)
wanted = dict.fromkeys(("Pillow", "imageio"), high)
wanted["OpenCV unchanged"] = ("uint16", [[[0, 12, 8], [0, 300, 10]]], True)
complete = header[24:26] == bytes([16, 2])
sys.exit(f"changed: {wanted} was expected" if seen != wanted or not complete else 0)
PY
