#!/usr/bin/env bash
# sharp 0.35.5 for Node (checked 2026-11-29): resizing an RGBA label map with the nearest kernel
# changes values.
#
# Seen: before any resize sharp multiplies the colours by alpha, rounds to 8 bits and divides after
# it. With kernel "nearest" no colours are mixed, so nothing should change, but every colour under
# alpha 0 becomes 0, and small alphas leave a few levels: the classes 7, 24, 26 and 33 all become 0
# under alpha 2, and 0, 12, 25 and 25 under alpha 20. removeAlpha() before resize() does not help,
# because sharp applies it after the resize whatever the order of the calls.
#
# Why it matters: in the bitmasks of BDD100K red is the class and alpha the low byte of the instance
# id, so alpha is small nearly everywhere. The result has the right size and valid ids. Pillow's
# NEAREST keeps all values, so preparing data in Python and resizing in a service differ.
#
# Remedy: take the planes out first (extractChannel, in a pipeline of its own) and resize each as a
# gray image.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit sharp@0.35.5

cat > check.mjs <<'JS'
import assert from "node:assert";
import sharp from "sharp";

const classes = [7, 24, 26, 33];
const shape = { width: 4, height: 1, channels: 4 };
const nearest = [8, 2, { kernel: "nearest" }];

async function firstChannel(pipeline) {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  return [0, 2, 4, 6].map((column) => data[column * info.channels]);
}

const map = (alpha) =>
  sharp(Uint8Array.from(classes.flatMap((id) => [id, 0, 0, alpha])), { raw: shape });

const seen = {};
for (const alpha of [0, 1, 2, 20, 255]) {
  seen[alpha] = await firstChannel(map(alpha).resize(...nearest));
  console.log("alpha", alpha, "classes", classes, "after resize", seen[alpha]);
}
seen.removed = await firstChannel(map(2).removeAlpha().resize(...nearest));
const plane = await map(2).extractChannel("red").png().toBuffer();
seen.plane = await firstChannel(sharp(plane).resize(...nearest));
console.log("alpha removed", seen.removed, "red plane alone", seen.plane);
assert.deepStrictEqual(seen, {
  0: [0, 0, 0, 0],
  1: [0, 0, 0, 0],
  2: [0, 0, 0, 0],
  20: [0, 12, 25, 25],
  255: classes,
  removed: [0, 0, 0, 0],
  plane: classes,
});
JS
node check.mjs
