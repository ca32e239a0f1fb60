from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.color_segmenter import COLORS, color_model, paint, weights, write_color_segmenter
from tests.tiny_run import LABEL_SET, street
from tfhd.errors import InputError
from tfhd.segmentation import load_segmenter


@pytest.fixture
def photos() -> tuple[np.ndarray, np.ndarray]:
    """Two photos, and the classes of their pixels."""
    labels = np.stack([street(24, 32, cars)[0] for cars in (1, 2)])
    return np.stack([paint(label) for label in labels]), (labels != 7).astype(np.int32)


def write_onnx(path: Path, size: tuple, node: str = "Conv") -> Path:
    """The colour segmenter as an ONNX file, channels first; with ArgMax it returns classes."""
    kernel, bias = weights(channels_first=True)
    constants = [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(bias, "bias")]
    nodes = [helper.make_node("Conv", ["photo", "kernel", "bias"], ["scores"])]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, (size[0], len(COLORS), *size[1:]))]
    if node == "ArgMax":
        nodes.append(helper.make_node("ArgMax", ["scores"], ["classes"], axis=1, keepdims=0))
        outputs = [helper.make_tensor_value_info("classes", TensorProto.INT64, size)]
    inputs = [helper.make_tensor_value_info("photo", TensorProto.FLOAT, (size[0], 3, *size[1:]))]
    graph = helper.make_graph(nodes, "segmenter", inputs, outputs, constants)
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def saved_model(path: Path) -> Path:
    color_model().export(path, verbose=False)
    return path


def keras_file(path: Path) -> Path:
    color_model().save(path)
    return path


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: keras_file(folder / "model.keras"),
        lambda folder: keras_file(folder / "model.h5"),
        lambda folder: saved_model(folder / "model"),
        lambda folder: write_onnx(folder / "model.onnx", ("n", "h", "w")),
        lambda folder: write_onnx(folder / "model.onnx", (1, 24, 32), "ArgMax"),
    ],
    ids=["keras", "h5", "saved_model", "onnx", "onnx_fixed_classes"],
)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_models_of_others_name_the_classes(tmp_path, photos, write):
    segmenter = load_segmenter(write(tmp_path), LABEL_SET, "zero_to_255")
    np.testing.assert_array_equal(segmenter(photos[0]), photos[1])
    assert segmenter.ignored == (2,)


def test_a_model_of_a_fixed_size_gets_photos_of_that_size_and_its_classes_are_enlarged(tmp_path, photos):
    doubled = [np.repeat(np.repeat(array, 2, axis=1), 2, axis=2) for array in photos]
    path = write_onnx(tmp_path / "model.onnx", (1, 24, 32), "ArgMax")
    np.testing.assert_array_equal(load_segmenter(path, LABEL_SET, "zero_to_255")(doubled[0]), doubled[1])


@pytest.mark.parametrize("pixels", ["minus_one_to_one", "zero_to_one", "imagenet"])
def test_photos_are_given_as_the_model_takes_them(tmp_path, photos, pixels):
    mean, deviation = {
        "minus_one_to_one": (127.5, 127.5),
        "zero_to_one": (0, 255),
        "imagenet": (np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255),
    }[pixels]
    normalization = keras.layers.Rescaling(np.broadcast_to(deviation, 3).tolist(), np.broadcast_to(mean, 3).tolist())
    model = keras.Sequential([keras.Input((None, None, 3)), normalization, *color_model().layers])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(load_segmenter(tmp_path / "model.keras", LABEL_SET, pixels)(photos[0]), photos[1])


def test_classes_are_matched_by_name_and_those_that_the_model_lacks_are_not_judged(tmp_path, photos):
    folder = write_color_segmenter(tmp_path / "judge")
    kernel, bias = weights()
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(2, 1)])
    model.layers[0].set_weights([kernel[..., 1::-1], bias[1::-1]])
    model.save(folder / "model.keras")
    (folder / "segmenter.json").write_text(json.dumps({"classes": ["car", "road"], "pixels": "zero_to_255"}))
    segmenter = load_segmenter(folder, LABEL_SET)
    np.testing.assert_array_equal(segmenter(photos[0]), photos[1])
    assert segmenter.ignored == (2,)


def test_a_class_that_is_not_judged_is_never_named(tmp_path):
    segmenter = load_segmenter(write_color_segmenter(tmp_path / "judge"), LABEL_SET)
    black = np.zeros((1, 4, 4, 3), np.uint8)  # the colour of "don't care"
    assert set(np.unique(segmenter(black))) <= {0, 1}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "segmenter.json").unlink(), r"no segmenter\.json in it; .*--pixels zero_to_255"),
        (lambda f: (f / "segmenter.json").write_text("{}"), r"segmenter\.json: classes: Field required"),
        (lambda f: (f / "segmenter.json").write_text('{"classes": ["cat"], "pixels": "zero_to_1"}'), r"pixels: Input should be"),
        (
            lambda f: (f / "segmenter.json").write_text('{"classes": ["road", "cat"], "pixels": "zero_to_255"}'),
            r"class 'cat' is none of the label set 'tiny' \(road, car, don't care\)",
        ),
        (lambda f: (f / "model.keras").unlink(), r"model\.keras: no model there"),
        (lambda f: (f / "model.keras").write_text("hello"), r"model\.keras: cannot read the model"),
    ],
)
def test_what_is_no_segmenter_is_told_in_one_line(tmp_path, spoil, message):
    folder = write_color_segmenter(tmp_path / "judge")
    spoil(folder)
    with pytest.raises(InputError, match=message) as caught:
        load_segmenter(folder, LABEL_SET)
    assert "\n" not in str(caught.value)


def test_a_model_with_other_outputs_than_classes_is_told(tmp_path, photos):
    folder = write_color_segmenter(tmp_path / "judge")
    (folder / "segmenter.json").write_text(json.dumps({"classes": ["road", "car"], "pixels": "zero_to_255"}))
    with pytest.raises(InputError, match=r"returns float32 \(24, 32, 3\) for a picture; expected scores \(height, width, 2\)"):
        load_segmenter(folder, LABEL_SET)(photos[0])
