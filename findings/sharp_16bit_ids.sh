#!/usr/bin/env bash
# sharp 0.35.5 for Node (checked 2026-11-29): 16-bit gray PNGs come out as 8-bit RGB, also where 16
# bits are asked for.
#
# Seen: metadata() reports one channel of "ushort", but every pipeline converts to 8-bit sRGB and
# keeps the high byte: 26001 and 26002 both become 101, three times. raw({ depth: "ushort" }) only
# puts those 8-bit values into 16-bit numbers. png() of an untouched image writes 8-bit RGB.
#
# Why it matters: instance maps in the manner of Cityscapes (class * 1000 + number) lose their
# instances in the usual image library of web front ends and upload services, and the values that
# are left are valid ids. An 8-bit label map keeps its values but gets three channels.
#
# Remedy: toColourspace("grey16") for 16-bit maps, toColourspace("b-w") for 8-bit ones.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit sharp@0.35.5

cat > check.mjs <<'JS'
import assert from "node:assert";
import sharp from "sharp";

const ids = Uint16Array.from([0, 7, 26001, 26002]);
const shape = { width: 4, height: 1, channels: 1 };
const png = await sharp(ids, { raw: shape }).toColourspace("grey16").png().toBuffer();
const classes = await sharp(Uint8Array.from([0, 7, 26, 33]), { raw: shape })
  .toColourspace("b-w").png().toBuffer();

const { channels, depth } = await sharp(png).metadata();
console.log("file: channels", channels, "depth", depth, "header", png[24], png[25]);
assert.deepStrictEqual([channels, depth, png[24], png[25]], [1, "ushort", 16, 0]);

async function values(pipeline) {
  const { data, info } = await pipeline.raw({ depth: "ushort" }).toBuffer({ resolveWithObject: true });
  const all = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  return [info.channels, Array.from(all)];
}

const plain = await values(sharp(png));
console.log("raw as ushort:", ...plain);
assert.deepStrictEqual(plain, [3, [0, 0, 0, 0, 0, 0, 101, 101, 101, 101, 101, 101]]);

const again = await sharp(png).png().toBuffer();
console.log("written again: bit depth", again[24], "colour type", again[25]);
assert.deepStrictEqual([again[24], again[25]], [8, 2]);

const kept = await values(sharp(png).toColourspace("grey16"));
console.log("raw with grey16:", ...kept);
assert.deepStrictEqual(kept, [1, [0, 7, 26001, 26002]]);

const wide = await values(sharp(classes));
const narrow = await values(sharp(classes).toColourspace("b-w"));
console.log("8-bit map: channels", wide[0], "and with b-w", ...narrow);
assert.deepStrictEqual([wide[0], narrow], [3, [1, [0, 7, 26, 33]]]);
JS
node check.mjs
