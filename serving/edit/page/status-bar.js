// The line below the picture: what is under the pointer, how long painting took, and whether the work is kept.

import { byId } from "./dom.js";
import { keepTelling, tell } from "./messages.js";

const RECENT = 20;
const AUTOSAVE = { saved: "Kept in this browser", saving: "Keeping…", failed: "Not kept: save as a file" };

export class StatusBar {
  #latencies = [];

  constructor(editor) {
    this.editor = editor;
    editor.view.on("hover", (point) => this.#showPixel(point));
    editor.view.on(
      "zoom",
      () => (byId("zoom").textContent = `${Math.round((100 * editor.view.zoom) / (devicePixelRatio || 1))} %`),
    );
    editor.autosave.on("state", (state) => {
      byId("kept").textContent = AUTOSAVE[state];
      byId("kept").dataset.state = state;
    });
  }

  open(scene, painter) {
    byId("size").textContent = `${scene.width} × ${scene.height}`;
    byId("kept").textContent = "";
    this.#latencies = [];
    painter.on("painted", (painted) => this.#showLatency(painted, scene));
    painter.on("busy", (isBusy) => document.body.classList.toggle("is-painting", isBusy));
    painter.on("failed", (message) => tell(message, { kind: "error" }));
    painter.on("away", (message) => keepTelling(`${message} Trying again…`));
    painter.on("back", () => keepTelling(""));
    keepTelling("");
  }

  /** Says something in passing, aloud for those who listen. */
  say(text) {
    byId("said").textContent = text;
  }

  #showLatency({ latency, modelTime, width, height, isFull }, scene) {
    this.#latencies = [...this.#latencies.slice(1 - RECENT), latency];
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    const size = isFull ? "" : ` at ${width} × ${height}`;
    const shown = byId("latency");
    shown.textContent = `${Math.round(latency)} ms${size}`;
    const parts = `${Math.round(latency)} ms, of which the model ${Math.round(modelTime)} ms`;
    shown.title = `From the edit to its picture${size}: ${parts}; median of the last ${sorted.length}: ${Math.round(median)} ms`;
    shown.dataset.latency = latency;
    shown.dataset.size = `${width}x${height}`;
    shown.dataset.full = String(isFull && scene === this.editor.scene);
  }

  #showPixel(point) {
    const { scene } = this.editor;
    const [x, y] = point ? [Math.floor(point.x), Math.floor(point.y)] : [-1, -1];
    const index = scene?.maps.indexOf(x, y) ?? -1;
    byId("pixel").textContent = index < 0 ? "" : this.#describe(scene, x, y, index);
  }

  #describe(scene, x, y, index) {
    const label = scene.maps.label[index];
    return `${x}, ${y} · ${scene.classes.ofLabel(label)?.title ?? "?"} (${label}) · id ${scene.maps.instance[index]}`;
  }
}
