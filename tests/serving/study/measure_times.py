"""Measures how long a real Chromium shows pictures in limited time: the figures in docs/study.md.

Usage: python -m tests.serving.study.measure_times [PICTURES]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageFilter
from playwright.sync_api import Page, sync_playwright

from tests.chromium import find_chromium
from tests.serving.study.conftest import create_study, served, tokens_of, vote_in_page
from tfhd.serving.study.votes import MOST_DEVIATION, StoredVote, read_votes
from tfhd.streets.scene import render_street

METHODS = {"sharp": 0, "soft": 1, "blurred": 3}


def main(pictures: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for method, blur in METHODS.items():
            (folder / method).mkdir()
            for number in range(pictures):
                street = Image.fromarray(render_street("val", number, 512, 1024).image)
                street.filter(ImageFilter.GaussianBlur(blur)).save(folder / method / f"{number:03}.png")
        study, sources = folder / "study", tuple(f"{method}={folder / method}" for method in METHODS)
        once = {"votes_per_pair": 1, "raters": 1, "practice": 0, "check_every": 0, "break_every": 0}
        create_study(study, pictures=sources, limited_time=True, **once)
        with served(study) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(playwright))
            answer_all(browser.new_page(viewport={"width": 1600, "height": 900}), f"{url}/#{tokens_of(study)[0]}")
            sys.stdout.write(f"Chromium {browser.version}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
            browser.close()
        report(read_votes(study)[0])


def answer_all(page: Page, link: str) -> None:
    page.goto(link)
    page.locator("#continue").click()
    while True:
        page.locator("#left:enabled, h1:text('Thank you')").first.wait_for()
        if not page.locator("#left").count():
            return
        vote_in_page(page, lambda: page.keyboard.press("ArrowLeft"))


def report(votes: list[StoredVote]) -> None:
    for seconds in sorted({vote.seconds for vote in votes}):
        own = [vote for vote in votes if vote.seconds == seconds]
        deviations = sorted(vote.shown_ms - 1000 * seconds for vote in own)
        right = sum(abs(each) <= MOST_DEVIATION * 1000 * seconds for each in deviations)
        clocks = ", ".join(sorted({vote.clock for vote in own}))
        spread = f"{deviations[0]:+.0f} to {deviations[-1]:+.0f} ms, by {clocks}"
        sys.stdout.write(f"{seconds:g} s: {right} of {len(own)} within 20 %, {spread}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
