"""Converted models that read maps: they paint what the models that read encoded maps paint, and what the SavedModel does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from tests.export.converters.onnx.test_graph import OPERATORS
from tests.exported_models import Exported
from tests.tiny_run import LABEL_SET, street, style_table
from tfhd.errors import InputError
from tfhd.export.compare.converted_model import ConvertedModel
from tfhd.export.converters.onnx.export import export_onnx, load_onnx
from tfhd.export.converters.onnx.map_inputs import maps_model
from tfhd.export.converters.tflite import export_tflite, load_tflite
from tfhd.export.map_tables import MapTables
from tfhd.layers import LabelEncoding
from tfhd.networks import GlobalGenerator, LocalEnhancer
from tfhd.serving.in_process.local_model import LocalModel
from tfhd_client import read_style_counts, style_map

NUM_CLASSES = LABEL_SET.num_classes
CONVERSIONS = {
    "onnx": (export_onnx, load_onnx),
    "tflite": (export_tflite, load_tflite),
}


@pytest.fixture(scope="module", params=CONVERSIONS)
def converted(request, exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted model with styles that reads maps."""
    export, _ = CONVERSIONS[request.param]
    return export(exported.run, tmp_path_factory.mktemp(request.param) / "maps", inputs="maps")


@pytest.fixture(scope="module")
def paint(converted: Path) -> Callable[..., np.ndarray]:
    """Paints `(height, width)` maps of label, instance and style with it."""
    _, load = CONVERSIONS[converted.suffix.removeprefix(".")]
    model: ConvertedModel = load(converted)
    assert set(model.inputs) == {"label", "instance", "style"}
    return lambda **maps: model.synthesize({name: values.astype(np.int32)[None] for name, values in maps.items()})[0]


def encoded(label: np.ndarray, instance: np.ndarray, style: np.ndarray) -> np.ndarray:
    """What the generator reads, worked out pixel by pixel: one-hot classes, edges, style features."""
    owners = {value: index for index, item in enumerate(LABEL_SET.classes) for value in item.ids}
    centers = style_table(3).centers
    channels = np.zeros((*label.shape, NUM_CLASSES + 1 + 3), np.float32)
    for (row, column), value in np.ndenumerate(label):
        if value in owners:
            channels[row, column, owners[value]] = 1
            channels[row, column, NUM_CLASSES + 1 :] = centers[owners[value], style[row, column]]
        around = instance[max(0, row - 1) : row + 2, column], instance[row, max(0, column - 1) : column + 2]
        channels[row, column, NUM_CLASSES] = any((values != instance[row, column]).any() for values in around)
    return channels[None]


def styled_street() -> dict[str, np.ndarray]:
    label, instance = street(32, 48)
    return {"label": label, "instance": instance, "style": np.select([instance == 26001, instance == 26002], [2, 1], 3)}


def test_encoding_inside_is_encoding_outside(exported: Exported, paint) -> None:
    maps = styled_street()
    np.testing.assert_allclose(paint(**maps), exported.networks.generator(encoded(**maps))[0], atol=1e-4)


def test_the_picture_is_that_of_the_saved_model(exported: Exported, paint) -> None:
    maps = styled_street()
    answer = exported.signatures["synthesize"](
        label=tf.constant(maps["label"][None, ..., None]),
        instance=tf.constant(maps["instance"][None, ..., None]),
        seed=tf.constant([-1]),
        style_instance=tf.constant([[7, 26001, 26002]]),
        style_index=tf.constant([[3, 2, 1]]),
    )
    levels = np.rint((paint(**maps) + 1) * 127.5)
    assert np.abs(levels - answer["image"].numpy()[0]).max() <= 2
    plain = paint(**maps | {"style": np.zeros_like(maps["style"])})
    assert np.abs(levels - np.rint((plain + 1) * 127.5)).max() > 2, "styles do nothing, so this shows nothing"


def test_a_seed_and_styles_by_number_choose_what_they_choose_in_the_saved_model(
    exported: Exported, converted: Path, paint
) -> None:
    label, instance = street(32, 48)
    counts = read_style_counts(converted.parent / "styles.json")
    pictures = []
    with LocalModel(exported.path) as model:
        for seed, styles in [(-1, {}), (0, {}), (1, {}), (2**31 - 1, {}), (3, {26001: 2})]:
            painted = paint(label=label, instance=instance, style=style_map(counts, label, instance, seed, styles))
            pictures.append(np.rint((painted + 1) * 127.5))
            assert np.abs(pictures[-1] - model.synthesize(label, instance, seed, styles)).max() <= 2
    assert max(np.abs(picture - pictures[0]).max() for picture in pictures) > 2, "styles do nothing, so this shows nothing"


