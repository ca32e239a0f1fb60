// Masks: which pixels of a rectangle are meant, {left, top, width, height, data}; data is 1 where a pixel is.

import { clip } from "./rects.js";

export function emptyMask({ left, top, right, bottom }) {
  const width = right - left;
  const height = bottom - top;
  return { left, top, width, height, data: new Uint8Array(width * height) };
}

export function rectOf(mask) {
  return { left: mask.left, top: mask.top, right: mask.left + mask.width, bottom: mask.top + mask.height };
}

/** Whether a pixel of the picture is in a mask. */
export function has(mask, x, y) {
  const column = x - mask.left;
  const row = y - mask.top;
  return column >= 0 && row >= 0 && column < mask.width && row < mask.height && mask.data[row * mask.width + column] === 1;
}

/** The pixels of an instance, which lies inside a rectangle. */
export function maskOfInstance(maps, id, box) {
  const mask = emptyMask(box);
  for (let y = 0, to = 0; y < mask.height; y++) {
    let from = (box.top + y) * maps.width + box.left;
    for (let x = 0; x < mask.width; x++, from++, to++) if (maps.instance[from] === id) mask.data[to] = 1;
  }
  return mask;
}

/** The rectangle with corners in the pixels (x0, y0) and (x1, y1), both inside it; null outside the picture. */
export function rectangleMask(maps, x0, y0, x1, y1) {
  const corners = { left: Math.min(x0, x1), top: Math.min(y0, y1), right: Math.max(x0, x1) + 1, bottom: Math.max(y0, y1) + 1 };
  const rect = clip(corners, maps.width, maps.height);
  if (!rect) return null;
  const mask = emptyMask(rect);
  mask.data.fill(1);
  return mask;
}

/** Pixels whose centres are within `radius` of a line from one point to another; null outside the picture. */
export function strokeMask(maps, from, to, radius) {
  const reach = Math.max(radius, 0.5);
  const rect = clip(
    {
      left: Math.min(from.x, to.x) - reach,
      top: Math.min(from.y, to.y) - reach,
      right: Math.max(from.x, to.x) + reach,
      bottom: Math.max(from.y, to.y) + reach,
    },
    maps.width,
    maps.height,
  );
  if (!rect) return null;
  const mask = emptyMask(rect);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const lengthSquared = dx * dx + dy * dy;
  // The pixel under the point itself is always painted, however thin the brush.
  const reachSquared = Math.max(reach * reach, 0.5);
  for (let row = 0, i = 0; row < mask.height; row++) {
    const y = rect.top + row + 0.5 - from.y;
    for (let column = 0; column < mask.width; column++, i++) {
      const x = rect.left + column + 0.5 - from.x;
      const along = lengthSquared ? Math.min(1, Math.max(0, (x * dx + y * dy) / lengthSquared)) : 0;
      const offX = x - along * dx;
      const offY = y - along * dy;
      if (offX * offX + offY * offY <= reachSquared) mask.data[i] = 1;
    }
  }
  return mask;
}

/** Pixels whose centres are inside a polygon by the even-odd rule; null outside the picture. */
export function polygonMask(maps, points) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const box = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
  const rect = points.length > 2 ? clip(box, maps.width, maps.height) : null;
  if (!rect) return null;
  const mask = emptyMask(rect);
  for (let row = 0; row < mask.height; row++) {
    const y = rect.top + row + 0.5;
    const crossings = [];
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const a = points[i];
      const b = points[j];
      if (a.y > y !== b.y > y) crossings.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const begin = Math.max(0, Math.ceil(crossings[i] - 0.5) - rect.left);
      const end = Math.min(mask.width, Math.ceil(crossings[i + 1] - 0.5) - rect.left);
      if (begin < end) mask.data.fill(1, row * mask.width + begin, row * mask.width + end);
    }
  }
  return mask;
}

