// Tools that write pixels: brush, eraser, rectangle, polygon and fill.

import { EditError, erase, maskOf, stamp } from "./edits.js";
import { fillFromAround } from "./fills.js";
import { connectedMask, has, polygonMask, rectangleMask, rectOf, strokeMask } from "./masks.js";
import { newId, regionId } from "./objects.js";
import { strokeTwice } from "./marks.js";

/** What a tool paints: {label, id} for objects and regions; null where it erases. */
function chosenTarget({ scene, selection, settings, classes }) {
  const target = settings.get("target");
  if (target === "erase") return null;
  if (target === "selected") {
    const [part] = selection.parts;
    if (!part) throw new EditError("Select the object to paint into, or paint a new one (N).");
    if (scene.isLocked[part.id]) throw new EditError("The selected object is locked; unlock it first.");
    return { label: part.label, id: part.id };
  }
  const item = classes.list[settings.get("classIndex")];
  const label = item.ids[0];
  const isRegion = target === "region" && !item.countable;
  return {
    label,
    id: isRegion ? regionId(scene.objects, classes, item) : newId(scene.objects, classes, label),
    isNew: !isRegion,
  };
}

/** Ends an edit that painted a target: a new object is selected, and what is painted next goes into it. */
function finish({ scene, selection, settings }, target) {
  if (!scene.commit() || !target) return;
  if (target.isNew && scene.objects.has(target.id)) {
    selection.selectIds([target.id]);
    settings.set("target", "selected");
  }
}

/** Paints one mask as an edit of its own. */
function paintMask(editor, title, mask) {
  if (!mask) return;
  const target = chosenTarget(editor);
  editor.scene.begin(title);
  if (target) {
    editor.scene.introduce(target.id, target.label);
    stamp(editor.scene, mask, target.label, target.id);
  } else {
    erase(editor.scene, mask);
  }
  finish(editor, target);
}

/** What brush and eraser share: a line of a width, painted while it is drawn. */
class StrokeTool {
  draws = true;
  tracks = true;
  cursor = "none";
  #last = null;
  #end = null;

  constructor(editor) {
    this.editor = editor;
  }

  down(point, event) {
    const from = event.shiftKey && this.#end ? this.#end : point;
    this.begin(point);
    this.#last = from;
    this.move(point);
  }

