// Everything that the keyboard can do, with its keys; the list of shortcuts is made of this.

import { byId, element } from "./dom.js";
import { telling } from "./messages.js";

/** Keys that scroll the lists of the panel. */
const SCROLLING = ["PageUp", "PageDown", "Home", "End"];

/** Actions by group: [title, keys, what to do]. Keys are as `keyOf` names them. */
export function actionsOf(editor) {
  const { view, settings } = editor;
  const tool = (id) => () => editor.chooseTool(id);
  const nudge = (x, y) => () => editor.nudge(x, y);
  const cursor = (x, y) => () => view.moveCursor(x, y);
  const flip = (name) => () => settings.set(name, !settings.get(name));
  const style = (number) => () => editor.applyStyle({ style: number }, true);
  return {
    Tools: [
      ["Select, move, scale", ["V"], tool("select")],
      ["Brush", ["B"], tool("brush")],
      ["Eraser", ["E"], tool("eraser")],
      ["Rectangle", ["R"], tool("rectangle")],
      ["Polygon", ["P"], tool("polygon")],
      ["Fill (Shift: all of the object, not only what hangs together)", ["F"], tool("fill")],
      ["Pick a class from the picture", ["I"], tool("eyedropper")],
      ["Pick a style from another object", ["Y"], tool("style-picker")],
      ["Hand (or hold Space)", ["H"], tool("hand")],
      ["Paint a new object", ["N"], () => settings.set("target", "new")],
      ["Thinner brush", ["["], () => editor.resizeBrush(1 / 1.25)],
      ["Thicker brush", ["]"], () => editor.resizeBrush(1.25)],
      ["Find a class", ["/"], () => editor.findClass()],
    ],
    "Selected object": [
      ["Next object", ["."], () => editor.selectNext(1)],
      ["Previous object", [","], () => editor.selectNext(-1)],
      ["Delete", ["Delete", "Backspace"], () => editor.deleteSelected()],
      ["Join the selected objects", ["J"], () => editor.join()],
      ["Duplicate", ["Ctrl+D"], () => editor.duplicate()],
      ["Copy", ["Ctrl+C"], () => editor.copy()],
      ["Cut", ["Ctrl+X"], () => editor.cut()],
      ["Paste (in another scene too)", ["Ctrl+V"], () => editor.paste()],
      ["Move by a pixel (Shift: by 10)", ["Alt+ArrowLeft"], nudge(-1, 0)],
      ["", ["Alt+ArrowRight"], nudge(1, 0)],
      ["", ["Alt+ArrowUp"], nudge(0, -1)],
      ["", ["Alt+ArrowDown"], nudge(0, 1)],
      ["", ["Alt+Shift+ArrowLeft"], nudge(-10, 0)],
      ["", ["Alt+Shift+ArrowRight"], nudge(10, 0)],
      ["", ["Alt+Shift+ArrowUp"], nudge(0, -10)],
      ["", ["Alt+Shift+ArrowDown"], nudge(0, 10)],
      ["Smaller", ["Alt+-"], () => editor.scaleSelected(1 / 1.1)],
      ["Larger", ["Alt+="], () => editor.scaleSelected(1.1)],
      ["Mirror", ["M"], () => editor.mirror()],
      ["Change the class", ["C"], () => byId("object-class")?.focus()],
      ["Lock, unlock", ["L"], () => editor.toggleFlag("isLocked")],
      ["Hide, show the label", ["U"], () => editor.toggleFlag("isHidden")],
      ...Array.from({ length: 10 }, (_, i) => [i ? "" : "Style 1 to 10", [`Digit${(i + 1) % 10}`], style(i)]),
    ],
    View: [
      ["Zoom in", ["=", "+"], () => view.zoomBy(1.25)],
      ["Zoom out", ["-"], () => view.zoomBy(0.8)],
      ["Whole scene", ["Shift+Digit1", "Home"], () => view.fit()],
      ["Pixel by pixel", ["Shift+Digit0"], () => view.zoomToPixels()],
      ["Picture, labels, side by side", ["W"], () => editor.nextMode()],
      ["Edges of instances", ["G"], flip("edges")],
      [
        "More label colour over the picture",
        ["Shift+O"],
        () => settings.set("overlay", Math.min(100, settings.get("overlay") + 10)),
      ],
      ["Less", ["O"], () => settings.set("overlay", Math.max(0, settings.get("overlay") - 10))],
      ["The picture before all edits (hold)", ["Q"], () => editor.showBefore(true)],
      ["Move the crosshair", ["ArrowLeft"], cursor(-1, 0), "view"],
      ["", ["ArrowRight"], cursor(1, 0), "view"],
      ["", ["ArrowUp"], cursor(0, -1), "view"],
      ["", ["ArrowDown"], cursor(0, 1), "view"],
      ["Move it by 10", ["Shift+ArrowLeft"], cursor(-10, 0), "view"],
      ["", ["Shift+ArrowRight"], cursor(10, 0), "view"],
      ["", ["Shift+ArrowUp"], cursor(0, -10), "view"],
      ["", ["Shift+ArrowDown"], cursor(0, 10), "view"],
      ["Click at the crosshair; pen down and up", ["Enter"], () => editor.pressEnter(), "view"],
      ["Add to the selection at the crosshair", ["Shift+Enter"], () => view.pressCursor({ shiftKey: true }), "view"],
    ],
    Scene: [
      ["Undo", ["Ctrl+Z"], () => editor.undo()],
      ["Redo", ["Ctrl+Shift+Z", "Ctrl+Y"], () => editor.redo()],
      ["Random styles", ["T"], () => editor.drawStyles(Math.floor(Math.random() * 1e6))],
      ["Save as a file", ["Ctrl+S"], () => editor.scenes.save()],
      ["Open a scene file", ["Ctrl+O"], () => byId("scene-file").click()],
      ["Import maps", ["Ctrl+I"], () => editor.scenes.openImport()],
      ["Export", ["Ctrl+E"], () => editor.scenes.openExport()],
      ["Next scene", ["PageDown"], () => editor.scenes.openNext(1)],
      ["Previous scene", ["PageUp"], () => editor.scenes.openNext(-1)],
      ["Drop the gesture, then the selection", ["Escape"], () => editor.escape()],
      ["Shortcuts", ["?", "F1"], () => byId("help").showModal()],
    ],
  };
}

