// Buttons, sliders and menus around the canvas, which show the settings and change them.

import { byId } from "./dom.js";
import { telling } from "./messages.js";

const TYPED = { brush: Number, overlay: Number };

/** Connects the page's controls to the editor. */
export function bindToolbar(editor) {
  const { settings, scenes } = editor;
  const runs = {
    undo: () => editor.undo(),
    redo: () => editor.redo(),
    save: () => scenes.save(),
    import: () => scenes.openImport(),
    export: () => scenes.openExport(),
  };
  for (const button of document.querySelectorAll("[data-tool-button]")) {
    button.addEventListener("click", () => editor.chooseTool(button.dataset.toolButton));
  }
  for (const button of document.querySelectorAll("[data-run]")) {
    button.addEventListener("click", () => telling(() => runs[button.dataset.run]()));
  }
  for (const input of document.querySelectorAll("[data-setting]")) {
    const name = input.dataset.setting;
    const value = () => (input.type === "checkbox" ? input.checked : (TYPED[name] ?? String)(input.value));
    input.addEventListener("input", () => {
      settings.set(name, value());
      if (name === "mode") editor.view.fit();
    });
  }
  settings.on("change", () => showSettings(editor));
  showSettings(editor);
  bindTabs();
  bindFiles(editor);
  byId("zoom-in").addEventListener("click", () => editor.view.zoomBy(1.25));
  byId("zoom-out").addEventListener("click", () => editor.view.zoomBy(0.8));
  byId("zoom-fit").addEventListener("click", () => editor.view.fit());
  byId("random").addEventListener("click", () => editor.drawStyles(Math.floor(Math.random() * 1e6)));
  byId("usual").addEventListener("click", () => editor.drawStyles(-1));
  byId("show-help").addEventListener("click", () => byId("help").showModal());
  const compare = byId("compare");
  compare.addEventListener("pointerdown", () => editor.showBefore(true));
  for (const event of ["pointerup", "pointerleave", "pointercancel"])
    compare.addEventListener(event, () => editor.showBefore(false));
  for (const button of document.querySelectorAll("dialog .close-dialog"))
    button.addEventListener("click", () => button.closest("dialog").close());
}

function showSettings({ settings, classes }) {
  const tool = settings.get("tool");
  for (const button of document.querySelectorAll("[data-tool-button]")) {
    button.setAttribute("aria-pressed", String(button.dataset.toolButton === tool));
  }
  for (const input of document.querySelectorAll("[data-setting]")) {
    const value = settings.get(input.dataset.setting);
    if (input.type === "checkbox") input.checked = value;
    else if (input.type === "radio") input.checked = input.value === value;
    else input.value = value;
  }
  byId("brush-size").textContent = `${settings.get("brush")} px`;
  byId("overlay-size").textContent = `${settings.get("overlay")} %`;
  byId("symmetric").hidden = !classes.list.some((item) => classes.counterpart(item));
  document.documentElement.dataset.theme = settings.get("theme");
}

function bindTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const choose = (tab) => {
    for (const each of tabs) {
      const isChosen = each === tab;
      each.setAttribute("aria-selected", String(isChosen));
      each.tabIndex = isChosen ? 0 : -1;
      byId(each.getAttribute("aria-controls")).hidden = !isChosen;
    }
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  });
}

function bindFiles(editor) {
  byId("scene-list").addEventListener("change", ({ target }) => {
    const { value } = target;
    if (value)
      telling(() =>
        value.startsWith("kept:") ? editor.scenes.openKept(value.slice(5)) : editor.scenes.openModels(Number(value)),
      );
  });
  byId("scene-name").addEventListener("change", ({ target }) => {
    editor.scene.name = target.value.trim().slice(0, 200) || "Scene";
    editor.scene.emit("renamed");
  });
  byId("scene-file").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) telling(() => editor.scenes.openFile(file));
  });
  byId("open-file").addEventListener("click", () => byId("scene-file").click());
  byId("import-apply").addEventListener("click", () =>
    telling(async () => {
      const [[label], [instance]] = [byId("import-label").files, byId("import-instance").files];
      if (!label) return;
      await editor.scenes.importFiles(label, instance);
      byId("import").close();
    }),
  );
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    telling(() => (/\.zip$/i.test(file.name) ? editor.scenes.openFile(file) : editor.scenes.importFiles(file, null)));
  });
}
