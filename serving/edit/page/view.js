// The canvas: shows the layers, zooms and pans, and hands the pointer and the keys to the tool.

import { Emitter } from "./emitter.js";
import { cross, strokeTwice } from "./marks.js";

const LARGEST_ZOOM = 64;
const GAP = 2;
/** Zoom from which the pixels of the picture show as squares. */
const SHARP = 8;

/** Events: `hover` (point in the scene or null), `zoom`. */
export class View extends Emitter {
  #context;
  #pointers = new Map();
  #gesture = null;
  #isDue = false;
  #isPanning = false;
  #pen = false;

  constructor(canvas, settings) {
    super();
    this.canvas = canvas;
    this.settings = settings;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.zoom = 1;
    this.origin = { x: 0, y: 0 };
    /** The pixel that the keyboard points at; null until an arrow key is pressed. */
    this.cursor = null;
    this.tool = null;
    this.beforeImage = null;
    this.isBeforeShown = false;
    new ResizeObserver(() => this.#resize()).observe(canvas);
    settings.on("change", () => this.draw());
    for (const [event, handle] of Object.entries({
      pointerdown: this.#down,
      pointermove: this.#move,
      pointerup: this.#up,
      pointercancel: this.#cancelPointer,
      pointerleave: () => this.#hover(null),
      wheel: this.#wheel,
      dblclick: (event) => this.tool?.doubleClick?.(this.pointOf(event), event),
      contextmenu: (event) => event.preventDefault(),
    }))
      canvas.addEventListener(event, handle.bind(this), { passive: false });
  }

  /** Shows a scene from now on. */
  open(scene, layers, selection) {
    Object.assign(this, { scene, layers, selection, cursor: null, beforeImage: null });
    scene.on("pixels", () => this.draw());
    scene.on("flags", () => this.draw());
    layers.on("drawn", () => this.draw());
    selection.on("change", () => this.draw());
    this.fit();
  }

  useTool(tool) {
    this.tool?.cancel?.();
    this.#gesture = null;
    this.#pen = false;
    this.tool = tool;
    this.canvas.style.cursor = tool.cursor;
    this.draw();
  }

  /** Panes side by side: where each begins and how wide it is, in pixels of the screen, and what it shows. */
  get panes() {
    const { width } = this.canvas;
    const mode = this.settings.get("mode");
    if (mode !== "split") return [{ left: 0, width, shows: mode }];
    const half = Math.floor((width - GAP) / 2);
    return [
      { left: 0, width: half, shows: "labels" },
      { left: half + GAP, width: width - half - GAP, shows: "picture" },
    ];
  }

  /** The whole scene in the middle of the pane. */
  fit() {
    if (!this.scene) return;
    const [{ width }] = this.panes;
    const { height } = this.canvas;
    this.zoom = Math.max(0.05, Math.min(LARGEST_ZOOM, 0.97 * Math.min(width / this.scene.width, height / this.scene.height)));
    this.origin = { x: (width - this.scene.width * this.zoom) / 2, y: (height - this.scene.height * this.zoom) / 2 };
    this.emit("zoom");
    this.draw();
  }

  /** Zooms by a factor around a place of the canvas, by default its middle. */
  zoomBy(factor, at = { x: this.panes[0].width / 2, y: this.canvas.height / 2 }) {
    const zoom = Math.min(LARGEST_ZOOM, Math.max(0.05, this.zoom * factor));
    const ratio = zoom / this.zoom;
    this.origin = { x: at.x - (at.x - this.origin.x) * ratio, y: at.y - (at.y - this.origin.y) * ratio };
    this.zoom = zoom;
    this.emit("zoom");
    this.draw();
  }

  panBy(x, y) {
    this.origin = { x: this.origin.x + x, y: this.origin.y + y };
    this.draw();
  }

  /** Shows pixels of the scene one to one, in pixels of the screen. */
  zoomToPixels() {
    this.zoomBy(1 / this.zoom);
  }

  /** Pans while it is held, whatever the tool. */
  setPanning(isPanning) {
    this.#isPanning = isPanning;
    this.canvas.style.cursor = isPanning ? "grab" : (this.tool?.cursor ?? "default");
  }

  draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#render();
    });
  }

  /** The point of the scene, in pixels and parts of them, under a pointer. */
  pointOf(event) {
    const place = this.#placeOf(event);
    return { x: (place.x - this.origin.x) / this.zoom, y: (place.y - this.origin.y) / this.zoom };
  }

  /** Moves the keyboard's cursor by some pixels; the tool follows where its pen is down. */
  moveCursor(x, y) {
    const { width, height } = this.scene;
    const start = this.cursor ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
    this.cursor = {
      x: Math.min(width - 1, Math.max(0, start.x + x)),
      y: Math.min(height - 1, Math.max(0, start.y + y)),
    };
    const point = this.#cursorPoint();
    if (this.#pen) this.tool.move?.(point, {});
    this.#hover(point);
    this.draw();
  }

  /** What a click does, at the keyboard's cursor; for tools that draw, it puts the pen down and lifts it again. */
  pressCursor(event = {}) {
    if (!this.cursor) this.moveCursor(0, 0);
    const point = this.#cursorPoint();
    if (this.#pen) {
      this.#pen = false;
      this.tool.up?.(point, event);
    } else {
      this.tool.down?.(point, event);
      if (this.tool.draws) this.#pen = true;
      else this.tool.up?.(point, event);
    }
    this.draw();
  }

  cancelGesture() {
    this.#gesture = null;
    this.#pen = false;
    this.tool?.cancel?.();
    this.draw();
  }

  #cursorPoint() {
    return { x: this.cursor.x + 0.5, y: this.cursor.y + 0.5 };
  }

  #placeOf(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const x = (event.clientX - box.left) * ratio;
    const pane = this.panes.findLast((each) => x >= each.left) ?? this.panes[0];
    return { x: x - pane.left, y: (event.clientY - box.top) * ratio };
  }

  #down(event) {
    if (!this.scene) return;
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#placeOf(event));
    this.cursor = null;
    if (this.#pointers.size === 2) {
      this.cancelGesture();
      this.#gesture = "pinch";
    } else if (event.button === 1 || this.#isPanning || this.tool.pans) {
      event.preventDefault();
      this.#gesture = "pan";
      this.canvas.style.cursor = "grabbing";
    } else if (event.button === 0) {
      this.#gesture = "tool";
      this.tool.down?.(this.pointOf(event), event);
      this.draw();
    }
  }

  #move(event) {
    if (!this.scene) return;
    const place = this.#placeOf(event);
    const last = this.#pointers.get(event.pointerId);
    if (last) this.#pointers.set(event.pointerId, place);
    if (this.#gesture === "pan" && last) this.panBy(place.x - last.x, place.y - last.y);
    if (this.#gesture === "pinch" && last) this.#pinch(event.pointerId, last, place);
    if (this.#gesture === "tool") {
      const all = this.tool.tracks ? event.getCoalescedEvents?.() : null;
      for (const each of all?.length ? all : [event]) this.tool.move?.(this.pointOf(each), each);
    }
    const point = this.pointOf(event);
    if (!this.#gesture) this.tool?.hover?.(point, event);
    this.#hover(point);
  }

  #pinch(id, last, place) {
    const other = [...this.#pointers].find(([each]) => each !== id)?.[1];
    if (!other) return;
    const middle = { x: (place.x + other.x) / 2, y: (place.y + other.y) / 2 };
    const [before, after] = [Math.hypot(last.x - other.x, last.y - other.y), Math.hypot(place.x - other.x, place.y - other.y)];
    if (before > 0 && after > 0) this.zoomBy(after / before, middle);
    this.panBy((place.x - last.x) / 2, (place.y - last.y) / 2);
  }

  #up(event) {
    this.#pointers.delete(event.pointerId);
    if (this.#gesture === "tool") this.tool.up?.(this.pointOf(event), event);
    if (this.#gesture !== "pinch" || this.#pointers.size === 0) this.#gesture = null;
    this.setPanning(this.#isPanning);
    this.draw();
  }

  #cancelPointer(event) {
    this.#pointers.delete(event.pointerId);
    this.cancelGesture();
  }

  #wheel(event) {
    event.preventDefault();
    const step = event.deltaMode === 1 ? 0.05 : 0.0015;
    if (event.shiftKey) this.panBy(-event.deltaX - event.deltaY, 0);
    else this.zoomBy(Math.exp(-event.deltaY * step * (event.ctrlKey ? 4 : 1)), this.#placeOf(event));
  }

  #hover(point) {
    this.hovered = point;
    this.emit("hover", point);
    if (this.tool?.draw) this.draw();
  }

  #resize() {
    const ratio = devicePixelRatio || 1;
    const width = Math.max(1, Math.round(this.canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * ratio));
    if (width === this.canvas.width && height === this.canvas.height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.fit();
    this.#render(); // at once, or the canvas would flash black
  }

  #render() {
    const context = this.#context;
    const style = getComputedStyle(this.canvas);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = style.backgroundColor; // as drawn: the property itself may be a choice between two colours
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.scene) return;
    for (const pane of this.panes) {
      context.save();
      context.beginPath();
      context.rect(pane.left, 0, pane.width, this.canvas.height);
      context.clip();
      context.setTransform(this.zoom, 0, 0, this.zoom, pane.left + this.origin.x, this.origin.y);
      this.#renderLayers(context, pane.shows);
      this.#renderMarks(context);
      context.restore();
    }
  }

  #renderLayers(context, shows) {
    const { picture, labels, edges, hasPicture } = this.layers;
    const isPicture = shows === "picture" && hasPicture;
    context.imageSmoothingEnabled = this.zoom < SHARP;
    if (isPicture) context.drawImage(this.isBeforeShown && this.beforeImage ? this.beforeImage : picture, 0, 0);
    context.imageSmoothingEnabled = this.zoom < 1;
    context.globalAlpha = isPicture ? this.settings.get("overlay") / 100 : 1;
    if (context.globalAlpha > 0 && !(isPicture && this.isBeforeShown)) context.drawImage(labels, 0, 0);
    context.globalAlpha = 1;
    if (this.settings.get("edges") && !this.isBeforeShown) context.drawImage(edges, 0, 0);
  }

  #renderMarks(context) {
    const pixel = (devicePixelRatio || 1) / this.zoom;
    for (const path of this.selection.outlines) strokeTwice(context, path, pixel);
    this.tool?.draw?.(context, pixel);
    if (this.cursor) {
      const { x, y } = this.#cursorPoint();
      strokeTwice(context, cross(x, y, pixel), pixel);
    }
  }
}
