from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import street
from tfhd.label_sets import LabelClass, LabelSet, load_label_set
from tfhd.serving.in_process.local_model import LocalModel
from tfhd_client import AsyncClient

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.serving.edit.pages import EditorPage

collect_ignore = []
if importlib.util.find_spec("starlette") is None:  # make install EXTRAS=serving
    collect_ignore += [file.name for file in Path(__file__).parent.glob("test_*.py")]

HEADERS = {"X-Tfhd-Editor": "1"}
"""Of requests that the page makes."""


@contextmanager
def editor_of(model, open_client, scenes, token: str | None = None) -> Iterator[str]:
    """Serves an editor in a thread; yields its address."""
    import uvicorn

    from tfhd.serving.edit.app import build_app

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        build_app(model, open_client, scenes, token), lifespan="on", log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def write_scenes(root: Path) -> Path:
    """Writes a data folder of two scenes, of 48x32 pixels with two cars and of 96x64 with three; the first has a photo."""
    for number, size in enumerate([(32, 48), (64, 96)]):
        label, instance = street(*size, cars=2 + number)
        photo = np.random.default_rng(number).integers(0, 255, (*size, 3), np.uint8)
        for kind, picture in {"label": label, "inst": instance, "img": photo}.items():
            (root / f"val_{kind}").mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(root / f"val_{kind}" / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scenes(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="session")
def local_model(model_base: Path) -> LocalModel:
    """A tiny model in this process."""
    return LocalModel(model_base)


@pytest.fixture(scope="session")
def local_editor(local_model: LocalModel, scene_folder: Path):
    """What `editor_of` takes of a tiny model in this process, whose scenes are those of `write_scenes`."""
    from tfhd.serving.edit.model import EditedModel, ThreadTransport
    from tfhd.serving.edit.scenes import FolderScenes

    described = EditedModel.ask("tiny", local_model)
    transport = ThreadTransport(local_model.transport)
    transport.close = _keep_open  # one model for the editors of all tests
    return described, lambda: AsyncClient(transport=transport), FolderScenes(scene_folder, described.classes)


async def _keep_open() -> None:
    pass


@pytest.fixture(scope="module")
def editor(local_editor) -> Iterator[str]:
    """Address of an editor on this machine alone."""
    with editor_of(*local_editor) as address:
        yield address


@pytest.fixture(scope="module")
def guarded_editor(local_editor) -> Iterator[str]:
    """Address of an editor that asks for the token `secret`."""
    with editor_of(*local_editor, "secret") as address:
        yield address


def street_label_set() -> LabelSet:
    """Cityscapes' classes, and two that lie on either side of a face."""
    eyes = (LabelClass("left eye", (40,), (250, 10, 10), False), LabelClass("right eye", (41,), (10, 250, 10), False))
    return LabelSet("streets and eyes", (*load_label_set("cityscapes").classes, *eyes))


@pytest.fixture(scope="session")
def street_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Base folder of a tiny model, not trained, of `street_label_set`, with four styles for each class."""
    from tests.tiny_run import tiny_config, write_run
    from tfhd.export.saved_model.export import export_saved_model
    from tfhd.styles import StyleTable

    folder, label_set = tmp_path_factory.mktemp("streets"), street_label_set()
    write_run(folder / "run", tiny_config(3), label_set, styles=False)
    centers = np.random.default_rng(2).uniform(-1, 1, (label_set.num_classes, 4, 3)).astype(np.float32)
    StyleTable(centers, np.full(label_set.num_classes, 4, np.int32)).save(folder / "run" / "styles.npz")
    return export_saved_model(folder / "run", folder / "model").parent


@pytest.fixture(scope="session")
def street_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: a street of 256x128, the same at 2048x1024, and two eyes on a sky."""
    from tfhd.streets.scene import render_street

    root = tmp_path_factory.mktemp("street-scenes")
    street = render_street("val", 3, 128, 256)
    eyes = np.full((64, 64), 23, np.uint8)
    eyes[24:32, 8:20], eyes[24:32, 44:56] = 40, 41
    scenes = {
        "street": (street.label, street.instance, street.image),
        "large": tuple(np.kron(each, np.ones((8, 8), np.uint8)).astype(each.dtype) for each in (street.label, street.instance)),
        "face": (eyes, eyes.astype(np.uint16)),
    }
    for name, pictures in scenes.items():
        for kind, picture in zip(("label", "inst", "img"), pictures, strict=False):
            (root / f"val_{kind}").mkdir(exist_ok=True)
            Image.fromarray(picture).save(root / f"val_{kind}" / f"{name}.png")
    return root


@pytest.fixture(scope="session")
def street_editor(street_base: Path, street_folder: Path) -> Iterator[str]:
    """Address of an editor on `street_folder`."""
    from tfhd.serving.edit.model import EditedModel, ThreadTransport
    from tfhd.serving.edit.scenes import FolderScenes

    local = LocalModel(street_base)
    described = EditedModel.ask("streets", local)
    scenes = FolderScenes(street_folder, described.classes)
    with editor_of(described, lambda: AsyncClient(transport=ThreadTransport(local.transport)), scenes) as address:
        yield address


@pytest.fixture
def editor_page(street_editor: str, new_page: Callable[..., Page]) -> EditorPage:
    """The editor's page with the street, 1280x720."""
    from tests.serving.edit.pages import EditorPage

    editor = EditorPage(new_page(viewport={"width": 1280, "height": 720}), street_editor)
    editor.scene("val/street")
    return editor
