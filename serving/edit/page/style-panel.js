// The selected object: its class, what can be done with it, and its styles as the model paints them.

import { paint } from "./api.js";
import { byId, element, icon, iconButton, swatch } from "./dom.js";
import { styleExtremes, styleNumber, styleVector } from "./looks.js";
import { rectOf } from "./masks.js";
import { framed } from "./object-panel.js";
import { union } from "./rects.js";
import { contextOf, sampleSize, separate } from "./samples.js";

const THUMBNAIL = { width: 96, height: 64 };
const SHAPE = THUMBNAIL.width / THUMBNAIL.height;
const PAUSE = 350;

export class StylePanel {
  #timer = 0;
  #tiles = [];
  #sliders = [];
  #shownFor = "";

  constructor(editor) {
    this.editor = editor;
    this.box = byId("selected");
    byId("seed").addEventListener("change", (event) => {
      const seed = Math.min(2 ** 31 - 1, Math.max(-1, Math.round(Number(event.target.value) || 0)));
      editor.drawStyles(seed);
    });
  }

  open(scene, selection) {
    this.#shownFor = "";
    selection.on("change", () => scene.isChanging || this.#update());
    scene.on("history", () => this.#update());
    scene.on("flags", () => this.#update());
    scene.on("look", () => this.#markStyles());
    this.#update();
  }

  get #part() {
    return this.editor.selection.parts[0];
  }

  #update() {
    const { scene, selection } = this.editor;
    byId("seed").value = scene.look.seed;
    byId("undo").disabled = scene.position === 0;
    byId("redo").disabled = scene.position === scene.commands.length;
    const part = this.#part;
    const key = part ? `${part.id} ${part.label} ${selection.parts.length} ${part.isWhole}` : "none";
    if (key !== this.#shownFor) {
      this.#shownFor = key;
      this.box.replaceChildren(...(part ? this.#build(part) : [element("p", { className: "hint" }, HINT)]));
    }
    if (!part) return;
    this.#flagButtons(part);
    this.#markStyles();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#paintTiles(), PAUSE);
  }

  #build(part) {
    const { editor } = this;
    const { classes, selection, scene } = editor;
    const item = classes.ofLabel(part.label);
    const count = selection.parts.length;
    const name = count > 1 ? `${count} objects` : (editor.objectPanel.names?.get(part.id) ?? item?.title ?? "object");
    const piece = part.isWhole ? "" : " · one piece of it";
    const options = classes.list.map((each) => element("option", { value: each.index, selected: each === item }, each.title));
    const chosen = element(
      "select",
      {
        id: "object-class",
        aria: { label: "Class of the selected object" },
        onChange: (event) => editor.changeClass(classes.list[event.target.value]),
      },
      ...options,
    );
    const heading = element(
      "h2",
      {},
      swatch(item?.color ?? [0, 0, 0]),
      element("span", { className: "name" }, name),
      element("small", {}, `id ${part.id}${piece}`),
    );
    this.lock = iconButton("lock", "Lock", () => editor.toggleFlag("isLocked"));
    this.eye = iconButton("eye", "Hide the label", () => editor.toggleFlag("isHidden"));
    const tools = element(
      "div",
      { className: "buttons" },
      iconButton("duplicate", "Duplicate (Ctrl+D)", () => editor.duplicate()),
      ...(count > 1 ? [iconButton("join", "Join to one object (J)", () => editor.join())] : []),
      iconButton("mirror", "Mirror (M)", () => editor.mirror()),
      iconButton("smaller", "Smaller (Alt+−)", () => editor.scaleSelected(1 / 1.1)),
      iconButton("larger", "Larger (Alt+=)", () => editor.scaleSelected(1.1)),
      this.lock,
      this.eye,
      iconButton("delete", "Delete (Del)", () => editor.deleteSelected(), { id: "delete-object" }),
    );
    return [
      heading,
      element("label", { className: "field" }, "Class", chosen),
      tools,
      ...(scene.classes.list.some((each) => each.styles.length) ? this.#buildStyles(item) : []),
    ];
  }

  #buildStyles(item) {
    const { editor } = this;
    const styles = item?.styles ?? [];
    const scope = (value, title) =>
      element(
        "label",
        {},
        element("input", {
          type: "radio",
          name: "scope",
          value,
          checked: editor.settings.get("styleScope") === value,
          onChange: () => editor.settings.set("styleScope", value),
        }),
        title,
      );
    this.#tiles = styles.map((_, number) => {
      const canvas = element("canvas", { ...THUMBNAIL, aria: { hidden: "true" } });
      const tile = element(
        "button",
        {
          type: "button",
          className: "tile",
          title: `Style ${number + 1}${number < 10 ? ` (${(number + 1) % 10})` : ""}`,
          aria: { label: `Style ${number + 1}`, pressed: "false" },
          onClick: () => editor.applyStyle({ style: number }),
        },
        canvas,
        element("span", {}, String(number + 1)),
      );
      tile.canvas = canvas;
      return tile;
    });
    this.#sliders = styleExtremes(item ?? { styles: [] }).map(([low, high], channel) => this.#slider(channel, low, high));
    const parts = [
      element(
        "div",
        { className: "styles-head" },
        element("h3", {}, "Styles"),
        element(
          "div",
          { className: "segments", role: "radiogroup", aria: { label: "Whose style" } },
          scope("object", "This one"),
          scope("class", "Whole class"),
        ),
      ),
    ];
    if (styles.length) parts.push(element("div", { className: "tiles" }, ...this.#tiles));
    if (this.#sliders.length) parts.push(element("div", { className: "sliders" }, ...this.#sliders.map(({ box }) => box)));
    parts.push(
      element(
        "div",
        { className: "buttons texts" },
        element("button", { type: "button", onClick: () => editor.openReference() }, icon("photo"), "From a photo"),
        element(
          "button",
          { type: "button", onClick: () => editor.chooseTool("style-picker") },
          icon("eyedropper"),
          "From an object",
        ),
        element(
          "button",
          { type: "button", title: "Back to the style that the seed draws", onClick: () => editor.applyStyle(null) },
          "Reset",
        ),
      ),
    );
    return parts;
  }

  /** A channel of the style vector between the extremes of the class's styles; beyond them by a tenth. */
  #slider(channel, low, high) {
    const room = Math.max(1e-3, (high - low) / 10);
    const value = () => {
      const vector = [...(this.#vector() ?? this.#sliders.map(() => 0))];
      vector[channel] = Number(input.value);
      return { vector };
    };
    const input = element("input", {
      type: "range",
      min: low - room,
      max: high + room,
      step: (high - low + 2 * room) / 200,
      aria: { label: `Style vector, channel ${channel + 1}` },
      onInput: () => this.editor.draftStyle(value()),
      onChange: () => this.editor.applyStyle(value()),
    });
    return { input, box: element("label", {}, element("span", {}, `Look ${channel + 1}`), input) };
  }

  #vector() {
    const { scene } = this.editor;
    const part = this.#part;
    return part && styleVector(scene.shownLook, part.id, scene.classes.ofLabel(part.label));
  }

  #markStyles() {
    const part = this.#part;
    if (!part) return;
    const { scene } = this.editor;
    const number = styleNumber(scene.shownLook, part.id, scene.classes.ofLabel(part.label));
    this.#tiles.forEach((tile, index) => tile.setAttribute("aria-pressed", String(index === number)));
    const vector = this.#vector();
    this.#sliders.forEach(({ input }, channel) => {
      if (vector && document.activeElement !== input) input.value = vector[channel];
    });
  }

  #flagButtons(part) {
    const { scene } = this.editor;
    for (const [button, flag, off, on] of [
      [this.lock, "isLocked", ["unlock", "Lock (L)"], ["lock", "Unlock (L)"]],
      [this.eye, "isHidden", ["eye", "Hide the label (U)"], ["eye-off", "Show the label (U)"]],
    ]) {
      const [name, title] = scene[flag][part.id] ? on : off;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.querySelector("use").setAttribute("href", `#icon-${name}`);
    }
  }

