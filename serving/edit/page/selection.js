// The selected objects.

import { maskOf } from "./edits.js";
import { Emitter } from "./emitter.js";
import { connectedMask, has, outline } from "./masks.js";

/**
 * A part is {id, label, mask, isWhole}: an object, or one of the pieces that a region falls into (one tree of all trees, which
 * share an id). Events: `change`.
 */
export class Selection extends Emitter {
  #outlines = null;

  constructor(scene) {
    super();
    this.scene = scene;
    this.parts = [];
    scene.on("objects", () => this.#refresh());
  }

  get ids() {
    return this.parts.map((part) => part.id);
  }

  /** The part at a pixel: a single object, or the connected piece of a region; with `isWhole` all of the region. */
  partAt(x, y, isWhole = false) {
    const { maps, objects, classes } = this.scene;
    const index = maps.indexOf(x, y);
    if (index < 0) return null;
    const id = maps.instance[index];
    const label = maps.label[index];
    if (isWhole || classes.ofLabel(label)?.countable) return this.#partOf(id);
    const mask = connectedMask(maps, x, y);
    return { id, label, mask, isWhole: pixelsOf(mask) === objects.get(id).pixels, seed: { x, y } };
  }

  set(parts) {
    this.parts = parts.filter(Boolean);
    this.#outlines = null;
    this.emit("change");
  }

  /** Adds a part, or takes it away where it is selected. */
  toggle(part) {
    const others = this.parts.filter(
      (each) => !(each.id === part.id && (each.isWhole || has(each.mask, part.seed?.x, part.seed?.y))),
    );
    this.set(others.length < this.parts.length ? others : [...this.parts, part]);
  }

  selectIds(ids) {
    this.set([...new Set(ids)].filter((id) => this.scene.objects.has(id)).map((id) => this.#partOf(id)));
  }

  /** Adds the parts on the other side of a face: the right eye to the left one. */
  withCounterparts(parts) {
    const { classes, objects } = this.scene;
    const others = parts.flatMap((part) => {
      const item = classes.counterpart(classes.ofLabel(part.label) ?? { name: "" });
      return item
        ? [...objects.values()].filter((object) => item.ids.includes(object.label)).map((object) => this.#partOf(object.id))
        : [];
    });
    return [...parts, ...others.filter((other) => !parts.some((part) => part.id === other.id))];
  }

  has(x, y) {
    return this.parts.some((part) => has(part.mask, x, y));
  }

  get outlines() {
    this.#outlines ??= this.parts.map((part) => outline(part.mask));
    return this.#outlines;
  }

  #partOf(id) {
    return { id, label: this.scene.objects.get(id).label, mask: maskOf(this.scene, id), isWhole: true };
  }

  /** Follows an edit: whole objects where they went, pieces where they still are; what is gone is no longer selected. */
  #refresh() {
    const { maps, objects } = this.scene;
    this.set(
      this.parts.map((part) => {
        if (!objects.has(part.id)) return null;
        if (part.isWhole) return this.#partOf(part.id);
        const index = maps.indexOf(part.seed.x, part.seed.y);
        return maps.instance[index] === part.id ? this.partAt(part.seed.x, part.seed.y) : null;
      }),
    );
  }
}

function pixelsOf(mask) {
  let count = 0;
  for (const value of mask.data) count += value;
  return count;
}
