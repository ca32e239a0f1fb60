// Keeps scenes in the browser's own database while they are edited, so that a closed tab loses nothing.

import { Emitter } from "./emitter.js";
import { drawnLook } from "./looks.js";

const DATABASE = "tfhd-editor";
const KEPT_SCENES = 20;
const TAB = "tfhd-editor-tab";
const SCENE = "tfhd-editor-scene";
const FULL = "This browser has no room left to keep your work; save the scene as a file (Ctrl+S).";
const NONE = "This browser keeps nothing for the editor (a private window, perhaps); save the scene as a file (Ctrl+S).";

/**
 * Stores: `bases` (maps, photo and look as opened), `commands` (one record per edit, as small as the edit is) and `scenes` (name,
 * place in the history, flags). Events: `state` ("saved", "saving" or "failed"), `failed` (message).
 */
export class Autosave extends Emitter {
  #database = null;
  #queue = Promise.resolve();
  #key = null;
  #hasFailed = false;
  #writing = 0;

  constructor(classes) {
    super();
    this.classes = classes;
    this.tab = null;
  }

  /** Opens the database and finds this tab's own name, which no other open tab has. */
  async open() {
    try {
      this.#database = await openDatabase();
    } catch {
      this.emit("failed", NONE);
    }
    this.tab = await ownTab();
  }

  /** The scene that this tab had, or else the last one of a tab that is closed; null where there is none. */
  async last() {
    const mine = sessionStorage.getItem(SCENE);
    const listed = await this.list();
    return listed.find((item) => item.key === mine && item.tab === this.tab) ?? null;
  }

  /** Scenes in this browser that no open tab is editing, the newest first. */
  async list() {
    if (!this.#database) return [];
    const open = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
    const names = JSON.stringify(this.classes.names);
    const all = await result(this.#database.transaction("scenes").objectStore("scenes").getAll());
    return all
      .filter((item) => item.classes === names && (item.tab === this.tab || !open.has(lockName(item.tab))))
      .sort((a, b) => b.changed - a.changed);
  }

  /** What `new Scene` takes, and the history, of a scene in this browser. */
  async read(key) {
    const transaction = this.#database.transaction(["bases", "commands", "scenes"]);
    const [meta, base, commands] = await Promise.all([
      result(transaction.objectStore("scenes").get(key)),
      result(transaction.objectStore("bases").get(key)),
      result(transaction.objectStore("commands").getAll(IDBKeyRange.bound([key, 0], [key, Infinity]))),
    ]);
    return { ...base, ...meta, commands };
  }

  async remove(key) {
    await this.#write((stores) => removeScene(stores, key));
  }

  /** Keeps a scene from now on; `key` is that of a scene in this browser that goes on, null for another one. */
  attach(scene, key = null) {
    this.#key = key;
    if (key) sessionStorage.setItem(SCENE, key);
    else sessionStorage.removeItem(SCENE);
    const base = {
      width: scene.width,
      height: scene.height,
      photo: scene.photo,
      label: scene.maps.label.slice(),
      instance: scene.maps.instance.slice(),
      look: scene.look,
    };
    scene.on("history", (command) => this.#keep(scene, base, command));
    scene.on("flags", () => this.#keep(scene, base, null));
    scene.on("renamed", () => this.#keep(scene, base, null));
    if (key) this.#keep(scene, base, null);
  }

  /** Whether a tab that closes now would lose something. */
  get isWriting() {
    return this.#writing > 0;
  }

  /** Resolves once everything is written. */
  get settled() {
    return this.#queue;
  }

  #keep(scene, base, command) {
    if (!this.#database) return;
    const isNew = !this.#key;
    if (isNew) {
      this.#key = `${this.tab}/${Date.now()}`;
      sessionStorage.setItem(SCENE, this.#key);
    }
    const key = this.#key;
    const meta = {
      key,
      tab: this.tab,
      name: scene.name,
      classes: JSON.stringify(this.classes.names),
      position: scene.position,
      count: scene.commands.length,
      locked: scene.idsWith("isLocked"),
      hidden: scene.idsWith("isHidden"),
      changed: Date.now(),
    };
    const index = scene.position - 1;
    this.#write((stores) => {
      if (isNew) stores.bases.put({ key, ...base });
      if (command) {
        stores.commands.delete(IDBKeyRange.bound([key, index], [key, Infinity]));
        stores.commands.put({ key, index, ...command });
      }
      stores.scenes.put(meta);
    });
    if (isNew) this.#removeOldest();
  }

  async #removeOldest() {
    const listed = await this.list();
    for (const { key } of listed.slice(KEPT_SCENES)) this.remove(key);
  }

  /** Runs `change` in one transaction, after those before it. */
  #write(change) {
    this.emit("state", "saving");
    this.#writing += 1;
    const written = async () => {
      try {
        const transaction = this.#database.transaction(["bases", "commands", "scenes"], "readwrite", { durability: "relaxed" });
        const stores = Object.fromEntries([...transaction.objectStoreNames].map((name) => [name, transaction.objectStore(name)]));
        change(stores);
        await new Promise((resolve, reject) => {
          transaction.oncomplete = resolve;
          transaction.onabort = () => reject(transaction.error);
          transaction.onerror = (event) => event.preventDefault();
        });
        this.#hasFailed = false;
        this.emit("state", "saved");
      } catch {
        this.emit("state", "failed");
        if (!this.#hasFailed) this.emit("failed", FULL);
        this.#hasFailed = true;
      }
      this.#writing -= 1;
    };
    this.#queue = this.#queue.then(written);
    return this.#queue;
  }
}

/** The history of a record that `read` returned, for a Scene; its looks are Maps again, which the database keeps. */
export function restoreHistory(scene, { commands, position }) {
  scene.commands = commands.map(({ title, runs, before, after }) => ({ title, runs, before, after }));
  while (scene.position < Math.min(position, scene.commands.length)) scene.redo();
}

/** A look as it was when the scene was opened. */
export function baseLook(record) {
  return record.look ?? drawnLook(-1);
}

function openDatabase() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("bases", { keyPath: "key" });
    opening.result.createObjectStore("commands", { keyPath: ["key", "index"] });
    opening.result.createObjectStore("scenes", { keyPath: "key" });
  };
  return result(opening);
}

function removeScene(stores, key) {
  stores.bases.delete(key);
  stores.scenes.delete(key);
  stores.commands.delete(IDBKeyRange.bound([key, 0], [key, Infinity]));
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function lockName(tab) {
  return `tfhd-editor-${tab}`;
}

/** This tab's name, which a reload keeps. A duplicated tab starts with a copy of it, and gets another one. */
async function ownTab() {
  const known = sessionStorage.getItem(TAB);
  if (known && (await holds(known, 500))) return known;
  const made = [...crypto.getRandomValues(new Uint32Array(2))].map((word) => word.toString(36)).join("");
  sessionStorage.setItem(TAB, made);
  sessionStorage.removeItem(SCENE);
  await holds(made, 500);
  return made;
}

/** Whether this tab gets a lock, which it then holds until it is closed. */
function holds(tab, milliseconds) {
  if (!navigator.locks) return Promise.resolve(true); // over plain http from another machine there are none
  return new Promise((resolve) => {
    navigator.locks
      .request(lockName(tab), { signal: AbortSignal.timeout(milliseconds) }, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}
