// Keeps the picture up to date: one request at a time, and always for the newest state of the scene.

import { AwayError, RefusedError, paint } from "./api.js";
import { Emitter } from "./emitter.js";
import { whole } from "./rects.js";

/** Milliseconds within which a picture should follow the hand. */
const LIVE = 300;
/** Milliseconds without a change after which the hand rests. */
const REST = 200;
const RETRY = 2000;
const FIRST_PIXELS = 512 * 256;
const SMALLEST = 64;
const MULTIPLE = 32;

/**
 * Events: `painted` ({isFull, latency, modelTime, width, height, image}), `busy` (whether), `failed` (message; another edit may
 * help), `away` (message; asked again by itself), `back`.
 */
export class Painter extends Emitter {
  #version = 0;
  #shown = { version: -1, isFull: false };
  #since = null;
  #isLive = false;
  #running = null;
  #timer = 0;
  #isAway = false;
  #isSmallRefused = false;
  #isClosed = false;
  /** Milliseconds per pixel, as last seen; a guess before the first picture, which is a small one where the scene is large. */
  #cost = LIVE / FIRST_PIXELS;
  #isLearnt = false;
  #jobs = [];

  constructor(scene, layers) {
    super();
    this.scene = scene;
    this.layers = layers;
    scene.on("pixels", (_, isLive) => this.#change(isLive));
    scene.on("look", (isLive) => this.#change(isLive));
    scene.on("history", () => this.#change(false));
  }

  /** Paints the scene for the first time, or again after a failure. */
  start() {
    this.#change(false);
  }

  close() {
    this.#isClosed = true;
    this.#running?.controller.abort();
    clearTimeout(this.#timer);
  }

  /** Whether the picture shows the scene as it is. */
  get isCurrent() {
    return this.#shown.version === this.#version && this.#shown.isFull;
  }

  /** Runs jobs, functions of an AbortSignal, one by one while there is nothing else to paint; they replace earlier ones. */
  whenIdle(jobs) {
    this.#jobs = jobs;
    if (this.#running?.isJob) this.#running.controller.abort();
    this.#pump();
  }

  #change(isLive) {
    this.#version++;
    this.#since ??= performance.now();
    this.#isLive = isLive;
    const running = this.#running;
    if (running && (running.isJob || (isLive && running.expected > LIVE))) running.controller.abort();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#pump();
  }

  #pump() {
    if (this.#running || this.#timer || this.#isClosed) return;
    if (this.#shown.version !== this.#version) {
      const size = this.#isLive || !this.#isLearnt ? this.#liveSize() : this.scene;
      this.#run(size.width, size.height);
    } else if (!this.#shown.isFull) {
      this.#run(this.scene.width, this.scene.height);
    } else if (this.#jobs.length) {
      this.#runJob(this.#jobs.shift());
    }
  }

  /** The largest size, halved as often as need be, that can follow the hand. */
  #liveSize() {
    let { width, height } = this.scene;
    const fits = () => width * height * this.#cost <= LIVE || Math.min(width, height) / 2 < SMALLEST;
    if (fits() || this.#isSmallRefused) return this.scene;
    while (!fits()) [width, height] = [width / 2, height / 2];
    const rounded = (length) => Math.max(MULTIPLE, Math.round(length / MULTIPLE) * MULTIPLE);
    return { width: rounded(width), height: rounded(height) };
  }

  async #run(width, height) {
    const { scene } = this;
    const isFull = width === scene.width && height === scene.height;
    const [version, began] = [this.#version, performance.now()];
    const since = this.#since ?? began;
    this.#since = null;
    const controller = new AbortController();
    this.#running = { controller, expected: width * height * this.#cost };
    this.emit("busy", true);
    try {
      const maps = isFull ? scene.maps : scene.maps.sampled(whole(scene), width, height);
      const { image, modelTime } = await paint(maps, scene.styleList(), controller.signal);
      if (this.#isClosed) return;
      await this.layers.show(image);
      this.#learn((performance.now() - began) / (width * height));
      this.#shown = { version, isFull };
      if (this.#isAway) this.emit("back");
      this.#isAway = false;
      this.emit("painted", { isFull, latency: performance.now() - since, modelTime, width, height, image });
    } catch (error) {
      this.#fail(error, version, isFull, since);
    } finally {
      this.#running = null;
      if (!this.#isClosed) {
        this.emit("busy", this.#shown.version !== this.#version);
        this.#rest();
        this.#pump();
      }
    }
  }

  /** Waits for the hand to rest before a small picture is painted again at full size. */
  #rest() {
    if (!this.#isLive || this.#timer || this.#shown.version !== this.#version || this.#shown.isFull) return;
    this.#wait(REST);
  }

  #wait(milliseconds) {
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#pump();
    }, milliseconds);
  }

  #learn(cost) {
    this.#cost = this.#isLearnt ? 0.7 * this.#cost + 0.3 * cost : cost;
    this.#isLearnt = true;
  }

  #fail(error, version, isFull, since) {
    if (this.#isClosed) return;
    if (error.name === "AbortError") {
      this.#since = Math.min(since, this.#since ?? since);
    } else if (error instanceof AwayError) {
      this.#isAway = true;
      this.#wait(RETRY);
      this.emit("away", error.message);
    } else if (error instanceof RefusedError && !isFull) {
      this.#isSmallRefused = true;
    } else {
      this.#shown = { version, isFull: true }; // the same request would be refused again
      this.emit("failed", error.message);
      if (!(error instanceof RefusedError)) throw error;
    }
  }

  async #runJob(job) {
    const controller = new AbortController();
    this.#running = { controller, isJob: true };
    try {
      await job(controller.signal);
    } catch (error) {
      this.#jobs = [];
      if (!["AbortError"].includes(error.name) && !(error instanceof AwayError) && !(error instanceof RefusedError)) throw error;
    } finally {
      this.#running = null;
      this.#pump();
    }
  }
}
