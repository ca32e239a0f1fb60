// Messages to the user: short-lived ones, and one that stays as long as what it says.

import { AwayError, RefusedError } from "./api.js";
import { byId, element } from "./dom.js";
import { EditError } from "./edits.js";

const SECONDS = { info: 4, error: 10 };

/** Shows a message for some seconds, with a button where an action {title, run} is given. */
export function tell(text, { kind = "info", action = null } = {}) {
  const close = () => box.remove();
  const box = element(
    "div",
    { className: `toast ${kind}`, role: kind === "error" ? "alert" : "status" },
    element("span", {}, text),
    action && element("button", { type: "button", className: "link", onClick: () => (close(), action.run()) }, action.title),
    element("button", { type: "button", className: "close", aria: { label: "Close" }, onClick: close }, "×"),
  );
  const shown = byId("toasts");
  for (const older of shown.children) if (older.firstChild.textContent === text) older.remove();
  shown.append(box);
  setTimeout(close, 1000 * (action ? Math.max(8, SECONDS[kind]) : SECONDS[kind]));
}

/** Shows a message until `text` is empty. */
export function keepTelling(text) {
  const bar = byId("banner");
  if (bar.textContent !== text) bar.textContent = text;
  bar.hidden = !text;
}

/** Runs work and tells the user where it fails, for reasons that a user can do something about. */
export async function telling(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    tell(error.message, { kind: "error" });
    const isExpected = [EditError, AwayError, RefusedError].some((kind) => error instanceof kind);
    if (!isExpected) throw error;
    return undefined;
  }
}
