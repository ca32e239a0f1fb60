"""Chromium for tests of pages. Where there is none, these tests are skipped, and the last lines of the run say so.

Loaded as a plugin by tests/conftest.py, so that every test may use `new_page` and `chromium`.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "no Chromium"
_REMEDY = "install Debian's chromium, or run `.venv/bin/playwright install --with-deps chromium`"


def find_chromium(playwright: Playwright) -> str | None:
    """Path of Playwright's own Chromium where it was installed, or else of the system's; None where there is none."""
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Chromium without a window; skips the test where there is none."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip(f"{_MISSING}: playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        if program is None:
            pytest.skip(f"{_MISSING} on this machine")
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(**options)` opens an empty page in a browser context of its own; options as of Playwright's `new_context`.

    The test fails at its end if a page logged an error, which a breach of its Content-Security-Policy is too, or asked another
    machine for something. Tests that provoke errors empty `page.problems` first.
    """
    contexts, pages = [], []

    def open_page(**options: object) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: None if _is_local(request.url) else page.problems.append(request.url))
        pages.append(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [page.problems for page in pages] == [[] for _ in pages]


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "http://localhost:", "blob:", "data:", "file:", "about:"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if _MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"NOT RUN: {len(skipped)} tests of pages, for want of Chromium; {_REMEDY}")
