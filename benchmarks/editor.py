"""The editor in a real Chromium: how long after an edit its picture is there, and whether painting large maps stays smooth."""

from __future__ import annotations

import itertools
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.machine import this_machine
from benchmarks.server import ModelBase
from tfhd import command_line
from tfhd.errors import InputError
from tfhd.streets.scene import render_street

if TYPE_CHECKING:
    from playwright.sync_api import Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SMOOTH = 50
"""Milliseconds after which browsers call a task long."""

# An edit begins with the event of its key or pointer, and ends in the first frame after its picture was drawn.
_WATCH = """() => {
    window.seen = [];
    window.long = [];
    let began = null;
    for (const event of ["keydown", "pointerup"]) addEventListener(event, ({ timeStamp }) => (began = timeStamp), true);
    editor.painter.on("painted", (painted) => {
        if (!editor.painter.isCurrent || began === null) return;
        const start = began;
        began = null;
        requestAnimationFrame(() => seen.push({ total: performance.now() - start, model: painted.modelTime }));
    });
    const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ type: "longtask" });
}"""

_SELECT = """(name) => {
    const found = [...editor.scene.objects.values()].find(({ label }) => editor.classes.ofLabel(label)?.name === name);
    editor.selection.selectIds([found.id]);
}"""


def editor(
    model_base: ModelBase,
    edits: int = 200,
    height: int = 128,
    width: int = 256,
    strokes: int = 30,
    pictures: Path | None = None,
) -> None:
    """Edits a street in Chromium, by turns with keys and strokes of the brush, and paints on one of 2048x1024.

    Args:
        model_base: folder that `tfhd export saved-model` wrote, of a model with Cityscapes' classes.
        edits: number of edits that are timed.
        height: rows of the street.
        width: columns of the street.
        strokes: strokes on the large street, while tasks of the page that take long are counted.
        pictures: folder for pictures of the page, those of the documentation; nothing is timed then.
    """
    command_line.require_extra("test", "the benchmark of the editor", ["playwright"])
    with tempfile.TemporaryDirectory() as folder:
        data = _scenes(Path(folder), height, width)
        with _served(model_base, data) as address, _page(address) as page:
            if pictures is not None:
                _take_pictures(page, pictures)
                return
            _report_latency(page, edits)
            _report_smoothness(page, strokes)
    print(this_machine().description)


def _take_pictures(page: Page, folder: Path) -> None:
    """Writes the editor dark with a car in another style, light with the label map beside the picture, and on a tablet."""
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str, width: int, height: int, theme: str) -> None:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("(theme) => editor.settings.set('theme', theme)", theme)
        page.evaluate("editor.view.fit()")
        page.wait_for_timeout(2000)  # for the last picture of a style
        page.mouse.move(0, 0)
        page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=85)

    _open(page, "val/1 small")
    page.evaluate(_SELECT, "car")
    page.wait_for_selector(".tile.is-painted >> nth=9")
    page.locator("#view").focus()
    page.keyboard.press("3")
    take("dark", 1280, 720, "dark")
    page.evaluate("editor.settings.set('mode', 'split')")
    page.evaluate(_SELECT, "vegetation")
    page.wait_for_selector(".tile.is-painted >> nth=9")
    take("light", 1920, 1080, "light")
    page.click("#tab-classes")
    page.evaluate("editor.settings.set('mode', 'picture')")
    page.keyboard.press("b")
    take("tablet", 820, 1180, "dark")


def _report_latency(page: Page, edits: int) -> None:
    _open(page, "val/1 small")
    page.evaluate(_WATCH)
    box = page.locator("#view").bounding_box()
    page.evaluate("editor.settings.set('classIndex', editor.classes.list.find(({ name }) => name === 'car').index)")
    for number, style in zip(range(edits), itertools.cycle("2345"), strict=False):
        if number % 2:
            page.focus("#view")
            page.keyboard.press(style)
        else:
            page.keyboard.press("b")
            _stroke(page, box, number)
        _wait(page, number + 1)
    seen = page.evaluate("seen")
    total, model = (sorted(each[name] for each in seen) for name in ("total", "model"))
    rest = statistics.median(each["total"] - each["model"] for each in seen)
    print(
        f"{len(total)} edits: median {statistics.median(total):.0f} ms, 95th percentile {np.percentile(total, 95):.0f} ms, "
        f"longest {total[-1]:.0f} ms; of these the model {statistics.median(model):.0f} ms at the median, all else {rest:.0f} ms"
    )


def _report_smoothness(page: Page, strokes: int) -> None:
    _open(page, "val/2 large")
    page.keyboard.press("b")
    page.evaluate("editor.settings.set('brush', 48)")
    box = page.locator("#view").bounding_box()
    _stroke(page, box, 0)
    page.evaluate("long.length = 0")
    for number in range(strokes):
        _stroke(page, box, number, steps=40)
    long = page.evaluate("long")
    listed = f", the longest {max(long):.0f} ms" if long else ""
    print(f"{strokes} strokes on 2048x1024: {len(long)} tasks of the page longer than {_SMOOTH} ms{listed}")


def _stroke(page: Page, box: dict[str, float], number: int, steps: int = 2) -> None:
    x, y = box["x"] + box["width"] * (0.2 + 0.6 * (number * 7 % 20) / 20), box["y"] + box["height"] * 0.55
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] * 0.08, y + 9, steps=steps)
    page.mouse.up()


def _wait(page: Page, count: int) -> None:
    page.evaluate(
        """async (count) => {
            const end = performance.now() + 60000;
            while (seen.length < count) {
                if (performance.now() > end) throw new Error(`edit ${count} was not painted within a minute`);
                await new Promise((resolve) => setTimeout(resolve, 5));
            }
        }""",
        count,
    )


def _open(page: Page, name: str) -> None:
    page.select_option("#scene-list", label=name)
    page.wait_for_selector(f"[data-scene='{name}']")
    page.wait_for_selector("#latency[data-full=true]", timeout=120_000)


def _scenes(folder: Path, height: int, width: int) -> Path:
    for name, size in (("1 small", (height, width)), ("2 large", (1024, 2048))):
        street: Any = render_street("val", 3, *size)
        for kind, picture in (("label", street.label), ("inst", street.instance)):
            (folder / f"val_{kind}").mkdir(exist_ok=True)
            Image.fromarray(picture).save(folder / f"val_{kind}" / f"{name}.png")
    return folder


@contextmanager
def _served(model_base: Path, data: Path) -> Iterator[str]:
    """The editor in a process of its own, as a user starts it; yields its address."""
    command = [sys.executable, "-m", "serving", "edit", str(model_base), "--data", str(data), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        found = re.search(r"http://\S+", process.stdout.readline())
        try:
            if not found:
                raise InputError(f"{' '.join(command)} did not start; see its messages above")
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def _page(address: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        program = own if Path(own).exists() else next(filter(None, map(shutil.which, _NAMES)), None)
        if program is None:
            raise InputError("no Chromium on this machine; install it, or run `.venv/bin/playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address)
        page.wait_for_selector("body[data-state=ready]", timeout=120_000)
        yield page
        browser.close()
