from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import pytest

from tests.color_segmenter import write_color_segmenter, write_data
from tfhd.errors import InputError
from tfhd.presets import PRESETS
from tfhd.train.experiment.command import experiment
from tfhd.train.experiment.tables import TABLES, row_configs

TINY = shlex.split(
    """
    camvid --generator.filters 2 --generator.num-downsamples 2 --generator.num-residual-blocks 1
    --discriminator.filters 2 --discriminator.num-layers 1 --discriminator.num-scales 2
    --encoder.filters 2 --encoder.num-downsamples 2 --encoder.num-clusters 2 --loss.perceptual-weight 0
    --data.height 32 --data.width 48 --stages.global.epochs 1 --stages.global.decay-epochs 1
    """
)


@pytest.fixture
def flags(tmp_path) -> list[str]:
    write_data(tmp_path / "data", {"train": 2, "val": 2})
    judge = write_color_segmenter(tmp_path / "judge")
    labels = ["--data.label-set", str(tmp_path / "data" / "labels.json")]
    return [str(tmp_path / "data"), *TINY, *labels, "--segmenter", str(judge), "--out", str(tmp_path / "out")]


def results(out: Path) -> list[dict[str, str]]:
    with open(out / "results.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_is_trained_and_scored_and_a_spent_budget_is_gone_on_with(flags, tmp_path, capfd):
    out = tmp_path / "out"
    experiment(["table5", *flags, "--minutes", "0"], "prog")
    assert results(out) == []
    assert "stopped after 0 of 2 trainings; the same command goes on" in capfd.readouterr().out
    experiment(["table5", *flags], "prog")
    rows = results(out)
    assert [(row["row"], row["pictures"]) for row in rows] == [
        (name, kind) for name in ("one scale", "all scales") for kind in ("photos", "own", "usual", "sampled")
    ]
    for name, folder in (("one scale", "one-scale-seed-0"), ("all scales", "all-scales-seed-0")):
        found = json.loads((out / folder / "evaluation.json").read_text())
        (own,) = (row for row in rows if (row["row"], row["pictures"]) == (name, "own"))
        assert float(own["mean_iou"]) == pytest.approx(found["segmentation"]["own"]["mean_iou"], rel=1e-5)
        assert float(own["mean_iou_ratio"]) == pytest.approx(
            found["segmentation"]["own"]["ratio_to_photos"]["mean_iou"], rel=1e-5
        )
        assert float(own["l1_encoder"]) == pytest.approx(found["l1_encoder"], rel=1e-5)
        assert json.loads((out / folder / "config.json").read_text())["discriminator"]["num_scales"] == 1 + (name == "all scales")
    markdown = (out / "results.md").read_text()
    assert "| real photos | | 1.000 / 1.000 |" in markdown
    assert "2 of 2 trainings are done" in markdown
    plot = (out / "results.svg").read_text()
    assert plot.count("<circle") == 2 * 2 * 2 + 2  # rows, panels, kinds; and the legend
    capfd.readouterr()
    experiment(["table5", *flags], "prog")  # all is done: nothing is trained
    assert "stage global" not in capfd.readouterr().out
    with pytest.raises(InputError, match="holds an experiment with other flags"):
        experiment(["table3", *flags], "prog")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table2", "streets"], "unknown table 'table2'; expected one of table1, table3, table5, losses, instances"),
        (["table1"], "no data after table1"),
        (["table1", "streets", "camvid", "--segmenter", "x"], "the preset camvid has data.format folder"),
        (["table1", "streets"], "--segmenter is missing"),
        (["table1", "streets", "--segmenter", "x", "--seeds", "1", "1"], "--seeds"),
        (["table1", "streets", "no-preset"], "unknown preset 'no-preset'"),
    ],
)
def test_a_mistake_is_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        experiment(arguments, "prog")
    assert "\n" not in str(caught.value)


def test_a_row_that_fails_ends_the_experiment(flags, tmp_path, capfd):
    (tmp_path / "data" / "val_img" / "1.png").write_text("hello")
    with pytest.raises(InputError, match="row 'one scale' with seed 0 failed"):
        experiment(["table5", *flags], "prog")
    assert "val_img/1.png: is not a picture" in capfd.readouterr().err


@pytest.mark.parametrize("base", ["streets-demo", "camvid"])
@pytest.mark.parametrize("table", list(TABLES))
def test_rows_differ_and_end_with_all_of_ours(base, table):
    configs = row_configs(TABLES[table], PRESETS[base][1])
    assert len({config.to_json() for config in configs.values()}) == len(configs) >= 2
    assert list(configs)[-1] in ("ours", "all scales", "with both", "with")
