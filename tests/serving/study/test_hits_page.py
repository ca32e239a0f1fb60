"""A HIT in a real Chromium, with a server in Mechanical Turk's place: it fills the layout in and takes what the form sends."""

from __future__ import annotations

import csv
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.serving.study.test_hit_results import write_results
from tfhd.serving.study import hit_results, hits
from tfhd.serving.study.votes import read_votes


@pytest.fixture
def turk():
    """The site: GET /hit and /pictures/NAME, POST /mturk/externalSubmit; `forms` are those that were sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/hit":
                self._send(turk.layout.encode(), "text/html; charset=utf-8")
            elif path.startswith("/pictures/"):
                self._send((turk.pictures / path.rpartition("/")[2]).read_bytes(), "image/png")
            else:
                self._send(b"", "image/png")  # the browser asks for an icon

        def do_POST(self) -> None:
            fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True)
            turk.forms.append((self.path, {name: value for name, (value,) in fields.items()}))
            self._send(b"<p id=sent>sent</p>", "text/html")

        def _send(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    turk = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    turk.forms, turk.url = [], f"http://127.0.0.1:{turk.server_address[1]}"
    thread = threading.Thread(target=turk.serve_forever)
    thread.start()
    yield turk
    turk.shutdown()
    thread.join()
    turk.server_close()


def fill_in(layout: Path, row: dict[str, str]) -> str:
    """What Mechanical Turk does with a layout and a row of its input file."""
    return re.sub(r"\$\{(\w+)\}", lambda found: row[found[1]], layout.read_text())


@pytest.mark.parametrize("is_limited", [False, True], ids=["unlimited", "limited"])
def test_a_hit_is_answered_and_read_back(make_study, tmp_path, turk, new_page, is_limited):
    study = make_study(votes_per_pair=1, check_every=5, limited_time=is_limited, seconds=(0.25,) if is_limited else ())
    hits.main(study, tmp_path / "hits", pictures_url=f"{turk.url}/pictures", trials=7, checks=1, practice=2)
    with (tmp_path / "hits" / "hits.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    turk.layout, turk.pictures = fill_in(tmp_path / "hits" / "hit.html", row), study / "pictures"
    page = new_page()
    page.goto(f"{turk.url}/hit?assignmentId=3ABCASSIGNMENT&hitId=H1&workerId=A1&turkSubmitTo={turk.url}")
    page.locator("#continue").click()
    for _ in range(2):
        vote(page, "ArrowLeft")
    page.locator("h1:text('Now it counts')").wait_for()
    page.locator("#continue").click()
    for number in range(5):  # four votes and a check
        page.locator(f"#progress-text:text('{number} of 5')").wait_for()
        page.locator("#left:enabled").wait_for()
        page.keyboard.press("ArrowLeft" if number % 2 else "ArrowRight")
    page.locator("#sent").wait_for()
    ((path, form),) = turk.forms
    assert path == "/mturk/externalSubmit"
    assert (form["assignmentId"], form["hit"]) == ("3ABCASSIGNMENT", "1")
    given = {
        "AssignmentId": "3ABCASSIGNMENT",
        "WorkerId": "A1",
        "AssignmentStatus": "Submitted",
        "Answer.answers": form["answers"],
    }
    hit_results.main(study, write_results(tmp_path / "r.csv", [given]))
    votes, _ = read_votes(study)
    assert [vote.choice for vote in votes] == ["right", "left", "right", "left", "right"]
    assert all((vote.shown_ms is not None) == is_limited for vote in votes)


def vote(page, key: str) -> None:
    """Answers one trial, and waits until it is gone."""
    page.locator("#left:enabled").wait_for()
    page.keyboard.press(key)
    page.locator("#left:enabled").wait_for(state="detached")


def test_a_reload_goes_on_and_tells_what_was_shown_before(make_study, tmp_path, turk, new_page):
    study = make_study(votes_per_pair=1, check_every=5, limited_time=True, seconds=(0.25,))
    hits.main(study, tmp_path / "hits", pictures_url=f"{turk.url}/pictures", trials=5, checks=1, practice=0)
    with (tmp_path / "hits" / "hits.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    turk.layout, turk.pictures = fill_in(tmp_path / "hits" / "hit.html", row), study / "pictures"
    page = new_page()
    page.goto(f"{turk.url}/hit?assignmentId=3ABCASSIGNMENT&hitId=H1&workerId=A1&turkSubmitTo={turk.url}")
    assert "To stop, return the HIT" in page.inner_text("main")
    assert "link" not in page.inner_text("main")
    page.locator("#continue").click()
    vote(page, "ArrowLeft")
    page.locator("#left:enabled").wait_for()  # the second pair was shown
    page.reload()
    page.locator("#continue").click()
    page.locator("#progress-text:text('1 of 5')").wait_for()
    for _ in range(3):
        vote(page, "ArrowRight")
    page.locator("#left:enabled").wait_for()
    page.keyboard.press("ArrowRight")
    page.locator("#sent").wait_for()
    ((_, form),) = turk.forms
    answers = json.loads(form["answers"])
    assert [answer["trial"] for answer in answers] == [row[f"trial_{number}"] for number in range(1, 6)]
    assert [answer["choice"] for answer in answers] == ["left"] + ["right"] * 4
    assert [answer["loads"] for answer in answers] == [1, 2, 1, 1, 1]


@pytest.mark.parametrize("query", ["?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE", "?assignmentId=", ""])
def test_a_preview_asks_to_accept_the_hit(make_study, tmp_path, turk, new_page, query):
    study = make_study(votes_per_pair=1, check_every=5)
    hits.main(study, tmp_path / "hits", pictures_url=f"{turk.url}/pictures")
    with (tmp_path / "hits" / "hits.csv").open(newline="") as file:
        turk.layout = fill_in(tmp_path / "hits" / "hit.html", next(csv.DictReader(file)))
    page = new_page()
    page.goto(f"{turk.url}/hit{query}")
    page.get_by_text("Accept this HIT to begin.").wait_for()
    assert page.locator("button").count() == 0
