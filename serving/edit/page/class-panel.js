// The legend: the model's classes, with a search; the chosen one is what tools paint.

import { byId, element, readable, swatch } from "./dom.js";

export class ClassPanel {
  #rows = [];
  #pixels = new Map();

  constructor(editor) {
    this.editor = editor;
    this.list = byId("class-list");
    this.search = byId("class-search");
    this.search.addEventListener("input", () => this.#filter());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const first = this.#rows.find((row) => !row.hidden);
      if (first) first.click();
    });
    editor.settings.on("change", (name) => name === "classIndex" && this.#mark());
    this.#build();
  }

  open(scene) {
    scene.on("objects", () => this.#count(scene));
    this.#count(scene);
  }

  #build() {
    const { classes, settings } = this.editor;
    this.#rows = classes.list.map((item) => {
      const count = element("span", { className: "count" });
      this.#pixels.set(item.index, count);
      const choose = () => {
        settings.set("classIndex", item.index);
        settings.set("target", item.countable ? "new" : "region");
        if (!["brush", "rectangle", "polygon", "fill"].includes(settings.get("tool"))) this.editor.chooseTool("brush");
      };
      return element(
        "button",
        {
          type: "button",
          className: "row",
          onClick: choose,
          title: `Paint ${item.title}`,
          data: { name: item.name },
        },
        swatch(item.color),
        element("span", { className: "name" }, item.title),
        count,
      );
    });
    this.list.replaceChildren(...this.#rows);
    this.#mark();
  }

  #mark() {
    const chosen = this.editor.settings.get("classIndex");
    this.#rows.forEach((row, index) => row.setAttribute("aria-pressed", String(index === chosen)));
    const item = this.editor.classes.list[chosen];
    byId("active-class").replaceChildren(swatch(item.color), element("span", {}, item.title));
    for (const input of document.querySelectorAll('[name="target"][value="region"]')) {
      input.disabled = item.countable;
      input.parentElement.title = item.countable
        ? `${item.title} comes as single objects`
        : `Join the ${item.title} that is there`;
    }
    if (item.countable && this.editor.settings.get("target") === "region") this.editor.settings.set("target", "new");
  }

  #filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const row of this.#rows) row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
    byId("class-none").hidden = this.#rows.some((row) => !row.hidden);
  }

  #count(scene) {
    const counts = new Array(this.editor.classes.list.length).fill(0);
    for (const object of scene.objects.values()) {
      const item = scene.classes.ofLabel(object.label);
      if (item) counts[item.index] += object.pixels;
    }
    const all = scene.width * scene.height;
    counts.forEach((pixels, index) => {
      const share = (100 * pixels) / all;
      const text = pixels ? (share < 0.1 ? "<0.1 %" : `${share.toFixed(1)} %`) : "";
      const shown = this.#pixels.get(index);
      if (shown.textContent !== text) shown.textContent = text;
      shown.title = `${readable(pixels)} pixels`;
    });
  }
}
