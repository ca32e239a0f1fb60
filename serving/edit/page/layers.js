// The layers of the view, each a canvas as large as the scene: picture, label colours and edges of instances.

import { Emitter } from "./emitter.js";
import { clip, grown, whole } from "./rects.js";

const EDGE = 0xe6ffffff;
/** Pixels that are drawn at once; more come in strips, so that the page goes on answering. */
const AT_ONCE = 200_000;
/** Milliseconds that strips may take before others have their turn. */
const TURN = 10;

function newCanvas({ width, height }) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** Red, green, blue as a canvas has it in a Uint32Array, opaque. */
function word([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Events: `drawn`, when labels and edges were drawn later than asked for. */
export class Layers extends Emitter {
  #scene;
  #strips = [];
  #colors = new Uint32Array(65536);

  constructor(scene) {
    super();
    this.#scene = scene;
    this.picture = newCanvas(scene);
    this.labels = newCanvas(scene);
    this.edges = newCanvas(scene);
    this.hasPicture = false;
    for (const item of scene.classes.list) for (const id of item.ids) this.#colors[id] = word(item.color);
    this.update(whole(scene));
    scene.on("pixels", (rect) => this.update(rect));
    scene.on("flags", (ids) => {
      for (const id of ids) if (scene.objects.has(id)) this.update(scene.objects.get(id).box);
    });
  }

  /** Draws labels and edges of a rectangle anew; a large one within the next moments. */
  update(rect) {
    const part = clip(grown(rect, 1), this.#scene.width, this.#scene.height);
    if (!part) return;
    const columns = part.right - part.left;
    if (columns * (part.bottom - part.top) <= AT_ONCE) {
      this.#draw(part);
      return;
    }
    const rows = Math.max(1, Math.floor(AT_ONCE / 4 / columns));
    const isIdle = this.#strips.length === 0;
    for (let { top } = part; top < part.bottom; top += rows) {
      this.#strips.push({ ...part, top, bottom: Math.min(part.bottom, top + rows) });
    }
    if (isIdle) this.#drawStrips();
  }

  #drawStrips() {
    const end = performance.now() + TURN;
    while (this.#strips.length && performance.now() < end) this.#draw(this.#strips.shift());
    if (this.#strips.length) setTimeout(() => this.#drawStrips());
    this.emit("drawn");
  }

  #draw(part) {
    const width = part.right - part.left;
    const height = part.bottom - part.top;
    const labels = new Uint32Array(width * height);
    const edges = new Uint32Array(width * height);
    const { maps, isHidden } = this.#scene;
    const { label, instance } = maps;
    const [last, bottom] = [maps.width - 1, maps.height - 1];
    for (let y = part.top, to = 0; y < part.bottom; y++) {
      for (let x = part.left, i = y * maps.width + x; x < part.right; x++, i++, to++) {
        const id = instance[i];
        if (!isHidden[id]) labels[to] = this.#colors[label[i]];
        const isEdge =
          (x > 0 && instance[i - 1] !== id) ||
          (x < last && instance[i + 1] !== id) ||
          (y > 0 && instance[i - maps.width] !== id) ||
          (y < bottom && instance[i + maps.width] !== id);
        if (isEdge) edges[to] = EDGE;
      }
    }
    put(this.labels, labels, width, part);
    put(this.edges, edges, width, part);
  }

  /** Shows a painted picture, stretched where it is smaller than the scene. */
  async show(image) {
    const context = this.picture.getContext("2d");
    if (image.width === this.picture.width && image.height === this.picture.height) {
      context.putImageData(image, 0, 0);
    } else {
      const bitmap = await createImageBitmap(image);
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, 0, 0, this.picture.width, this.picture.height);
      bitmap.close();
    }
    this.hasPicture = true;
  }
}

function put(canvas, words, width, { left, top }) {
  canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(words.buffer), width), left, top);
}
