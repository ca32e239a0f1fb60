// What the user chose of the tools and the view; some of it is kept for the next time.

import { Emitter } from "./emitter.js";

const KEY = "tfhd-editor-settings";
const KEPT = ["brush", "overlay", "edges", "mode", "theme"];

/** Events: `change` (name of the setting). */
export class Settings extends Emitter {
  #values = {
    tool: "select",
    classIndex: 0,
    target: "new",
    brush: 8,
    overlay: 0,
    edges: false,
    mode: "picture",
    theme: "system",
    symmetric: true,
    styleScope: "object",
  };

  constructor() {
    super();
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      for (const name of KEPT) if (typeof kept[name] === typeof this.#values[name]) this.#values[name] = kept[name];
    } catch {
      // what was kept cannot be read: the defaults are as good
    }
  }

  get(name) {
    return this.#values[name];
  }

  set(name, value) {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    if (KEPT.includes(name)) {
      try {
        localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(KEPT.map((each) => [each, this.#values[each]]))));
      } catch {
        // a full or forbidden storage only forgets settings
      }
    }
    this.emit("change", name);
  }
}