  move(point) {
    if (!this.#last) return;
    const mask = strokeMask(this.editor.scene.maps, this.#last, point, this.editor.settings.get("brush") / 2);
    this.#last = this.#end = point;
    if (mask) this.apply(mask);
  }

  up() {
    if (!this.#last) return;
    this.#last = null;
    this.finish();
  }

  cancel() {
    if (this.#last) this.editor.scene.cancel();
    this.#last = null;
  }

  draw(context, pixel) {
    const point = this.editor.view.hovered;
    if (!point) return;
    const path = new Path2D();
    path.arc(point.x, point.y, Math.max(this.editor.settings.get("brush") / 2, pixel), 0, 2 * Math.PI);
    strokeTwice(context, path, pixel);
  }
}

export class BrushTool extends StrokeTool {
  id = "brush";
  #target = null;
  #eraser = null;

  begin(point) {
    this.#target = chosenTarget(this.editor);
    this.editor.scene.begin("Brush");
    if (this.#target) this.editor.scene.introduce(this.#target.id, this.#target.label);
    else this.#eraser = eraserAt(this.editor, point);
  }

  apply(mask) {
    if (this.#target) stamp(this.editor.scene, mask, this.#target.label, this.#target.id);
    else this.#eraser?.(mask);
  }

  finish() {
    finish(this.editor, this.#target);
  }
}

export class EraserTool extends StrokeTool {
  id = "eraser";
  #eraser = null;

  begin(point) {
    this.editor.scene.begin("Erase");
    this.#eraser = eraserAt(this.editor, point);
  }

  apply(mask) {
    this.#eraser?.(mask);
  }

  finish() {
    this.editor.scene.commit();
  }
}

/** A function that erases, where masks are, the object at a point, or the selected one; null outside. */
function eraserAt({ scene, selection }, point) {
  const { maps } = scene;
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  const index = maps.indexOf(x, y);
  const chosen = selection.parts[0];
  if (index < 0 && !chosen) return null;
  const id = chosen?.id ?? maps.instance[index];
  if (scene.isLocked[id]) return null;
  const object =
    chosen?.mask ?? (scene.classes.ofLabel(maps.label[index])?.countable ? maskOf(scene, id) : connectedMask(maps, x, y));
  // The scene without the object, whose pixels come through where it is erased.
  const behind = maps.copy();
  fillFromAround({ maps: behind, classes: scene.classes }, object);
  return (mask) => {
    for (let row = 0, i = 0; row < mask.height; row++) {
      for (let column = 0; column < mask.width; column++, i++) {
        const [left, top] = [mask.left + column, mask.top + row];
        if (!mask.data[i] || !has(object, left, top)) continue;
        const to = top * maps.width + left;
        maps.label[to] = behind.label[to];
        maps.instance[to] = behind.instance[to];
      }
    }
    scene.touch(rectOf(mask));
  };
}

export class RectangleTool {
  id = "rectangle";
  draws = true;
  cursor = "crosshair";
  #from = null;
  #to = null;

  constructor(editor) {
    this.editor = editor;
  }

  down(point) {
    this.#from = this.#to = point;
  }

  move(point) {
    if (this.#from) this.#to = point;
  }

  up(point) {
    const from = this.#from;
    this.#from = null;
    if (!from) return;
    const corners = [from.x, from.y, point.x, point.y].map(Math.floor);
    paintMask(this.editor, "Rectangle", rectangleMask(this.editor.scene.maps, ...corners));
  }

  cancel() {
    this.#from = null;
  }

  draw(context, pixel) {
    if (!this.#from) return;
    const [a, b] = [this.#from, this.#to];
    const [left, top] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.min(a.y, b.y))];
    const path = new Path2D();
    path.rect(left, top, Math.floor(Math.max(a.x, b.x)) + 1 - left, Math.floor(Math.max(a.y, b.y)) + 1 - top);
    strokeTwice(context, path, pixel);
  }
}

export class PolygonTool {
  id = "polygon";
  cursor = "crosshair";
  #points = [];
  #closeness = 8;

  constructor(editor) {
    this.editor = editor;
  }

  down(point, event) {
    if (event.detail > 1) return; // the second press of a double click, which closes
    const [first] = this.#points;
    const reach = (this.#closeness * (devicePixelRatio || 1)) / this.editor.view.zoom;
    if (this.#points.length > 2 && Math.hypot(point.x - first.x, point.y - first.y) < reach) this.close();
    else this.#points.push(point);
  }

  doubleClick() {
    this.close();
  }

  /** Fills the polygon; returns whether there was one. */
  close() {
    const points = this.#points;
    if (points.length < 3) return false;
    this.#points = [];
    paintMask(this.editor, "Polygon", polygonMask(this.editor.scene.maps, points));
    return true;
  }

  /** Takes the last corner back; returns whether there was one. */
  removeLast() {
    return this.#points.pop() !== undefined;
  }

  cancel() {
    this.#points = [];
  }

  draw(context, pixel) {
    if (!this.#points.length) return;
    const path = new Path2D();
    for (const { x, y } of this.#points) path.lineTo(x, y);
    const point = this.editor.view.hovered;
    if (point) path.lineTo(point.x, point.y);
    strokeTwice(context, path, pixel);
    for (const { x, y } of this.#points) {
      const dot = new Path2D();
      dot.rect(x - 2 * pixel, y - 2 * pixel, 4 * pixel, 4 * pixel);
      strokeTwice(context, dot, pixel);
    }
  }
}

export class FillTool {
  id = "fill";
  cursor = "cell";

  constructor(editor) {
    this.editor = editor;
  }

  up(point, event) {
    const { scene } = this.editor;
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    const index = scene.maps.indexOf(x, y);
    if (index < 0) return;
    const mask = event.shiftKey ? maskOf(scene, scene.maps.instance[index]) : connectedMask(scene.maps, x, y);
    paintMask(this.editor, "Fill", mask);
  }
}
