// Opens scenes, of the model, of this browser and of files, and saves them.

import { fetchScene } from "./api.js";
import { baseLook, restoreHistory } from "./autosave.js";
import { byId, element } from "./dom.js";
import { exportsOf, importMaps, openScene, saveScene } from "./files.js";
import { Layers } from "./layers.js";
import { tell, telling } from "./messages.js";
import { Painter } from "./painter.js";
import { Scene } from "./scene.js";
import { Selection } from "./selection.js";

export class Scenes {
  constructor(editor) {
    this.editor = editor;
    /** The open scene's place among those of the model; -1 where it is none of them. */
    this.index = -1;
    this.wanted = 0;
  }

  /** Shows a scene; `key` is its place in this browser, where it has one, and `record` what is kept of its history there. */
  show(content, { key = null, record = null, index = -1 } = {}) {
    const { editor } = this;
    editor.painter?.close();
    const scene = new Scene(editor.classes, content);
    this.index = index;
    editor.scene = scene;
    editor.layers = new Layers(scene);
    editor.selection = new Selection(scene);
    editor.painter = new Painter(scene, editor.layers);
    editor.view.open(scene, editor.layers, editor.selection);
    editor.autosave.attach(scene, key);
    if (record) restoreHistory(scene, record);
    editor.classPanel.open(scene);
    editor.objectPanel.open(scene, editor.selection, editor.painter);
    editor.stylePanel.open(scene, editor.selection);
    editor.statusBar.open(scene, editor.painter);
    editor.painter.on("painted", ({ isFull, image }) => {
      if (isFull && scene.position === 0 && !editor.view.beforeImage && editor.painter.isCurrent)
        editor.view.beforeImage = canvasOf(image);
      editor.view.draw();
    });
    editor.painter.start();
    chooseClass(editor);
    byId("scene-name").value = scene.name;
    byId("view").dataset.scene = scene.name;
    document.title = `${scene.name} – tfhd editor`;
  }

  /** Opens a scene of the model; of several that are asked for quickly, the last. */
  async openModels(index) {
    const turn = ++this.wanted;
    const content = await fetchScene(index);
    if (turn !== this.wanted) return;
    this.show(content, { index });
    this.fillList();
  }

  async openKept(key) {
    const record = await this.editor.autosave.read(key);
    this.show({ ...record, look: baseLook(record) }, { key, record });
    this.fillList();
  }

  openNext(step) {
    const count = this.editor.model.scenes.length;
    return this.openModels((Math.max(0, this.index) + step + count) % count);
  }

  async openFile(file) {
    this.show(await openScene(file));
    this.fillList();
    tell(`Opened ${file.name}`);
  }

  async importFiles(labelFile, instanceFile) {
    this.show(await importMaps(labelFile, instanceFile));
    this.fillList();
    tell(`Imported ${labelFile.name}`);
  }

  /** The scenes of the model, and those in this browser. */
  async fillList() {
    await this.editor.autosave.settled;
    const kept = await this.editor.autosave.list();
    const option = (value, text) => element("option", { value }, text);
    const time = (moment) => new Date(moment).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
    const own = kept.map((item) => option(`kept:${item.key}`, `${item.name} · ${item.count} edits · ${time(item.changed)}`));
    const list = byId("scene-list");
    list.replaceChildren(
      option("", "Open a scene…"),
      element("optgroup", { label: "Scenes" }, ...this.editor.model.scenes.map((name, index) => option(String(index), name))),
      ...(own.length ? [element("optgroup", { label: "Edited in this browser" }, ...own)] : []),
    );
    list.value = this.index >= 0 ? String(this.index) : "";
  }

  save() {
    return saveScene(this.editor.scene);
  }

  openExport() {
    const rows = exportsOf(this.editor).map(([title, kind, run]) =>
      element(
        "button",
        { type: "button", className: "row", onClick: () => telling(run) },
        element("span", { className: "name" }, title),
        element("span", { className: "count" }, kind),
      ),
    );
    byId("export-list").replaceChildren(...rows);
    byId("export").showModal();
  }

  openImport() {
    byId("import").showModal();
  }
}

function canvasOf(image) {
  const canvas = element("canvas", { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Chooses, as long as nothing else was, the most frequent of the scene's countable classes to paint. */
function chooseClass({ scene, settings }) {
  if (settings.get("classIndex") > 0) return;
  const objects = [...scene.objects.values()].map(({ label }) => scene.classes.ofLabel(label)).filter(Boolean);
  const item = objects.find(({ countable }) => countable) ?? objects[0];
  if (item) settings.set("classIndex", item.index);
}
