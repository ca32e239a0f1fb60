// The dialog that takes the style of the selected objects from a photo.

import { encode } from "./api.js";
import { byId } from "./dom.js";
import { telling } from "./messages.js";

const LARGEST = { width: 560, height: 360 };

export class ReferenceDialog {
  #photo = null;
  #bitmap = null;
  #region = [0, 0, 1, 1];
  #from = null;

  constructor(editor) {
    this.editor = editor;
    this.dialog = byId("reference");
    this.canvas = byId("reference-canvas");
    byId("reference-file").addEventListener("change", (event) => telling(() => this.#load(event.target.files[0])));
    byId("reference-own").addEventListener("click", () => telling(() => this.#loadOwn()));
    byId("reference-apply").addEventListener("click", () => telling(() => this.#apply()));
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#from = this.#shareOf(event);
    });
    this.canvas.addEventListener("pointermove", (event) => this.#drag(event));
    this.canvas.addEventListener("pointerup", (event) => {
      this.#drag(event);
      this.#from = null;
    });
    for (const id of ["left", "top", "right", "bottom"]) {
      byId(`region-${id}`).addEventListener("change", () => {
        this.#region = ["left", "top", "right", "bottom"].map((each) => Number(byId(`region-${each}`).value) / 100);
        this.#draw();
      });
    }
  }

  open() {
    byId("reference-own").hidden = !this.editor.scene.photo;
    this.dialog.showModal();
    this.#draw();
  }

  async #load(file) {
    if (!file) return;
    this.#show(file, await file.arrayBuffer());
  }

  /** The photo that came with the scene. */
  async #loadOwn() {
    const { width, height, photo } = this.editor.scene;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").putImageData(photoImage(this.editor.scene, photo), 0, 0);
    const blob = await canvas.convertToBlob();
    const box = this.editor.selectionBox();
    await this.#show(blob, await blob.arrayBuffer());
    if (box) this.#region = [box.left / width, box.top / height, box.right / width, box.bottom / height];
    this.#draw();
  }

  async #show(blob, bytes) {
    try {
      this.#bitmap = await createImageBitmap(blob);
    } catch {
      this.#bitmap = null; // a kind that only the server reads
    }
    this.#photo = bytes;
    this.#region = [0, 0, 1, 1];
    this.#draw();
  }

  #draw() {
    const bitmap = this.#bitmap;
    byId("reference-apply").disabled = !this.#photo;
    byId("reference-region").hidden = !bitmap;
    this.canvas.hidden = !bitmap;
    if (!bitmap) return;
    const scale = Math.min(LARGEST.width / bitmap.width, LARGEST.height / bitmap.height);
    this.canvas.width = Math.round(bitmap.width * scale);
    this.canvas.height = Math.round(bitmap.height * scale);
    const context = this.canvas.getContext("2d");
    const { width, height } = this.canvas;
    const [left, top, right, bottom] = this.#region;
    const rect = [left * width, top * height, (right - left) * width, (bottom - top) * height];
    context.drawImage(bitmap, 0, 0, width, height);
    context.fillStyle = "rgb(0 0 0 / 55%)";
    context.fillRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(...rect);
    context.clip();
    context.drawImage(bitmap, 0, 0, width, height);
    context.restore();
    context.strokeStyle = "#fff";
    context.lineWidth = 2;
    context.strokeRect(...rect);
    ["left", "top", "right", "bottom"].forEach((each, i) => (byId(`region-${each}`).value = Math.round(100 * this.#region[i])));
  }

  #drag(event) {
    if (!this.#from) return;
    const to = this.#shareOf(event);
    const [a, b] = [this.#from, to];
    if (Math.abs(a.x - b.x) < 0.01 || Math.abs(a.y - b.y) < 0.01) return;
    this.#region = [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
    this.#draw();
  }

  #shareOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (value, low, length) => Math.min(1, Math.max(0, (value - low) / length));
    return { x: share(event.clientX, box.left, box.width), y: share(event.clientY, box.top, box.height) };
  }

  async #apply() {
    const styles = await encode(this.editor.scene, this.#photo, { region: this.#region });
    this.dialog.close();
    this.editor.applyStyle({ vector: styles[0][1] });
  }
}

/** The photo of a scene, RGB, as ImageData. */
export function photoImage({ width, height }, photo) {
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < photo.length; from += 3, to += 4) {
    image.data[to] = photo[from];
    image.data[to + 1] = photo[from + 1];
    image.data[to + 2] = photo[from + 2];
    image.data[to + 3] = 255;
  }
  return image;
}
