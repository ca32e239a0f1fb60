// Shows a pair of pictures and takes the answer. Times are those at which frames were presented, not those of timers. Chromium, and
// browsers that are built on it, report when an element was presented (Element Timing). Elsewhere the times of frames stand for it:
// a change that is made in the callback of a frame is on screen when that frame is, so the distance of two frames is how long
// something was seen, if both were presented equally late.
// Part of HITs too, in which Mechanical Turk replaces a dollar and braces by its own values; so there are no template literals.
"use strict";

const SETTLING_FRAMES = 20; // with the cross alone, to learn how long a frame lasts, and how late it is presented
const LONGEST_DELAY_MS = 2000; // after which a presentation that was not reported is given up
// Presses until then are dropped: nobody has chosen between two pictures by then, and it is when the second press of a double click
// or key comes, which was meant for the pair before. The study keeps quicker answers apart.
const FASTEST_MS = 300;
const STACKED = window.matchMedia("(orientation: portrait) and (max-width: 40rem)"); // as in study.css
const SMALL = 0.5; // share of a picture's size below which a rater is asked for a larger window

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

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Resolves once so much time has passed since a moment, by the clock that answers are measured by.
async function untilAfter(moment, ms) {
  while (performance.now() - moment < ms) await sleep(moment + ms - performance.now());
}

// Sizes a pair's pictures: both alike, as large as fits, but at most `scale` CSS pixels for one of theirs, since what is blown up
// looks worse than it is. Returns what a vote says of it.
function fit(pair, pictures, scale) {
  const gap = parseFloat(getComputedStyle(pair).rowGap) || 0;
  const is_stacked = STACKED.matches;
  const [across, down] = is_stacked ? [1, 2] : [2, 1];
  const [{ naturalWidth, naturalHeight }] = pictures;
  const factor = Math.max(0, Math.min(scale, (pair.clientWidth - gap * (across - 1)) / across / naturalWidth,
    (pair.clientHeight - gap * (down - 1)) / down / naturalHeight));
  const [width, height] = [naturalWidth * factor, naturalHeight * factor];
  for (const each of pictures) Object.assign(each.style, { width: width + "px", height: height + "px" });
  document.getElementById("hint").textContent = factor >= Math.min(1, scale) * SMALL ? ""
    : "Pictures at " + Math.round(100 * factor) + " % of their size: make the window larger if you can";
  return { width, height, pixel_ratio: window.devicePixelRatio, is_stacked };
}

