"""How the page looks and feels: names for screen readers, sizes of screens, touch, and the token."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page

from tests.serving.edit.conftest import editor_of
from tests.serving.edit.pages import EditorPage, car_of

_UNNAMED = """() => {
    const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true });
    const name = (element) =>
        element.getAttribute("aria-label") || element.labels?.[0]?.textContent.trim() || element.textContent.trim() || "";
    return [...document.querySelectorAll("button, input, select, canvas[tabindex], [role=tab], [role=option]")]
        .filter(shown)
        .filter((element) => !name(element))
        .map((element) => element.outerHTML);
}"""

_OUTSIDE = """() => [...document.querySelectorAll("header > *, .panel button, .panel input, .status > *, .rail button")]
    .filter((element) => element.checkVisibility())
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.id || element.outerHTML)"""


@pytest.mark.parametrize("tool", ["select", "brush", "eraser", "polygon"])
def test_everything_that_can_be_used_has_a_name(editor_page: EditorPage, tool: str) -> None:
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.tool(tool)
    assert editor_page.page.evaluate(_UNNAMED) == []
    editor_page.page.click("#tab-classes")
    assert editor_page.page.evaluate(_UNNAMED) == []


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 768), (820, 1180)])
def test_nothing_is_cut_off_on_common_screens(street_editor: str, new_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]}, has_touch=size[0] < 1100)
    editor = EditorPage(page, street_editor)
    editor.scene("val/street")
    editor.click_object(car_of(editor.maps()))
    assert page.evaluate(_OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#view").bounding_box()
    assert box["height"] > 300
    assert page.evaluate("editor.scene.width * editor.view.zoom") > 0.9 * min(box["width"], 2 * box["height"])


def test_two_fingers_zoom_and_one_paints(street_editor: str, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1024, "height": 768}, has_touch=True)
    editor = EditorPage(page, street_editor)
    editor.scene("val/street")
    before, zoom = editor.maps(), page.evaluate("editor.view.zoom")
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[float, float]) -> None:
        listed = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})

    editor.choose_class("car")
    x, y = editor.place(128, 100)
    fingers("touchStart", (x, y))
    fingers("touchMove", (x + 40, y))
    fingers("touchEnd")
    painted = editor.maps()
    assert not painted.same_as(before)
    fingers("touchStart", (x, y))
    fingers("touchStart", (x, y), (x + 60, y))
    fingers("touchMove", (x - 60, y), (x + 120, y))
    fingers("touchEnd")
    assert page.evaluate("editor.view.zoom") > 1.5 * zoom
    assert editor.maps().same_as(painted)


def test_zoom_reaches_single_pixels_and_stays_where_the_pointer_is(editor_page: EditorPage) -> None:
    x, y = editor_page.place(200, 90)
    editor_page.page.mouse.move(x, y)
    for _ in range(12):
        editor_page.page.mouse.wheel(0, -300)
    assert editor_page.page.evaluate("editor.view.zoom") >= 32
    np.testing.assert_allclose(editor_page.place(200, 90), (x, y), atol=editor_page.page.evaluate("editor.view.zoom") / 2)
    assert editor_page.page.inner_text("#pixel").startswith("200, 90 ·")
    editor_page.key("Home")
    assert editor_page.page.evaluate("editor.view.zoom") < 8


def test_all_shortcuts_are_listed(editor_page: EditorPage) -> None:
    editor_page.key("?")
    listed = editor_page.page.inner_text("#shortcuts")
    for title in ("Brush", "Undo", "Random styles", "Change the class", "Save as a file"):
        assert title in listed
    editor_page.key("Escape")
    assert not editor_page.page.is_visible("#help")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_systems_theme_and_the_users_choice_are_followed(
    street_editor: str, new_page: Callable[..., Page], scheme: str
) -> None:
    editor = EditorPage(new_page(color_scheme=scheme), street_editor)

    def lightness() -> int:
        return editor.page.evaluate("Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])")

    assert (lightness() > 128) == (scheme == "light")
    around = editor.page.evaluate(
        "[...document.getElementById('view').getContext('2d').getImageData(1, 1, 1, 1).data.slice(0, 3)]"
    )
    assert around == ([0xC9, 0xCD, 0xD6] if scheme == "light" else [0x0F, 0x10, 0x13])
    editor.page.select_option("[data-setting=theme]", "light" if scheme == "dark" else "dark")
    assert (lightness() > 128) == (scheme == "dark")


def test_the_page_of_another_machine_opens_with_the_token_alone(local_editor, new_page: Callable[..., Page]) -> None:
    with editor_of(*local_editor, "secret") as address:
        editor = EditorPage(new_page(), f"{address}/?token=secret")
        assert editor.page.url == f"{address}/"
        editor.reload()
        assert httpx.get(address).status_code == 403


def test_large_maps_are_painted_small_while_the_hand_moves_and_whole_when_it_rests(editor_page: EditorPage) -> None:
    editor_page.scene("val/large")
    sizes = editor_page.page.evaluate_handle(
        "() => { const seen = []; editor.painter.on('painted', ({ width }) => seen.push(width)); return seen; }"
    )
    editor_page.choose_class("car")
    editor_page.page.mouse.move(*editor_page.place(1000, 900))
    editor_page.page.mouse.down()
    for step in range(30):
        editor_page.page.mouse.move(*editor_page.place(1000 + 5 * step, 900))
        editor_page.page.wait_for_timeout(30)
    editor_page.page.mouse.up()
    editor_page.wait()
    widths = sizes.json_value()
    assert widths[-1] == 2048
    assert min(widths) < 2048


def test_buttons_take_space_and_lists_scroll_with_keys(editor_page: EditorPage) -> None:
    editor_page.page.focus("#tab-classes")
    editor_page.key("Space")
    assert editor_page.page.is_visible("#class-list")
    editor_page.page.focus("#class-list .row >> nth=2")
    editor_page.key("PageDown")
    assert editor_page.page.get_attribute("#view", "data-scene") == "val/street"
    editor_page.page.focus("#view")
    editor_page.key("PageDown")
    editor_page.page.wait_for_selector("#view:not([data-scene='val/street'])")
