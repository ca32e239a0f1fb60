"""The page in limited time, in a real Chromium: what it measures is what was shown, and what was shown is gone."""

from __future__ import annotations

import pytest

from tests.serving.study.conftest import rater_page, vote_in_page
from tfhd.serving.study.votes import MOST_DEVIATION, read_votes

_OPENS = """(url) => new Promise((resolve) => {
  const picture = new Image();
  [picture.onload, picture.onerror] = [() => resolve(true), () => resolve(false)];
  picture.src = url;
})"""

# Watches the page from outside its own code: when pictures enter and leave the document, by the clock, and when the browser says
# that they and what replaced them were presented. Once pictures are presented, `early_key` is pressed, and the page is busy for
# `busy_ms`.
_WATCH = """
window.seen = [];
window.presented = [];
window.busy_ms = 0;
new MutationObserver(() => {
  const count = document.querySelectorAll(".pair img").length;
  const last = window.seen.at(-1);
  if (count && (!last || last.left)) {
    window.seen.push({ entered: performance.now(), count, urls: [...document.images].map((each) => each.src) });
  } else if (!count && last && !last.left) {
    last.left = performance.now();
  }
}).observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.presented.push({ time: entry.renderTime, what: entry.element?.localName, text: entry.element?.textContent });
    if (entry.element?.localName === "img" && window.early_key) {
      document.dispatchEvent(new KeyboardEvent("keydown", { code: window.early_key }));
    }
    const until = performance.now() + (entry.element?.localName === "img" ? window.busy_ms : 0);
    while (performance.now() < until);
  }
}).observe({ type: "element" });
"""


@pytest.fixture
def limited(make_study, new_page):
    """A page of a study of limited time, at its first trial."""
    study = make_study(("ours", "other", "third"), votes_per_pair=1, raters=1, limited_time=True, seconds=(0.25, 0.5))
    with rater_page(study, new_page, _WATCH) as page:
        page.locator("#continue").click()
        yield study, page


def kept_apart(vote) -> str:
    """Why a vote must be kept apart, by the time that was measured."""
    deviation = vote.shown_ms - 1000 * vote.seconds
    if abs(deviation) <= MOST_DEVIATION * 1000 * vote.seconds:
        return ""
    return "shown too long" if deviation > 0 else "shown too short"


def test_who_comes_first_is_told_that_pictures_are_hidden(make_study, new_page):
    study = make_study(raters=1, limited_time=True, seconds=(0.25,))  # without practice
    with rater_page(study, new_page) as page:
        page.get_by_text("shown for a short while only").wait_for()


def test_times_are_those_at_which_the_browser_presented_pictures(limited):
    study, page = limited
    for _ in range(8):
        vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    votes, _ = read_votes(study)
    assert sorted({vote.seconds for vote in votes}) == [0.25, 0.5]
    presented = iter(page.evaluate("window.presented"))
    for vote in votes:
        times = {"appeared": [], "hidden": None}
        while times["hidden"] is None:
            entry = next(presented)
            if entry["what"] == "img" or (entry["what"] is None and len(times["appeared"]) < 2):
                times["appeared"].append(entry["time"])
            elif entry["text"] == "?":
                times["hidden"] = entry["time"]
        assert vote.clock == "presentation"
        assert vote.shown_ms == pytest.approx(times["hidden"] - max(times["appeared"]), abs=0.01)
        assert vote.kept_apart == kept_apart(vote)


def test_without_times_of_presentation_those_of_frames_are_taken(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1, limited_time=True, seconds=(0.25,))
    with rater_page(study, new_page, _WATCH + "delete Element.prototype.elementTiming;") as page:
        page.locator("#continue").click()
        for _ in range(4):
            vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
        seen = page.evaluate("window.seen")
    for vote, actual in zip(read_votes(study)[0], seen, strict=True):
        assert vote.clock == "frames"
        # Whole frames, so it may differ from the clock by what a frame took.
        assert abs(vote.shown_ms - (actual["left"] - actual["entered"])) <= 1.5 * vote.longest_frame_ms
        assert vote.frames * vote.longest_frame_ms >= vote.shown_ms - 0.01
        assert vote.kept_apart == kept_apart(vote)


def test_a_page_that_was_too_busy_says_how_long_it_showed_pictures(limited):
    study, page = limited
    page.evaluate("window.busy_ms = 900")
    for _ in range(2):  # the first pair may have been shown already
        vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    vote = read_votes(study)[0][1]
    assert vote.shown_ms >= 900
    assert vote.kept_apart == "shown too long"


def test_a_hidden_picture_is_not_in_the_page_any_more(limited):
    _, page = limited
    page.locator("#left:enabled").wait_for()
    assert page.evaluate("window.seen")[0]["count"] == 2
    assert page.evaluate("document.images.length") == 0
    html = page.content()
    assert "blob:" not in html
    assert "<img" not in html
    assert "<canvas" not in html
    # Nor can it be opened again by the address that it had.
    for url in page.evaluate("window.seen")[0]["urls"]:
        assert url.startswith("blob:")
        assert page.evaluate(_OPENS, url) is False
    page.problems.clear()  # Chromium reports that there is nothing under it


def test_keys_during_the_show_are_no_answers(limited):
    study, page = limited
    page.evaluate("window.early_key = 'ArrowRight'")
    for _ in range(2):
        vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    assert [vote.choice for vote in read_votes(study)[0]] == ["left", "left"]


def test_a_pair_that_was_shown_before_is_kept_apart(limited):
    study, page = limited
    page.locator("#left:enabled").wait_for()
    page.reload()
    page.locator("h1:text('Welcome back')").wait_for()
    page.wait_for_timeout(400)
    assert page.evaluate("window.seen") == []  # nothing is shown to who may not look yet
    assert "shown for a short while only" in page.inner_text("main")
    page.locator("#continue").click()
    vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    (vote,) = read_votes(study)[0]
    assert vote.loads == 2
    assert vote.kept_apart == (kept_apart(vote) or "pictures loaded again")
