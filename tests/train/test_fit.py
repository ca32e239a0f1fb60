from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.full_disk import largest_file
from tests.tiny_fit import STREETS, complaint, folder_flags, rows
from tfhd.config import Config, StageConfig
from tfhd.errors import InputError
from tfhd.label_sets import load_label_set
from tfhd.presets import PRESETS
from tfhd.runs.checkpoint_files import list_checkpoints
from tfhd.train.fit import fit

ROOT = Path(__file__).resolve().parents[2]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def assert_same_checkpoint(got: Path, want: Path) -> None:
    assert files(got) == files(want)
    assert (got / "state.json").read_text() == (want / "state.json").read_text()
    for path in want.glob("*.npz"):
        with np.load(path) as wanted, np.load(got / path.name) as found:
            assert set(found) == set(wanted)
            for key in wanted:
                np.testing.assert_array_equal(found[key], wanted[key], err_msg=f"{path.name} {key}")


def test_a_run_folder_holds_configuration_losses_samples_checkpoints_and_tensorboard(street_run):
    found = files(street_run)
    events = {path for path in found if path.startswith("tensorboard/")}
    assert {path.split("/")[1] for path in events} == {"train", "validation"}
    parts = ("generator", "discriminator", "encoder", "generator_optimizer", "discriminator_optimizer")
    saved = {f"checkpoints/step-0000000{step}/{part}.npz" for step in (4, 6) for part in parts}
    saved |= {f"checkpoints/step-0000000{step}/state.json" for step in (4, 6)}
    samples = {"samples/step-00000004.png", "samples/step-00000006.png"}
    assert found - events == saved | samples | {"config.json", "history.jsonl", "label_set.json", "losses.csv"}


def test_a_run_folder_tells_what_was_trained(street_run):
    config = Config.load(street_run / "config.json")
    assert (config.data.height, config.generator.filters, config.stages) == (32, 4, {"global": StageConfig(2, 1)})
    assert load_label_set(street_run / "label_set.json") == load_label_set("cityscapes")
    table = rows(street_run)
    assert [(row["stage"], row["step"], row["val_generator_gan"] != "") for row in table] == [
        ("global", "2", False),
        ("global", "4", True),
        ("global", "6", True),
    ]


