// Leads a rater through a study: consent, practice, votes, breaks, thanks. The token in the link's fragment says who it is.
"use strict";

// Another rater's link in the same window changes the fragment alone, and is no new page to the browser.
window.addEventListener("hashchange", () => location.reload());

const PATIENCE_MS = [500, 1000, 2000, 4000, 8000];
const token = location.hash.slice(1);
const stage = document.getElementById("stage");
const notice = document.getElementById("notice");

// What the server says against a request; a second attempt would not help.
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

// Asks until there is an answer, and all of it has come: a server that is away, because it starts again, or cannot write, is waited
// for, and so is a network that breaks off. kind: "json" or "blob", as which the answer is read.
async function ask(method, path, kind, body) {
  const options = { method, headers: { Authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await fetch(`api/${path}`, options);
      if (response.ok) {
        const answer = await response[kind]();
        say("");
        return answer;
      }
      if (![408, 502, 503, 504].includes(response.status)) {
        const { error } = await response.json().catch(() => ({}));
        say("");
        throw new Refusal(response.status, error || `The study answers with status ${response.status}.`);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
    }
    say("The study cannot be reached. Trying again; your answer is kept meanwhile.");
    await sleep(PATIENCE_MS[Math.min(attempt, PATIENCE_MS.length - 1)]);
  }
}

function showProgress({ done, total }, note) {
  const bar = document.getElementById("progress");
  bar.hidden = false;
  bar.max = total;
  bar.value = done;
  document.getElementById("progress-text").textContent = note || `${done} of ${total}`;
}

async function load(trial, side) {
  const url = URL.createObjectURL(await ask("GET", `trials/${trial.id}/${side}`, "blob"));
  const picture = element("img", { src: url, alt: `the picture on the ${side}`, draggable: false });
  await picture.decode().catch(() => { // so that it is on screen in the frame that adds it to the page
    throw new Refusal(410, "A picture of the study is damaged; tell those who gave you the link.");
  });
  URL.revokeObjectURL(url);
  return picture;
}

async function judge(trial, { question, scale }) {
  const pictures = await Promise.all(["left", "right"].map((side) => load(trial, side)));
  const answer = await present(stage, question, pictures.splice(0), trial.seconds, scale);
  // The server knows by the nonce that a vote sent twice, its acknowledgement lost, is one.
  await ask("POST", `trials/${trial.id}`, "json", { ...answer, nonce: crypto.getRandomValues(new Uint32Array(3)).join("-") });
}

async function lead() {
  const study = await ask("GET", "study", "json");
  document.title = study.question;
  if (!study.progress.total) {
    showEnd(stage, "Nothing is left to judge", "All pairs of this study are judged, or are being judged by others. Thank you for coming.");
    return;
  }
  const how = instructions(study.is_limited);
  if (!study.has_consented) {
    const later = "Whoever opens this link again goes on where they stopped.";
    await showText(stage, study.question, [study.consent, later, how].join("\n\n"), "I agree and take part");
    await ask("POST", "consent", "json");
  } else if (study.progress.done < study.progress.total) {
    await showText(stage, "Welcome back", how, "Continue"); // or else a pair that is shown for a moment would be missed
  }
  let hasPractised = false;
  for (;;) {
    const { trial, progress, is_break: isBreak } = await ask("POST", "next", "json");
    if (trial === null) {
      showProgress(progress);
      showEnd(stage, "Thank you", `All of your ${progress.done} answers are stored. You may close this page.`);
      return;
    }
    showProgress(progress, trial.is_practice ? "Practice" : "");
    if (trial.is_practice && !hasPractised) {
      hasPractised = true;
      await showText(stage, "First some practice", "Your answers to the first pairs do not count.", "Start");
    } else if (!trial.is_practice && hasPractised) {
      hasPractised = false;
      await showText(stage, "Now it counts", "Practice is over. From here on your answers count.", "Continue");
    } else if (isBreak) {
      await showText(stage, "Time for a break", `You have judged ${progress.done} of ${progress.total} pairs. Go on when you like.`,
        "Continue");
    }
    try {
      await judge(trial, study);
    } catch (error) {
      // Answered elsewhere, in another window for instance, or given to another rater: there is a next one.
      if (!(error instanceof Refusal && error.status === 409)) throw error;
    }
  }
}

lead().catch((error) => {
  showEnd(stage, "The study cannot go on", error.message);
  if (!(error instanceof Refusal)) throw error;
});
