"""Generators that read no instance edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.export.conftest import edgeless_config
from tests.tiny_run import LABEL_SET, street, style_table, write_run
from tfhd.export.converters.onnx.export import export_onnx, load_onnx
from tfhd.export.converters.tflite import export_tflite, load_tflite

NUM_CLASSES = LABEL_SET.num_classes


@pytest.mark.parametrize("inputs", ["encoded", "maps"])
@pytest.mark.parametrize(("export", "load"), [(export_onnx, load_onnx), (export_tflite, load_tflite)])
def test_a_model_without_edges_reads_classes_and_styles_and_no_instance_map(tmp_path: Path, export, load, inputs: str) -> None:
    networks = write_run(tmp_path / "run", edgeless_config())
    model = load(export(tmp_path / "run", tmp_path / "model", inputs=inputs))
    classes = np.where(street(32, 48)[0] == 7, 0, 1)[None]
    features = style_table(3).centers[classes, 1]
    encoded = np.concatenate([np.eye(NUM_CLASSES)[classes], features], axis=-1).astype(np.float32)
    given = {"encoded": encoded}
    if inputs == "maps":
        label = street(32, 48)[0].astype(np.int32)[None]
        given = {"label": label, "style": np.ones_like(label)}
    assert set(model.inputs) == set(given)
    np.testing.assert_allclose(model.synthesize(given), networks.generator(encoded), atol=1e-4)
