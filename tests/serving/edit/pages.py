"""Drives the editor's page as a user does: by mouse, keys and files."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Download, Locator, Page
from scipy import ndimage

BUILDING, TREE, SKY, PERSON, CAR = 11, 21, 23, 24, 26
"""Cityscapes' label ids."""

FOUR_NEIGHBOURS = ndimage.generate_binary_structure(2, 1)

_ENCODE = """(array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = "";
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return btoa(text);
}"""


class Maps(NamedTuple):
    """A scene's maps, uint16 `(height, width)`."""

    label: np.ndarray
    instance: np.ndarray

    def same_as(self, other: Maps) -> bool:
        return np.array_equal(self.label, other.label) and np.array_equal(self.instance, other.instance)


class EditorPage:
    """The editor in a page of Chromium.

    Args:
        page: an empty page.
        address: of the editor.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.open(address)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.wait()

    def reload(self) -> None:
        self.page.evaluate("editor.autosave.settled")  # until then the browser would ask whether to leave
        self.page.reload()
        self.wait()

    def wait(self) -> None:
        """Waits until the page is ready and its picture shows the scene as it is."""
        self.page.wait_for_selector("body[data-state=ready]")
        self.page.evaluate(
            """async () => {
                const shown = () => editor.painter.isCurrent;
                while (!shown()) await new Promise((resolve) => setTimeout(resolve, 20));
            }"""
        )

    @property
    def size(self) -> tuple[int, int]:
        return tuple(self.page.evaluate("[editor.scene.height, editor.scene.width]"))

    def maps(self) -> Maps:
        encoded = self.page.evaluate(f"[editor.scene.maps.label, editor.scene.maps.instance].map({_ENCODE})")
        return Maps(*(np.frombuffer(base64.b64decode(text), "<u2").reshape(self.size) for text in encoded))

    def picture(self) -> np.ndarray:
        """The picture that is shown, int `(height, width, 3)`."""
        self.wait()
        text = self.page.evaluate(
            f"""() => {{
                const canvas = editor.layers.picture;
                return ({_ENCODE})(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
            }}"""
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(*self.size, 4)[..., :3].astype(int)

    def styles(self) -> dict[int, Any]:
        """Styles that objects have of their own."""
        return dict(self.page.evaluate("[...editor.scene.look.styles]"))

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where on the page the middle of a pixel of the scene is."""
        return tuple(
            self.page.evaluate(
                """([x, y]) => {
                    const { view } = editor;
                    const box = view.canvas.getBoundingClientRect();
                    const ratio = box.width / view.canvas.width;
                    const { origin, zoom } = view;
                    return [box.left + ratio * (origin.x + x * zoom), box.top + ratio * (origin.y + y * zoom)];
                }""",
                [x + 0.5, y + 0.5],
            )
        )

    def click(self, x: int, y: int, **options: Any) -> None:
        self.page.mouse.move(*self.place(x, y))
        self.page.mouse.click(*self.place(x, y), **options)

    def click_object(self, mask: np.ndarray, **options: Any) -> tuple[int, int]:
        """Clicks a pixel of a mask as far inside as possible; returns its column and row."""
        depth = ndimage.distance_transform_cdt(np.pad(mask, 1))[1:-1, 1:-1]
        y, x = np.unravel_index(depth.argmax(), mask.shape)
        self.click(int(x), int(y), **options)
        return int(x), int(y)

    def drag(self, *points: tuple[int, int]) -> None:
        self.page.mouse.move(*self.place(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.place(*point), steps=6)
        self.page.mouse.up()

    def tool(self, name: str) -> None:
        self.page.click(f"[data-tool-button={name}]")

    def target(self, value: str) -> None:
        """What tools paint: "new", "selected", "region" or "erase"."""
        self.page.check(f"[name=target][value={value}]", force=True)

    def choose_class(self, name: str) -> None:
        self.page.click("#tab-classes")
        self.page.fill("#class-search", name)
        self.page.click(f'#class-list [data-name="{name}"]')

    def change_class(self, name: str) -> None:
        self.page.select_option("#object-class", label=name)

    def key(self, keys: str) -> None:
        self.page.keyboard.press(keys)

    def scene(self, name: str) -> None:
        """Opens one of the scenes to choose from."""
        self.page.select_option("#scene-list", label=name)
        self.page.wait_for_selector(f"[data-scene='{name}']")
        self.wait()

    def saved(self) -> bytes:
        """The bytes of the scene's file."""
        with self.page.expect_download() as download:
            self.page.click("#save")
        return content_of(download.value)

    def open_file(self, name: str, content: bytes) -> None:
        self.page.set_input_files("#scene-file", {"name": name, "mimeType": "application/zip", "buffer": content})

    def toast(self, kind: str = "info") -> Locator:
        return self.page.locator(f".toast.{kind}").last

    @property
    def step(self) -> tuple[int, int]:
        """Place in the history, and its length."""
        return tuple(self.page.evaluate("[editor.scene.position, editor.scene.commands.length]"))


def content_of(download: Download) -> bytes:
    with open(download.path(), "rb") as file:
        return file.read()


def objects_of(maps: Maps, label: int) -> list[int]:
    """Ids of a label's objects, the largest first."""
    ids, counts = np.unique(maps.instance[maps.label == label], return_counts=True)
    return ids[np.argsort(-counts)].tolist()


def box_of(mask: np.ndarray) -> tuple[slice, slice]:
    """The rectangle around a mask."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def largest_piece(maps: Maps, label: int) -> np.ndarray:
    """The largest connected piece of a label with one instance id."""
    components, count = ndimage.label(maps.label == label, FOUR_NEIGHBOURS)
    assert count
    return components == np.bincount(components.ravel())[1:].argmax() + 1


def change_ratio(before: np.ndarray, after: np.ndarray, mask: np.ndarray) -> float:
    """How much more a pixel changes inside a mask's box than outside."""
    change = np.abs(after - before).mean(axis=2)
    inside = np.zeros(mask.shape, bool)
    inside[box_of(mask)] = True
    return change[inside].mean() / max(change[~inside].mean(), 1e-9)


def car_of(maps: Maps) -> np.ndarray:
    return maps.instance == objects_of(maps, CAR)[0]