/** The pixels that hang together with (x, y), by their sides, and have its label and instance. */
export function connectedMask(maps, x, y) {
  const { width, height, label, instance } = maps;
  const start = y * width + x;
  const [wantedLabel, wantedInstance] = [label[start], instance[start]];
  const seen = new Uint8Array(width * height);
  const isWanted = (i) => !seen[i] && label[i] === wantedLabel && instance[i] === wantedInstance;
  const stack = [start];
  const box = { left: x, top: y, right: x + 1, bottom: y + 1 };
  while (stack.length) {
    const inside = stack.pop();
    if (!isWanted(inside)) continue;
    const row = inside - (inside % width);
    let left = inside;
    let right = inside;
    while (left > row && isWanted(left - 1)) left--;
    while (right < row + width - 1 && isWanted(right + 1)) right++;
    seen.fill(1, left, right + 1);
    box.left = Math.min(box.left, left - row);
    box.right = Math.max(box.right, right - row + 1);
    box.top = Math.min(box.top, row / width);
    box.bottom = Math.max(box.bottom, row / width + 1);
    for (const next of [row - width, row + width]) {
      if (next < 0 || next >= width * height) continue;
      let isOpen = false;
      for (let i = next + left - row; i <= next + right - row; i++) {
        const wanted = isWanted(i);
        if (wanted && !isOpen) stack.push(i);
        isOpen = wanted;
      }
    }
  }
  const mask = emptyMask(box);
  for (let i = 0; i < mask.height; i++) {
    const from = (box.top + i) * width + box.left;
    mask.data.set(seen.subarray(from, from + mask.width), i * mask.width);
  }
  return mask;
}

/** A mask moved and stretched into a rectangle, and mirrored where asked; the rectangle may lie outside the picture. */
export function stretchedMask(mask, rect, isMirrored = false) {
  const { left, top, right, bottom } = rect;
  const width = Math.max(1, Math.round(right - left));
  const height = Math.max(1, Math.round(bottom - top));
  const result = { left: Math.round(left), top: Math.round(top), width, height, data: new Uint8Array(width * height) };
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++, to++) {
      const column = Math.floor(((x + 0.5) * mask.width) / width);
      result.data[to] = mask.data[row + (isMirrored ? mask.width - 1 - column : column)];
    }
  }
  return result;
}

/** The part of a mask inside the picture; null where there is none. */
export function clippedMask(mask, { width, height }) {
  const rect = clip(rectOf(mask), width, height);
  if (!rect) return null;
  const result = emptyMask(rect);
  for (let y = 0; y < result.height; y++) {
    const from = (rect.top - mask.top + y) * mask.width + rect.left - mask.left;
    result.data.set(mask.data.subarray(from, from + result.width), y * result.width);
  }
  return result.data.includes(1) ? result : null;
}

/** The outline of a mask along the sides of its pixels, in pixels of the picture. */
export function outline({ left, top, width, height, data }) {
  const path = new Path2D();
  for (let y = 0; y <= height; y++) {
    const row = y * width;
    let begin = -1;
    for (let x = 0; x <= width; x++) {
      const here = y < height && x < width ? data[row + x] : 0;
      const above = y > 0 && x < width ? data[row - width + x] : 0;
      if (here !== above) {
        if (begin < 0) begin = x;
      } else if (begin >= 0) {
        path.moveTo(left + begin, top + y);
        path.lineTo(left + x, top + y);
        begin = -1;
      }
    }
  }
  for (let x = 0; x <= width; x++) {
    let begin = -1;
    for (let y = 0, i = x; y <= height; y++, i += width) {
      const here = y < height && x < width ? data[i] : 0;
      const before = y < height && x > 0 ? data[i - 1] : 0;
      if (here !== before) {
        if (begin < 0) begin = y;
      } else if (begin >= 0) {
        path.moveTo(left + x, top + begin);
        path.lineTo(left + x, top + y);
        begin = -1;
      }
    }
  }
  return path;
}
