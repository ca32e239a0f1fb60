#!/usr/bin/env bash
# datumaro 1.13.12 (checked 2026-11-29): every category of an exported COCO panoptic set is stuff.
#
# Seen: the exporter writes `"isthing": 0` for each category, whatever the annotations are, while the
# segments of two cars do keep ids of their own.
#
# Why it matters: panopticapi and loaders of instances take things by `isthing`. They find none, and
# cars that touch become one region, without an error.
#
# Remedy: set `isthing` in the JSON after the export. Reading: take a file without any thing as one whose
# writer did not know.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check datumaro==1.13.12 numpy==2.2.6

cd "$tmp"
venv/bin/python -W ignore - <<'PY'
import json
import sys

import numpy as np
from datumaro import Dataset, DatasetItem, Image, Mask

objects = np.zeros((8, 12), int)
objects[2:6, 1:6], objects[2:6, 6:11] = 1, 2
masks = [Mask(objects == number, label=0, id=number, group=number) for number in (1, 2)]
item = DatasetItem("street", subset="train", media=Image.from_numpy(data=np.zeros((8, 12, 3), np.uint8)), annotations=masks)
Dataset.from_iterable([item], categories=["car"]).export("out", "coco_panoptic", save_media=True)
with open("out/annotations/panoptic_train.json") as file:
    document = json.load(file)
things = {category["name"]: category["isthing"] for category in document["categories"]}
segments = len(document["annotations"][0]["segments_info"])
print(f"two cars: {segments} segments, isthing {things}")
sys.exit("changed" if (things, segments) != ({"car": 0}, 2) else 0)
PY
