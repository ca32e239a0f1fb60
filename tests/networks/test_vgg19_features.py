from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.layer_harness import run_layer_test
from tfhd.errors import InputError
from tfhd.networks import VGG19Features

DEVIATION = 57.63


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, 32, 16, 3)).astype("float32")


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    """VGG19's arrays up to block5_conv1 in compact form: one byte per entry, a scale and a minimum."""
    generator = np.random.default_rng(0)
    arrays, channels = {}, 3
    for block, count, filters in ((1, 2, 64), (2, 2, 128), (3, 4, 256), (4, 4, 512), (5, 1, 512)):
        for i in range(1, count + 1):
            name = f"block{block}_conv{i}"
            arrays[f"{name}/kernel:u8"] = generator.integers(0, 256, (3, 3, channels, filters), "uint8")
            arrays[f"{name}/kernel:scale_min"] = np.array([0.001, -0.1], "float32")
            arrays[f"{name}/bias"] = generator.normal(size=filters).astype("float32")
            channels = filters
    return arrays


def stored(path: Path, arrays: dict[str, np.ndarray]) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_behaves_as_a_layer(photo):
    shapes = [(2, 32, 16, 64), (2, 16, 8, 128), (2, 8, 4, 256), (2, 4, 2, 512), (2, 2, 1, 512)]
    run_layer_test(VGG19Features, {"normalize": True}, (photo,), shapes)


def test_the_second_activation_of_each_block_that_has_one_may_be_read(photo):
    first, second = VGG19Features(), VGG19Features(layers="second")
    first.build(photo.shape)
    second.build(photo.shape)
    second.set_weights(first.get_weights())
    read = second(photo)
    for deeper, conv, shallower in zip(read, [block[-1] for block in first.blocks][:2], first(photo), strict=False):
        np.testing.assert_allclose(deeper * DEVIATION, conv(shallower * DEVIATION), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(read[4], first(photo)[4], rtol=1e-5)


def test_equals_keras_vgg19_on_pictures_that_keras_preprocessed(photo):
    reference = keras.applications.VGG19(include_top=False, weights=None, input_shape=(None, None, 3))
    taps = [reference.get_layer(f"block{i}_conv1").output for i in range(1, 6)]
    features = {normalize: VGG19Features(normalize=normalize) for normalize in (True, False)}
    for network in features.values():
        network.build(photo.shape)
        for variable in network.variables:
            layer = reference.get_layer(variable.path.split("/")[-2])
            variable.assign(layer.kernel if variable.name == "kernel" else layer.bias)
    preprocessed = keras.applications.vgg19.preprocess_input((photo + 1) * 127.5)
    read = keras.Model(reference.input, taps)
    for got, want in zip(features[True](photo), read(preprocessed), strict=True):
        np.testing.assert_allclose(got, want / DEVIATION, atol=1e-4)
    for got, want in zip(features[False](photo), read(photo), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_is_frozen():
    network = VGG19Features()
    network.build((None, None, None, 3))
    assert network.trainable_variables == []
    assert VGG19Features.from_config(network.get_config() | {"normalize": False}).normalize is False
    assert VGG19Features(trainable=True).trainable is False


def test_reads_compact_and_plain_arrays(tmp_path, weights):
    plain = {name: array for name, array in weights.items() if not name.startswith("block1_conv2/kernel")}
    plain["block1_conv2/kernel"] = np.full((3, 3, 64, 64), 0.5, "float32")
    network = VGG19Features()
    network.load_imagenet(stored(tmp_path / "vgg.npz", plain))
    first, second = network.blocks[0]
    np.testing.assert_allclose(first.kernel, weights["block1_conv1/kernel:u8"] * np.float32(0.001) - 0.1, atol=1e-6)
    np.testing.assert_array_equal(first.bias, weights["block1_conv1/bias"])
    np.testing.assert_array_equal(second.kernel, 0.5)


@pytest.mark.parametrize("name", ["block5_conv1/bias", "block5_conv1/kernel", "block4_conv2/kernel:scale_min"])
def test_names_the_missing_array_and_loads_nothing(tmp_path, weights, name):
    arrays = {key: array for key, array in weights.items() if key != name and key != f"{name}:u8"}
    path, network = stored(tmp_path / "vgg.npz", arrays), VGG19Features()
    network.build((None, None, None, 3))
    before = network.blocks[0][0].get_weights()[0]
    with pytest.raises(InputError, match=rf"{path}: holds no array {name};"):
        network.load_imagenet(path)
    np.testing.assert_array_equal(network.blocks[0][0].kernel, before)


def test_names_the_array_of_another_network(tmp_path, weights):
    path = stored(tmp_path / "vgg.npz", weights | {"block5_conv1/bias": np.zeros(256, "float32")})
    with pytest.raises(InputError, match=r"block5_conv1 has kernel \(3, 3, 512, 512\) and bias \(256,\)"):
        VGG19Features().load_imagenet(path)


@pytest.mark.parametrize("content", [None, b"", b"not an archive", b"PK\x03\x04 cut short"])
def test_an_unreadable_file_is_named_with_the_remedy(tmp_path, content):
    path = tmp_path / "vgg.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        VGG19Features().load_imagenet(str(path))
    message = str(error.value)
    assert message.startswith(f"{path}: cannot read the VGG19 weights")
    assert message.endswith("or do without by --loss.perceptual-weight 0")
    assert "\n" not in message


def test_a_single_array_file_is_refused(tmp_path):
    np.save(tmp_path / "vgg.npy", np.zeros(3))
    with pytest.raises(InputError, match="give an npz"):
        VGG19Features().load_imagenet(str(tmp_path / "vgg.npy"))


@pytest.mark.parametrize("reason", ["URL fetch failure on https://example.org: None\nsecond line", ""])
def test_without_network_the_message_names_the_remedy(monkeypatch, reason):
    # Keras waits long before it gives up on a real download.
    def fail(**_):
        raise Exception(reason)

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    with pytest.raises(InputError) as error:
        VGG19Features().load_imagenet()
    message = str(error.value)
    assert "cannot be downloaded" in message
    assert reason.split("\n")[0] in message
    assert "--loss.vgg-weights PATH.npz" in message
    assert "--loss.perceptual-weight 0" in message
    assert "\n" not in message
