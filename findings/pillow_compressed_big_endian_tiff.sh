#!/usr/bin/env bash
# Pillow 13.0.0 (checked 2026-11-29, files written by tifffile 2026.3.3): compressed TIFFs of signed or
# floating-point numbers, high byte first, are read with their bytes exchanged.
#
# Seen: libtiff decompresses to the machine's order of bytes; Pillow then exchanges the bytes again, as
# it must where a file is not compressed. 1 becomes 256 in int16 and 16777216 in int32, 1.0 becomes
# 4.6e-41 in float32. Nothing is raised or warned. uint16 is read right, and so is anything uncompressed.
#
# Why it matters: label and instance maps from GIS tools come so. Ids below 256 become multiples of 256,
# which a label set with many ids takes for other classes.
#
# Remedy: read these files with tifffile, or, before Pillow loads the pixels, replace the raw modes
# I;16BS, I;32BS and F;32BF of image.tile by I;16NS, I;32NS and F;32NF where the decoder is libtiff.
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

ids = np.array([[0, 1, 2, 300]] * 8)
native = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
seen, mended = {}, []
for kind in ("uint16", "int16", "int32", "float32"):
    for compression in (None, "zlib"):
        tifffile.imwrite("a.tif", ids.astype(kind), byteorder=">", compression=compression)
        assert np.array_equal(tifffile.imread("a.tif"), ids), "tifffile reads what it wrote"
        with Image.open("a.tif") as image:
            found = np.asarray(image)[0].tolist()
        seen[kind, compression] = found == ids[0].tolist()
        print(f"{kind}, compression {compression}: {found}")
        with Image.open("a.tif") as image:
            if image.tile[0].codec_name == "libtiff":
                image.tile = [
                    tile._replace(args=(native.get(tile.args[0], tile.args[0]), *tile.args[1:])) for tile in image.tile
                ]
            mended.append(np.array_equal(np.asarray(image), ids))
print("with other raw modes: right", all(mended))
wanted = {key: key[1] is None or key[0] == "uint16" for key in seen}
sys.exit(f"changed: {wanted} was expected" if seen != wanted or not all(mended) else 0)
PY
