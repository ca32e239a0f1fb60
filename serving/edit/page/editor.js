// The editor: what tools, panels and keys ask for.

import { Autosave } from "./autosave.js";
import { ClassPanel } from "./class-panel.js";
import { Classes } from "./classes.js";
import { byId } from "./dom.js";
import * as edits from "./edits.js";
import { beforeImage } from "./files.js";
import { drawnLook, withStyles } from "./looks.js";
import { rectOf } from "./masks.js";
import { tell, telling } from "./messages.js";
import { ObjectPanel } from "./object-panel.js";
import { BrushTool, EraserTool, FillTool, PolygonTool, RectangleTool } from "./paint-tools.js";
import { union } from "./rects.js";
import { ReferenceDialog } from "./reference.js";
import { Scenes } from "./scenes.js";
import { EyedropperTool, HandTool, Move, SelectTool, StylePickerTool } from "./select-tools.js";
import { Settings } from "./settings.js";
import { StatusBar } from "./status-bar.js";
import { StylePanel } from "./style-panel.js";
import { View } from "./view.js";

const MODES = ["picture", "labels", "split"];
const PASTED = { x: 12, y: 0 };
const BRUSH = { least: 1, most: 256 };

/** Knows all parts of the page; `scene`, `layers`, `selection` and `painter` are those of the scene that is open. */
export class Editor {
  #copies = [];
  #pasted = 0;

  constructor(model) {
    this.model = model;
    this.classes = new Classes(model.classes);
    this.settings = new Settings();
    this.autosave = new Autosave(this.classes);
    this.view = new View(byId("view"), this.settings);
    this.tools = Object.fromEntries(
      [SelectTool, BrushTool, EraserTool, RectangleTool, PolygonTool, FillTool, EyedropperTool, StylePickerTool, HandTool]
        .map((Tool) => new Tool(this))
        .map((tool) => [tool.id, guarded(tool)]),
    );
    this.classPanel = new ClassPanel(this);
    this.objectPanel = new ObjectPanel(this);
    this.stylePanel = new StylePanel(this);
    this.statusBar = new StatusBar(this);
    this.reference = new ReferenceDialog(this);
    this.scenes = new Scenes(this);
    this.chooseTool("select");
  }

  // Tools and view

  chooseTool(id) {
    const current = this.settings.get("tool");
    if (!["eyedropper", "style-picker", "hand"].includes(current)) this.previousTool = current;
    this.settings.set("tool", id);
    this.view.useTool(this.tools[id]);
    byId("options").dataset.tool = id;
  }

  resizeBrush(factor) {
    const size = this.settings.get("brush");
    const next = Math.round(size * factor);
    this.settings.set("brush", Math.min(BRUSH.most, Math.max(BRUSH.least, next === size ? size + Math.sign(factor - 1) : next)));
  }

  nextMode() {
    const { settings } = this;
    settings.set("mode", MODES[(MODES.indexOf(settings.get("mode")) + 1) % MODES.length]);
    this.view.fit();
  }

  async showBefore(isShown) {
    if (isShown && !this.view.beforeImage) await telling(() => beforeImage(this));
    this.view.isBeforeShown = isShown;
    this.view.draw();
  }

  findClass() {
    byId("tab-classes").click();
    byId("class-search").focus();
    byId("class-search").select();
  }

  pressEnter() {
    const { tool } = this.view;
    if (tool === this.tools.polygon && this.view.cursor === null && tool.close()) return;
    this.view.pressCursor();
  }

  escape() {
    if (this.scene.isChanging) this.view.cancelGesture();
    else if (this.settings.get("tool") !== "select") this.chooseTool("select");
    else this.selection.set([]);
    this.view.cancelGesture();
  }

  // Selected objects

  get parts() {
    if (!this.selection.parts.length) throw new edits.EditError("Select an object first.");
    return this.selection.parts;
  }

  selectionBox() {
    return this.selection.parts.reduce((box, part) => union(box, rectOf(part.mask)), null);
  }

  selectNext(step) {
    const ids = [...this.scene.objects.keys()];
    const current = ids.indexOf(this.selection.ids[0]);
    this.chooseTool("select");
    this.selection.selectIds([ids[current < 0 ? 0 : (current + step + ids.length) % ids.length]]);
  }

