import numpy as np
import pytest

from tfhd.config import Config, DataConfig, EncoderConfig, GeneratorConfig
from tfhd.data.pipeline.transforms import Crop, Flip, Resize, ScaleWidth, apply_transforms, build_transforms, round_to_multiple
from tfhd.errors import InputError
from tfhd.readers import Sample


def _sample(height, width):
    """Label, instance and photo all tell where a pixel came from."""
    place = np.arange(height * width, dtype=np.int32).reshape(height, width)
    image = np.stack([place % 256, place // 256 % 256, place % 7], axis=2).astype(np.uint8)
    return Sample(place % 35, place + 30000, image, "street.png")


def _config(multiple=16, **data):
    return Config(
        data=DataConfig(**data),
        generator=GeneratorConfig(num_downsamples=multiple.bit_length() - 1),
        encoder=EncoderConfig(feature_channels=0),
    )


def _run(config, sample, training=True, seed=0):
    return apply_transforms(build_transforms(config, training), sample, np.random.default_rng(seed))


def _rng(seed=0):
    return np.random.default_rng(seed)


def _assert_joint(sample):
    """Crops and flips must move all three alike."""
    place = sample.instance - 30000
    np.testing.assert_array_equal(sample.label, place % 35)
    np.testing.assert_array_equal(sample.image[:, :, 0], place % 256)
    np.testing.assert_array_equal(sample.image[:, :, 1], place // 256 % 256)


@pytest.mark.parametrize(
    ("size", "multiple", "expected"), [(512, 32, 512), (360, 32, 352), (376, 32, 384), (368, 32, 384), (3, 32, 32)]
)
def test_sizes_go_to_the_nearest_multiple_and_never_to_zero(size, multiple, expected):
    assert round_to_multiple(size, multiple) == expected


def test_resize_keeps_16_bit_ids():
    sample = _sample(8, 8)._replace(instance=np.full((8, 8), 65535, np.int32))
    sample.instance[:, :4] = 26001
    resized = Resize(4, 6)(sample, _rng())
    assert {array.shape[:2] for array in resized[:3]} == {(4, 6)}
    assert (resized.label.dtype, resized.instance.dtype, resized.image.dtype) == (np.int32, np.int32, np.uint8)
    np.testing.assert_array_equal(resized.instance, [[26001] * 3 + [65535] * 3] * 4)


def test_resize_of_labels_makes_no_new_classes_and_of_photos_makes_new_shades():
    label = np.array([[0, 33], [33, 0]], np.int32)
    image = np.repeat(np.array([[0, 255], [255, 0]], np.uint8)[:, :, np.newaxis], 3, axis=2)
    resized = Resize(8, 8)(Sample(label, label, image, ""), _rng())
    assert set(np.unique(resized.label)) == {0, 33}
    assert len(np.unique(resized.image)) > 2


def test_crop_is_joint_and_in_the_middle_unless_anywhere():
    middle = Crop(4, 6, anywhere=False)(_sample(8, 10), _rng())
    _assert_joint(middle)
    assert middle.instance[0, 0] - 30000 == 2 * 10 + 2
    corners = {Crop(4, 6, anywhere=True)(_sample(8, 10), _rng(seed)).instance[0, 0] - 30000 for seed in range(200)}
    assert corners == {row * 10 + column for row in range(5) for column in range(5)}


def test_crop_larger_than_the_picture_names_file_and_sizes():
    with pytest.raises(InputError, match=r"street\.png: the picture is 10x8 \(width x height\) where a window of 12x4"):
        Crop(4, 12, anywhere=False)(_sample(8, 10), _rng())


def test_flip_is_joint_and_happens_half_of_the_time():
    mirrored = 0
    for seed in range(400):
        sample = Flip()(_sample(2, 3), _rng(seed))
        _assert_joint(sample)
        mirrored += sample.instance[0, 0] != 30000
    assert 160 < mirrored < 240


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"resize": "exact", "height": 30, "width": 70}, (32, 64)),
        ({"resize": "scale_width", "width": 64, "height": 16}, (48, 64)),
        ({"resize": "crop", "height": 32, "width": 48}, (32, 48)),
        ({"resize": "scale_width_and_crop", "load_width": 64, "height": 32, "width": 48}, (32, 48)),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_each_mode_gives_sizes_that_the_networks_take(data, expected, training):
    sample = _run(_config(**data), _sample(96, 128), training)
    assert sample.label.shape == sample.instance.shape == sample.image.shape[:2] == expected


def test_scale_width_keeps_the_shape():
    assert ScaleWidth(64, 16).height_of(1024, 2048) == 32
    assert ScaleWidth(1024, 32).height_of(360, 480) == 768


def test_only_training_mirrors_and_moves_windows():
    config = _config(resize="crop", height=16, width=16)
    seen = {
        training: {_run(config, _sample(32, 32), training, seed).instance[0, 0] for seed in range(30)}
        for training in (True, False)
    }
    assert len(seen[False]) == 1
    assert len(seen[True]) > 10


def test_flip_can_be_switched_off():
    config = _config(resize="exact", height=16, width=16, flip=False)
    assert {_run(config, _sample(16, 16), True, seed).instance[0, 0] for seed in range(20)} == {30000}


def test_same_seed_gives_the_same_sample():
    config = _config(resize="scale_width_and_crop", load_width=64, height=16, width=16)
    first, second, other = (_run(config, _sample(64, 96), True, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.image, second.image)
    assert not np.array_equal(first.image, other.image)
