// Leads a worker of Mechanical Turk through one HIT, and submits all of its answers at once.
"use strict";

const given = new URLSearchParams(location.search);
const texts = JSON.parse(document.getElementById("texts").textContent);
const stage = document.getElementById("stage");

// The last HIT may have fewer trials; Mechanical Turk leaves their attributes empty.
const trials = [...document.querySelectorAll("#trials > div")].map((each) => each.dataset).filter((each) => each.trial);

// What was answered and shown so far outlives a reload, and a window that is closed and opened again: a pair that comes a second
// time is said to, and no answer is given twice. begun: how often each trial was shown.
const place = "tfhd-study-" + given.get("assignmentId");
function recall() {
  return JSON.parse(localStorage.getItem(place)) || { answers: [], begun: {} };
}
function keep(state) {
  localStorage.setItem(place, JSON.stringify(state));
}

async function load(url, side) {
  const picture = element("img", { src: url, alt: "the picture on the " + side, draggable: false });
  await picture.decode().catch(() => { throw new Error("A picture could not be loaded: " + url); });
  return picture;
}

function submit(answers) {
  const value = JSON.stringify(answers);
  const fields = { assignmentId: given.get("assignmentId"), hit: document.getElementById("trials").dataset.hit, answers: value };
  const inputs = Object.entries(fields).map(([name, value]) => element("input", { type: "hidden", name, value }));
  const action = (given.get("turkSubmitTo") || "https://www.mturk.com") + "/mturk/externalSubmit";
  const form = element("form", { method: "post", action }, ...inputs);
  document.body.append(form);
  form.submit();
}

async function judge(trial) {
  const pictures = await Promise.all([load(trial.left, "left"), load(trial.right, "right")]);
  return present(stage, texts.question, pictures.splice(0), trial.seconds ? Number(trial.seconds) : null, texts.scale);
}

async function practise() {
  if (!texts.practice) return;
  document.getElementById("progress-text").textContent = "Practice";
  for (const trial of trials.slice(0, texts.practice)) await judge(trial);
  await showText(stage, "Now it counts", "Practice is over. From here on your answers count.", "Continue");
}

async function lead() {
  // A preview, which is told by that value, or has no parameters at all, where it is the requester's.
  if ([null, "", "ASSIGNMENT_ID_NOT_AVAILABLE"].includes(given.get("assignmentId"))) {
    showEnd(stage, texts.question, texts.consent + "\n\nAccept this HIT to begin.");
    return;
  }
  const isLimited = trials.some((each) => each.seconds);
  const state = recall();
  const stopping = "To stop, return the HIT; nothing is sent then.";
  await showText(stage, texts.question, [texts.consent, stopping, instructions(isLimited)].join("\n\n"), "I agree and take part");
  if (!Object.keys(state.begun).length) await practise();
  const counted = trials.slice(texts.practice);
  for (const trial of counted.slice(state.answers.length)) {
    document.getElementById("progress-text").textContent = state.answers.length + " of " + counted.length;
    document.getElementById("progress").value = state.answers.length / counted.length;
    const loads = (state.begun[trial.trial] || 0) + 1;
    state.begun[trial.trial] = loads;
    keep(state);
    state.answers.push({ trial: trial.trial, ...await judge(trial), loads });
    keep(state);
  }
  showEnd(stage, "Thank you", "Your answers are being sent.");
  submit(state.answers);
}

lead().catch((error) => {
  showEnd(stage, "This HIT cannot go on", "Please reload it, and return it if that does not help. " + error.message);
  throw error;
});
