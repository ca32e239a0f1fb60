#!/usr/bin/env bash
# Pillow 13.0.0 (checked 2026-11-29, files written by tifffile 2026.3.3): an uncompressed TIFF with three
# 16-bit channels in separate planes is read as noise.
#
# Seen: Pillow takes each byte of a plane for a sample of 8 bits. Half a plane fills a channel, and
# neighbouring pixels are low and high bytes of one sample. Nothing is raised or warned. The same
# file with interleaved channels, with 8 bits, or compressed is read right (as its high bytes).
#
# Why it matters: microscopes and GIS tools write such photos. A training on them learns noise.
#
# Remedy: read these files with tifffile, or, before Pillow loads the pixels, append ";16L" (";16B" in
# files of "MM" order) to the raw mode of each of image.tile.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 tifffile==2026.3.3

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
import tifffile
from PIL import Image

eight = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
sixteen = eight.astype(np.uint16) * 257


def planes(array):
    return np.moveaxis(array, -1, 0).copy()


files = {
    "16 bits, planes": (planes(sixteen), {"planarconfig": "separate"}),
    "16 bits, planes, deflate": (planes(sixteen), {"planarconfig": "separate", "compression": "zlib"}),
    "16 bits, interleaved": (sixteen, {"planarconfig": "contig"}),
    "8 bits, planes": (planes(eight), {"planarconfig": "separate"}),
}
seen = {}
for name, (array, options) in files.items():
    tifffile.imwrite("a.tif", array, photometric="rgb", **options)
    assert np.array_equal(tifffile.imread("a.tif"), array), "tifffile reads what it wrote"
    with Image.open("a.tif") as image:
        difference = int(np.abs(np.asarray(image).astype(int) - eight).max())
    seen[name] = difference == 0
    print(f"{name}: differs by up to {difference} of 255")

tifffile.imwrite("a.tif", planes(sixteen), photometric="rgb", planarconfig="separate")
with Image.open("a.tif") as image:
    image.tile = [tile._replace(args=(tile.args[0] + ";16L", *tile.args[1:])) for tile in image.tile]
    mended = np.array_equal(np.asarray(image), eight)
print("16 bits, planes, with other raw modes: right", mended)
wanted = {name: name != "16 bits, planes" for name in files}
sys.exit(f"changed: {wanted} was expected" if seen != wanted or not mended else 0)
PY
