from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.export.saved_model.test_signatures import batch_of, synthesize
from tests.tiny_run import street
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model


def test_a_fixed_size_is_the_only_one_taken(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, size=(16, 32))
    fixed = dataclasses.replace(exported, path=path)
    maps = batch_of(street(16, 32))
    np.testing.assert_array_equal(synthesize(fixed, maps), synthesize(exported, maps))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"label is 32x48 pixels high and wide; .* exported for 16x32 alone"):
        synthesize(fixed, batch_of(street(32, 48)))
    assert json.loads((path / "manifest.json").read_text())["size"] == [16, 32]


def test_a_batching_file_lies_where_tensorflow_serving_looks_for_it(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, size=(16, 32), max_batch_size=4)
    assert "max_batch_size { value: 4 }" in (path / "batching_params.pbtxt").read_text(encoding="utf-8")
    assert (path / "saved_model.pb").is_file()


def test_bfloat16_paints_nearly_the_same(exported, tmp_path: Path) -> None:
    path = export_saved_model(exported.run, tmp_path, precision="bfloat16")
    low = dataclasses.replace(exported, path=path)
    maps = batch_of(street(32, 48))
    apart = np.abs(synthesize(low, maps).astype(int) - synthesize(exported, maps))
    assert 0 < apart.mean() < 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": (16, 30)}, "--size 16 30: the networks need multiples of 4, at least 8"),
        ({"size": (4, 32)}, "--size 4 32: the networks need multiples of 4, at least 8"),
        ({"max_batch_size": 4}, "--max-batch-size needs --size: TensorFlow Serving fails a batch whose requests differ in size"),
        ({"max_batch_size": 0, "size": (16, 32)}, "--max-batch-size is 0; expected 1 to 1024"),
        ({"optimize_for": "cpu", "precision": "bfloat16"}, "only float32 gains from --optimize-for cpu"),
    ],
)
def test_settings_that_do_not_fit_are_told_before_anything_is_written(exported, tmp_path: Path, options, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        export_saved_model(exported.run, tmp_path / "model", **options)
    assert not (tmp_path / "model").exists()
