from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.tiny_run import LABEL_SET
from tests.tiny_training import HEIGHT, LOSS_NAMES, WIDTH, random_batch, tiny_model
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import TrainingState, find_checkpoint, list_checkpoints, read_arrays, read_state
from tfhd.training import ImagePool, Interval, Pix2PixHD, StepEvent
from tfhd.training.listeners import CheckpointWriter, CollapseWatch, LossTable, Profile, SampleGrid, TensorBoardLog


def event(step: int, *, before: int = 0, report: bool = False, validation: float | None = None, **fields) -> StepEvent:
    """A training after a step of its stage, of which every loss is the step's number; `before` steps are of earlier stages."""
    losses = dict.fromkeys(LOSS_NAMES, float(step))
    return StepEvent(
        TrainingState("joint", before + step, step, 1, validation),
        losses,
        Interval(losses, 2.5, 1234.4) if report else None,
        {} if validation is None else {**losses, "mean_l1": validation},
        **fields,
    )


def rows(table: LossTable) -> list[dict[str, str]]:
    with open(table.path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def model() -> Pix2PixHD:
    return tiny_model(feature_channels=0)


def test_loss_table_holds_a_row_a_report(tmp_path):
    table = LossTable(tmp_path / "losses.csv", LOSS_NAMES)
    table.after_step(event(1, before=100))
    assert not table.path.exists()
    table.after_step(event(2, before=100, report=True))
    table.after_step(event(3, before=100, report=True, validation=0.25))
    first, second = rows(table)
    assert list(first) == [
        "stage",
        "step",
        "seconds",
        "images_per_second",
        "memory_mib",
        *LOSS_NAMES,
        *(f"val_{name}" for name in LOSS_NAMES),
        "val_mean_l1",
    ]
    assert [(row["stage"], row["step"], row["images_per_second"], row["memory_mib"]) for row in (first, second)] == [
        ("joint", "102", "2.500", "1234"),
        ("joint", "103", "2.500", "1234"),
    ]
    assert 0 <= float(first["seconds"]) <= float(second["seconds"])
    for name in LOSS_NAMES:
        assert (first[name], first[f"val_{name}"]) == ("2.00000", "")
        assert (second[name], second[f"val_{name}"]) == ("3.00000", "3.00000")
    assert (first["val_mean_l1"], second["val_mean_l1"]) == ("", "0.25000")


def test_a_resumed_table_keeps_the_rows_before_its_step_and_replaces_those_after(tmp_path):
    path = tmp_path / "losses.csv"
    interrupted = LossTable(path, LOSS_NAMES)
    for step in (2, 4, 6):
        interrupted.after_step(event(step, report=True))
    resumed = LossTable(path, LOSS_NAMES, first_step=4)
    assert [row["step"] for row in rows(resumed)] == ["2", "4", "6"], "nothing is lost before something new is known"
    resumed.after_step(replace(event(5, report=True), losses={}))
    assert [row["step"] for row in rows(resumed)] == ["2", "4", "5"]


def test_a_new_stage_goes_on_in_the_same_table(tmp_path):
    path = tmp_path / "losses.csv"
    LossTable(path, LOSS_NAMES).after_step(event(4, report=True))
    LossTable(path, LOSS_NAMES, first_step=4).after_step(event(2, before=4, report=True))
    assert [row["step"] for row in rows(LossTable(path, LOSS_NAMES))] == ["4", "6"]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    tags = events.Tags()["tensors"]
    return {tag: [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)] for tag in tags}


def test_tensorboard_shows_losses_speed_and_memory_over_the_steps(tmp_path):
    log = TensorBoardLog(tmp_path)
    for one in (event(1), event(2, report=True), event(3, report=True, validation=0.5)):
        log.after_step(one)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert set(train) == {*LOSS_NAMES, "images_per_second", "memory_mib"}
    assert train["generator_gan"] == [(2, 2.0), (3, 3.0)]
    assert train["images_per_second"] == [(2, 2.5), (3, 2.5)]
    assert set(validation) == {*LOSS_NAMES, "mean_l1"}
    assert validation["mean_l1"] == [(3, 0.5)]


def test_sample_grids_come_every_few_steps_of_the_stage_and_at_its_end(tmp_path, model):
    grid = SampleGrid(tmp_path / "samples", model, random_batch(9), LABEL_SET, every=2)
    for step in range(1, 6):
        grid.after_step(event(step, before=7, last=step == 5))
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["step-00000009.png", "step-00000011.png", "step-00000012.png"]


