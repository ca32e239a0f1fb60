// The model's classes, and what they have to do with ids.

export class Classes {
  /** `listed` is what the server says of the classes; a class's index is its place there. */
  constructor(listed) {
    this.list = listed.map((item, index) => ({ ...item, index, title: item.name }));
    this.#ofId = new Int32Array(65536).fill(-1);
    for (const item of this.list) for (const id of item.ids) this.#ofId[id] = item.index;
  }

  #ofId;

  /** The class that lists a raw label id; undefined where none does. */
  ofLabel(label) {
    return this.list[this.#ofId[label]];
  }

  /** The class on the other side: "right eye" for "left eye"; undefined where there is none. */
  counterpart(item) {
    const other = item.name.replace(/\b(left|right)\b/i, (side) => (side.toLowerCase() === "left" ? "right" : "left"));
    return other === item.name ? undefined : this.list.find((each) => each.name.toLowerCase() === other.toLowerCase());
  }

  /** Whether any class lists this number, so that it had better not be a new object's id. */
  isRawId(id) {
    return this.#ofId[id] >= 0;
  }

  get names() {
    return this.list.map((item) => item.name);
  }
}
