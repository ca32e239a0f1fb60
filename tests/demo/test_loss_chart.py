from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from demo.loss_chart import Curve, draw_chart, read_curves, ticks

LOSSES = """stage,step,seconds,generator_gan,perceptual,val_generator_gan,val_perceptual
global,50,20.5,2.0,0.0,,
global,80,20.1,1.0,0.0,1.5,0.0
joint,130,20.2,0.5,0.0,,
"""


def test_curves_are_read_by_column_without_gaps_and_without_terms_that_are_off(tmp_path: Path):
    (tmp_path / "losses.csv").write_text(LOSSES)
    names = {"generator_gan": "adversarial", "feature_matching": "feature matching", "perceptual": "perceptual"}
    (curve,) = read_curves(tmp_path / "losses.csv", names)
    assert curve == Curve("adversarial", [(50, 2.0), (80, 1.0), (130, 0.5)], [(80, 1.5)])


@pytest.mark.parametrize("highest", [1e-3, 0.07, 0.5, 0.999, 1.0, 3.0, 12.5, 99.0, 4321.0])
def test_ticks_are_few_equal_and_reach_just_above_the_highest_value(highest: float):
    steps = ticks(highest)
    widths = [after - before for before, after in itertools.pairwise(steps)]
    assert 3 <= len(steps) <= 6
    assert steps[0] == 0
    assert widths == pytest.approx([widths[0]] * len(widths))
    assert steps[-2] < highest <= steps[-1] * (1 + 1e-9)


def test_a_chart_places_points_on_its_scale():
    curves = [Curve("a", [(1, 4.0), (2, 2.0), (3, 0.0)], [(2, 3.0)]), Curve("b", [(1, 1.0), (3, 1.0)], [])]
    root = ElementTree.fromstring(draw_chart(curves, 'losses of "a" & b'))
    assert root.get("aria-label") == 'losses of "a" & b'
    lines = {
        line.get("class"): [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in root.iter("polyline")
    }
    assert set(lines) == {"c0 train", "c0 val", "c1 train"}
    (x1, y1), (x2, y2), (x3, y3) = lines["c0 train"]
    assert (x2, y2) == pytest.approx(((x1 + x3) / 2, (y1 + y3) / 2), abs=0.1)
    assert lines["c0 val"] == [(x2, pytest.approx(y1 + (y3 - y1) / 4, abs=0.1))]
    labels = {text.text: float(text.get("y")) for text in root.iter("text") if text.get("text-anchor") == "end"}
    assert labels["0"] - 4 == pytest.approx(y3, abs=0.1), "zero is written at the height where zero is drawn"
    _, _, width, height = map(float, root.get("viewBox").split())
    assert all(0 <= x <= width and 0 <= y <= height for points in lines.values() for x, y in points)


@pytest.mark.parametrize("steps", [1, 3, 1920, 595_000, 10_000_000])
def test_short_and_long_trainings_have_a_readable_step_axis(steps: int):
    svg = draw_chart([Curve("a", [(steps, 1.0)], [])], "")
    numbers = re.findall(r'text-anchor="middle">([^<]+)<', svg)
    assert numbers.pop() == "step"
    assert all(number.isdecimal() for number in numbers), "no fractions, no powers of ten"
    assert int(numbers[0]) == 0
    assert 0.6 * steps < int(numbers[-1]) <= steps
    assert len(numbers) <= 6
