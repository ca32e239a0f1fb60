// Tools that choose: select (which also moves and scales), eyedropper, style picker and hand.

import { EditError, ownId, stamp } from "./edits.js";
import { fillFromAround } from "./fills.js";
import { styleNumber, styleVector } from "./looks.js";
import { clippedMask, rectOf, stretchedMask } from "./masks.js";
import { union } from "./rects.js";
import { strokeTwice } from "./marks.js";

/** Pixels of the screen that the pointer must move before a click becomes a drag. */
const SLACK = 4;
const HANDLE = 5;

export class SelectTool {
  id = "select";
  draws = false;
  cursor = "default";
  #start = null;
  #handle = null;
  #move = null;

  constructor(editor) {
    this.editor = editor;
  }

  down(point, event) {
    const { selection, view } = this.editor;
    this.#start = { point, wasSelected: selection.has(Math.floor(point.x), Math.floor(point.y)) };
    this.#handle = this.#handleAt(point, (devicePixelRatio || 1) / view.zoom);
    if (!this.#handle && !this.#start.wasSelected) this.#pick(point, event);
  }

  move(point) {
    if (!this.#start) return;
    const { x, y } = this.#start.point;
    const { view, selection } = this.editor;
    const isDrag = Math.hypot(point.x - x, point.y - y) * view.zoom > SLACK * (devicePixelRatio || 1);
    if (!this.#move && (!isDrag || !selection.parts.length || !(this.#handle || selection.has(Math.floor(x), Math.floor(y)))))
      return;
    this.#move ??= new Move(this.editor, this.#handle ? "Scale" : "Move");
    if (this.#handle) this.#move.stretch(this.#handle, point);
    else this.#move.by(Math.round(point.x - x), Math.round(point.y - y));
  }

  up(point, event) {
    const start = this.#start;
    this.#start = null;
    if (this.#move) {
      this.#move.finish();
      this.#move = null;
    } else if (start?.wasSelected && !this.#handle && !(event.detail > 1)) {
      this.#pick(point, event);
    }
  }

  doubleClick(point, event) {
    this.#pick(point, event, true);
  }

  cancel() {
    if (this.#move) this.editor.scene.cancel();
    this.#start = this.#move = null;
  }

  hover(point) {
    const { view, selection } = this.editor;
    const handle = this.#handleAt(point, (devicePixelRatio || 1) / view.zoom);
    const diagonal = handle && (handle.x === handle.y ? "nwse-resize" : "nesw-resize");
    view.canvas.style.cursor = diagonal ?? (selection.has(Math.floor(point.x), Math.floor(point.y)) ? "move" : "default");
  }

  draw(context, pixel) {
    for (const { x, y } of this.#handles()) {
      const square = new Path2D();
      square.rect(x - 3 * pixel, y - 3 * pixel, 6 * pixel, 6 * pixel);
      strokeTwice(context, square, pixel);
      context.fillStyle = "#fff";
      context.fill(square);
    }
  }

  #pick(point, event, isWhole = false) {
    const { selection, settings } = this.editor;
    const part = selection.partAt(Math.floor(point.x), Math.floor(point.y), isWhole);
    if (part && event.shiftKey) return selection.toggle(part);
    const parts = part ? [part] : [];
    selection.set(settings.get("symmetric") ? selection.withCounterparts(parts) : parts);
  }

  /** The corners of the selection's box, where it may be scaled; `x` and `y` of `corner` are 0 or 1. */
  #handles() {
    const box = boxOf(this.editor.selection.parts);
    if (!box || this.#move) return [];
    return [0, 1].flatMap((right) =>
      [0, 1].map((bottom) => ({
        x: right ? box.right : box.left,
        y: bottom ? box.bottom : box.top,
        corner: { x: right, y: bottom },
      })),
    );
  }

  #handleAt(point, pixel) {
    const reach = (HANDLE + 2) * pixel;
    return this.#handles().find(({ x, y }) => Math.abs(point.x - x) < reach && Math.abs(point.y - y) < reach)?.corner ?? null;
  }
}

function boxOf(parts) {
  return parts.reduce((box, part) => union(box, rectOf(part.mask)), null);
}

/** The selected objects on their way to another place or size: one edit, shown at every step. */
export class Move {
  #behind;
  #placed = null;
  #mirrored = false;

  constructor(editor, title) {
    const { scene, selection } = editor;
    const locked = selection.parts.find((part) => scene.isLocked[part.id]);
    if (locked) throw new EditError("The selected object is locked; unlock it first.");
    this.editor = editor;
    this.parts = selection.parts;
    this.box = boxOf(this.parts);
    scene.begin(title);
    this.ids = this.parts.map((part) => (scene.classes.ofLabel(part.label)?.countable ? part.id : ownId(scene, part)));
    this.#behind = scene.maps.copy();
    for (const part of this.parts) fillFromAround({ maps: this.#behind, classes: scene.classes }, part.mask);
    scene.maps.copyFrom(this.#behind, this.box);
    scene.maps.touch(this.box);
    this.#placed = this.box;
  }

  by(x, y) {
    const { left, top, right, bottom } = this.box;
    this.#place({ left: left + x, top: top + y, right: right + x, bottom: bottom + y });
  }

  /** Stretches the box so that a corner comes to a point, in proportion. */
  stretch(corner, point) {
    const { left, top, right, bottom } = this.box;
    const fixed = { x: corner.x ? left : right, y: corner.y ? top : bottom };
    const [width, height] = [right - left, bottom - top];
    const scale = Math.max(
      1 / Math.min(width, height),
      Math.abs(point.x - fixed.x) / width,
      Math.abs(point.y - fixed.y) / height,
    );
    this.scale(scale, fixed, corner);
  }

  /** Scales the box around one of its corners, by default the middle of its lower side: things stand on the ground. */
  scale(factor, fixed = null, corner = null) {
    const { left, top, right, bottom } = this.box;
    const [width, height] = [(right - left) * factor, (bottom - top) * factor];
    const newLeft = corner ? (corner.x ? fixed.x : fixed.x - width) : (left + right - width) / 2;
    const newTop = corner ? (corner.y ? fixed.y : fixed.y - height) : bottom - height;
    this.#place({ left: newLeft, top: newTop, right: newLeft + width, bottom: newTop + height });
  }

  mirror() {
    this.#mirrored = true;
    this.#place(this.box);
  }

  finish() {
    const { scene, selection } = this.editor;
    scene.commit();
    selection.selectIds(this.ids);
  }

  #place(box) {
    const { scene } = this.editor;
    const scaleX = (box.right - box.left) / (this.box.right - this.box.left);
    const scaleY = (box.bottom - box.top) / (this.box.bottom - this.box.top);
    const masks = this.parts.map(({ mask }) => {
      const offset = this.#mirrored ? this.box.right - mask.left - mask.width : mask.left - this.box.left;
      const left = box.left + offset * scaleX;
      const top = box.top + (mask.top - this.box.top) * scaleY;
      const rect = { left, top, right: left + mask.width * scaleX, bottom: top + mask.height * scaleY };
      return clippedMask(stretchedMask(mask, rect, this.#mirrored), scene.maps);
    });
    if (masks.some((mask) => !mask)) return; // objects stay in the picture
    scene.maps.copyFrom(this.#behind, this.#placed);
    const cleared = this.#placed;
    this.#placed = masks.reduce((rect, mask) => union(rect, rectOf(mask)), null);
    masks.forEach((mask, index) => stamp(scene, mask, this.parts[index].label, this.ids[index]));
    scene.touch(cleared);
  }
}

/** Takes the class of what is clicked for the next strokes. */
export class EyedropperTool {
  id = "eyedropper";
  cursor = "crosshair";

  constructor(editor) {
    this.editor = editor;
  }

  up(point) {
    const { scene, settings, classes } = this.editor;
    const index = scene.maps.indexOf(Math.floor(point.x), Math.floor(point.y));
    const item = index < 0 ? null : classes.ofLabel(scene.maps.label[index]);
    if (!item) return;
    settings.set("classIndex", item.index);
    this.editor.chooseTool(this.editor.previousTool ?? "brush");
  }
}

/** Gives the selected objects the style of the object that is clicked. */
export class StylePickerTool {
  id = "style-picker";
  cursor = "copy";

  constructor(editor) {
    this.editor = editor;
  }

  up(point) {
    const { scene } = this.editor;
    const index = scene.maps.indexOf(Math.floor(point.x), Math.floor(point.y));
    if (index < 0) return;
    const id = scene.maps.instance[index];
    const item = scene.classOf(id);
    const number = styleNumber(scene.look, id, item);
    const vector = styleVector(scene.look, id, item);
    const isOfClass = item === scene.classOf(this.editor.selection.parts[0]?.id);
    if (vector) this.editor.applyStyle(isOfClass && number >= 0 ? { style: number } : { vector });
    this.editor.chooseTool("select");
  }
}

export class HandTool {
  id = "hand";
  cursor = "grab";
  pans = true;
}
