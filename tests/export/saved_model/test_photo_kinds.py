"""Label maps to photos of other kinds than 8-bit RGB."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.picture_files import encoded
from tests.tiny_pictures import numbers
from tests.tiny_run import street, tiny_config, write_run
from tfhd.config import PixelType
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.serving.in_process.local_model import LocalModel

PHOTO = PixelType(1, "uint16", 0, 4095)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    folder, config = tmp_path_factory.mktemp("gray"), tiny_config()
    write_run(folder / "run", dataclasses.replace(config, data=dataclasses.replace(config.data, output_pixels=PHOTO)))
    export_saved_model(folder / "run", folder / "model", warm_up=True)
    return LocalModel(folder / "model")


def test_pictures_have_the_numbers_of_the_training(model: LocalModel) -> None:
    label, instance = street(32, 48)
    picture = model.synthesize(label, instance, seed=3)
    assert (picture.shape, picture.dtype) == ((32, 48, 1), np.uint16)
    assert 255 < picture.max() <= 4095
    file = model.synthesize_png(label, instance, seed=3)
    np.testing.assert_array_equal(tf.io.decode_png(file, dtype=tf.uint16), picture)


def test_styles_are_read_of_such_photos(model: LocalModel, tmp_path: Path) -> None:
    _, instance = street(32, 48)
    photo = numbers(PHOTO, 1, 32, 48)
    vectors = model.encode(photo, instance)
    (tmp_path / "photo.png").write_bytes(encoded(photo[..., 0]))
    again = model.encode(tmp_path / "photo.png", instance)
    assert vectors.keys() == again.keys() == set(np.unique(instance).tolist())
    assert all((vectors[key] == again[key]).all() for key in vectors)
    label, _ = street(32, 48)
    painted = model.synthesize_reference(label, instance, photo, instance)
    np.testing.assert_array_equal(painted, model.synthesize_vectors(label, instance, vectors))
    with pytest.raises(InputError, match=r"image is uint8 \(32, 48, 3\); expected uint16 \(height, width, 1\)"):
        model.encode(np.zeros((32, 48, 3), np.uint8), instance)


def test_png_signatures_take_png_files_of_that_kind_alone(model: LocalModel) -> None:
    _, instance = street(32, 48)
    call = tf.saved_model.load(str(model.path)).signatures["encode_png"]
    photo, ids = numbers(PHOTO, 1, 32, 48), tf.constant([encoded(instance)])
    found = call(image_bytes=tf.constant([encoded(photo[..., 0])]), instance_bytes=ids)
    vectors = dict(zip(found["style_instance"][0].numpy().tolist(), found["style_vector"][0].numpy(), strict=True))
    for identity, vector in model.encode(photo, instance).items():
        np.testing.assert_allclose(vectors[identity], vector, rtol=1e-6)  # this graph is optimized, a session's is not
    for wrong in (np.zeros((32, 48), np.uint8), np.zeros((32, 48, 3), np.uint8)):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="image_bytes number 0 is of another kind; send PNG files of 1 ch"
        ):
            call(image_bytes=tf.constant([encoded(wrong)]), instance_bytes=ids)
