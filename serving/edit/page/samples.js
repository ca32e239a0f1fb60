// Small pictures of the surroundings of an object, which are painted instead of the whole scene.

import { framed } from "./object-panel.js";

/** Around the object, so that it is painted as it would be in the whole picture. */
const CONTEXT = 1.8;
const LARGEST = { width: 192, height: 128 };
const MULTIPLE = 32;

/** The window around a box, and around what surrounds it, that is painted. */
export function contextOf(box, shape, scene) {
  const { left, top, width, height } = framed(box, shape, scene);
  const grow = (low, length, limit) => {
    const wanted = Math.min(limit, Math.max(CONTEXT * length, MULTIPLE * 2));
    const begin = Math.floor(Math.min(limit - wanted, Math.max(0, low + (length - wanted) / 2)));
    return [begin, Math.min(limit, Math.ceil(begin + wanted))];
  };
  const [begin, end] = grow(left, width, scene.width);
  const [upper, lower] = grow(top, height, scene.height);
  return { left: begin, right: end, top: upper, bottom: lower };
}

/** The size at which a window is painted. */
export function sampleSize({ left, top, right, bottom }) {
  const rounded = (length, limit) => Math.max(MULTIPLE, Math.min(limit, Math.round(length / MULTIPLE) * MULTIPLE));
  return { width: rounded(right - left, LARGEST.width), height: rounded(bottom - top, LARGEST.height) };
}

/** Gives a piece of a region, in a sample of the maps, an id that no object of the scene has; returns the id. */
export function separate(maps, rect, part, scene) {
  let id = 65535;
  while (scene.objects.has(id)) id--;
  const { mask } = part;
  for (let y = 0, i = 0; y < maps.height; y++) {
    const row = Math.floor(rect.top + ((y + 0.5) * (rect.bottom - rect.top)) / maps.height) - mask.top;
    for (let x = 0; x < maps.width; x++, i++) {
      const column = Math.floor(rect.left + ((x + 0.5) * (rect.right - rect.left)) / maps.width) - mask.left;
      const isInside =
        row >= 0 && column >= 0 && row < mask.height && column < mask.width && mask.data[row * mask.width + column];
      if (isInside && maps.instance[i] === part.id) maps.instance[i] = id;
    }
  }
  return id;
}
