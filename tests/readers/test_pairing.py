import os

import pytest
from PIL import Image

from tfhd.config import DataConfig
from tfhd.errors import InputError


def _tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def _find(root, data_format="folder", split="train"):
    return DataConfig(format=data_format, root=str(root)).open_files(split).examples


def _files(example):
    return tuple(path and path.name for path in (example.label, example.image, example.instance))


CITY = ("leftImg8bit/train/{0}/{0}_0_1_leftImg8bit.png", "gtFine/train/{0}/{0}_0_1_gtFine_labelIds.png")
CITY_INSTANCE = "gtFine/train/{0}/{0}_0_1_gtFine_instanceIds.png"


def _city(name, instance=True):
    return [path.format(name) for path in CITY] + ([CITY_INSTANCE.format(name)] if instance else [])


def test_folder_pairs_by_name_whatever_the_suffix(tmp_path):
    _tree(
        tmp_path,
        "train_img/b.JPG",
        "train_img/a.png",
        "train_label/a.png",
        "train_label/b.tif",
        "train_inst/a.png",
        "train_inst/b.png",
    )
    first, second = _find(tmp_path)
    assert (first.name, *_files(first)) == ("a", "a.png", "a.png", "a.png")
    assert (second.name, *_files(second)) == ("b", "b.tif", "b.JPG", "b.png")


def test_instance_folder_is_optional_and_splits_are_apart(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_label/a.png", "val_img/v.png", "val_label/v.png")
    assert [_files(example) for example in _find(tmp_path, split="val")] == [("v.png", "v.png", None)]


def test_other_files_are_overlooked(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_label/a.png", "train_label/.DS_Store", "train_img/Thumbs.db", "train_img/._a.png")
    assert len(_find(tmp_path)) == 1


def test_cityscapes_endings_in_plain_folders_pair(tmp_path):
    _tree(
        tmp_path,
        "train_img/jena_0_1_leftImg8bit.png",
        "train_label/jena_0_1_gtFine_labelIds.png",
        "train_inst/jena_0_1_gtFine_instanceIds.png",
    )
    assert [example.name for example in _find(tmp_path)] == ["jena_0_1"]


def test_cityscapes_tree_pairs_over_cities_and_ignores_other_annotations(tmp_path):
    _tree(
        tmp_path,
        *_city("ulm"),
        *_city("jena"),
        "gtFine/train/ulm/ulm_0_1_gtFine_color.png",
        "gtFine/train/ulm/ulm_0_1_gtFine_polygons.json",
    )
    examples = _find(tmp_path, "cityscapes")
    assert [example.name for example in examples] == ["jena_0_1", "ulm_0_1"]
    assert _files(examples[1]) == ("ulm_0_1_gtFine_labelIds.png", "ulm_0_1_leftImg8bit.png", "ulm_0_1_gtFine_instanceIds.png")


def test_cityscapes_without_any_instances(tmp_path):
    assert _find(_tree(tmp_path, *_city("ulm", instance=False)), "cityscapes")[0].instance is None


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("train_img/b.png", r"1 file has no photo of the same name in .*train_img: .*train_label/b\.png; add"),
        ("train_label/b.png", r"1 file has no label map of the same name in .*train_label: .*train_img/b\.png; add"),
        ("train_inst/b.png", r"1 file has no instance map of the same name in .*train_inst: .*train_label/b\.png; add"),
    ],
)
def test_missing_partner_is_named(tmp_path, missing, message):
    _tree(tmp_path, *(f"train_{kind}/{name}.png" for kind in ("img", "label", "inst") for name in "abc"))
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=message):
        _find(tmp_path)


