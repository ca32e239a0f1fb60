// The objects of a scene: every instance id in use is one.

import { union } from "./rects.js";

const PER_CLASS = 1000;
const IDS = 65536;

/** Finds all objects: a Map from id to {id, label (that of most of its pixels), pixels, box}, the largest first. */
export function findObjects(maps) {
  const { width, height, label, instance } = maps;
  const parts = new Map();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width;) {
      const begin = x;
      const [runLabel, runInstance] = [label[i], instance[i]];
      do {
        x++;
        i++;
      } while (x < width && label[i] === runLabel && instance[i] === runInstance);
      addRun(parts, runLabel, runInstance, begin, x, y);
    }
  }
  const found = new Map();
  for (const part of parts.values()) {
    const known = found.get(part.id);
    if (!known) {
      found.set(part.id, { ...part, largest: part.pixels });
      continue;
    }
    if (part.pixels > known.largest) [known.label, known.largest] = [part.label, part.pixels];
    known.pixels += part.pixels;
    known.box = union(known.box, part.box);
  }
  return new Map([...found].sort(([, a], [, b]) => b.pixels - a.pixels));
}

function addRun(parts, label, id, begin, end, y) {
  const key = label * IDS + id;
  let part = parts.get(key);
  if (!part) {
    part = { id, label, pixels: 0, box: { left: begin, top: y, right: end, bottom: y + 1 } };
    parts.set(key, part);
  }
  part.pixels += end - begin;
  if (begin < part.box.left) part.box.left = begin;
  if (end > part.box.right) part.box.right = end;
  part.box.bottom = y + 1;
}

/** An id that no object has: as Cityscapes numbers them (26000, 26001, ... of label 26) where that fits, else any. */
export function newId(objects, classes, label) {
  const isFree = (id) => id < IDS && !objects.has(id) && !classes.isRawId(id);
  const first = label * PER_CLASS;
  if (label > 0 && first + PER_CLASS <= IDS) for (let id = first; id < first + PER_CLASS; id++) if (isFree(id)) return id;
  for (let id = IDS - 1; id >= 0; id--) if (isFree(id)) return id;
  throw new Error("All 65536 ids are in use; delete an object first.");
}

/** The id that pixels of an uncountable class share: that of its largest region, else the class's own number. */
export function regionId(objects, classes, item) {
  for (const object of objects.values()) if (item.ids.includes(object.label)) return object.id;
  return objects.has(item.ids[0]) ? newId(objects, classes, item.ids[0]) : item.ids[0];
}
