#!/usr/bin/env bash
# label-studio-sdk 2.1.2 (checked 2026-11-29): its COCO export of brushes fills holes and drops thin
# strokes, and its mask2rle takes a mask of 0 and 1 and makes an invisible brush of it.
#
# Seen: BRUSH_TO_COCO traces the outer contours of a brush (RETR_EXTERNAL): a ring of 40 pixels comes
# back as the 49 of the whole square, and a stroke of two corners (a line one pixel wide) is no
# polygon and is left out. mask2rle(mask) accepts uint8 of any values and writes them as the opacity:
# with 0 and 1, opacity is 1 of 255, which the editor shows as nothing and a threshold of 128 drops.
#
# Why it matters: the export's file looks complete. Windows, handles and gaps between wheels become
# part of the object, poles vanish, and masks imported by mask2rle seem to have no annotations.
#
# Remedy: export JSON and decode `rle` yourself (the fourth of four channels); import masks of 0 and 255.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check --no-deps label-studio-sdk==2.1.2 numpy==2.2.6 \
    opencv-python-headless==4.12.0.88 pillow==12.3.0 pycocotools==2.0.11 requests==2.34.2 urllib3==2.8.0 idna==3.20 \
    certifi charset-normalizer==3.5.3 lxml==6.1.3 nltk==3.10.4 regex appdirs==1.4.4 pyjwt==2.15.1 ijson==3.6.0 ujson==6.1.0

cd "$tmp"
venv/bin/python - <<'PY'
import json
import sys

import numpy as np
from label_studio_sdk.converter import Converter, brush
from pycocotools import mask as coco

SIZE = 16
ring = np.zeros((SIZE, SIZE), np.uint8)
ring[3:10, 3:10] = 255
ring[5:8, 5:8] = 0
pole = np.zeros((SIZE, SIZE), np.uint8)
pole[2:14, 12] = 255


def region(mask, name):
    value = {"format": "rle", "rle": brush.mask2rle(mask), "brushlabels": [name]}
    size = {"original_width": SIZE, "original_height": SIZE}
    return {"id": name, "type": "brushlabels", "from_name": "tag", "to_name": "image", "value": value, **size}


tasks = [{"id": 1, "data": {"image": "a.png"}, "annotations": [{"id": 1, "result": [region(ring, "ring"), region(pole, "pole")]}]}]
with open("tasks.json", "w") as file:
    json.dump(tasks, file)
config = (
    '<View><Image name="image" value="$image"/><BrushLabels name="tag" toName="image">'
    '<Label value="ring"/><Label value="pole"/></BrushLabels></View>'
)
Converter(config, project_dir=None, download_resources=False).convert("tasks.json", "out", "BRUSH_TO_COCO", is_dir=False)
with open("out/result_coco.json") as file:
    document = json.load(file)
names = {item["id"]: item["name"] for item in document["categories"]}
found = {}
for item in document["annotations"]:
    image = np.zeros((SIZE, SIZE), np.uint8)
    import cv2

    for polygon in item["segmentation"]:
        cv2.fillPoly(image, [np.array(polygon, np.int32).reshape(-1, 2)], 1)
    found[names[item["category_id"]]] = int(image.sum())
opacity = int(brush.decode_rle(brush.mask2rle((ring > 0).astype(np.uint8)))[3::4].max())
print(f"ring of {(ring > 0).sum()} and pole of {(pole > 0).sum()} pixels; in the COCO export: {found}")
print(f"opacity of a mask of 0 and 1 after mask2rle: {opacity} of 255")
sys.exit("changed" if (found, opacity) != ({"ring": 49}, 1) else 0)
PY
