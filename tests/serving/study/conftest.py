from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest
from PIL import Image

from tfhd.serving.study import create
from tfhd.serving.study.database import connect, tokens
from tfhd.serving.study.ratings import Ratings

if TYPE_CHECKING:
    from playwright.sync_api import Page

collect_ignore = []
if importlib.util.find_spec("starlette") is None:  # make install EXTRAS=serving
    collect_ignore += ["test_app.py", "test_command.py", "test_killed.py"]
    collect_ignore += ["test_page.py", "test_page_view.py", "test_limited_page.py", "test_hits_page.py"]

PICTURES = 4


def write_pictures(folder: Path, names: list[str], brightness: int, size: tuple[int, int] = (48, 64)) -> Path:
    """Writes gray pictures, size (height, width), with some texture."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        noise = np.random.default_rng((brightness, number)).integers(30, size=(*size, 3))
        Image.fromarray((brightness + noise).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of four pictures of one name each: ours, other, third and photo."""
    base = tmp_path_factory.mktemp("pictures")
    names = [f"street{number}" for number in range(PICTURES)]
    return {
        method: write_pictures(base / method, names, 40 * (place + 1))
        for place, method in enumerate(("ours", "other", "third", "photo"))
    }


def create_study(out: Path, pictures: tuple[str, ...], **flags: object) -> None:
    """`study create`; flags by their names in Python."""
    groups = {"regions": create.Regions, "asking": create.Asking}
    for group, kind in groups.items():
        own = {name: flags.pop(name) for name in [each.name for each in fields(kind)] if name in flags}
        groups[group] = kind(**own)
    create.main(out, pictures=pictures, **flags, **groups)


@pytest.fixture
def make_study(folders: dict[str, Path], tmp_path: Path) -> Callable[..., Path]:
    """`make_study(methods=("ours", "other"), **flags)` makes a study of those folders; flags as of `study create`."""

    def make(methods: tuple[str, ...] = ("ours", "other"), name: str = "study", **flags: object) -> Path:
        pictures = tuple(f"{method}={folders[method]}" for method in methods)
        create_study(tmp_path / name, pictures, **{"practice": 0, "check_every": 0, "break_every": 0, **flags})
        return tmp_path / name

    return make


def tokens_of(study: Path) -> list[str]:
    """The tokens of a study's raters."""
    database = connect(study)
    try:
        return tokens(database)
    finally:
        database.close()


@contextmanager
def served(study: Path, port: int = 0) -> Iterator[str]:
    """Serves a study from a thread of this process; its address, http://127.0.0.1:PORT."""
    from tfhd.serving.study.run import build_server, listen

    with listen("127.0.0.1", port) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = build_server(Ratings(study), url)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()


def client_of(url: str, token: str) -> httpx.Client:
    """Asks as a rater's page does."""
    return httpx.Client(base_url=f"{url}/api/", headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=False)


def vote_of(trial: dict, choice: str = "left", nonce: str = "0123456789") -> dict:
    """A vote on a trial, shown for as long as was asked for."""
    vote = {"choice": choice, "nonce": nonce, "answer_ms": 900.0}
    if trial["seconds"] is not None:
        vote |= {"shown_ms": 1000 * trial["seconds"], "frames": 30, "longest_frame_ms": 17.0, "clock": "frames"}
    return vote


def show(client: httpx.Client) -> dict | None:
    """The rater's next trial, its pictures loaded; None at the end."""
    trial = client.post("next").raise_for_status().json()["trial"]
    if trial is not None:
        for side in ("left", "right"):
            client.get(f"trials/{trial['id']}/{side}").raise_for_status()
    return trial


def vote_in_page(page: Page, press: Callable[[], None]) -> dict:
    """Waits until a page takes an answer, gives it, and waits until it is stored; returns what the page sent."""
    page.locator("#left:enabled").wait_for()
    with page.expect_response(lambda response: response.request.method == "POST" and "/trials/" in response.url) as answer:
        press()
    assert answer.value.ok, answer.value.text()
    return answer.value.request.post_data_json


@contextmanager
def rater_page(study: Path, new_page: Callable[..., Page], script: str = "", **options: object) -> Iterator[Page]:
    """The page of a study's first rater, served meanwhile; script runs in it first, options are of `new_page`."""
    with served(study) as url:
        page = new_page(**options)
        page.add_init_script(script)
        page.goto(f"{url}/#{tokens_of(study)[0]}")
        yield page
        page.goto("about:blank")  # so that it asks for nothing once the server is gone, which would be an error of the page
