#!/usr/bin/env bash
# bdd100k 1.0.1 with scalabel 0.3.1 (checked 2026-11-29): `python -m bdd100k.label.to_mask` loses the
# 255th object of a picture, and gives every later one the class and number of the next.
#
# Seen: objects are drawn by matplotlib in the colour (i >> 8, i % 255), meant as the high and the low
# byte of their number. 255 % 255 is 0, so object 255 has the background's colour; object 256 has that
# of 257, and so on, and the last one has a colour that nothing belongs to. Of 300 squares 298 are left.
#
# Why it matters: nothing is reported, the file looks right, and bitmasks are what evaluation and
# conversions to COCO start from. Panoptic frames of crowded streets have such numbers.
#
# Remedy: split frames with more than 254 objects, or draw the polygons yourself.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check bdd100k==1.0.1 scalabel==0.3.1 \
    numpy==2.2.6 pillow==12.3.0 'matplotlib<3.10' 'pydantic<2'

cd "$tmp"
MPLCONFIGDIR="$tmp" venv/bin/python -W ignore - 2>/dev/null <<'PY'
import sys

import numpy as np
from bdd100k.common.utils import load_bdd100k_config
from bdd100k.label.to_mask import insseg_to_bitmasks
from PIL import Image
from scalabel.label.typing import Frame, ImageSize, Label, Poly2D

COUNT, COLUMNS, STEP = 300, 20, 8


def square(number):
    top, left = number // COLUMNS * STEP, number % COLUMNS * STEP
    corners = [(left, top), (left + 6, top), (left + 6, top + 6), (left, top + 6)]
    category = "car" if number % 2 else "pedestrian"
    return Label(id=number, category=category, poly2d=[Poly2D(vertices=corners, types="LLLL", closed=True)])


config = load_bdd100k_config("ins_seg").scalabel
config.imageSize = ImageSize(height=COUNT // COLUMNS * STEP, width=COLUMNS * STEP)
insseg_to_bitmasks([Frame(name="crowd.jpg", labels=[square(i) for i in range(COUNT)])], ".", config, nproc=1)
bitmask = np.array(Image.open("crowd.png")).astype(int)
centres = [bitmask[i // COLUMNS * STEP + 3, i % COLUMNS * STEP + 3] for i in range(COUNT)]
numbers = [blue << 8 | alpha for _, _, blue, alpha in centres]
classes = [int(red) for red, *_ in centres]
seen = {number: (classes[number - 1], int(numbers[number - 1])) for number in (253, 254, 255, 256, 257, 299, 300)}
for number, (category, found) in seen.items():
    print(f"object {number} of class {1 if number % 2 else 3} is written as class {category}, number {found}")
wanted = {253: (1, 253), 254: (3, 254), 255: (0, 0), 256: (1, 257), 257: (3, 258), 299: (3, 300), 300: (0, 0)}
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
