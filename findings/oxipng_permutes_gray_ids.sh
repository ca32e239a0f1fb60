#!/usr/bin/env bash
# oxipng (pyoxipng 9.1.1) and Pillow 13.0.0 (checked 2026-11-29): a lossless PNG optimizer turns a
# gray label map into a palette image whose indices are other class ids.
#
# Seen: where it makes the file smaller, oxipng stores the gray levels as a palette in an order of
# its own. The picture is the same, but what np.array(Image.open(path)) returns is the index, so the
# ids 0, 1 and 255 come back as 2, 0 and 1. Whether it happens depends on the content: other maps of
# the same set stay gray, so a check of one file proves nothing.
#
# Why it matters: optimizers run over whole data folders and repositories. Label maps with a palette
# are usual (Pascal VOC) and there the index is the id, so a reader cannot tell the two apart by the
# mode alone. Training goes on with permuted classes.
#
# Remedy: keep label maps away from optimizers (oxipng: --nc, or color_type_reduction=False and
# palette_reduction=False). In a reader: where the palette is gray and differs from the index, the
# colour is the id.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pillow==13.0.0 \
    pyoxipng==9.1.1

cd "$tmp"
venv/bin/python - <<'PY'
import sys

import numpy as np
import oxipng
from PIL import Image


def label_map(count):
    """Blocks of 3 x 3 pixels with the ids 0 to count - 2 and 255."""
    blocks = np.random.RandomState(0).randint(0, count, (64, 128)).astype(np.uint8)
    blocks[blocks == count - 1] = 255
    return blocks.repeat(3, 0).repeat(3, 1)


def optimized(ids, **options):
    Image.fromarray(ids).save("ids.png")
    oxipng.optimize("ids.png", "small.png", **options)
    with Image.open("small.png") as image:
        levels = np.array(image.convert("L"))
        return image.mode, np.array(image), bool((levels == ids).all())


seen = {}
for count in (3, 12):
    ids = label_map(count)
    mode, read, same_picture = optimized(ids)
    wrong = round(float((read != ids).mean()), 3)
    seen[count] = (mode, wrong, same_picture)
    print(f"{count} classes: mode {mode}, wrong ids {wrong}, same picture {same_picture}")
ids = label_map(3)
mode, read, _ = optimized(ids, color_type_reduction=False, palette_reduction=False)
seen["kept"] = (mode, float((read != ids).mean()))
print("3 classes without reductions: mode", *seen["kept"])
wanted = {3: ("P", 1.0, True), 12: ("L", 0.0, True), "kept": ("L", 0.0)}
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
