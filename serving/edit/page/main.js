// Starts the editor.

import { actionsOf, bindKeys } from "./actions.js";
import { fetchModel } from "./api.js";
import { byId } from "./dom.js";
import { Editor } from "./editor.js";
import { keepTelling, tell, telling } from "./messages.js";
import { bindToolbar } from "./toolbar.js";

async function start() {
  const model = await fetchModel();
  const editor = new Editor(model);
  byId("model-name").textContent = model.name;
  editor.autosave.on("failed", (message) => tell(message, { kind: "error" }));
  await editor.autosave.open();
  const last = await editor.autosave.last();
  if (last) {
    await editor.scenes.openKept(last.key);
    tell(`Restored “${last.name}” as you left it`, {
      action: { title: "Start afresh", run: () => telling(() => editor.scenes.openModels(0)) },
    });
  } else {
    await editor.scenes.openModels(0);
    const [kept] = await editor.autosave.list();
    const go = { title: "Continue", run: () => telling(() => editor.scenes.openKept(kept.key)) };
    if (kept) tell(`“${kept.name}” is as you left it in a tab that is closed`, { action: go });
  }
  bindToolbar(editor);
  bindKeys(editor, actionsOf(editor));
  addEventListener("beforeunload", (event) => {
    if (editor.autosave.isWriting) event.preventDefault();
  });
  document.body.dataset.state = "ready";
  // For the browser's console, and for tests.
  window.editor = editor;
}

start().catch((error) => {
  keepTelling(`The editor cannot start: ${error.message}`);
  throw error;
});
