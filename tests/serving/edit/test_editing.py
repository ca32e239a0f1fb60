"""What edits change in the maps and in the picture, by mouse and keys in a real browser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tests.serving.edit.pages import (
    BUILDING,
    CAR,
    FOUR_NEIGHBOURS,
    PERSON,
    SKY,
    TREE,
    EditorPage,
    box_of,
    car_of,
    change_ratio,
    largest_piece,
    objects_of,
)


def test_a_tree_becomes_a_building_exactly_where_it_is(editor_page: EditorPage) -> None:
    before, picture = editor_page.maps(), editor_page.picture()
    tree = largest_piece(before, TREE)
    editor_page.click_object(tree)
    editor_page.change_class("building")
    after = editor_page.maps()
    np.testing.assert_array_equal(after.label, np.where(tree, BUILDING, before.label))
    np.testing.assert_array_equal(after.instance, np.where(tree, BUILDING, before.instance))
    assert change_ratio(picture, editor_page.picture(), tree) >= 5


def test_a_painted_car_is_an_instance_of_its_own_with_an_edge_around_it(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    editor_page.choose_class("car")
    editor_page.drag((120, 110), (140, 110))
    after = editor_page.maps()
    painted = after.instance != before.instance
    (ident,) = np.unique(after.instance[painted])
    assert not (before.instance == ident).any()
    assert (after.label[painted] == CAR).all()
    np.testing.assert_array_equal(after.instance == ident, painted)
    border = painted & ~ndimage.binary_erosion(painted, FOUR_NEIGHBOURS)
    edges = editor_page.page.evaluate(
        """() => {
            const { edges } = editor.layers;
            const data = edges.getContext("2d").getImageData(0, 0, edges.width, edges.height).data;
            return Array.from({ length: edges.width * edges.height }, (_, i) => data[4 * i + 3] > 0);
        }"""
    )
    assert np.reshape(edges, painted.shape)[border].all()
    assert not np.reshape(edges, painted.shape)[ndimage.binary_erosion(painted, FOUR_NEIGHBOURS)].any()


def test_the_next_stroke_goes_into_the_new_object_until_another_is_asked_for(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    editor_page.choose_class("car")
    editor_page.drag((120, 105), (140, 105))
    editor_page.drag((120, 112), (140, 112))
    editor_page.key("n")
    editor_page.drag((60, 118), (80, 118))
    new = set(objects_of(editor_page.maps(), CAR)) - set(objects_of(before, CAR))
    assert len(new) == 2


def test_a_deleted_car_leaves_no_id_and_what_surrounds_it_takes_its_place(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    car = car_of(before)
    ident = objects_of(before, CAR)[0]
    editor_page.click_object(car)
    editor_page.page.click(".tile >> nth=2")
    editor_page.key("Delete")
    after = editor_page.maps()
    assert not (after.instance == ident).any()
    np.testing.assert_array_equal(after.label[~car], before.label[~car])
    around = ndimage.binary_dilation(car) & ~car
    assert set(np.unique(after.label[car])) <= set(np.unique(before.label[around]))
    assert editor_page.styles() == {}
    assert ident not in editor_page.page.evaluate("[...editor.scene.objects.keys()]")
    assert editor_page.page.locator(f'.object[data-id="{ident}"]').count() == 0


def test_moving_keeps_the_id_and_duplicates_and_pastes_have_new_ones(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    car, ident = car_of(before), objects_of(before, CAR)[0]
    x, y = editor_page.click_object(car)
    editor_page.drag((x, y), (x - 20, y + 5))
    moved = editor_page.maps()
    expected = np.zeros_like(car)
    expected[5:, :-20] = car[:-5, 20:]
    np.testing.assert_array_equal(moved.instance == ident, expected)
    others = set(np.unique(before.instance)) - {ident}
    assert set(np.unique(moved.instance)) <= others | {ident}
    editor_page.key("Control+d")
    editor_page.key("Control+c")
    editor_page.key("Control+v")
    after = editor_page.maps()
    new = set(objects_of(after, CAR)) - set(objects_of(moved, CAR))
    assert len(new) == 2
    assert (after.instance == ident).any()
    for each in new:
        assert ndimage.label(after.instance == each, np.ones((3, 3)))[1] >= 1
        assert set(np.unique(after.label[after.instance == each])) == {CAR}


def test_a_corner_scales_the_object(editor_page: EditorPage) -> None:
    car = car_of(editor_page.maps())
    rows, columns = box_of(car)
    ident = objects_of(editor_page.maps(), CAR)[0]
    editor_page.click_object(car)
    corner = (columns.start, rows.start)
    place = editor_page.place(corner[0] - 0.5, corner[1] - 0.5)
    target = editor_page.place(corner[0] - 0.5 + (columns.stop - columns.start) / 2, corner[1] - 0.5)
    editor_page.page.mouse.move(*place)
    editor_page.page.mouse.down()
    editor_page.page.mouse.move(target[0], editor_page.place(0, (rows.start + rows.stop) / 2)[1], steps=5)
    editor_page.page.mouse.up()
    scaled = editor_page.maps().instance == ident
    smaller_rows, smaller_columns = box_of(scaled)
    assert (smaller_rows.stop, smaller_columns.stop) == (rows.stop, columns.stop)
    assert 0.35 < (smaller_columns.stop - smaller_columns.start) / (columns.stop - columns.start) < 0.65


def test_locked_objects_are_kept_whatever_is_painted_over_them(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    car, ident = car_of(before), objects_of(before, CAR)[0]
    x, y = editor_page.click_object(car)
    editor_page.key("l")
    editor_page.choose_class("sky")
    editor_page.drag((x - 30, y), (x + 30, y))
    editor_page.tool("rectangle")
    editor_page.drag((10, 10), (250, 120))
    after = editor_page.maps()
    np.testing.assert_array_equal(after.instance == ident, car)
    assert (after.label[12:118, 12:248][~car[12:118, 12:248]] == SKY).all()
    editor_page.tool("select")
    editor_page.click_object(car)
    editor_page.key("Delete")
    assert "locked" in editor_page.toast("error").inner_text()
    assert editor_page.maps().same_as(after)


@pytest.mark.parametrize("target", ["new", "region", "erase"])
def test_fill_takes_the_connected_pixels_of_an_object(editor_page: EditorPage, target: str) -> None:
    before = editor_page.maps()
    tree = largest_piece(before, TREE)
    editor_page.choose_class("building")
    editor_page.tool("fill")
    editor_page.target(target)
    editor_page.click_object(tree)
    after = editor_page.maps()
    np.testing.assert_array_equal(after.label[~tree], before.label[~tree])
    if target == "erase":
        assert not (after.label[tree] == TREE).any()
        return
    assert (after.label[tree] == BUILDING).all()
    (ident,) = np.unique(after.instance[tree])
    assert (ident == BUILDING) == (target == "region")


def test_shift_fills_all_of_an_object_and_not_only_what_hangs_together(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    trees = before.instance == TREE
    editor_page.choose_class("building")
    editor_page.tool("fill")
    editor_page.page.keyboard.down("Shift")
    editor_page.click_object(largest_piece(before, TREE))
    editor_page.page.keyboard.up("Shift")
    np.testing.assert_array_equal(editor_page.maps().label, np.where(trees, BUILDING, before.label))


def test_joined_objects_are_one_with_the_id_of_the_first(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    first, second = objects_of(before, CAR)[:2]
    editor_page.click_object(before.instance == first)
    editor_page.page.keyboard.down("Shift")
    editor_page.click_object(before.instance == second)
    editor_page.page.keyboard.up("Shift")
    editor_page.key("j")
    after = editor_page.maps()
    np.testing.assert_array_equal(after.instance, np.where(before.instance == second, first, before.instance))
    np.testing.assert_array_equal(after.label, before.label)


def test_a_polygon_fills_pixels_whose_centres_are_inside(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    editor_page.choose_class("sky")
    editor_page.tool("polygon")
    for corner in ((100, 100), (139, 100), (139, 119), (5, 5), (100, 119)):
        editor_page.click(*corner)
        if corner == (5, 5):
            editor_page.key("Backspace")
    editor_page.key("Enter")
    changed = editor_page.maps().label != before.label
    assert changed[101:119, 101:139].all()
    changed[100:120, 100:140] = False
    assert not changed.any()


def test_the_eraser_lets_through_what_is_behind_the_object(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    car, ident = car_of(before), objects_of(before, CAR)[0]
    editor_page.tool("eraser")
    x, y = editor_page.click_object(car)
    after = editor_page.maps()
    erased = (before.instance == ident) & (after.instance != ident)
    assert erased[y, x]
    assert 10 < erased.sum() < car.sum()
    assert not np.isin(after.label[erased], [CAR, PERSON]).any()
    np.testing.assert_array_equal(after.label[~erased], before.label[~erased])


def test_the_eyedropper_takes_the_class_of_a_pixel(editor_page: EditorPage) -> None:
    editor_page.tool("brush")
    editor_page.key("i")
    editor_page.click_object(largest_piece(editor_page.maps(), TREE))
    assert editor_page.page.inner_text("#active-class") == "vegetation"
    assert editor_page.page.get_attribute("#options", "data-tool") == "brush"


def test_both_eyes_are_selected_together_unless_that_is_switched_off(editor_page: EditorPage) -> None:
    editor_page.scene("val/face")
    editor_page.click(14, 28)
    assert sorted(editor_page.page.evaluate("editor.selection.ids")) == [40, 41]
    editor_page.key("Alt+Shift+ArrowDown")
    after = editor_page.maps()
    assert (after.label[34:42, 8:20] == 40).all()
    assert (after.label[34:42, 44:56] == 41).all()
    assert (after.label[24:34] == SKY).all()
    editor_page.page.uncheck("#symmetric input")
    editor_page.key("Escape")
    editor_page.click(14, 38)
    assert editor_page.page.evaluate("editor.selection.ids") == [40]


def test_everything_can_be_done_with_keys_alone(editor_page: EditorPage) -> None:
    before = editor_page.maps()
    for key in ("/", *"car"):
        editor_page.key(key)
    editor_page.key("Enter")
    editor_page.page.focus("#view")
    for key in ("b", *["Shift+ArrowDown"] * 4, "Enter", *["ArrowRight"] * 6, "Enter"):
        editor_page.key(key)
    painted = editor_page.maps()
    (new,) = set(objects_of(painted, CAR)) - set(objects_of(before, CAR))
    assert painted.instance[64 + 40, 128] == new
    assert painted.instance[64 + 40, 134] == new
    editor_page.key("3")
    assert editor_page.styles() == {new: {"style": 2}}
    editor_page.key("Alt+ArrowLeft")
    np.testing.assert_array_equal((editor_page.maps().instance == new)[:, :-1], (painted.instance == new)[:, 1:])
    editor_page.key("Delete")
    assert not (editor_page.maps().instance == new).any()
    for _ in range(4):
        editor_page.key("Control+z")
    assert editor_page.maps().same_as(before)
