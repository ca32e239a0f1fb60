#!/usr/bin/env bash
# webdataset 1.0.2 (checked 2026-11-29): files that differ behind the first dot of their names become
# one sample.
#
# Seen: the sample's key is the name up to the FIRST dot, all that follows is the field. With
# frame.0001.jpg, frame.0001.png, frame.0002.jpg and frame.0002.png a shard of two pairs is read as one
# sample "frame" with four fields, "0001.jpg" to "0002.png". Nothing is raised. Dots in folder names
# do no harm.
#
# Why it matters: frame numbers behind a dot are usual in renderings, and Roboflow names its files
# NAME_jpg.rf.HASH.jpg, several for one photo where it augments. Whole sequences shrink to one
# sample, counts of samples are far too low, and code that takes "the field that ends in jpg" pairs
# the photo of one frame with the map of another.
#
# Remedy: replace dots in the stems when the shard is written, and compare the number of samples read
# with the number of pairs written.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 webdataset==1.0.2

cd "$tmp"
venv/bin/python - <<'PY'
import io
import sys
import tarfile

import webdataset


def read(*names):
    """Keys and fields of the samples in a shard of these files."""
    with tarfile.open("shard.tar", "w") as shard:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            shard.addfile(member, io.BytesIO(name.encode()))
    samples = webdataset.WebDataset("shard.tar", shardshuffle=False)
    return {
        sample["__key__"]: [field for field in sample if not field.startswith("__")]
        for sample in samples
    }


frames = read("frame.0001.jpg", "frame.0001.png", "frame.0002.jpg", "frame.0002.png")
roboflow = read("street_jpg.rf.1a2b.jpg", "street_jpg.rf.3c4d.jpg")
fixed = read("frame_0001.jpg", "frame_0001.png", "v1.0/frame_0002.jpg", "v1.0/frame_0002.png")
for name, samples in {"frames": frames, "Roboflow": roboflow, "without dots": fixed}.items():
    print(f"{name}: {len(samples)} samples, {samples}")
same = (
    frames == {"frame": ["0001.jpg", "0001.png", "0002.jpg", "0002.png"]}
    and roboflow == {"street_jpg": ["rf.1a2b.jpg", "rf.3c4d.jpg"]}
    and fixed == {"frame_0001": ["jpg", "png"], "v1.0/frame_0002": ["jpg", "png"]}
)
sys.exit(0 if same else "changed: one sample of four and one of two fields were expected")
PY
