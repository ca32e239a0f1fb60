"""What must not be lost: history, files, closed tabs, other tabs, and work while a server or a disk fails."""

from __future__ import annotations

import io
import json
import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.forked_server import Server
from tests.serving.edit.conftest import editor_of
from tests.serving.edit.pages import CAR, TREE, EditorPage, Maps, car_of, content_of, largest_piece, objects_of
from tfhd.serving.edit.model import EditedModel
from tfhd.serving.edit.scenes import FolderScenes
from tfhd_client import AsyncClient, Client


def edit_a_lot(editor: EditorPage) -> None:
    """An edit with every tool, a style and a seed."""
    editor.choose_class("car")
    editor.drag((120, 105), (140, 112), (150, 100))
    editor.key("2")
    editor.choose_class("sky")
    editor.tool("rectangle")
    editor.drag((20, 5), (60, 25))
    editor.tool("fill")
    editor.click_object(largest_piece(editor.maps(), TREE))
    editor.tool("eraser")
    editor.click_object(car_of(editor.maps()))
    editor.tool("select")
    car = car_of(editor.maps())
    editor.click_object(car)
    editor.key("Control+d")
    editor.key("Alt+Shift+ArrowUp")
    editor.key("Delete")
    editor.click_object(car_of(editor.maps()))
    editor.change_class("truck")
    editor.page.fill("#seed", "11")
    editor.page.press("#seed", "Enter")
    editor.page.focus("#view")


def test_undo_and_redo_of_all_give_the_same_maps_and_looks(editor_page: EditorPage) -> None:
    start, picture = editor_page.maps(), editor_page.picture()
    edit_a_lot(editor_page)
    end, end_picture, (position, steps) = editor_page.maps(), editor_page.picture(), editor_page.step
    assert position == steps >= 9
    for _ in range(steps):
        editor_page.key("Control+z")
    assert editor_page.maps().same_as(start)
    np.testing.assert_array_equal(editor_page.picture(), picture)
    assert editor_page.page.is_disabled("#undo")
    for _ in range(steps):
        editor_page.key("Control+Shift+z")
    assert editor_page.maps().same_as(end)
    np.testing.assert_array_equal(editor_page.picture(), end_picture)


def test_a_saved_scene_opens_as_it_was_and_saves_to_the_same_bytes(editor_page: EditorPage) -> None:
    edit_a_lot(editor_page)
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("l")
    maps, picture, saved = editor_page.maps(), editor_page.picture(), editor_page.saved()
    editor_page.scene("val/face")
    editor_page.reload()
    editor_page.open_file("scene.zip", saved)
    editor_page.page.wait_for_selector("[data-scene='val/street']")
    assert editor_page.maps().same_as(maps)
    np.testing.assert_array_equal(editor_page.picture(), picture)
    assert editor_page.saved() == saved


def test_exports_hold_what_is_shown(editor_page: EditorPage) -> None:
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("2")
    maps, picture = editor_page.maps(), editor_page.picture()
    editor_page.key("Control+e")
    files = {}
    for row in editor_page.page.locator("#export-list .row").all():
        with editor_page.page.expect_download() as download:
            row.click()
        files[row.locator(".name").inner_text()] = content_of(download.value)
    images = {name: np.asarray(Image.open(io.BytesIO(data))) for name, data in files.items() if name != "Styles"}
    np.testing.assert_array_equal(images["Label map"], maps.label)
    np.testing.assert_array_equal(images["Instance map"], maps.instance)
    np.testing.assert_array_equal(images["Picture"][..., :3], picture)
    before_after = images["Before and after"][..., :3]
    np.testing.assert_array_equal(before_after[:, 256:], picture)
    assert not np.array_equal(before_after[:, :256], picture)
    styles = json.loads(files["Styles"])
    (own,) = [item for item in styles["objects"] if item["own"]]
    assert own["class"] == "car"
    assert own["own"] == {"style": 1}


def test_imported_maps_are_read_by_the_rules_of_training(editor_page: EditorPage, street_folder: Path) -> None:
    maps = editor_page.maps()
    editor_page.scene("val/face")
    editor_page.key("Control+i")
    editor_page.page.set_input_files("#import-label", street_folder / "val_label" / "street.png")
    editor_page.page.set_input_files("#import-instance", street_folder / "val_inst" / "street.png")
    editor_page.page.click("#import-apply")
    editor_page.page.wait_for_selector("[data-scene='street']")
    assert editor_page.maps().same_as(maps)


def test_a_closed_tab_loses_neither_work_nor_history(street_editor: str, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 1280, "height": 720})
    editor = EditorPage(page, street_editor)
    editor.scene("val/street")
    start = editor.maps()
    edit_a_lot(editor)
    end, step = editor.maps(), editor.step
    editor.key("Control+z")
    editor.key("Control+z")
    earlier = editor.maps()
    context = page.context
    page.close()
    again = EditorPage(context.new_page(), street_editor)
    again.page.get_by_role("button", name="Continue").click()
    again.page.wait_for_selector("[data-scene='val/street']")
    assert again.maps().same_as(earlier)
    assert again.step == (step[0] - 2, step[1])
    again.page.focus("#view")
    again.key("Control+Shift+z")
    again.key("Control+Shift+z")
    assert again.maps().same_as(end)
    for _ in range(step[1]):
        again.key("Control+z")
    assert again.maps().same_as(start)


def test_a_reloaded_tab_goes_on_where_it_was(editor_page: EditorPage) -> None:
    edit_a_lot(editor_page)
    maps, picture, step = editor_page.maps(), editor_page.picture(), editor_page.step
    editor_page.reload()
    assert editor_page.maps().same_as(maps)
    np.testing.assert_array_equal(editor_page.picture(), picture)
    assert editor_page.step == step


