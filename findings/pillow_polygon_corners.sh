#!/usr/bin/env bash
# Pillow 13.0.0 (checked 2026-11-29): ImageDraw.polygon cuts fractions off its corners, and draws no
# outline where the outline's colour is the fill's.
#
# Seen: a corner at 6.999999999 is drawn at 6, as is one at 6.0: coordinates are neither rounded nor
# used as they are. polygon(fill=1, outline=1) is polygon(fill=1) to the pixel: 18 of the 51 pixels
# that outline=1 draws alone are missing, all along nearly horizontal edges.
#
# Why it matters: annotation tools store percent, and 79 of 120 pixels comes back as 78.99999999999999,
# so polygons that another tool wrote with whole corners come out a column wider here and a row shorter
# there. Code that passes outline=1 to have the border (labelme's shape_to_mask, for one) does not get
# it, and its masks differ from OpenCV's fillPoly on most polygons.
#
# Remedy: round computed corners to a few digits first; draw the outline as a line of its own.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
from PIL import Image, ImageDraw


def drawn(corners, **colours):
    image = Image.new("1", (24, 12))
    ImageDraw.Draw(image).polygon(corners, **colours)
    return np.array(image)


def box(left, right):
    return drawn([(left, 3), (right, 3), (right, 8), (left, 8)], fill=1)


columns = {left: np.flatnonzero(box(left, 14).any(0))[0].item() for left in (7, 6.999999999, 6.5, 6.0)}
slanted = [(2, 3), (20, 1), (21, 9), (3, 10)]
fill, both, outline = drawn(slanted, fill=1), drawn(slanted, fill=1, outline=1), drawn(slanted, outline=1)
missing = int((outline & ~both).sum())
print(f"left edge: first column {columns}; 79 of 120 through percent is {79 * 100 / 120 * 120 / 100}")
print(f"fill and outline equal fill alone: {(fill == both).all()}; outline pixels missing: {missing} of {outline.sum()}")
changed = columns != {7: 7, 6.999999999: 6, 6.5: 6, 6.0: 6} or not (fill == both).all() or missing != 18
sys.exit("changed" if changed else 0)
PY
