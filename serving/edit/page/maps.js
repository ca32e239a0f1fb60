// The label map and the instance map of a scene, and what an edit changed in them.

import { clip, union } from "./rects.js";

/** Words of each run of a delta: first pixel, pixels, values before and after (label << 16 | instance). */
const WORDS = 4;

export class Maps {
  #before = null;
  #touched = null;

  /** Both maps are Uint16Arrays of width * height raw ids, row by row. */
  constructor(width, height, label, instance) {
    this.width = width;
    this.height = height;
    this.label = label;
    this.instance = instance;
  }

  get isChanging() {
    return this.#before !== null;
  }

  /** Starts an edit, which `end` or `cancel` ends. */
  begin() {
    this.#before = this.copy();
    this.#touched = null;
  }

  /** Says that the edit changed pixels inside a rectangle. */
  touch(rect) {
    this.#touched = union(this.#touched, rect);
  }

  /** Ends the edit and returns its delta, null where nothing changed. */
  end() {
    const runs = this.#touched ? difference(this.#before, this, this.#touched) : null;
    this.#before = this.#touched = null;
    return runs;
  }

  /** Ends the edit with everything as it was; returns the rectangle that was touched, or null. */
  cancel() {
    const touched = this.#touched;
    if (touched) this.copyFrom(this.#before, touched);
    this.#before = this.#touched = null;
    return touched;
  }

  copy() {
    return new Maps(this.width, this.height, this.label.slice(), this.instance.slice());
  }

  /** Takes the pixels of a rectangle from other maps of the same size. */
  copyFrom(other, { left, top, right, bottom }) {
    for (let y = top; y < bottom; y++) {
      const start = y * this.width + left;
      const end = y * this.width + right;
      this.label.set(other.label.subarray(start, end), start);
      this.instance.set(other.instance.subarray(start, end), start);
    }
  }

  /** Applies a delta, or takes it back; returns the rectangle that changed. */
  apply(runs, forward) {
    let rect = null;
    for (let i = 0; i < runs.length; i += WORDS) {
      const start = runs[i];
      const end = start + runs[i + 1];
      const value = runs[i + (forward ? 3 : 2)];
      this.label.fill(value >>> 16, start, end);
      this.instance.fill(value & 0xffff, start, end);
      const y = Math.floor(start / this.width);
      rect = union(rect, { left: start - y * this.width, top: y, right: end - y * this.width, bottom: y + 1 });
    }
    return rect;
  }

  /** The maps at a lower resolution, or a part of them: every pixel is the nearest one. */
  sampled(rect, width, height) {
    const label = new Uint16Array(width * height);
    const instance = new Uint16Array(width * height);
    const columns = nearest(rect.left, rect.right, width, this.width);
    const rows = nearest(rect.top, rect.bottom, height, this.height);
    for (let y = 0, to = 0; y < height; y++) {
      const row = rows[y] * this.width;
      for (let x = 0; x < width; x++, to++) {
        label[to] = this.label[row + columns[x]];
        instance[to] = this.instance[row + columns[x]];
      }
    }
    return { width, height, label, instance };
  }

  /** Place of a pixel, -1 outside. */
  indexOf(x, y) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height ? y * this.width + x : -1;
  }
}

function nearest(begin, end, count, limit) {
  const step = (end - begin) / count;
  return Int32Array.from({ length: count }, (_, i) => Math.min(limit - 1, Math.max(0, Math.floor(begin + (i + 0.5) * step))));
}

/** Runs of pixels, within rows of a rectangle, that two pairs of maps have differently; null where they are equal. */
function difference(before, after, rect) {
  const { left, top, right, bottom } = clip(rect, after.width, after.height);
  let runs = new Uint32Array(1024);
  let length = 0;
  for (let y = top; y < bottom; y++) {
    const row = y * after.width;
    let open = -1;
    for (let i = row + left; i < row + right; i++) {
      const old = ((before.label[i] << 16) | before.instance[i]) >>> 0;
      const now = ((after.label[i] << 16) | after.instance[i]) >>> 0;
      if (old === now) {
        open = -1;
      } else if (open >= 0 && runs[open + 2] === old && runs[open + 3] === now) {
        runs[open + 1]++;
      } else {
        if (length + WORDS > runs.length) {
          const longer = new Uint32Array(2 * runs.length);
          longer.set(runs);
          runs = longer;
        }
        runs.set([i, 1, old, now], length);
        open = length;
        length += WORDS;
      }
    }
  }
  return length ? runs.slice(0, length) : null;
}