def test_two_tabs_of_one_browser_do_not_see_each_others_scene(street_editor: str, new_page: Callable[..., Page]) -> None:
    first = EditorPage(new_page(viewport={"width": 1280, "height": 720}), street_editor)
    first.scene("val/street")
    second = EditorPage(first.page.context.new_page(), street_editor)
    second.scene("val/street")
    start = second.maps()
    first.page.bring_to_front()
    edit_a_lot(first)
    edited = first.maps()
    assert second.maps().same_as(start)
    second.page.bring_to_front()
    second.click_object(car_of(start))
    second.key("Delete")
    assert first.maps().same_as(edited)
    changed = second.maps()
    for editor in (first, second):
        editor.page.bring_to_front()
        editor.reload()
    assert first.maps().same_as(edited)
    assert second.maps().same_as(changed)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scene.zip", b"no zip file", "no zip file or a damaged one"),
        ("bomb.zip", None, "expected scene.json, label.png, instance.png and nothing else"),
    ],
)
def test_files_at_fault_end_in_a_message_and_the_work_stays(
    editor_page: EditorPage, name: str, content: bytes | None, said: str
) -> None:
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("Delete")
    maps = editor_page.maps()
    editor_page.page.problems = []  # a refusal is an error in the browser's console
    editor_page.open_file(name, content if content is not None else _with_outside_name())
    editor_page.toast("error").wait_for()
    assert said in editor_page.toast("error").inner_text()
    assert editor_page.maps().same_as(maps)
    assert editor_page.step == (1, 1)
    editor_page.page.problems = []


def _with_outside_name() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../outside.png", b"x")
    return file.getvalue()


def test_a_script_in_a_scenes_name_is_only_text(editor_page: EditorPage) -> None:
    script = "<img src=x onerror=\"document.body.dataset.harmed='yes'\">"
    file = io.BytesIO(editor_page.saved())
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    settings = json.loads(members["scene.json"])
    members["scene.json"] = json.dumps({**settings, "name": script}).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    editor_page.open_file("scene.zip", made.getvalue())
    editor_page.page.wait_for_selector("#view[data-scene^='<img']")
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("Delete")
    editor_page.reload()
    assert editor_page.page.input_value("#scene-name") == script
    assert editor_page.page.get_attribute("body", "data-harmed") is None


def test_a_full_disk_of_the_browser_is_told_and_the_work_goes_on(editor_page: EditorPage, street_editor: str) -> None:
    client = editor_page.page.context.new_cdp_session(editor_page.page)
    client.send("Storage.overrideQuotaForOrigin", {"origin": street_editor, "quotaSize": 1})
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("Delete")
    editor_page.page.wait_for_selector("#kept[data-state=failed]")
    assert "save the scene as a file" in editor_page.toast("error").inner_text()
    maps = editor_page.maps()
    saved = editor_page.saved()
    editor_page.scene("val/face")
    editor_page.open_file("scene.zip", saved)
    editor_page.page.wait_for_selector("[data-scene='val/street']")
    assert editor_page.maps().same_as(maps)
    editor_page.page.problems = []


def test_the_work_stays_while_the_models_server_hangs_restarts_and_is_away(
    street_base: Path, street_folder: Path, new_page: Callable[..., Page]
) -> None:
    with Server(street_base) as server:
        with Client(server.address) as client:
            described = EditedModel.ask("remote", client)
        scenes = FolderScenes(street_folder, described.classes)
        with editor_of(described, lambda: AsyncClient(server.address, timeout=2.0), scenes) as address:
            editor = EditorPage(new_page(viewport={"width": 1280, "height": 720}), address)
            editor.scene("val/street")
            picture = editor.picture()
            os.kill(server.pid, signal.SIGSTOP)
            editor.click_object(car_of(editor.maps()))
            editor.key("Delete")
            editor.page.wait_for_selector("#banner:not([hidden])")
            assert "Trying again" in editor.page.inner_text("#banner")
            editor.choose_class("car")
            editor.drag((120, 105), (140, 112))
            maps = editor.maps()
            os.kill(server.pid, signal.SIGCONT)
            editor.page.wait_for_selector("#banner", state="hidden", timeout=60_000)
            assert not np.array_equal(editor.picture(), picture)
            server.terminate()
            server.wait()
            editor.key("Control+z")
            editor.page.wait_for_selector("#banner:not([hidden])", timeout=60_000)
            editor.key("Control+Shift+z")
            assert editor.maps().same_as(maps)
            assert len(objects_of(editor.maps(), CAR)) > 0
            editor.page.close()
            editor.page.problems = []


def test_the_work_stays_while_the_editors_own_process_is_away(local_editor, new_page: Callable[..., Page]) -> None:
    with editor_of(*local_editor) as address:
        editor = EditorPage(new_page(viewport={"width": 1280, "height": 720}), address)
        editor.page.focus("#view")
    editor.key(".")
    editor.page.wait_for_selector("#object-class")
    editor.change_class("car")
    editor.page.wait_for_selector("#banner:not([hidden])")
    assert "start it again" in editor.page.inner_text("#banner")
    assert editor.step == (1, 1)
    editor.page.problems = []


def test_an_undone_step_is_gone_for_good_after_another_edit_even_in_a_new_tab(editor_page: EditorPage) -> None:
    editor_page.click_object(car_of(editor_page.maps()))
    editor_page.key("Delete")
    editor_page.key("Control+z")
    editor_page.click_object(largest_piece(editor_page.maps(), TREE))
    editor_page.key("Delete")
    maps: Maps = editor_page.maps()
    editor_page.reload()
    assert editor_page.step == (1, 1)
    assert editor_page.maps().same_as(maps)