// Resolves to "left" or "right", by the keys F and J, the arrows, a click or a touch. Keys that repeat do not count: whoever holds
// one down has not judged the next pair.
function waitForSide(buttons) {
  const beside = { ArrowLeft: "left", KeyF: "left", ArrowRight: "right", KeyJ: "right" };
  const stacked = { ArrowUp: "left", ArrowDown: "right", ...beside };
  return new Promise((resolve) => {
    const listening = new AbortController();
    const choose = (side) => {
      listening.abort();
      resolve(side);
    };
    const options = { signal: listening.signal };
    document.addEventListener("keydown", (event) => {
      const sides = STACKED.matches ? stacked : beside;
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || !(event.code in sides)) return;
      event.preventDefault();
      choose(sides[event.code]);
    }, options);
    for (const [side, targets] of Object.entries(buttons)) {
      // The second click of a double one was meant for the pair before.
      for (const target of targets) target.addEventListener("click", (event) => event.detail > 1 || choose(side), options);
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
async function expose(pair, pictures, seconds, refit) {
  const { cross, interval, delay } = await settle(pair);
  const first = await nextFrame(interval);
  const appearing = Promise.all(pictures.map(presentation));
  refit();
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

// Shows one trial on a stage. pictures: two img elements that are decoded; seconds: null for unlimited time; scale: as of `fit`.
// Resolves to what a vote holds. Nobody else holds the pictures, so they are gone once they are hidden.
async function present(stage, question, pictures, seconds, scale) {
  const listening = new AbortController();
  const options = { signal: listening.signal };
  let isInterrupted = document.hidden;
  document.addEventListener("visibilitychange", () => { isInterrupted = true; }, options);

  const words = (name, key, text) => element("span", { className: name },
    element("kbd", { textContent: key, ariaHidden: "true" }), " " + text);
  const button = (side, ...labels) => element("button", { type: "button", id: side, disabled: true }, ...labels);
  const buttons = [button("left", words("beside", "←", "Left"), words("stacked", "↑", "Upper")),
    button("right", words("beside", "→", "Right"), words("stacked", "↓", "Lower"))];
  const pair = element("div", { className: "pair" });
  stage.replaceChildren(element("h1", { textContent: question }), pair, element("div", { className: "choices" }, ...buttons));

  let drawn = fit(pair, pictures, scale); // and again, since the hint may have taken room
  const refit = () => { if (pictures.length) drawn = fit(pair, pictures, scale); };
  window.addEventListener("resize", refit, options);

  let measuring = {};
  let targets = { left: [buttons[0]], right: [buttons[1]] };
  let appeared;
  if (seconds === null) {
    await nextFrame(Infinity);
    const appearing = Promise.all(pictures.map(presentation));
    refit();
    pair.append(...pictures);
    targets = { left: [buttons[0], pictures[0]], right: [buttons[1], pictures[1]] };
    appeared = await nextFrame(Infinity);
    const times = await Promise.race([appearing, sleep(FASTEST_MS)]);
    if (times && !times.includes(null)) appeared = Math.max(...times);
  } else {
    ({ appeared, measuring } = await expose(pair, pictures, seconds, refit));
    pictures.length = 0;
  }
  await untilAfter(appeared, FASTEST_MS);
  for (const each of buttons) each.disabled = false;
  const choice = await waitForSide(targets);
  const answer_ms = performance.now() - appeared;
  for (const each of buttons) each.disabled = true;
  listening.abort();
  const measured = await measuring;
  pair.replaceChildren();
  return { choice, answer_ms, ...measured, ...drawn, is_interrupted: isInterrupted };
}

// Shows a text with one button, and resolves once it is pressed: not before it could be read, nor with its end out of sight.
async function showText(stage, title, text, label) {
  document.getElementById("hint").textContent = "";
  const button = element("button", { type: "button", id: "continue", textContent: label, disabled: true });
  const body = element("div", { className: "text", textContent: text, tabIndex: 0 });
  stage.replaceChildren(element("h1", { textContent: title }), body, button);
  body.focus(); // so that the arrow keys, the space bar and so on scroll it
  await sleep(FASTEST_MS);
  const isRead = () => body.scrollTop + body.clientHeight >= body.scrollHeight - 2;
  while (!isRead()) {
    await new Promise((resolve) => {
      body.addEventListener("scroll", resolve, { once: true });
      window.addEventListener("resize", resolve, { once: true });
    });
  }
  button.disabled = false;
  button.focus(); // Enter and the space bar press it
  await new Promise((resolve) => button.addEventListener("click", resolve, { once: true }));
}

function showEnd(stage, title, text) {
  document.getElementById("hint").textContent = "";
  stage.replaceChildren(element("h1", { textContent: title }), element("div", { className: "text", textContent: text }));
}

function instructions(isLimited) {
  const isTouched = window.matchMedia("(pointer: coarse)").matches;
  const place = STACKED.matches ? "one above the other" : "side by side";
  const keys = "Press the left or the right arrow key, or F or J, or click " + (isLimited ? "a button." : "a picture or a button.");
  const taps = isLimited ? "Tap a button to answer." : "Tap the picture that you choose, or its button.";
  const ways = "Two pictures appear " + place + ". " + (isTouched ? taps : keys);
  const hidden = "The pictures are shown for a short while only, so look at the cross before. You can answer once they are hidden.";
  return isLimited ? ways + "\n" + hidden : ways;
}
