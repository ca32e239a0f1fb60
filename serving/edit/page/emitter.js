// Events by name, with as many listeners as want them.

export class Emitter {
  #listeners = new Map();

  /** Calls `listener` with what `emit` is given for this event. */
  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, []);
    this.#listeners.get(event).push(listener);
  }

  emit(event, ...values) {
    for (const listener of this.#listeners.get(event) ?? []) listener(...values);
  }
}
