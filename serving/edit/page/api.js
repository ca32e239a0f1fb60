// What the page asks of the server.

import { pack, unpack } from "./frames.js";

/** The server understood a request and refuses it; the message says why and what to do. */
export class RefusedError extends Error {}

/** No answer: the editor's own process, or the model's server, is away. */
export class AwayError extends Error {}

const AWAY = "The editor's process does not answer; start it again. Your work is kept in this browser.";
const MODEL_AWAY = [502, 503, 504];

async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new AwayError(AWAY);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  let message = text;
  try {
    message = JSON.parse(text).error ?? text;
  } catch {
    // plain text is a message too
  }
  throw MODEL_AWAY.includes(answer.status) ? new AwayError(message) : new RefusedError(message || `status ${answer.status}`);
}

function post(path, header, parts, signal) {
  return send(path, { method: "POST", headers: { "X-Tfhd-Editor": "1" }, body: pack(header, parts), signal });
}

async function postForFrame(path, header, parts) {
  return unpack(await (await post(path, header, parts)).arrayBuffer());
}

function asScene({ header, parts }) {
  const [label, instance, photo] = parts;
  return {
    ...header,
    label: new Uint16Array(label),
    instance: new Uint16Array(instance),
    photo: photo?.byteLength ? new Uint8Array(photo) : null,
  };
}

/** The model's name, classes and styles, and the names of the scenes. */
export async function fetchModel() {
  return (await send("/api/model")).json();
}

/** Loads one of the scenes by its place in the model's list. */
export async function fetchScene(index) {
  return asScene(unpack(await (await send(`/api/scenes/${index}`)).arrayBuffer()));
}

/**
 * Paints maps {width, height, label, instance} with `styles`, a list of [instance id, vector].
 * Returns the picture as ImageData and the milliseconds that the model took.
 */
export async function paint(maps, styles, signal) {
  const { width, height } = maps;
  const answer = await post("/api/paint", { width, height, styles }, [maps.label, maps.instance], signal);
  const model = Number(/model;dur=([\d.]+)/.exec(answer.headers.get("server-timing"))?.[1] ?? 0);
  const pixels = new Uint8ClampedArray(await answer.arrayBuffer());
  return { image: new ImageData(pixels, width, height), modelTime: model };
}

/**
 * Styles of a photo, a list of [instance id, vector]: by an instance map (PNG bytes), or of a region [left, top, right, bottom]
 * in shares of the photo.
 */
export async function encode({ width, height }, photo, { instance = null, region = null }) {
  const answer = await post("/api/encode", { width, height, region }, [photo, instance ?? new ArrayBuffer(0)]);
  return (await answer.json()).styles;
}

/** Reads map files; without an instance file, connected regions of countable classes become instances. */
export async function readMaps(label, instance) {
  return asScene(await postForFrame("/api/maps/read", {}, [label, instance ?? new ArrayBuffer(0)]));
}

/** A map as the bytes of a PNG file. */
export async function writeMap({ width, height }, ids) {
  return (await post("/api/maps/write", { width, height }, [ids])).arrayBuffer();
}

/** The bytes of a scene file. */
export async function writeScene({ width, height, label, instance }, settings) {
  return (await post("/api/scene/write", { width, height, settings }, [label, instance])).arrayBuffer();
}

/** Reads a scene file. */
export async function readScene(file) {
  return asScene(await postForFrame("/api/scene/read", {}, [file]));
}
