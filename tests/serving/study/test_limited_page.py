"""The page in limited time, in a real Chromium: what it measures is what was shown, and what was shown is gone."""

from __future__ import annotations

import pytest

from tests.serving.study.conftest import served, tokens_of, vote_in_page
from tfhd.serving.study.votes import MOST_DEVIATION, read_votes

_OPENS = """(url) => new Promise((resolve) => {
  const picture = new Image();
  [picture.onload, picture.onerror] = [() => resolve(true), () => resolve(false)];
  picture.src = url;
})"""

# Watches the page from outside its own code: when pictures enter and leave the document, by the clock.
_WATCH = """
window.seen = [];
new MutationObserver(() => {
  const count = document.querySelectorAll(".pair img").length;
  const last = window.seen.at(-1);
  if (count && (!last || last.left)) {
    window.seen.push({ entered: performance.now(), count, urls: [...document.images].map((each) => each.src) });
    const busy = window.busy_ms || 0;
    if (busy) setTimeout(() => { const until = performance.now() + busy; while (performance.now() < until); }, 30);
  } else if (!count && last && !last.left) {
    last.left = performance.now();
  }
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture
def limited(make_study, new_page):
    """A page of a study of limited time, at its first trial."""
    study = make_study(("ours", "other", "third"), votes_per_pair=1, raters=1, limited_time=True, seconds=(0.25, 0.5))
    with served(study) as url:
        page = new_page()
        page.add_init_script(_WATCH)
        page.goto(f"{url}/#{tokens_of(study)[0]}")
        page.locator("#continue").click()
        yield study, page


def test_times_are_measured_as_they_were(limited):
    study, page = limited
    sent = [vote_in_page(page, lambda: page.keyboard.press("ArrowLeft")) for _ in range(12)]
    seen = page.evaluate("window.seen")
    votes, _ = read_votes(study)
    assert sorted({vote.seconds for vote in votes}) == [0.25, 0.5]
    for vote, measured, actual in zip(votes, sent, seen, strict=True):
        assert vote.shown_ms == measured["shown_ms"]
        # The page counts whole frames, so it may differ from the clock by what a frame took.
        assert abs(vote.shown_ms - (actual["left"] - actual["entered"])) <= 1.5 * vote.longest_frame_ms
        assert vote.frames * vote.longest_frame_ms >= vote.shown_ms - 0.01
        # Hidden in the frame nearest to the time asked for, wherever no frame was late.
        on_time = vote.longest_frame_ms < 2 * vote.shown_ms / vote.frames
        assert not on_time or abs(vote.shown_ms - 1000 * vote.seconds) <= vote.longest_frame_ms
        assert vote.kept_apart in ("", "shown too long")
        assert (vote.kept_apart == "") == (abs(vote.shown_ms - 1000 * vote.seconds) <= MOST_DEVIATION * 1000 * vote.seconds)


def test_a_page_that_was_too_busy_says_how_long_it_showed_pictures(limited):
    study, page = limited
    page.evaluate("window.busy_ms = 900")
    page.locator("#left:enabled").wait_for()
    vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    page.locator("#left:enabled").wait_for()
    vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    seen, vote = page.evaluate("window.seen")[1], read_votes(study)[0][1]
    assert seen["left"] - seen["entered"] >= 900
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
    page.locator(".pair img").first.wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("#left:enabled").wait_for()
    vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    assert [vote.choice for vote in read_votes(study)[0]] == ["left"]


def test_a_pair_that_was_shown_before_is_kept_apart(limited):
    study, page = limited
    page.locator("#left:enabled").wait_for()
    page.reload()
    vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))
    assert [vote.kept_apart for vote in read_votes(study)[0]] in (["pictures loaded again"], ["shown too long"])
