// Shows a pair of pictures and takes the answer. Times are those of presented frames, not of timers: a change that is made in the
// callback of a frame is on screen when that frame is presented, so the distance of two frames is how long something was seen.
// Part of HITs too, in which Mechanical Turk replaces a dollar and braces by its own values; so there are no template literals.
"use strict";

const SETTLING_FRAMES = 20; // with the cross alone, to learn how long a frame lasts

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

// The median distance of some frames; a cross is shown meanwhile, where the pictures will be.
async function settle(pair) {
  const cross = element("div", { className: "mark", textContent: "+" });
  pair.append(cross);
  const distances = [];
  let last = await nextFrame(Infinity);
  while (distances.length < SETTLING_FRAMES) {
    const now = await nextFrame(Infinity);
    distances.push(now - last);
    last = now;
  }
  return { cross, interval: distances.sort((a, b) => a - b)[SETTLING_FRAMES / 2] };
}

// Shows pictures for a while, then takes them out of the page. Resolves to how long they were shown, in how many frames, and the
// longest of these, in milliseconds.
async function expose(pair, pictures, seconds) {
  const { cross, interval } = await settle(pair);
  const began = await nextFrame(interval);
  cross.replaceWith(...pictures);
  let [last, frames, longest] = [began, 0, 0];
  // Ends with the frame that is nearest to the time asked for.
  while (last - began + interval / 2 < seconds * 1000) {
    const now = await nextFrame(interval);
    frames += 1;
    longest = Math.max(longest, now - last);
    last = Math.max(last, now);
  }
  pair.replaceChildren();
  return { shown_ms: last - began, frames, longest_frame_ms: longest };
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

  let measured = {};
  let targets = { left: [buttons[0]], right: [buttons[1]] };
  let appeared;
  if (seconds === null) {
    pair.append(...pictures);
    targets = { left: [buttons[0], pictures[0]], right: [buttons[1], pictures[1]] };
    appeared = await nextFrame(Infinity);
  } else {
    measured = await expose(pair, pictures, seconds);
    appeared = performance.now() - measured.shown_ms;
  }
  for (const each of buttons) each.disabled = false;
  const choice = await waitForSide(targets);
  const answer_ms = Math.max(0, performance.now() - appeared);
  for (const each of buttons) each.disabled = true;
  listening.abort();
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
