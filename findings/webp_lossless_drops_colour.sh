#!/usr/bin/env bash
# Pillow 13.0.0 and OpenCV 5.0.0.93 (checked 2026-11-29): lossless WebP is not lossless where alpha
# is 0.
#
# Seen: both libraries ask libwebp to rewrite the colours of fully transparent pixels, also with
# lossless=True (Pillow) and quality above 100 or IMWRITE_WEBP_LOSSLESS_ON (OpenCV). A round trip
# test on photos passes, because photos have no alpha.
#
# Why it matters: some label maps use the alpha channel for data. In the bitmasks of BDD100K red is
# the class and alpha the low byte of the instance id, so every pixel of "no instance" (road, sky)
# and of every 256th instance has alpha 0 and loses its class.
#
# Remedy: exact=True in Pillow, IMWRITE_WEBP_LOSSLESS_PRESERVE_COLOR in OpenCV, or PNG.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 \
    opencv-python-headless==5.0.0.93

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import cv2
import numpy as np
from PIL import Image

# Class in red, an instance id in alpha: two stripes without an instance, two with one.
classes = np.repeat(np.array([7, 23, 26, 24], np.uint8), 4)[:, None].repeat(16, 1)
instances = np.repeat(np.array([0, 0, 1, 2], np.uint8), 4)[:, None].repeat(16, 1)
zeros = np.zeros_like(classes)
mask = np.dstack([classes, zeros, zeros, instances])


def pillow(**options):
    Image.fromarray(mask).save("mask.webp", lossless=True, **options)
    with Image.open("mask.webp") as image:
        return np.array(image.convert("RGBA"))


def opencv(*options):
    cv2.imwrite("mask.webp", cv2.cvtColor(mask, cv2.COLOR_RGBA2BGRA), options)
    return cv2.cvtColor(cv2.imread("mask.webp", cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)


mode = cv2.IMWRITE_WEBP_LOSSLESS_MODE
written = {
    "Pillow lossless": pillow(),
    "Pillow lossless, exact": pillow(exact=True),
    "OpenCV quality 101": opencv(cv2.IMWRITE_WEBP_QUALITY, 101),
    "OpenCV lossless on": opencv(mode, cv2.IMWRITE_WEBP_LOSSLESS_ON),
    "OpenCV lossless, preserve colour": opencv(mode, cv2.IMWRITE_WEBP_LOSSLESS_PRESERVE_COLOR),
}
seen = {}
for name, array in written.items():
    wrong = (array[..., 0] != classes).mean(1)[[0, 4, 8, 12]].tolist()
    seen[name] = wrong
    print(f"{name}: share of wrong classes in the stripes with alpha 0, 0, 1, 2: {wrong}")
lost, kept = [1.0, 1.0, 0.0, 0.0], [0.0] * 4
wanted = dict(zip(written, (lost, kept, lost, lost, kept), strict=True))
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
