"""How the page shows pictures and texts, and what it takes for an answer to them, in a real Chromium."""

from __future__ import annotations

import pytest

from tests.serving.study.conftest import create_study, rater_page, vote_in_page, write_pictures
from tests.serving.study.test_page import press
from tfhd.serving.study.votes import FASTEST_MS, read_votes

# Presses a key, or clicks, as soon as a pair is in the page and 100 ms later, as the second half of a double press does.
_HASTY = """
new MutationObserver(() => {
  const picture = document.querySelector(".pair img:last-child");
  if (!picture || picture.isHasty) return;
  picture.isHasty = true;
  const hurry = () => {
    document.dispatchEvent(new KeyboardEvent("keydown", { code: "ArrowRight" }));
    picture.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    document.querySelector("#right").click();
  };
  hurry();
  setTimeout(hurry, 100);
}).observe(document, { childList: true, subtree: true });
"""


def test_presses_before_a_pair_could_be_seen_are_no_answers(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page, _HASTY) as page:
        page.locator("#continue").click()
        for _ in range(4):
            vote_in_page(page, press(page, "ArrowLeft"))
        page.locator("h1:text('Thank you')").wait_for()
    votes, _ = read_votes(study)
    assert [vote.choice for vote in votes] == ["left"] * 4
    assert min(vote.answer_ms for vote in votes) >= FASTEST_MS
    assert [vote.kept_apart for vote in votes] == [""] * 4


def test_a_double_click_is_one_answer(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page, viewport={"width": 900, "height": 600}) as page:
        page.locator("#continue").click()
        page.locator("#right:enabled").wait_for()
        box = page.locator(".pair img").nth(1).bounding_box()
        page.mouse.dblclick(box["x"] + 30, box["y"] + 30, delay=20)
        page.locator("#progress-text:text('1 of 4')").wait_for()
        page.locator("#left:enabled").wait_for()
        assert page.inner_text("#progress-text") == "1 of 4"
        # Nor does a click beside the pictures vote.
        pair = page.locator(".pair").bounding_box()
        for x, y in ((pair["x"] + 5, pair["y"] + 5), (pair["x"] + pair["width"] - 5, pair["y"] + pair["height"] / 2)):
            page.mouse.click(x, y)
        vote_in_page(page, press(page, "ArrowLeft"))
    assert [vote.choice for vote in read_votes(study)[0]] == ["right", "left"]


@pytest.mark.parametrize(
    ("scale", "screen", "is_stacked", "width"),
    [
        (1.0, {"viewport": {"width": 900, "height": 600}}, False, 64),
        (3.0, {"viewport": {"width": 900, "height": 600}, "device_scale_factor": 2}, False, 192),
        (8.0, {"viewport": {"width": 400, "height": 800}, "device_scale_factor": 3}, True, 368),
    ],
)
def test_pictures_are_drawn_as_large_as_the_votes_say(make_study, new_page, scale, screen, is_stacked, width):
    study = make_study(votes_per_pair=1, raters=1, scale=scale)
    with rater_page(study, new_page, **screen) as page:
        page.locator("#continue").click()
        page.locator("#left:enabled").wait_for()
        left, right = (page.locator(".pair img").nth(number).bounding_box() for number in (0, 1))
        assert (left["y"] + left["height"] < right["y"]) == is_stacked
        assert (left["x"] + left["width"] < right["x"]) != is_stacked
        assert page.locator("#left:enabled").inner_text() == ("↑ Upper" if is_stacked else "← Left")
        vote_in_page(page, press(page, "ArrowUp" if is_stacked else "ArrowLeft"))
    (vote,) = read_votes(study)[0]
    assert (vote.choice, vote.is_stacked, vote.pixel_ratio) == ("left", int(is_stacked), screen.get("device_scale_factor", 1))
    assert (vote.width, vote.height) == pytest.approx((left["width"], left["height"]), abs=0.02)
    if width < 300:
        assert vote.width == width
    assert vote.width <= width
    assert vote.width / vote.height == pytest.approx(64 / 48)


def test_a_small_window_is_told(make_study, new_page, tmp_path):
    sources = tuple(f"{name}={write_pictures(tmp_path / name, ['a', 'b'], 90, (400, 1200))}" for name in ("ours", "other"))
    create_study(tmp_path / "large", pictures=sources, votes_per_pair=1, raters=1, practice=0, check_every=0)
    with rater_page(tmp_path / "large", new_page, viewport={"width": 600, "height": 500}) as page:
        page.locator("#continue").click()
        page.locator("#left:enabled").wait_for()
        assert page.inner_text("#hint").startswith("Pictures at 2")
        page.set_viewport_size({"width": 1600, "height": 900})
        page.locator("#hint:empty").wait_for(state="attached")
        page.wait_for_function("document.images[0].clientWidth > 700")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_long_consent_is_read_to_its_end_on_the_keyboard(make_study, new_page, tmp_path):
    text = tmp_path / "consent.txt"
    text.write_text("\n".join(f"Paragraph {number}." for number in range(200)))
    study = make_study(votes_per_pair=1, raters=1, consent=text)
    with rater_page(study, new_page, viewport={"width": 900, "height": 600}) as page:
        page.locator("#continue").wait_for()
        for key in ("Enter", "Space", "PageDown"):
            page.keyboard.press(key)
            page.wait_for_timeout(400)
        assert page.locator("#continue").is_disabled()
        assert page.evaluate("document.querySelector('.text').scrollTop") > 100
        page.keyboard.press("End")
        page.locator("#continue:enabled").wait_for()
        page.keyboard.press("Enter")
        page.locator("#left:enabled").wait_for()


def test_who_can_touch_is_told_to_tap(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 740}) as page:
        page.get_by_text("Tap the picture that you choose").wait_for()
