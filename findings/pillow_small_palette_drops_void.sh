#!/usr/bin/env bash
# Pillow 13.0.0 (checked 2026-11-29): a palette of 16 colours or fewer changes the class ids it is
# saved with.
#
# Seen: the PNG writer picks 1, 2 or 4 bits per pixel from the number of colours in the palette, not
# from the largest pixel value. Every id is then cut to its low bits, without an error or a warning:
# with 12 colours the id 255 comes back as 15, with 4 colours as 3, with 2 colours as 1.
#
# Why it matters: label maps with a colour for each class and 255 for "ignore" are the usual way of
# storing small label sets (CMP Facades has 12 classes). The ignored border turns into a class: into
# one that exists (3 of 4), or into one that a one-hot encoding of 12 channels cannot hold (15).
#
# Remedy: fill the palette up to 256 colours before saving, or save gray. save()'s option bits=8 does
# not help: it can only lower the number.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
from PIL import Image

ids = np.array([[0, 1, 255]], np.uint8)


def saved(colours, **options):
    image = Image.fromarray(ids).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([value for index in range(colours) for value in (index, 2 * index % 256, 7)])
    image.save("ids.png", **options)
    with Image.open("ids.png") as again:
        return np.array(again).tolist()[0]


seen = {colours: saved(colours) for colours in (2, 4, 12, 16, 17, 256)}
seen["12, bits=8"] = saved(12, bits=8)
for colours, values in seen.items():
    print(f"palette of {colours}: [0, 1, 255] is read back as {values}")
wanted = {
    2: [0, 1, 1],
    4: [0, 1, 3],
    12: [0, 1, 15],
    16: [0, 1, 15],
    17: [0, 1, 255],
    256: [0, 1, 255],
    "12, bits=8": [0, 1, 15],
}
sys.exit(f"changed: {wanted} were expected" if seen != wanted else 0)
PY