/** Listens for the keys of actions, and lists them in the help. */
export function bindKeys(editor, actions) {
  const byKey = new Map();
  for (const group of Object.values(actions))
    for (const [, keys, run, place] of group) for (const key of keys) byKey.set(key, { run, place });
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && isFree(event.target) && !event.target.closest?.("button")) {
      event.preventDefault();
      editor.view.setPanning(true);
      return;
    }
    const action = byKey.get(keyOf(event)) ?? byKey.get(event.key);
    if (!action || !isMeant(event, action)) return;
    event.preventDefault();
    telling(action.run);
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") editor.view.setPanning(false);
    if (event.key.toLowerCase() === "q") editor.showBefore(false);
  });
  byId("shortcuts").replaceChildren(
    ...Object.entries(actions).map(([title, group]) =>
      element(
        "section",
        {},
        element("h3", {}, title),
        element(
          "dl",
          {},
          ...group
            .filter(([text]) => text)
            .flatMap(([text, keys]) => [
              element("dt", {}, ...keys.map((key) => element("kbd", {}, shown(key)))),
              element("dd", {}, text),
            ]),
        ),
      ),
    ),
  );
}

/** A pressed key as actions name it: digits and letters by themselves, with what was held before them. */
export function keyOf(event) {
  const held = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : ""].filter(Boolean);
  const isDigit = /^Digit\d$/.test(event.code);
  const isLetter = /^[a-z]$/i.test(event.key);
  const name =
    isDigit && !held.length
      ? event.code
      : event.altKey && /^(Minus|Equal)$/.test(event.code)
        ? { Minus: "-", Equal: "=" }[event.code]
        : isLetter
          ? event.key.toUpperCase()
          : event.key;
  if (event.shiftKey && (isDigit || isLetter || name.startsWith("Arrow") || name === "Enter")) held.push("Shift");
  return [...held, name].join("+");
}

function shown(key) {
  const mac = /Mac|iP/.test(navigator.platform);
  return key
    .replace("Ctrl", mac ? "⌘" : "Ctrl")
    .replace("Digit", "")
    .replace("Arrow", "")
    .replace("Alt", mac ? "⌥" : "Alt");
}

/** Whether a key is for the editor, rather than for the field that has the focus or a dialog that is open. */
function isMeant(event, { place }) {
  if (document.querySelector("dialog[open]")) return false;
  if (place === "view" && event.target !== byId("view")) return false;
  if (SCROLLING.includes(event.key) && event.target.closest?.(".panel")) return false;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && !/^[cxvz]$/i.test(event.key)) return true;
  return (
    isFree(event.target) ||
    (event.target.type === "radio" && !event.key.startsWith("Arrow")) ||
    (event.target.type === "range" && isCommand)
  );
}

/** Whether an element does nothing with keys itself, but for Enter and Space on buttons. */
function isFree(target) {
  return !target.closest?.("input, select, textarea, dialog");
}