def test_the_highest_ids_keep_their_edges(exported: Exported, paint) -> None:
    label, style = np.full((16, 24), 26), np.zeros((16, 24), int)
    instance = np.full((16, 24), 65534)
    instance[4:12, 8:16] = 65535
    painted = paint(label=label, instance=instance, style=style)
    np.testing.assert_allclose(painted, exported.networks.generator(encoded(label, instance, style))[0], atol=1e-4)
    without = paint(label=label, instance=np.full_like(instance, 65534), style=style)
    assert np.abs(painted - without).max() > 1e-3


@pytest.mark.parametrize("unlisted", [-2, -1, 9, 254, 256, 70_000])
def test_an_id_of_no_class_has_neither_class_nor_style(exported: Exported, paint, unlisted: int) -> None:
    maps = styled_street()
    maps["label"] = np.where(maps["instance"] == 26001, unlisted, maps["label"].astype(int))
    np.testing.assert_allclose(paint(**maps), exported.networks.generator(encoded(**maps))[0], atol=1e-4)


def test_a_style_that_there_is_not_is_the_nearest_that_there_is(paint) -> None:
    maps = styled_street()
    for beyond, nearest in ((99, 3), (-5, 0)):
        given, expected = (paint(**maps | {"style": np.full_like(maps["style"], value)}) for value in (beyond, nearest))
        np.testing.assert_array_equal(given, expected)


GENERATORS = {
    "G1": lambda: GlobalGenerator(4, 2, 1),
    "G1+G2": lambda: LocalEnhancer(4, 1, 2, 1, 1),
    "G1+G2+G3": lambda: LocalEnhancer(2, 2, 2, 1, 1),
}
ADDED = {"And", "Concat", "Equal", "Gather", "Max", "Min", "Mul", "Not", "Slice", "Unsqueeze"}


@pytest.mark.parametrize("channels", [0, 3])
@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_reads_maps_as_onnx(name: str, channels: int) -> None:
    generator = GENERATORS[name]()
    generator.build((None, None, None, NUM_CLASSES + 1 + channels))
    tables = MapTables.of(LABEL_SET, style_table(channels) if channels else None)
    model = maps_model(generator, tables)
    onnx.checker.check_model(model, full_check=True)
    count = Counter(node.op_type for node in model.graph.node)
    assert set(count) <= OPERATORS | ADDED

    maps = styled_street()
    expected = encoded(**maps)[..., : NUM_CLASSES + 1 + channels]
    given = {each: maps[each].astype(np.int32)[None] for each in tables.inputs}
    (image,) = onnxruntime.InferenceSession(model.SerializeToString()).run(["image"], given)
    np.testing.assert_allclose(image.transpose(0, 2, 3, 1), generator(expected), atol=1e-4)


def test_a_run_without_an_encoder_reads_no_styles(exported_plain: Exported, tmp_path: Path) -> None:
    label, instance = street(32, 48)
    for kind, (export, load) in CONVERSIONS.items():
        model = load(export(exported_plain.run, tmp_path / kind, inputs="maps"))
        assert set(model.inputs) == {"label", "instance"}
        given = {"label": label, "instance": instance}
        image = model.synthesize({name: values.astype(np.int32)[None] for name, values in given.items()})
        expected = exported_plain.networks.generator(LabelEncoding(NUM_CLASSES)(np.where(label == 7, 0, 1)[None], instance[None]))
        np.testing.assert_allclose(image, expected, atol=1e-4)


def test_a_model_that_reads_maps_needs_the_runs_styles(exported: Exported, tmp_path: Path) -> None:
    copytree(exported.run, tmp_path / "run")
    (tmp_path / "run" / "styles.npz").unlink()
    for kind, (export, _) in CONVERSIONS.items():
        with pytest.raises(InputError, match="no style table there; write it with `tfhd train styles"):
            export(tmp_path / "run", tmp_path / kind, inputs="maps")
        assert not (tmp_path / kind).exists()