def test_a_dry_run_prints_the_configuration_and_writes_nothing(tmp_path, capsys):
    fit([*STREETS, "--out", str(tmp_path / "run"), "--dry-run"], "prog")
    config = Config.from_json(capsys.readouterr().out)
    assert (config.data.format, config.data.street_count, config.generator.filters) == ("streets", 2, 4)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Keeps printed lines in memory, where pytest would write them to a file."""


@pytest.fixture
def killed_run(tmp_path, street_run) -> Path:
    """What is left of the same run if it is killed while it writes the checkpoint after its last step."""
    run = tmp_path / "killed"
    shutil.copytree(street_run, run)
    partial = run / "checkpoints" / ".partial-step-00000006"
    (run / "checkpoints" / "step-00000006").rename(partial)
    (partial / "state.json").unlink()
    return run


def test_a_resumed_run_ends_as_the_uninterrupted_one_to_the_bit(killed_run, street_run):
    fit(["streets-demo", "--out", str(killed_run), "--resume"], "prog")
    names = [path.name for path in list_checkpoints(killed_run / "checkpoints")]
    assert names == ["step-00000004", "step-00000006"]
    assert_same_checkpoint(killed_run / "checkpoints" / names[-1], street_run / "checkpoints" / names[-1])
    measured = ("seconds", "images_per_second", "memory_mib")
    found = [[{key: row[key] for key in row if key not in measured} for row in rows(run)] for run in (killed_run, street_run)]
    assert found[0] == found[1]
    assert (killed_run / "config.json").read_bytes() == (street_run / "config.json").read_bytes()


def test_a_resumed_run_on_a_full_disk_loses_nothing_that_was_there(killed_run, quiet):
    before = {path: (killed_run / path).read_bytes() for path in files(killed_run) if ".partial-" not in str(path)}
    with (
        largest_file(100),
        pytest.raises(InputError, match=r"killed.*: cannot write to the run folder \(File too large\)") as caught,
    ):
        fit(["streets-demo", "--out", str(killed_run), "--resume"], "prog")
    assert "\n" not in str(caught.value)
    after = {path: (killed_run / path).read_bytes() for path in before}
    assert after.pop("history.jsonl").startswith(before.pop("history.jsonl")), "a line is added"
    assert after == before


def test_a_disk_too_full_for_a_checkpoint_ends_the_run_in_one_line_and_leaves_no_part_of_it(tmp_path, quiet):
    out = tmp_path / "run"
    with (
        largest_file(30_000),
        pytest.raises(InputError, match=r"step-00000002: cannot write the checkpoint .*free disk") as caught,
    ):
        fit([*STREETS, "--out", str(out)], "prog")
    assert "\n" not in str(caught.value)
    assert list((out / "checkpoints").iterdir()) == []
    with pytest.raises(InputError, match=r"run: was stopped before its first checkpoint; remove it and start again"):
        fit(["streets-demo", "--out", str(out), "--resume"], "prog")


def test_a_disk_too_full_for_the_configuration_leaves_no_part_of_it(tmp_path, quiet):
    out = tmp_path / "run"
    with largest_file(2000), pytest.raises(InputError, match=r"run: cannot write the run folder .*choose another --out"):
        fit([*STREETS, "--out", str(out)], "prog")
    assert files(out) == set()


def test_a_run_is_not_overwritten(street_run):
    before = {path: (street_run / path).stat().st_mtime_ns for path in files(street_run)}
    with pytest.raises(InputError, match=r"holds a run already; go on with --resume, or choose another --out"):
        fit([*STREETS, "--out", str(street_run)], "prog")
    assert {path: (street_run / path).stat().st_mtime_ns for path in files(street_run)} == before


def test_a_run_goes_on_with_as_many_pictures_per_step_as_before(killed_run):
    text = (killed_run / "config.json").read_text()
    (killed_run / "config.json").write_text(text.replace('"batch_size": 1', '"batch_size": 2'))
    with pytest.raises(InputError, match=r"with 1 pictures per step, now there are 2 \(1 replicas\); go on with as many"):
        fit(["streets-demo", "--out", str(killed_run), "--resume"], "prog")


def test_a_finished_run_has_nothing_to_resume(street_run):
    with pytest.raises(
        InputError,
        match=r"streets: all stages are trained \(6 steps\); go on with more epochs, for instance --stages\.global\.epochs 12",
    ):
        fit(["streets-demo", "--out", str(street_run), "--resume"], "prog")


def test_resuming_where_no_run_is_writes_nothing(tmp_path):
    out = tmp_path / "none"
    assert "config.json: cannot read the configuration" in complaint(["streets-demo", "--out", str(out), "--resume"], out)


def test_a_folder_of_labels_and_photos_alone_is_trained(data, tmp_path, capsys):
    out = tmp_path / "run"
    fit(folder_flags(data, out), "prog")
    assert [row["step"] for row in rows(out)] == ["2", "4", "6", "8", "9"]
    assert {row["val_generator_gan"] for row in rows(out)} == {""}
    with Image.open(out / "samples" / "step-00000004.png") as grid:
        assert grid.size == (3 * 64, 3 * 32)
    printed = capsys.readouterr().out
    assert f"done: {out}" in printed
    assert f"tfhd train styles {out}" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["streets"], "unknown preset 'streets'; expected one of streets-demo"),
        ([*STREETS, "--data.foo", "3"], "--data.foo"),
        ([*STREETS, "--data.height", "tall"], "--data.height"),
        ([*STREETS, "--training.precision", "float16"], "mixed_float16"),
        ([*STREETS, "--training.learning-rate", "0"], "training.learning_rate is 0.0; it must be a number above 0"),
        ([*STREETS, "--data.label-set", "cityscape"], "label set 'cityscape' is not known"),
        ([*STREETS, "--data.batch-size", "3"], "lower data.batch_size"),
        ([*STREETS, "--first-stage", "joint"], "--first-stage 'joint' is no stage; expected one of global"),
        (
            ["cityscapes-1024p", "--data.root", "none", "--first-stage", "joint"],
            "--first-stage joint: needs the weights of the stages before; name a run that has them with --init",
        ),
        (["--data.height", "32"], "no preset before the flags; expected one of streets-demo"),
        ([*STREETS, "--stages.global.epochs", "0", "--stages.global.decay-epochs", "0"], "nothing to train"),
        ([*STREETS, "--stages.global.halvings", "1"], "halvings must fall from stage to stage, down to 0 in the last"),
        ([*STREETS, "--stages.global.trained", "enhancer"], "raise generator.num_enhancers"),
        ([*STREETS, "--training.accumulate", "2"], "training.accumulate is 2; it must divide data.batch_size 1"),
        ([*STREETS, "--init", "none"], "none/config.json: cannot read the configuration"),
        (
            [*STREETS, "--generator.num-downsamples", "5"],
            "64x32 are too small for the generator; make data.width and data.height at least 64",
        ),
        (
            [*STREETS, "--encoder.num-downsamples", "7"],
            "64x32 are too small for the encoder; make data.width and data.height at least 128, or lower --encoder.num-down",
        ),
        (
            [*STREETS, "--loss.perceptual-weight", "1", "--loss.vgg-weights", "none.npz"],
            "none.npz: cannot read the VGG19 weights",
        ),
    ],
)
def test_bad_settings_are_named_before_anything_is_written(tmp_path, arguments, message):
    assert message in complaint([*arguments, "--out", str(tmp_path / "run")], tmp_path / "run")


def test_an_out_that_the_system_refuses_is_told(tmp_path, quiet):
    out = tmp_path / ("x" * 300)
    with pytest.raises(InputError, match=r"x{300}: cannot write the run folder \(File name too long\); choose another --out"):
        fit([*STREETS, "--out", str(out)], "prog")


def test_an_out_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"file: cannot write the run folder \(File exists\); choose another --out"):
        fit([*STREETS, "--out", str(tmp_path / "file")], "prog")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_dry_resume_prints_the_configuration_of_the_run(street_run, capsys):
    fit(["streets-demo", "--resume", "--dry-run", "--out", str(street_run)], "prog")
    assert capsys.readouterr().out == (street_run / "config.json").read_text()


def test_a_resume_takes_flags_that_say_what_the_run_says(street_run, capsys):
    fit([*STREETS, "--resume", "--dry-run", "--out", str(street_run)], "prog")
    assert capsys.readouterr().out == (street_run / "config.json").read_text()


def test_a_resume_with_other_settings_is_refused(street_run):
    with pytest.raises(
        InputError, match=r"config\.json: says generator\.filters 4, but the flags 5; --resume can change data\.root"
    ):
        fit(["streets-demo", "--generator.filters", "5", "--resume", "--out", str(street_run)], "prog")


@pytest.mark.parametrize("flags", [["--init", "runs/other"], ["--first-stage", "global"]])
def test_a_resume_takes_no_other_start(tmp_path, flags):
    assert "leave out --init and --first-stage" in complaint(
        [*STREETS, "--resume", *flags, "--out", str(tmp_path / "run")], tmp_path / "run"
    )


def history(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]


def test_a_resume_takes_more_epochs_and_another_rate_and_records_both(killed_run, capsys):
    flags = ["--stages.global.epochs", "3", "--training.learning-rate", "5e-5"]
    fit(["streets-demo", *flags, "--out", str(killed_run), "--resume"], "prog")
    assert list_checkpoints(killed_run / "checkpoints")[-1].name == "step-00000008"
    config = Config.load(killed_run / "config.json")
    assert (config.stages["global"], config.training.learning_rate) == (StageConfig(3, 1), 5e-5)
    changes = {"training.learning_rate": [1e-4, 5e-5], "stages.global.epochs": [2, 3]}
    assert history(killed_run) == [
        {"step": 0, "examples": 2, "fingerprint": "", "changes": {}},
        {"step": 4, "examples": 2, "fingerprint": "", "changes": changes},
    ]
    printed = capsys.readouterr().out
    assert "changed: stages.global.epochs from 2 to 3" in printed
    assert "changed: training.learning_rate from 0.0001 to 5e-05" in printed


def test_a_finished_run_goes_on_with_more_epochs(street_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(street_run, run)
    fit(["streets-demo", "--stages.global.decay-epochs", "2", "--out", str(run), "--resume"], "prog")
    assert list_checkpoints(run / "checkpoints")[-1].name == "step-00000008"


def test_a_flag_that_repeats_the_presets_value_is_a_change_too(street_run, capsys):
    epochs = PRESETS["streets-demo"][1].stages["global"].epochs
    fit(["streets-demo", "--stages.global.epochs", str(epochs), "--resume", "--dry-run", "--out", str(street_run)], "prog")
    assert Config.from_json(capsys.readouterr().out).stages["global"] == StageConfig(epochs, 1)


def test_fewer_epochs_than_are_trained_are_refused(killed_run):
    before = (killed_run / "config.json").read_text()
    with pytest.raises(InputError, match=r"stage global has 4 steps already, more than the 2 of so few epochs"):
        fit(["streets-demo", "--stages.global.epochs", "0", "--resume", "--out", str(killed_run)], "prog")
    assert (killed_run / "config.json").read_text() == before


def test_a_run_goes_on_where_its_data_moved(data, tmp_path, capsys):
    out, moved = tmp_path / "run", tmp_path / "moved"
    fit(folder_flags(data, out), "prog")
    shutil.rmtree(out / "checkpoints" / "step-00000009")
    data.rename(moved)
    with pytest.raises(InputError, match=r"train_label: no such folder"):
        fit(["camvid", "--out", str(out), "--resume"], "prog")
    fit(["camvid", "--out", str(out), "--resume", "--data.root", str(moved)], "prog")
    assert list_checkpoints(out / "checkpoints")[-1].name == "step-00000009"
    assert Config.load(out / "config.json").data.root == str(moved)
    first, last = history(out)[0], history(out)[-1]
    assert last == {**first, "step": 8, "changes": {"data.root": [str(data), str(moved)]}}
    assert (last["examples"], len(last["fingerprint"])) == (3, 64)
    assert f"changed: data.root from {data} to {moved}" in capsys.readouterr().out

    shutil.rmtree(out / "checkpoints" / "step-00000009")
    photo = moved / "train_img" / "1.png"
    Image.fromarray(255 - np.asarray(Image.open(photo))).save(photo)
    fit(["camvid", "--out", str(out), "--resume"], "prog")
    assert f"warning: {out}: was trained on 3 other examples, by their names or pixels\n" in capsys.readouterr().out

    shutil.rmtree(out / "checkpoints" / "step-00000009")
    Image.fromarray(np.asarray(Image.open(photo)) // 2).save(photo)
    moved.rename(data)
    with pytest.raises(
        InputError, match=r"run: was trained on 3 other examples, by their names or pixels; give --data\.root the"
    ):
        fit(["camvid", "--out", str(out), "--resume", "--data.root", str(data)], "prog")
    for kind in ("label", "img"):
        (data / f"train_{kind}" / "2.png").unlink()
    with pytest.raises(InputError, match=r"run: was trained on 3 examples, and there are 2 now; give --data\.root the same data"):
        fit(["camvid", "--out", str(out), "--resume", "--data.root", str(data)], "prog")
