#!/usr/bin/env bash
# pycocotools 2.0.11, OpenCV 5.0.0.93 and Pillow 13.0.0 (checked 2026-11-29): the outline of a mask
# does not fill to the mask again.
#
# Seen: cv2.findContours gives the centres of the border pixels. Pillow's ImageDraw.polygon and
# cv2.fillPoly count the outline as inside, so they restore the mask exactly. pycocotools takes the
# same numbers as corners of an area and loses a pixel at the right and at the bottom: 13 of the 42
# pixels of a small object, and all of one that is a pixel wide. The other way round, polygons meant
# as areas grow by a pixel in Pillow and OpenCV.
#
# Why it matters: "COCO" files come from people who drew areas and from tools that traced masks, and
# nothing in the file says which. Label maps made with the wrong rule have unlabelled seams between
# touching objects, and those show up as edges in an edge map and in what the generator draws.
#
# Remedy: choose the rule by who made the file: traced outlines need an inclusive fill, drawn areas
# the rule of pycocotools. If you write the file, store RLE.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 \
    opencv-python-headless==5.0.0.93 pycocotools==2.0.11

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import cv2
import numpy as np
import pycocotools.mask
from PIL import Image, ImageDraw

SIZE = 12


def coco(polygon):
    parts = pycocotools.mask.frPyObjects([polygon], SIZE, SIZE)
    return pycocotools.mask.decode(pycocotools.mask.merge(parts))


def pillow(polygon):
    image = Image.new("L", (SIZE, SIZE))
    ImageDraw.Draw(image).polygon(polygon, fill=1)
    return np.array(image)


def opencv(polygon):
    return cv2.fillPoly(
        np.zeros((SIZE, SIZE), np.uint8), [np.array(polygon, np.int32).reshape(-1, 2)], 1
    )


def traced(mask):
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return contours[0].reshape(-1).tolist()


block = np.zeros((SIZE, SIZE), np.uint8)
block[2:8, 3:9] = 1
block[4:10, 5:8] = 1
pole = np.zeros((SIZE, SIZE), np.uint8)
pole[2:10, 4] = 1
square = [2, 3, 6, 3, 6, 8, 2, 8]  # an area of 4 x 5

seen = {}
for name, polygon in {"block": traced(block), "pole": traced(pole), "square": square}.items():
    seen[name] = tuple(int(fill(polygon).sum()) for fill in (coco, pillow, opencv))
exact = all((fill(traced(block)) == block).all() for fill in (pillow, opencv))
print(f"block of {block.sum()}, pole of {pole.sum()}, square of 20 pixels")
print(f"pycocotools, Pillow, OpenCV fill: {seen}; inclusive fills restore the block: {exact}")
wanted = {"block": (29, 42, 42), "pole": (0, 8, 8), "square": (20, 30, 30)}
sys.exit(f"changed: {wanted} was expected" if seen != wanted or not exact else 0)
PY
