"""Styles of objects, by mouse and keys in a real browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.serving.edit.pages import CAR, TREE, EditorPage, car_of, change_ratio, largest_piece, objects_of
from tfhd.serving.in_process.local_model import LocalModel


def test_one_car_gets_another_style_and_the_rest_stays(editor_page: EditorPage) -> None:
    before, picture = editor_page.maps(), editor_page.picture()
    car = car_of(before)
    editor_page.click_object(car)
    editor_page.page.click(".tile >> nth=2")
    assert editor_page.maps().same_as(before)
    assert editor_page.styles() == {objects_of(before, CAR)[0]: {"style": 2}}
    assert change_ratio(picture, editor_page.picture(), car) >= 5


def test_one_tree_of_many_gets_a_style_as_an_object_of_its_own(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    tree = largest_piece(before, TREE)
    editor_page.click_object(tree)
    editor_page.page.click(".tile >> nth=1")
    after = editor_page.maps()
    (ident,) = np.unique(after.instance[tree])
    assert not (before.instance == ident).any()
    np.testing.assert_array_equal(after.instance == ident, tree)
    assert editor_page.styles() == {ident: {"style": 1}}


def test_a_copied_car_comes_into_another_scene_with_its_style(editor_page: EditorPage) -> None:
    car = car_of(editor_page.maps())
    editor_page.click_object(car)
    editor_page.page.click(".tile >> nth=1")
    vector = editor_page.page.evaluate("editor.scene.classOf(editor.selection.ids[0]).styles[1]")
    editor_page.key("Control+c")
    editor_page.scene("val/face")
    editor_page.key("Control+v")
    (ident,) = objects_of(editor_page.maps(), CAR)
    assert editor_page.styles() == {ident: {"vector": vector}}


def test_a_seed_draws_the_styles_that_the_model_draws(editor_page: EditorPage, street_base: Path) -> None:
    editor_page.page.fill("#seed", "5")
    editor_page.key("Enter")
    maps = editor_page.maps()
    with LocalModel(street_base) as model:
        expected = model.synthesize(maps.label.astype(np.uint8), maps.instance, 5)
    assert np.abs(editor_page.picture() - expected).max() <= 1


def test_a_slider_paints_while_it_moves_and_is_one_step_of_the_history(editor_page: EditorPage) -> None:
    picture = editor_page.picture()
    editor_page.click_object(car_of(editor_page.maps()))
    slider = editor_page.page.locator(".sliders input").first
    slider.evaluate("(input) => { input.value = input.max; input.dispatchEvent(new Event('input', { bubbles: true })); }")
    editor_page.page.wait_for_timeout(100)
    assert not np.array_equal(editor_page.picture(), picture)
    assert editor_page.step == (0, 0)
    slider.evaluate("(input) => input.dispatchEvent(new Event('change', { bubbles: true }))")
    assert editor_page.step == (1, 1)
    editor_page.key("Control+z")
    np.testing.assert_array_equal(editor_page.picture(), picture)