  /** Paints the window around the object once in every style of its class. */
  #paintTiles() {
    const { scene, selection, painter } = this.editor;
    const part = this.#part;
    const item = part && scene.classes.ofLabel(part.label);
    if (!item?.styles.length || !this.#tiles.length) return;
    const box = selection.parts.reduce((rect, each) => union(rect, rectOf(each.mask)), null);
    const windowOf = contextOf(box, SHAPE, scene);
    const size = sampleSize(windowOf);
    const maps = scene.maps.sampled(windowOf, size.width, size.height);
    const ids = new Set(selection.ids);
    // A piece of a region gets an id of its own in the sample, so that the rest keeps its style.
    const id = part.isWhole ? null : separate(maps, windowOf, part, scene);
    const others = scene.styleList().filter(([each]) => id !== null || !ids.has(each));
    const targets = id !== null ? [id] : [...ids];
    const tiles = this.#tiles;
    painter.whenIdle(
      item.styles.map((vector, number) => async (signal) => {
        const { image } = await paint(maps, [...others, ...targets.map((each) => [each, vector])], signal);
        const bitmap = await createImageBitmap(image);
        const seen = framed(box, SHAPE, scene);
        const scale = size.width / (windowOf.right - windowOf.left);
        const context = tiles[number].canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(
          bitmap,
          (seen.left - windowOf.left) * scale,
          (seen.top - windowOf.top) * (size.height / (windowOf.bottom - windowOf.top)),
          seen.width * scale,
          seen.height * (size.height / (windowOf.bottom - windowOf.top)),
          0,
          0,
          THUMBNAIL.width,
          THUMBNAIL.height,
        );
        tiles[number].classList.add("is-painted");
      }),
    );
  }
}

const HINT = "Click an object in the picture, or one in the list, to change its class or style, to move it or to delete it.";
