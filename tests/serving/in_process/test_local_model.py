from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.tiny_run import LABEL_SET, NUM_STYLES, street, style_table
from tfhd.errors import InputError
from tfhd.serving.in_process.local_model import LocalModel

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def model(model_base: Path) -> LocalModel:
    return LocalModel(model_base)


@pytest.fixture(scope="module")
def plain_model(plain_model_base: Path) -> LocalModel:
    return LocalModel(plain_model_base)


def test_paints_a_picture_of_the_maps_size_the_same_for_the_same_seed(model: LocalModel) -> None:
    label, instance = street(32, 48)
    picture = model.synthesize(label, instance, seed=5)
    assert (picture.shape, picture.dtype) == ((32, 48, 3), np.uint8)
    np.testing.assert_array_equal(picture, model.synthesize(label.astype(np.int64), instance.astype(np.int32), seed=5))
    assert any((picture != model.synthesize(label, instance, seed=seed)).any() for seed in range(5))


def test_pictures_may_be_files_on_both_sides(model: LocalModel, tmp_path: Path) -> None:
    label, instance = street(32, 48)
    palette = Image.fromarray(label).convert("P")
    palette.putpalette(list(np.random.default_rng(0).integers(0, 256, 768)))
    palette.save(tmp_path / "label.png")
    Image.fromarray(instance).save(tmp_path / "instance.png")
    expected = model.synthesize(label, instance, seed=5)
    files = tmp_path / "label.png", (tmp_path / "instance.png").read_bytes()
    np.testing.assert_array_equal(model.synthesize(*files, seed=5), expected)
    for maps in (files, (label, instance)):
        painted = Image.open(io.BytesIO(model.synthesize_png(*maps, seed=5)))
        assert painted.format == "PNG"
        np.testing.assert_array_equal(np.asarray(painted), expected)
    Image.fromarray(expected).save(tmp_path / "photo.png")
    from_file, from_array = (model.encode(photo, instance) for photo in (tmp_path / "photo.png", expected))
    np.testing.assert_array_equal(np.array(list(from_file.values())), np.array(list(from_array.values())))
    with pytest.raises(InputError, match=r"^the picture: colours outside the label set 'model': "):
        model.synthesize_png((tmp_path / "photo.png").read_bytes(), instance)


def test_a_style_by_number_equals_the_same_style_as_a_vector(model: LocalModel) -> None:
    label, instance = street(32, 48)
    vectors = {26001: model.styles()["car"][2]}
    np.testing.assert_array_equal(
        model.synthesize(label, instance, styles={26001: 2}), model.synthesize_vectors(label, instance, vectors)
    )


def test_the_style_of_a_photo_is_that_of_its_instances(model: LocalModel) -> None:
    label, instance = street(32, 48)
    random = np.random.default_rng(0)
    photos = [random.integers(low, low + 120, (32, 48, 3), np.uint8) for low in (0, 130)]
    vectors = [model.encode(photo, instance) for photo in photos]
    assert [list(found) for found in vectors] == [[7, 26001, 26002]] * 2
    pictures = [model.synthesize_vectors(label, instance, found) for found in vectors]
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[0] == model.synthesize_vectors(label, instance, vectors[0] | {12345: vectors[0][7]})).all()


def test_styles_are_those_of_every_class(model: LocalModel) -> None:
    styles = model.styles()
    assert tuple(styles) == LABEL_SET.names
    for name, centers, count in zip(LABEL_SET.names, style_table(3).centers, NUM_STYLES, strict=True):
        np.testing.assert_array_equal(styles[name], centers[:count])


def test_a_model_without_an_encoder_paints_and_says_what_it_lacks(plain_model: LocalModel) -> None:
    label, instance = street(32, 48)
    assert plain_model.synthesize(label, instance).shape == (32, 48, 3)
    with pytest.raises(InputError, match="trained without an encoder"):
        plain_model.synthesize(label, instance, styles={26001: 0})
    for call in (plain_model.styles, lambda: plain_model.encode(np.zeros((32, 48, 3), np.uint8), instance)):
        with pytest.raises(InputError, match="trained without an encoder"):
            call()