def test_instance_map_without_label_map_is_named(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_label/a.png", "train_inst/a.png", "train_inst/z.png")
    with pytest.raises(InputError, match=r"no label map of the same name in .*: .*train_inst/z\.png"):
        _find(tmp_path)


def test_many_missing_partners_are_counted_and_three_named(tmp_path):
    _tree(tmp_path, "train_img/a.png", *(f"train_label/{name}.png" for name in "abcdef"))
    with pytest.raises(InputError, match=r"5 files have no photo .*b\.png, .*c\.png, .*d\.png, \.\.\.; add"):
        _find(tmp_path)


def test_missing_cityscapes_instance_is_named(tmp_path):
    _tree(tmp_path, *_city("ulm"), *_city("jena", instance=False))
    with pytest.raises(InputError, match=r"no instance map of the same name in .*: .*jena_0_1_gtFine_labelIds\.png"):
        _find(tmp_path, "cityscapes")


def test_two_files_of_one_name_are_refused(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_img/a.jpg", "train_label/a.png")
    with pytest.raises(InputError, match=r"train_img: a\.jpg and a\.png share the name 'a'"):
        _find(tmp_path)


@pytest.mark.parametrize(("data_format", "folder"), [("folder", "train_label"), ("cityscapes", "leftImg8bit/train")])
def test_absent_folder_is_named(tmp_path, data_format, folder):
    with pytest.raises(InputError, match=rf"{folder}: no such folder; check data\.root"):
        _find(tmp_path, data_format)


def test_empty_folders_are_named(tmp_path):
    (tmp_path / "train_img").mkdir()
    (tmp_path / "train_label").mkdir()
    with pytest.raises(InputError, match=r"train_label: holds no label maps and .*train_img no photos"):
        _find(tmp_path)


def test_streets_have_no_files():
    with pytest.raises(InputError, match="'streets' has no files"):
        _find("", "streets")


@pytest.mark.parametrize("data_format", ["folder", "cityscapes"])
def test_a_root_that_the_system_refuses_is_named(tmp_path, data_format):
    with pytest.raises(InputError, match=r"x{300}.*check data\.root"):
        _find(tmp_path / ("x" * 300), data_format)


@pytest.mark.parametrize("locked", ["train_label", "."])
def test_a_folder_that_may_not_be_read_is_named(tmp_path, locked):
    _tree(tmp_path, "train_img/a.png", "train_label/a.png")
    folder = tmp_path / locked
    folder.chmod(0)
    try:
        if os.access(folder, os.R_OK):
            pytest.skip("this user may read everything")
        assert not DataConfig(root=str(tmp_path)).has_split("val")
        with pytest.raises(
            InputError, match=r"train_label: (cannot be read \(Permission denied\)|no such folder); check data\.root"
        ):
            _find(tmp_path)
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("folder", ["val_img", "val_label", "gtFine/val", "leftImg8bit/val"])
def test_half_a_split_exists_so_that_the_missing_half_is_reported(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    config = DataConfig(format="folder" if folder.startswith("val") else "cityscapes", root=str(tmp_path))
    assert config.has_split("val")
    assert not config.has_split("test")
    with pytest.raises(InputError, match="no such folder"):
        _ = config.open_files("val").examples


def test_everything_that_keeps_files_from_pairing_is_listed_and_the_rest_is_paired(tmp_path):
    _tree(tmp_path, *(f"train_{kind}/{name}.png" for kind in ("img", "label", "inst") for name in "abcd"), "train_img/d.jpg")
    for missing in ("img/a", "label/b", "inst/c"):
        (tmp_path / f"train_{missing}.png").unlink()
    pairing = DataConfig(root=str(tmp_path)).open_files("train").pair()
    assert [_files(example) for example in pairing.examples] == [("c.png", "c.png", None), ("d.png", "d.jpg", "d.png")]
    assert pairing.counts == (3, 4, 3)
    assert [(error.kind, error.path.relative_to(tmp_path).as_posix()) for error in pairing.errors] == [
        ("same name", "train_img/d.png"),
        ("unpaired", "train_img/b.png"),
        ("unpaired", "train_label/a.png"),
        ("unpaired", "train_label/c.png"),
        ("unpaired", "train_inst/b.png"),
    ]
    assert pairing.errors[2].message == (
        f"{tmp_path}/train_label/a.png: has no photo of the same name in {tmp_path}/train_img; "
        "add the missing file or remove this one (without a partner there: b.png)"
    )


def test_pictures_in_nested_folders_pair_with_those_in_folders_of_the_same_name(tmp_path):
    _tree(tmp_path, *(f"train_{kind}/{name}.png" for kind in ("img", "label", "inst") for name in ("a", "ulm/a", "ulm/old/b")))
    assert [example.name for example in _find(tmp_path)] == ["a", "ulm/a", "ulm/old/b"]


def test_half_of_a_mixed_folder_is_not_left_out_without_a_word(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_img/b.png", "train_label/a.png", "train_label/more/b.png")
    with pytest.raises(InputError, match=r"no label map .*train_img/b\.png; .* \(without a partner there: more/b\.png\)"):
        _find(tmp_path)


def test_hidden_folders_and_links_that_lead_up_are_left_out(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_label/a.png", "train_label/.thumbs/b.png", "train_img/__MACOSX/c.png")
    _tree(tmp_path, "train_img/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg")
    (tmp_path / "train_img" / "loop").symlink_to(tmp_path)
    assert [example.name for example in _find(tmp_path)] == ["a"]


def test_names_alike_but_for_unicode_normalization_pair(tmp_path):
    composed, decomposed = "Z\u00fcrich", "Zu\u0308rich"
    _tree(tmp_path, f"train_img/{composed}.png", f"train_label/{decomposed}.png")
    assert len(_find(tmp_path)) == 1
    _tree(tmp_path, f"train_label/{composed}.png")
    if len(list((tmp_path / "train_label").iterdir())) == 2:  # some file systems take both for one name
        with pytest.raises(InputError, match="share the name"):
            _find(tmp_path)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("a.jfif", "a.png"),
        ("a.JPE", "a.png"),
        ("a.jpg", "a.jpg.png"),
        ("a.png", "a_mask.png"),
        ("a.jpg", "a_labels.png"),
        ("a_img.jpg", "a_label.png"),
        ("a_image.jpg", "a_image_mask.png"),
        ("a_rgb.png", "a_gtFine_color.png"),
        ("a_leftImg8bit.png", "a_gtFine_color.png"),
        ("a_left.png", "a_left_gtCoarse_labelTrainIds.png"),
        ("a_mask.png", "a_mask.png"),
        ("scan.2021.05.jpg", "scan.2021.05.png"),
    ],
)
def test_what_tools_add_to_names_does_not_keep_files_from_pairing(tmp_path, image, label):
    _tree(tmp_path, *(f"train_img/{name}{image}" for name in "xy"), *(f"train_label/{name}{label}" for name in "xy"))
    assert [_files(example) for example in _find(tmp_path)] == [(f"{name}{label}", f"{name}{image}", None) for name in "xy"]


def test_pictures_without_a_suffix_are_known_by_how_they_begin(tmp_path):
    _tree(tmp_path, "train_img/notes", "train_img/list.txt", "train_label/a.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "train_img" / "a", format="JPEG")
    assert [_files(example) for example in _find(tmp_path)] == [("a.png", "a", None)]


def test_brackets_stars_and_backslashes_are_letters_in_paths(tmp_path):
    root = tmp_path / "[set] *\\1?"
    _tree(root, "train_img/[a]*.png", "train_label/[a]*.png", "train_img/b\\c.png", "train_label/b\\c.png")
    assert len(_find(root)) == 2
    _tree(root, *_city("[ulm]"))
    assert len(_find(root, "cityscapes")) == 1


def test_cityscapes_pictures_outside_the_folders_of_cities_are_found_too(tmp_path):
    _tree(tmp_path, *_city("ulm"), "leftImg8bit/train/jena_leftImg8bit.png", "gtFine/train/a/b/jena_gtFine_labelIds.png")
    _tree(tmp_path, "gtFine/train/jena_gtFine_instanceIds.png")
    assert [example.name for example in _find(tmp_path, "cityscapes")] == ["jena", "ulm_0_1"]


def test_messages_name_what_was_found(tmp_path):
    _tree(tmp_path, "images/a.png", "masks/a.png")
    with pytest.raises(InputError, match=r"train_label: no such folder; .* holds images/, masks/\)"):
        _find(tmp_path)
    _tree(tmp_path, "train_img/a.npy", "train_label/a.json", "train_label/b.json")
    with pytest.raises(InputError, match=r"\(they hold a\.json, b\.json and a\.npy\)"):
        _find(tmp_path)


def test_endings_that_say_what_a_picture_shows_are_part_of_its_name(tmp_path):
    """Label maps of the left camera do not belong to photos of the right one."""
    _tree(tmp_path, *(f"train_img/{name}_right.png" for name in "ab"), *(f"train_label/{name}_left.png" for name in "ab"))
    with pytest.raises(InputError, match="2 files have no label map of the same name"):
        _find(tmp_path)


def test_partners_of_a_kind_that_is_not_read_are_named(tmp_path):
    _tree(tmp_path, "train_img/a.png", "train_img/b.png", "train_label/a.png", "train_label/b.tga", "train_label/c.npy")
    with pytest.raises(
        InputError, match=r"of the same name, but of a kind that is not read: .*train_label/b\.tga; save these as"
    ):
        _find(tmp_path)
    errors = DataConfig(root=str(tmp_path)).open_files("train").pair().errors
    assert len(errors) == 1
    assert "b.tga; save these as PNG" in errors[0].message


def test_links_to_nothing_and_pipes_are_named_and_their_partners_are_not(tmp_path):
    names = "abc"
    _tree(tmp_path, *(f"train_img/{name}.png" for name in names), "train_label/a.png")
    (tmp_path / "train_label" / "b.png").symlink_to(tmp_path / "gone.png")
    os.mkfifo(tmp_path / "train_label" / "c.png")
    with pytest.raises(InputError, match=r"train_label/b\.png: is a link to a file that does not exist; put the picture there"):
        _find(tmp_path)
    pairing = DataConfig(root=str(tmp_path)).open_files("train").pair()
    assert [example.name for example in pairing.examples] == ["a"]
    assert [(error.kind, error.path.name) for error in pairing.errors] == [("unreadable", "b.png"), ("unreadable", "c.png")]
    assert "is no file but a pipe or device" in pairing.errors[1].message


def test_copies_of_the_maps_beside_the_photos_are_what_is_too_much(tmp_path):
    _tree(tmp_path, *(f"train_img/{name}{end}.png" for name in "ab" for end in ("", "_mask")))
    _tree(tmp_path, *(f"train_label/{name}_mask.png" for name in "ab"))
    pairing = DataConfig(root=str(tmp_path)).open_files("train").pair()
    assert [_files(example)[:2] for example in pairing.examples] == [("a_mask.png", "a.png"), ("b_mask.png", "b.png")]
    assert [error.path.name for error in pairing.errors] == ["a_mask.png", "b_mask.png"]
