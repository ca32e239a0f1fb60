// Shows a pair of pictures and takes the answer. Times are those at which frames were presented, not those of timers. Chromium, and
// browsers that are built on it, report when an element was presented (Element Timing). Elsewhere the times of frames stand for it:
// a change that is made in the callback of a frame is on screen when that frame is, so the distance of two frames is how long
// something was seen, if both were presented equally late.
// Part of HITs too, in which Mechanical Turk replaces a dollar and braces by its own values; so there are no template literals.
"use strict";

const SETTLING_FRAMES = 20; // with the cross alone, to learn how long a frame lasts, and how late it is presented
const LONGEST_DELAY_MS = 2000; // after which a presentation that was not reported is given up

const awaited = new Map(); // from the name of an element to what takes the time of its presentation
if (window.PerformanceObserver && PerformanceObserver.supportedEntryTypes.includes("element")) {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) awaited.get(entry.identifier)?.(entry.renderTime || null);
  }).observe({ type: "element" });
}

// Names an element that is about to be added to the page. Resolves to when it was presented, or to null where that is unknown.
let named = 0;
function presentation(element) {
  if (!("elementTiming" in element)) return Promise.resolve(null);
  named += 1;
  const name = "presented-" + named;
  element.elementTiming = name;
  return new Promise((resolve) => {
    awaited.set(name, resolve);
    setTimeout(resolve, LONGEST_DELAY_MS, null);
  }).finally(() => awaited.delete(name));
}

// Resolves in the callback of the next frame, in which changes of the page are still part of it, to its time in milliseconds.
function nextFrame(interval) {
  return new Promise((resolve) => {
    // Where the page was busy, the callback comes late and its frame's time is long past; then the clock tells the truth.
    requestAnimationFrame((time) => resolve(performance.now() - time > interval ? performance.now() : time));
  });
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Resolves to "left" or "right", by the keys F and J, the arrows, a click or a touch. Keys that repeat do not count: whoever holds
// one down has not judged the next pair.
function waitForSide(buttons) {
  const sides = { ArrowLeft: "left", KeyF: "left", ArrowRight: "right", KeyJ: "right" };
  return new Promise((resolve) => {
    const listening = new AbortController();
    const choose = (side) => {
      listening.abort();
      resolve(side);
    };
    const options = { signal: listening.signal };
    document.addEventListener("keydown", (event) => {
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !(event.code in sides)) return;
      event.preventDefault();
      choose(sides[event.code]);
    }, options);
    for (const [side, targets] of Object.entries(buttons)) {
      for (const target of targets) target.addEventListener("click", () => choose(side), options);
    }
  });
}

// Shows a cross for some frames, where the pictures will be. Resolves to the cross, the median distance of frames and how long after
// its frame's time a small change was presented.
async function settle(pair) {
  let cross = element("div", { className: "mark", textContent: "+" });
  pair.append(cross);
  const distances = [];
  let last = await nextFrame(Infinity);
  let [changed, presented] = [0, null];
  while (distances.length < SETTLING_FRAMES) {
    const now = await nextFrame(Infinity);
    distances.push(now - last);
    last = now;
    if (distances.length === SETTLING_FRAMES / 2) {
      const other = element("div", { className: "mark", textContent: "+" });
      [changed, presented] = [now, presentation(other)];
      cross.replaceWith(other);
      cross = other;
    }
  }
  const interval = distances.sort((a, b) => a - b)[SETTLING_FRAMES / 2];
  const seen = await presented;
  return { cross, interval, delay: seen === null ? 0 : Math.max(0, seen - changed) };
}

// Shows pictures for a while, then takes them out of the page. Resolves, once they are hidden, to when they appeared and a promise of
// how long they were shown, in how many frames, and the longest of these, in milliseconds.
async function expose(pair, pictures, seconds) {
  const { cross, interval, delay } = await settle(pair);
  const first = await nextFrame(interval);
  const appearing = Promise.all(pictures.map(presentation));
  cross.replaceWith(...pictures);
  let appeared = null;
  let [last, frames, longest] = [first, 0, 0];
  appearing.then((times) => { appeared = times.includes(null) ? first : Math.max(...times); });
  // Ends with the frame that is presented nearest to the time asked for.
  while (appeared === null || last + (appeared === first ? 0 : delay) - appeared + interval / 2 < seconds * 1000) {
    const now = await nextFrame(interval);
    frames += 1;
    longest = Math.max(longest, now - last);
    last = Math.max(last, now);
  }
  const mark = element("div", { className: "mark", textContent: "?" });
  const hiding = presentation(mark);
  pair.replaceChildren(mark);
  const measuring = hiding.then((hidden) => {
    const isPresented = hidden !== null && appeared !== first;
    const shown_ms = isPresented ? hidden - appeared : last - first;
    return { shown_ms, frames, longest_frame_ms: longest, clock: isPresented ? "presentation" : "frames" };
  });
  return { appeared, measuring };
}

// Shows one trial on a stage. pictures: two img elements that are decoded; seconds: null for unlimited time. Resolves to what a
// vote holds. Nobody else holds the pictures, so they are gone once they are hidden.
async function present(stage, question, pictures, seconds) {
  const listening = new AbortController();
  let isInterrupted = document.hidden;
  document.addEventListener("visibilitychange", () => { isInterrupted = true; }, { signal: listening.signal });

  const button = (side, key, words) => element("button", { type: "button", id: side, disabled: true },
    element("kbd", { textContent: key, ariaHidden: "true" }), " " + words);
  const buttons = [button("left", "←", "Left"), button("right", "→", "Right")];
  const pair = element("div", { className: "pair" });
  stage.replaceChildren(element("h1", { textContent: question }), pair, element("div", { className: "choices" }, ...buttons));

  let measuring = {};
  let targets = { left: [buttons[0]], right: [buttons[1]] };
  let appeared;
  if (seconds === null) {
    pair.append(...pictures);
    targets = { left: [buttons[0], pictures[0]], right: [buttons[1], pictures[1]] };
    appeared = await nextFrame(Infinity);
  } else {
    ({ appeared, measuring } = await expose(pair, pictures, seconds));
  }
  for (const each of buttons) each.disabled = false;
  const choice = await waitForSide(targets);
  const answer_ms = Math.max(0, performance.now() - appeared);
  for (const each of buttons) each.disabled = true;
  listening.abort();
  const measured = await measuring;
  pair.replaceChildren();
  return { choice, answer_ms, ...measured, is_interrupted: isInterrupted };
}

// Shows a text with one button, and resolves once it is pressed.
function showText(stage, title, text, label) {
  const button = element("button", { type: "button", id: "continue", textContent: label });
  stage.replaceChildren(element("h1", { textContent: title }), element("div", { className: "text", textContent: text }), button);
  button.focus(); // Enter and the space bar press it
  return new Promise((resolve) => button.addEventListener("click", resolve, { once: true }));
}

function showEnd(stage, title, text) {
  stage.replaceChildren(element("h1", { textContent: title }), element("div", { className: "text", textContent: text }));
}

function instructions(isLimited) {
  const ways = "Two pictures appear side by side. Press the left or the right arrow key, or F or J, or touch a button.";
  const hidden = "The pictures are shown for a short while only, so look at the cross before. You can answer once they are hidden.";
  return isLimited ? ways + "\n" + hidden : ways;
}