@pytest.mark.parametrize(
    ("label", "instance", "options", "message"),
    [
        (np.full((32, 48), 9), np.zeros((32, 48), int), {}, r"^label values outside the label set tiny: 9 \(1536 pixels\)"),
        (np.full((32, 48), 256), np.zeros((32, 48), int), {}, r"^label holds ids 256..256; this model takes 0\.\.255$"),
        (np.full((32, 48), 7), np.full((32, 48), 65536), {}, r"^instance holds ids 65536"),
        (np.full((32, 48), 7), np.full((32, 48), -1), {}, r"^instance holds ids -1"),
        (np.full((32, 48), 7.0), np.zeros((32, 48), int), {}, r"^label is float64"),
        (np.full((32, 48, 3), 7), np.zeros((32, 48), int), {}, r"^label is int64 \(32, 48, 3\)"),
        (np.full((32, 46), 7), np.zeros((32, 46), int), {}, r"^label is 32x46 pixels .* multiples of 4"),
        (np.full((32, 48), 7), np.zeros((32, 44), int), {}, r"^label is 1x32x48 but instance is 1x32x44"),
        (np.full((32, 48), 7), np.full((32, 48), 4), {"styles": {5: 0}}, r"instance 5, which is not .* it holds 4$"),
        (np.full((32, 48), 7), np.full((32, 48), 4), {"styles": {4: 4}}, r"^instance 4 cannot have style 4: its class has 4 "),
        (np.full((32, 48), 7), np.full((32, 48), 4), {"seed": 2**31}, r"^seed holds"),
    ],
)
def test_what_does_not_fit_ends_in_one_line(model: LocalModel, label, instance, options, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        model.synthesize(label, instance, **options)
    assert "\n" not in str(error.value)


def test_vectors_and_photos_of_wrong_shape_are_refused(model: LocalModel) -> None:
    label, instance = street(32, 48)
    with pytest.raises(InputError, match=r"vectors must have shape \(3,\)"):
        model.synthesize_vectors(label, instance, {26001: np.zeros(4)})
    with pytest.raises(InputError, match=r"expected uint8 \(height, width, 3\)"):
        model.encode(np.zeros((32, 48, 3), np.float32), instance)


def test_a_base_folder_gives_its_newest_version_and_a_version_itself(model_base: Path, tmp_path: Path) -> None:
    for version in ("2", "10"):
        shutil.copytree(model_base / "1", tmp_path / version)
    (tmp_path / ".partial-11").mkdir()
    (tmp_path / "12").mkdir()  # empty
    assert LocalModel(tmp_path).path == tmp_path / "10"
    assert LocalModel(tmp_path / "2").path == tmp_path / "2"


@pytest.mark.parametrize("name", ["", "absent", "x" * 300])
def test_folders_without_a_model_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: no exported model there"):
        LocalModel(tmp_path / name)


VARIABLES = "variables/variables.data-00000-of-00001"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("saved_model.pb", b"damaged", "broken: cannot load the model"),
        ("saved_model.pb", b"", "broken: cannot load the model"),
        ("saved_model.pb", 2000, "broken: cannot load the model"),
        (VARIABLES, 500, "broken: cannot load the model"),
        (VARIABLES, None, "broken: cannot load the model"),
    ],
)
def test_damaged_models_are_named(model_base: Path, tmp_path: Path, file: str, content: bytes | int | None, message: str) -> None:
    path = shutil.copytree(model_base / "1", tmp_path / "broken") / file
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(whole[:content] if isinstance(content, int) else content)
    with pytest.raises(InputError, match=message) as error:
        LocalModel(tmp_path / "broken")
    assert "\n" not in str(error.value)


def test_a_savedmodel_of_something_else_is_told_as_such(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "other"))
    with pytest.raises(InputError, match="other: the model is a SavedModel of something else"):
        LocalModel(tmp_path / "other")


def test_a_picture_too_large_for_the_memory_ends_in_one_line(model_base: Path) -> None:
    script = """
import resource, sys
import numpy as np
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.errors import InputError

model, label = LocalModel(sys.argv[1]), np.full((4096, 4096), 7, np.uint8)
model.synthesize(label[:32, :48], label[:32, :48])  # starts the threads, which need memory too
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 300 * 2**20, resource.getrlimit(resource.RLIMIT_AS)[1]))
try:
    model.synthesize(label, label)
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script, model_base], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.stdout.startswith("there is not enough memory for a picture of 4096x4096 pixels; give a smaller one"), done.stderr
    assert done.stdout.count("\n") == 1
