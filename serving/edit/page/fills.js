// What comes into a place that an object leaves: whatever surrounds it.

import { clip, grown } from "./rects.js";
import { rectOf } from "./masks.js";

/**
 * Replaces the pixels of a mask by the nearest ones around it. Regions (road, sky) spread and single objects do not, so that no
 * car grows where another one was; only where nothing but objects is around do they.
 */
export function fillFromAround(scene, mask) {
  const { maps, classes } = scene;
  const rect = clip(grown(rectOf(mask), 1), maps.width, maps.height);
  const isRegion = (i) => !classes.ofLabel(maps.label[i])?.countable;
  if (!spread(maps, mask, rect, isRegion)) spread(maps, mask, rect, () => true);
}

/** Fills a mask breadth first from those of its neighbours that `isSource` allows; returns whether there were any. */
function spread(maps, mask, rect, isSource) {
  const columns = rect.right - rect.left;
  const rows = rect.bottom - rect.top;
  // 0: to be filled, 1: filled or not in the mask.
  const isDone = new Uint8Array(columns * rows).fill(1);
  for (let y = 0; y < mask.height; y++) {
    const to = (mask.top - rect.top + y) * columns + mask.left - rect.left;
    for (let x = 0; x < mask.width; x++) if (mask.data[y * mask.width + x]) isDone[to + x] = 0;
  }
  const indexOf = (place) => (rect.top + Math.floor(place / columns)) * maps.width + rect.left + (place % columns);
  const queue = new Int32Array(columns * rows);
  let length = 0;
  const neighbours = (place, visit) => {
    const column = place % columns;
    if (column > 0) visit(place - 1);
    if (column < columns - 1) visit(place + 1);
    if (place >= columns) visit(place - columns);
    if (place < columns * (rows - 1)) visit(place + columns);
  };
  for (let place = 0; place < isDone.length; place++) {
    if (!isDone[place] || !isSource(indexOf(place))) continue;
    let touches = false;
    neighbours(place, (other) => (touches ||= !isDone[other]));
    if (touches) queue[length++] = place;
  }
  for (let head = 0; head < length; head++) {
    const from = indexOf(queue[head]);
    neighbours(queue[head], (other) => {
      if (isDone[other]) return;
      isDone[other] = 1;
      const to = indexOf(other);
      maps.label[to] = maps.label[from];
      maps.instance[to] = maps.instance[from];
      queue[length++] = other;
    });
  }
  return length > 0;
}
