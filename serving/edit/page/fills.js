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
  const isOpen = new Uint8Array(columns * rows);
  for (let y = 0; y < mask.height; y++) {
    const to = (mask.top - rect.top + y) * columns + mask.left - rect.left;
    isOpen.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), to);
  }
  const indexOf = (row, column) => (rect.top + row) * maps.width + rect.left + column;
  const queue = new Int32Array(columns * rows);
  let length = 0;
  for (let row = 0, place = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, place++) {
      if (isOpen[place]) continue;
      const touches =
        (column > 0 && isOpen[place - 1]) ||
        (column < columns - 1 && isOpen[place + 1]) ||
        (row > 0 && isOpen[place - columns]) ||
        (row < rows - 1 && isOpen[place + columns]);
      if (touches && isSource(indexOf(row, column))) queue[length++] = place;
    }
  }
  const { label, instance } = maps;
  for (let head = 0; head < length; head++) {
    const place = queue[head];
    const column = place % columns;
    const row = (place - column) / columns;
    const from = indexOf(row, column);
    const take = (other, to) => {
      if (!isOpen[other]) return;
      isOpen[other] = 0;
      label[to] = label[from];
      instance[to] = instance[from];
      queue[length++] = other;
    };
    if (column > 0) take(place - 1, from - 1);
    if (column < columns - 1) take(place + 1, from + 1);
    if (row > 0) take(place - columns, from - maps.width);
    if (row < rows - 1) take(place + columns, from + maps.width);
  }
  return length > 0;
}
