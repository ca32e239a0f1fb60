// Leads a worker of Mechanical Turk through one HIT, and submits all of its answers at once.
"use strict";

const given = new URLSearchParams(location.search);
const texts = JSON.parse(document.getElementById("texts").textContent);
const stage = document.getElementById("stage");

// The last HIT may have fewer trials; Mechanical Turk leaves their attributes empty.
const trials = [...document.querySelectorAll("#trials > div")].map((each) => each.dataset).filter((each) => each.trial);

async function load(url, side) {
  const picture = element("img", { src: url, alt: "the picture on the " + side, draggable: false });
  await picture.decode();
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

async function lead() {
  if (given.get("assignmentId") === "ASSIGNMENT_ID_NOT_AVAILABLE") {
    showEnd(stage, texts.question, texts.consent + "\n\nAccept this HIT to begin.");
    return;
  }
  const isLimited = trials.some((each) => each.seconds);
  await showText(stage, texts.question, texts.consent + "\n\n" + instructions(isLimited), "I agree and take part");
  const answers = [];
  for (const trial of trials) {
    document.getElementById("progress-text").textContent = answers.length + " of " + trials.length;
    document.getElementById("progress").value = answers.length / trials.length;
    const pictures = await Promise.all([load(trial.left, "left"), load(trial.right, "right")]);
    const answer = await present(stage, texts.question, pictures.splice(0), trial.seconds ? Number(trial.seconds) : null);
    answers.push({ trial: trial.trial, ...answer });
  }
  showEnd(stage, "Thank you", "Your answers are being sent.");
  submit(answers);
}

lead().catch((error) => {
  showEnd(stage, "This HIT cannot go on", "Please return it. " + error.message);
  throw error;
});
