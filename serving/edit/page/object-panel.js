// The list of the scene's objects.

import { byId, element, iconButton, readable, swatch } from "./dom.js";
import { grown } from "./rects.js";

const THUMBNAIL = { width: 54, height: 36 };
const MOST_ROWS = 400;

export class ObjectPanel {
  #rows = new Map();
  #drawing = 0;

  constructor(editor) {
    this.editor = editor;
    this.list = byId("object-list");
  }

  open(scene, selection, painter) {
    this.#rows.clear();
    this.list.replaceChildren();
    scene.on("objects", () => scene.isChanging || this.#update());
    scene.on("flags", () => this.#update());
    selection.on("change", () => this.#mark());
    painter.on("painted", ({ isFull }) => isFull && this.#drawThumbnails());
    this.#update();
  }

  #update() {
    const { scene, classes } = this.editor;
    const numbers = new Map();
    const objects = [...scene.objects.values()].sort((a, b) => a.label - b.label || a.id - b.id);
    const names = new Map();
    for (const object of objects) {
      const item = classes.ofLabel(object.label);
      const number = (numbers.get(item) ?? 0) + 1;
      numbers.set(item, number);
      names.set(object.id, item?.countable || number > 1 ? `${item?.title ?? "unknown"} ${number}` : item?.title);
    }
    const shown = [...scene.objects.values()].slice(0, MOST_ROWS);
    const rows = shown.map((object) => this.#rowOf(object, names.get(object.id)));
    this.list.replaceChildren(...rows);
    const gone = [...this.#rows.keys()].filter((id) => !scene.objects.has(id));
    for (const id of gone) this.#rows.delete(id);
    byId("object-count").textContent = String(scene.objects.size);
    this.names = names;
    this.#mark();
    this.#drawThumbnails();
  }

  #rowOf(object, name) {
    const { scene, classes } = this.editor;
    const { id } = object;
    let row = this.#rows.get(id);
    if (!row) {
      row = this.#newRow(id);
      this.#rows.set(id, row);
    }
    const item = classes.ofLabel(object.label);
    row.parts.name.textContent = name;
    row.parts.pixels.textContent = `${readable(object.pixels)} px`;
    row.parts.swatch.replaceWith((row.parts.swatch = swatch(item?.color ?? [0, 0, 0])));
    this.#showFlag(
      row.parts.eye,
      !scene.isHidden[id],
      ["eye", `Hide the label of ${name}`],
      ["eye-off", `Show the label of ${name}`],
    );
    this.#showFlag(row.parts.lock, !scene.isLocked[id], ["unlock", `Lock ${name}`], ["lock", `Unlock ${name}`]);
    return row;
  }

  #showFlag(button, isOff, off, on) {
    const [name, title] = isOff ? off : on;
    button.title = title;
    button.setAttribute("aria-label", title);
    button.classList.toggle("is-on", !isOff);
    button.querySelector("use").setAttribute("href", `#icon-${name}`);
  }

  #newRow(id) {
    const { editor } = this;
    const flip = (flag) => (event) => {
      event.stopPropagation();
      editor.scene.setFlag(flag, [id], !editor.scene[flag][id]);
    };
    const parts = {
      thumbnail: element("canvas", { ...THUMBNAIL, className: "thumbnail", aria: { hidden: "true" } }),
      swatch: swatch([0, 0, 0]),
      name: element("span", { className: "name" }),
      pixels: element("span", { className: "count" }),
      eye: iconButton("eye", "", flip("isHidden")),
      lock: iconButton("unlock", "", flip("isLocked")),
    };
    const select = (event) => {
      const { selection } = editor;
      editor.chooseTool("select");
      selection.selectIds(event.shiftKey || event.ctrlKey || event.metaKey ? [...selection.ids, id] : [id]);
    };
    const button = element(
      "button",
      { type: "button", className: "row", onClick: select },
      parts.thumbnail,
      element("span", { className: "words" }, element("span", { className: "line" }, parts.swatch, parts.name), parts.pixels),
    );
    const row = element("li", { className: "object", data: { id } }, button, parts.eye, parts.lock);
    row.parts = parts;
    row.button = button;
    return row;
  }

  #mark() {
    const chosen = new Set(this.editor.selection.ids);
    for (const [id, row] of this.#rows) {
      row.classList.toggle("is-selected", chosen.has(id));
      row.button.setAttribute("aria-pressed", String(chosen.has(id)));
      if (chosen.has(id) && row.isConnected && chosen.size === 1) row.scrollIntoView({ block: "nearest" });
    }
  }

  /** Draws the thumbnails of the rows that show, a few at a time. */
  #drawThumbnails() {
    const turn = ++this.#drawing;
    const rows = [...this.#rows].filter(([, row]) => row.isConnected);
    const later = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 5 }), 50));
    const step = (deadline) => {
      if (turn !== this.#drawing) return;
      while (rows.length && deadline.timeRemaining() > 1) {
        const [id, row] = rows.shift();
        const object = this.editor.scene.objects.get(id);
        if (object) drawThumbnail(row.parts.thumbnail, this.editor.layers, object.box);
      }
      if (rows.length) later(step);
    };
    later(step);
  }
}

/** Draws the part of the picture around a box into a small canvas. */
export function drawThumbnail(canvas, layers, box) {
  const source = layers.hasPicture ? layers.picture : layers.labels;
  const { left, top, width, height } = framed(box, canvas.width / canvas.height, source);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, left, top, width, height, 0, 0, canvas.width, canvas.height);
}

/** The smallest window of a shape (width / height) around a box and a little of what surrounds it, inside the picture. */
export function framed(box, shape, size) {
  const room = grown(box, Math.max(2, 0.08 * Math.max(box.right - box.left, box.bottom - box.top)));
  const width = Math.min(size.width, Math.max(room.right - room.left, (room.bottom - room.top) * shape));
  const height = Math.min(size.height, width / shape);
  const place = (low, high, length, limit) => Math.min(limit - length, Math.max(0, (low + high - length) / 2));
  return {
    left: place(room.left, room.right, width, size.width),
    top: place(room.top, room.bottom, height, size.height),
    width,
    height,
  };
}
