// A scene: maps, look and flags of its objects, and its history.

import { Emitter } from "./emitter.js";
import { drawnLook, styleVector } from "./looks.js";
import { Maps } from "./maps.js";
import { findObjects } from "./objects.js";

/**
 * Events: `pixels` (rectangle, whether a gesture is under way), `look` (likewise), `objects`, `flags` (ids), `history` (the
 * command that was added, or null after undo and redo).
 *
 * A command is {title, runs, before, after}: what changed in the maps, or null, and the looks before and after.
 */
export class Scene extends Emitter {
  #title = "";
  #draft = null;

  constructor(classes, { name, width, height, label, instance, photo = null, look = drawnLook(-1), locked = [], hidden = [] }) {
    super();
    this.classes = classes;
    this.name = name;
    this.photo = photo;
    this.maps = new Maps(width, height, label, instance);
    this.look = look;
    this.isLocked = new Uint8Array(65536);
    this.isHidden = new Uint8Array(65536);
    for (const id of locked) this.isLocked[id] = 1;
    for (const id of hidden) this.isHidden[id] = 1;
    this.commands = [];
    this.position = 0;
    this.objects = findObjects(this.maps);
  }

  get width() {
    return this.maps.width;
  }

  get height() {
    return this.maps.height;
  }

  /** The look to paint in: that of the edit under way, if there is one. */
  get shownLook() {
    return this.#draft ?? this.look;
  }

  /** Starts an edit of maps and look; `commit` or `cancel` ends it. */
  begin(title) {
    if (this.maps.isChanging) this.commit();
    this.#title = title;
    this.#draft = this.look;
    this.maps.begin();
  }

  get isChanging() {
    return this.maps.isChanging;
  }

  /** Says that the edit changed pixels inside a rectangle. */
  touch(rect) {
    this.maps.touch(rect);
    this.emit("pixels", rect, true);
  }

  /** Announces an object that the edit is about to paint. */
  introduce(id, label) {
    if (!this.objects.has(id)) this.objects.set(id, { id, label, pixels: 0, box: { left: 0, top: 0, right: 0, bottom: 0 } });
  }

  /** Changes the look as part of the edit. */
  draftLook(look) {
    this.#draft = look;
    this.emit("look", true);
  }

  /** Ends the edit and adds it to the history; returns whether anything changed. */
  commit() {
    const [before, after] = [this.look, this.#draft];
    const runs = this.maps.end();
    this.#draft = null;
    if (!runs && before === after) {
      this.#rescan();
      return false;
    }
    this.commands.length = this.position;
    const command = { title: this.#title, runs, before, after };
    this.commands.push(command);
    this.position++;
    this.look = after;
    this.#announce(command, null);
    return true;
  }

  /** Ends the edit with everything as it was. */
  cancel() {
    if (!this.isChanging) return;
    const rect = this.maps.cancel();
    this.#draft = null;
    this.#rescan();
    if (rect) this.emit("pixels", rect, false);
    this.emit("look", false);
  }

  /** An edit in one go: `change` is called between `begin` and `commit`. */
  edit(title, change) {
    this.begin(title);
    try {
      change();
    } catch (error) {
      this.cancel();
      throw error;
    }
    return this.commit();
  }

  undo() {
    if (this.isChanging) this.cancel();
    if (this.position === 0) return null;
    const command = this.commands[--this.position];
    this.#travel(command, false);
    return command;
  }

  redo() {
    if (this.isChanging) this.cancel();
    if (this.position === this.commands.length) return null;
    const command = this.commands[this.position++];
    this.#travel(command, true);
    return command;
  }

  /** Sets a flag, "isLocked" or "isHidden", of some objects. */
  setFlag(flag, ids, value) {
    for (const id of ids) this[flag][id] = value ? 1 : 0;
    this.emit("flags", ids);
  }

  /** Ids that have a flag. */
  idsWith(flag) {
    return [...this.objects.keys()].filter((id) => this[flag][id]);
  }

  /** Style vectors of all objects, as the server takes them. */
  styleList(look = this.shownLook) {
    const list = [];
    for (const { id, label } of this.objects.values()) {
      const vector = styleVector(look, id, this.classes.ofLabel(label));
      if (vector) list.push([id, vector]);
    }
    return list;
  }

  classOf(id) {
    return this.classes.ofLabel(this.objects.get(id)?.label);
  }

  #travel(command, forward) {
    const rect = command.runs && this.maps.apply(command.runs, forward);
    this.look = forward ? command.after : command.before;
    this.#announce(null, rect);
  }

  #announce(command, rect) {
    this.#rescan();
    if (rect) this.emit("pixels", rect, false);
    this.emit("look", false);
    this.emit("history", command);
  }

  #rescan() {
    this.objects = findObjects(this.maps);
    this.emit("objects");
  }
}
