from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.tiny_run import LABEL_SET, style_table, tiny_config
from tfhd.export.compare.saved_model import compare_saved_model
from tfhd.networks import Networks, build_networks
from tfhd.styles import StyleTable

SHAPES = [(1, 32, 48), (2, 16, 24)]


def found(exported, networks: Networks, table: StyleTable | None) -> list[dict]:
    return compare_saved_model(exported.path, LABEL_SET, networks, table, SHAPES)


@pytest.mark.parametrize(("model", "channels"), [("exported", 3), ("exported_plain", 0)])
def test_the_networks_of_a_model_paint_as_it_and_changed_weights_do_not(request, model: str, channels: int) -> None:
    exported = request.getfixturevalue(model)
    table = style_table(channels) if channels else None
    same = found(exported, exported.networks, table)
    assert [(row["batch"], row["height"], row["width"]) for row in same] == SHAPES
    assert all(0 <= row["mean"] <= row["largest"] <= 1 for row in same)

    changed = build_networks(tiny_config(channels), LABEL_SET.num_classes)
    changed.generator.set_weights([-weights for weights in exported.networks.generator.get_weights()])
    for row in found(exported, changed, table):
        assert row["largest"] > 20
        assert row["largest"] > row["mean"] > 2


def test_a_changed_style_table_is_found(exported) -> None:
    table = style_table(3)
    unused = table.centers.copy()
    unused[:, 1:] += 1  # the boxes have each class's most usual style
    used = table.centers.copy()
    used[:, 0] *= -1
    same, other = (found(exported, exported.networks, dataclasses.replace(table, centers=each)) for each in (unused, used))
    assert max(row["largest"] for row in same) <= 1
    assert min(row["largest"] for row in other) > 2


def test_a_single_pixel_counts(exported) -> None:
    generator = exported.networks.generator

    def a_pixel_off(encoded) -> np.ndarray:
        picture = np.array(generator(encoded))
        picture[0, 3, 5, 1] += 0.2 if picture[0, 3, 5, 1] < 0 else -0.2
        return picture

    off = exported.networks._replace(generator=a_pixel_off)
    for row in found(exported, off, style_table(3)):
        assert 25 <= row["largest"] <= 27
        assert row["mean"] < 0.5