  changeClass(item) {
    return telling(() => {
      const ids = edits.changeClass(this.scene, this.parts, item);
      if (item.countable) this.selection.selectIds(ids);
      else this.selection.set([...this.selection.parts]);
      tell(`Changed to ${item.title}`, { action: this.#undoAction() });
    });
  }

  join() {
    return telling(() => this.selection.selectIds([edits.merge(this.scene, this.parts)]));
  }

  deleteSelected() {
    if (this.view.tool === this.tools.polygon && this.view.tool.removeLast()) {
      this.view.draw();
      return undefined;
    }
    return telling(() => {
      edits.deleteParts(this.scene, this.parts);
      this.selection.set([]);
      tell("Deleted", { action: this.#undoAction() });
    });
  }

  copy() {
    this.#copies = edits.copyOf(this.scene, this.parts);
    this.#pasted = 0;
    tell(this.#copies.length > 1 ? `Copied ${this.#copies.length} objects` : "Copied");
  }

  cut() {
    this.copy();
    edits.deleteParts(this.scene, this.parts);
    this.#pasted = -1;
  }

  paste() {
    if (!this.#copies.length) throw new edits.EditError("Copy an object first (Ctrl+C).");
    this.#pasted++;
    this.#place(this.#copies, { x: PASTED.x * this.#pasted, y: 0 }, "Paste");
  }

  duplicate() {
    return telling(() => this.#place(edits.copyOf(this.scene, this.parts), PASTED, "Duplicate"));
  }

  #place(copies, moved, title) {
    this.chooseTool("select");
    this.selection.selectIds(edits.paste(this.scene, copies, moved, title));
  }

  nudge(x, y) {
    this.#moveSelected("Move", (move) => move.by(x, y));
  }

  scaleSelected(factor) {
    return telling(() => this.#moveSelected("Scale", (move) => move.scale(factor)));
  }

  mirror() {
    return telling(() => this.#moveSelected("Mirror", (move) => move.mirror()));
  }

  #moveSelected(title, change) {
    if (!this.parts.length) return;
    const move = new Move(this, title);
    change(move);
    move.finish();
  }

  toggleFlag(flag) {
    const { ids } = this.selection;
    if (ids.length) this.scene.setFlag(flag, ids, !this.scene[flag][ids[0]]);
  }

  // Styles

  /** Gives the selected objects, or all of their class, a style; `isByNumber` leaves numbers alone that the class lacks. */
  applyStyle(style, isByNumber = false) {
    return telling(() => {
      const parts = this.parts;
      const item = this.scene.classOf(parts[0].id);
      if (isByNumber && style.style >= (item?.styles.length ?? 0)) return;
      if (this.scene.isChanging) this.scene.cancel();
      if (this.settings.get("styleScope") === "class") edits.setClassStyle(this.scene, item, style);
      else this.selection.selectIds(edits.setStyle(this.scene, parts, style));
    });
  }

  /** The same while a slider is dragged: painted, but not yet an edit. */
  draftStyle(style) {
    const { scene, selection, settings } = this;
    if (!selection.parts.length) return;
    if (!scene.isChanging) {
      scene.begin("Change style");
      const item = scene.classOf(selection.ids[0]);
      const isOfClass = (object) => item.ids.includes(object.label);
      const all = settings.get("styleScope") === "class";
      this.draftIds = all
        ? [...scene.objects.values()].filter(isOfClass).map((object) => object.id)
        : selection.parts.map((part) => edits.ownId(scene, part));
    }
    scene.draftLook(withStyles(scene.shownLook, this.draftIds, style));
  }

  /** Draws a style for every object; negative seeds give each class's most frequent one. */
  drawStyles(seed) {
    this.scene.edit(seed < 0 ? "Most frequent styles" : `Random styles ${seed}`, () => this.scene.draftLook(drawnLook(seed)));
  }

  openReference() {
    if (this.selection.parts.length) this.reference.open();
  }

  // History

  undo() {
    this.#tellStep("Undid", this.scene.undo());
  }

  redo() {
    this.#tellStep("Redid", this.scene.redo());
  }

  #tellStep(did, command) {
    this.statusBar.say(command ? `${did}: ${command.title}` : `Nothing to ${did === "Undid" ? "undo" : "redo"}`);
  }

  #undoAction() {
    return { title: "Undo", run: () => this.undo() };
  }
}

/** A tool whose mistakes become messages, and end its gesture. */
function guarded(tool) {
  for (const name of ["down", "move", "up", "doubleClick"]) {
    if (!tool[name]) continue;
    const original = tool[name].bind(tool);
    tool[name] = (...values) => {
      try {
        original(...values);
      } catch (error) {
        tool.cancel?.();
        if (!(error instanceof edits.EditError)) throw error;
        tell(error.message, { kind: "error" });
      }
    };
  }
  return tool;
}
