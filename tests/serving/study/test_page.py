"""The page in unlimited time, in a real Chromium."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.serving.study.conftest import rater_page, served, tokens_of, vote_in_page
from tests.serving.study.test_ratings import rate
from tfhd.serving.study.ratings import Ratings
from tfhd.serving.study.votes import read_votes


def press(page, key):
    return lambda: page.keyboard.press(key)


def test_a_whole_study_on_the_keyboard_alone(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1, practice=2, check_every=2, break_every=2, min_checks_passed=0.0)
    with rater_page(study, new_page) as page:
        titles, sent = [], []
        while True:
            page.locator("#continue:enabled, #left:enabled, h1:text('Thank you')").first.wait_for()
            if page.locator("#continue").count():
                titles.append(page.inner_text("h1"))
                page.keyboard.press("Enter")
                page.locator(f"h1:text-is('{titles[-1]}')").wait_for(state="detached")
            elif page.locator("#left:enabled").count():
                key = ("ArrowLeft", "ArrowRight", "f", "j")[len(sent) % 4]
                sent.append(vote_in_page(page, press(page, key))["choice"])
            else:
                assert page.inner_text("main").endswith("All of your 4 answers are stored. You may close this page.")
                break
    assert titles == ["Which picture looks more natural?", "First some practice", "Now it counts", "Time for a break"]
    votes, _ = read_votes(study)
    assert [vote.kind for vote in votes].count("vote") == 4
    assert [vote.kind for vote in votes].count("practice") == 2
    assert "check" in [vote.kind for vote in votes]
    assert [vote.choice for vote in votes] == sent == (["left", "right"] * len(sent))[: len(sent)]


def test_the_chosen_picture_is_the_one_on_that_side(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page, viewport={"width": 900, "height": 600}) as page:
        page.locator("#continue").click()
        for _ in range(4):
            page.locator("#left:enabled").wait_for()
            left, right = (brightness(page, number) for number in (0, 1))
            assert page.locator(".pair img").nth(0).bounding_box()["x"] < page.locator(".pair img").nth(1).bounding_box()["x"]
            vote_in_page(page, press(page, "ArrowLeft" if left > right else "ArrowRight"))  # always the brighter one
    assert [vote.preferred for vote in read_votes(study)[0]] == ["other"] * 4


def brightness(page, number: int) -> float:
    """Mean value of a picture on the page, drawn anew there."""
    return (
        page.locator(".pair img")
        .nth(number)
        .evaluate(
            """(picture) => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
            const context = canvas.getContext("2d");
            context.drawImage(picture, 0, 0);
            const values = context.getImageData(0, 0, canvas.width, canvas.height).data;
            return values.reduce((sum, value) => sum + value, 0) / values.length;
        }"""
        )
    )


@pytest.mark.parametrize("target", ["#right", ".pair img >> nth=1"])
def test_touch(make_study, new_page, target):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 740}) as page:
        page.locator("#continue").tap()
        for _ in range(4):
            vote_in_page(page, page.locator(target).tap)
        page.locator("h1:text('Thank you')").wait_for()
        # Nothing lies beside the screen, whatever its width.
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [vote.choice for vote in read_votes(study)[0]] == ["right"] * 4


def test_who_comes_back_goes_on_where_they_stopped(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with served(study) as url:
        link = f"{url}/#{tokens_of(study)[0]}"
        first = new_page()
        first.goto(link)
        first.locator("#continue").click()
        vote_in_page(first, press(first, "f"))
        first.locator("#left:enabled").wait_for()
        pending = brightness(first, 0)
        first.close()
        again = new_page()
        again.goto(link)
        again.locator("h1:text('Welcome back')").wait_for()
        again.keyboard.press("Enter")  # too early
        again.locator("#continue").click()
        again.locator("#left:enabled").wait_for()
        assert again.inner_text("header") == "1 of 4"
        assert brightness(again, 0) == pending
        for _ in range(3):
            vote_in_page(again, press(again, "f"))
        again.locator("h1:text('Thank you')").wait_for()
    assert len(read_votes(study)[0]) == 4


def test_an_answer_waits_for_a_server_that_starts_again(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    page = new_page()
    with served(study) as url:
        page.goto(f"{url}/#{tokens_of(study)[0]}")
        page.locator("#continue").click()
        page.locator("#left:enabled").wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("#notice:text('Trying again')").wait_for()
    with served(study, int(url.rpartition(":")[2])):
        page.locator("#left:enabled").wait_for()
        assert not page.locator("#notice").is_visible()
        assert [vote.choice for vote in read_votes(study)[0]] == ["right"]
        page.goto("about:blank")
    page.problems.clear()  # Chromium reports the connections that failed


@contextmanager
def breaking_off(url: str, breaks: int) -> Iterator[str]:
    """A way to a server on which so many pictures and votes come half; its address. The server gets all that is asked."""
    host, port = url.removeprefix("http://").split(":")
    left = {"image/png": breaks, "is_stored": breaks}

    class Way(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while (line := self.rfile.readline()).strip():
                head += line
            if not head:  # the browser opens connections beforehand
                return
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = self.rfile.read(int(length[1]) if length else 0)
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(head + b"Connection: close\r\n\r\n" + body)
                answer = connection.makefile("rb").read()
            for kind in left:
                if kind.encode() in answer and left[kind]:
                    left[kind] -= 1
                    answer = answer[:-5]
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Way) as way:
        way.daemon_threads = True
        threading.Thread(target=way.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{way.server_address[1]}"
        finally:
            way.shutdown()
    assert not any(left.values())


def test_what_comes_half_is_asked_for_again(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with served(study) as url, breaking_off(url, 2) as way:
        page = new_page()
        page.goto(f"{way}/#{tokens_of(study)[0]}")
        page.locator("#continue").click()
        for number in range(4):
            page.locator(f"#progress-text:text('{number} of 4')").wait_for()
            page.locator("#left:enabled").wait_for()
            page.keyboard.press("ArrowRight")
        page.locator("h1:text('Thank you')").wait_for()
        page.goto("about:blank")
        page.problems.clear()  # Chromium reports what broke off
    assert [vote.choice for vote in read_votes(study)[0]] == ["right"] * 4


def test_a_key_that_is_held_down_answers_once(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page) as page:
        page.locator("#continue").click()
        vote_in_page(page, lambda: page.keyboard.down("ArrowLeft"))
        page.locator("#left:enabled").wait_for()
        page.keyboard.down("ArrowLeft")  # repeats, as long as it was not released
        page.keyboard.press("ArrowRight", delay=20)
        page.keyboard.up("ArrowLeft")
        page.locator("#progress-text:text('2 of 4')").wait_for()
    assert [vote.choice for vote in read_votes(study)[0]] == ["left", "right"]


def test_two_windows_of_one_rater_vote_once_on_a_pair(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=1)
    with served(study) as url:
        pages = [new_page(), new_page()]
        for page in pages:
            page.goto(f"{url}/#{tokens_of(study)[0]}")
            page.locator("#continue:enabled, #left:enabled").first.wait_for()
            if page.locator("#continue").count():
                page.keyboard.press("Enter")
            page.locator("#left:enabled").wait_for()
        vote_in_page(pages[0], press(pages[0], "ArrowLeft"))
        pages[1].keyboard.press("ArrowRight")  # on the pair that the other window answered: goes on with the next one
        pages[1].locator("#progress-text:text('1 of 4')").wait_for()
        assert [vote.choice for vote in read_votes(study)[0]] == ["left"]
        for page in pages:
            page.goto("about:blank")
        pages[1].problems.clear()  # Chromium reports the refusal


def test_a_wrong_link_says_so(make_study, new_page):
    study = make_study(raters=1)
    with served(study) as url:
        page = new_page()
        page.goto(f"{url}/#not-a-token")
        page.locator("h1:text('cannot go on')").wait_for()
        assert "not one of the study's" in page.inner_text("main")
        page.problems.clear()  # Chromium reports the refusal
        assert httpx.get(url).status_code == 200


def test_another_raters_link_in_the_same_window_starts_anew(make_study, new_page):
    study = make_study(votes_per_pair=2, raters=2)
    with served(study) as url:
        page = new_page()
        for token, key in zip(tokens_of(study), ("f", "j"), strict=True):
            page.goto(f"{url}/#{token}")
            page.locator("h1").wait_for()
            page.locator("#continue").click()
            vote_in_page(page, press(page, key))
        page.goto("about:blank")
    assert [(vote.rater, vote.choice) for vote in read_votes(study)[0]] == [(1, "left"), (2, "right")]


@pytest.mark.parametrize("content", [None, b"no picture"], ids=["lost", "damaged"])
def test_a_lost_picture_is_told(make_study, new_page, content):
    study = make_study(votes_per_pair=1, raters=1)
    with rater_page(study, new_page) as page:
        page.locator("#continue:enabled").wait_for()
        for path in (study / "pictures").iterdir():
            path.unlink() if content is None else path.write_bytes(content)
        page.locator("#continue").click()
        page.locator("h1:text('cannot go on')").wait_for()
        assert "tell those who gave you the link" in page.inner_text("main")
        page.problems.clear()  # Chromium reports the refusal


def test_who_comes_when_all_is_judged_learns_it_at_once(make_study, new_page):
    study = make_study(votes_per_pair=1, raters=2)
    rate(Ratings(study), tokens_of(study)[1])
    with rater_page(study, new_page) as page:
        page.locator("h1:text('Nothing is left to judge')").wait_for()