def test_a_sample_grid_shows_label_photo_and_synthesized_picture(tmp_path, model):
    batch = random_batch(9, count=2)
    SampleGrid(tmp_path, model, batch, LABEL_SET, every=1).after_step(event(1))
    with Image.open(tmp_path / "step-00000001.png") as image:
        assert (image.mode, image.size) == ("RGB", (3 * WIDTH, 2 * HEIGHT))
        pixels = np.asarray(image).astype(int)
    fakes = model(batch).numpy()
    for row, picture in enumerate(np.split(pixels, 2, axis=0)):
        label, real, fake = np.split(picture, 3, axis=1)
        np.testing.assert_array_equal(label, np.array(LABEL_SET.colors)[batch["label"][row].numpy()])
        assert np.abs(real - (batch["image"][row].numpy() + 1) * 127.5).max() <= 0.51
        assert np.abs(fake - (fakes[row] + 1) * 127.5).max() <= 0.51


@pytest.mark.parametrize(
    ("end", "saved"), [({}, [2, 4]), ({"last": True}, [2, 4, 5]), ({"stopping": True}, [2, 4, 5])], ids=["", "last", "stopping"]
)
def test_checkpoints_come_every_few_steps_at_the_end_and_where_the_training_stops(tmp_path, model, end, saved):
    listener = CheckpointWriter(tmp_path, model, every=2, keep=9)
    for step in range(1, 6):
        listener.after_step(event(step, before=10, **(end if step == 5 else {})))
    assert [path.name for path in list_checkpoints(tmp_path)] == [f"step-{10 + step:08d}" for step in saved]
    assert read_state(find_checkpoint(tmp_path)) == TrainingState("joint", 10 + saved[-1], saved[-1], 1)


def test_the_newest_checkpoints_and_the_best_stay(tmp_path, model):
    listener = CheckpointWriter(tmp_path, model, every=1, keep=2)
    for step, l1 in enumerate([0.4, 0.1, 0.3, 0.2, 0.5], start=1):
        listener.after_step(event(step, validation=l1))
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step-00000002", "step-00000004", "step-00000005"]


def test_a_checkpoint_holds_the_image_pool(tmp_path, model):
    pool = ImagePool(2, seed=0)
    listener = CheckpointWriter(tmp_path, model, every=1, keep=2, pool=pool)
    listener.after_step(event(1))
    assert not (find_checkpoint(tmp_path) / "image_pool.npz").exists()
    batch = {key: tensor.numpy() for key, tensor in random_batch().items()}
    pool.draw(batch, 0)
    pool.store(batch, batch["image"])
    listener.after_step(event(2))
    found = read_arrays(find_checkpoint(tmp_path) / "image_pool.npz")
    np.testing.assert_array_equal(found["image"], batch["image"])


def judged(step: int, loss: float) -> StepEvent:
    return replace(event(step), losses={"discriminator_real": loss, "discriminator_fake": loss})


def test_discriminators_that_win_for_long_are_told_once():
    told = []
    watch = CollapseWatch(told.append, scales=2, steps=5)
    for step in range(1, 5):
        watch.after_step(judged(step, 0.01))
    assert told == [], "five steps must have passed"
    for step in range(5, 30):
        watch.after_step(judged(step, 0.01))
    (line,) = told
    assert line.startswith("step 5: the discriminators have won for 5 steps (mean loss below 0.04)")
    assert "\n" not in line


def test_a_collapse_ends_the_training_on_demand():
    told = []
    watch = CollapseWatch(told.append, scales=2, terminate=True, steps=3)
    watch.after_step(judged(1, 0.0))
    watch.after_step(judged(2, 0.0))
    with pytest.raises(InputError, match=r"^step 3: the discriminators have won for 3 steps"):
        watch.after_step(judged(3, 0.0))
    assert told == []


def test_discriminators_that_win_now_and_then_are_not_told():
    told = []
    watch = CollapseWatch(told.append, scales=1, steps=4)
    for step in range(40):
        watch.after_step(judged(step, 0.2 if step % 4 == 0 else 0.0))
    assert told == []


@pytest.mark.parametrize(
    ("steps", "end", "files", "recorded"),
    [(30, "last", 1, 10), (20, "last", 1, 10), (15, "last", 1, 5), (15, "stopping", 1, 5), (10, "last", 0, 0), (3, "last", 0, 0)],
)
def test_ten_steps_are_profiled_once_or_as_many_as_there_are(tmp_path, steps, end, files, recorded):
    profile = Profile(tmp_path)
    for step in range(1, steps + 1):
        tf.random.uniform((2, 2))
        profile.after_step(event(step, **({end: True} if step == steps else {})))
    assert len(list(tmp_path.rglob("*.xplane.pb"))) == files
    assert profile.recorded == recorded
    assert profile.summary.startswith(f"{recorded} steps were profiled" if recorded else "nothing was profiled")
    with pytest.raises(tf.errors.UnavailableError, match="No profiler is running"):
        tf.profiler.experimental.stop()
