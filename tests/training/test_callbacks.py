from __future__ import annotations

import csv
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.tiny_run import LABEL_SET
from tests.tiny_training import HEIGHT, WIDTH, dataset, random_batch, tiny_model
from tfhd.checkpoints import checkpoints
from tfhd.errors import InputError
from tfhd.training.callbacks import Checkpoints, LossTable, SampleGrid, StopOnNonFinite
from tfhd.training.pix2pixhd import LOSS_NAMES

STEPS, EPOCHS = 2, 3


@pytest.fixture(scope="module")
def batches() -> list[dict[str, tf.Tensor]]:
    return [random_batch(seed) for seed in range(STEPS)]


class Watched(keras.callbacks.Callback):
    """Keeps the losses of every step by epoch, and what callbacks after `LossTable` are told of an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.steps, self.epochs = [], []

    def on_epoch_begin(self, epoch, logs=None) -> None:
        self.steps.append([])

    def on_train_batch_end(self, batch, logs=None) -> None:
        self.steps[-1].append({name: float(value) for name, value in logs.items()})

    def on_epoch_end(self, epoch, logs=None) -> None:
        self.epochs.append(dict(logs))


class Trained:
    """Three epochs with every callback, validated after the second."""

    def __init__(self, folder: Path, batches: list[dict[str, tf.Tensor]]) -> None:
        self.folder, self.model, self.watched = folder, tiny_model(), Watched()
        self.grid_batch = random_batch(9, count=2)
        self.fit(batches, EPOCHS)

    def fit(self, batches: list[dict[str, tf.Tensor]], epochs: int, initial_epoch: int = 0) -> None:
        self.model.fit(
            dataset(batches),
            epochs=epochs,
            initial_epoch=initial_epoch,
            validation_data=dataset(batches),
            validation_freq=2,
            shuffle=False,
            verbose=0,
            callbacks=[
                StopOnNonFinite(),
                LossTable(self.folder / "losses.csv"),
                SampleGrid(self.folder / "samples", self.grid_batch, LABEL_SET, every=2),
                Checkpoints(self.folder / "checkpoints", every=1, keep=2),
                self.watched,
            ],
        )

    def rows(self) -> list[dict[str, str]]:
        with open(self.folder / "losses.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, batches) -> Trained:
    return Trained(tmp_path_factory.mktemp("trained"), batches)


def test_loss_table_holds_a_row_of_means_an_epoch(trained):
    rows = trained.rows()[:EPOCHS]
    assert [(row["epoch"], row["step"]) for row in rows] == [("1", "2"), ("2", "4"), ("3", "6")]
    for row, steps in zip(rows, trained.watched.steps, strict=False):
        for name in LOSS_NAMES:
            assert float(row[name]) == pytest.approx(np.mean([losses[name] for losses in steps]), abs=1e-5)
    assert 0 < float(rows[0]["seconds"]) <= float(rows[2]["seconds"])


def test_loss_table_holds_validation_losses_of_epochs_that_were_validated(trained):
    first, second, third = trained.rows()[:EPOCHS]
    for name in LOSS_NAMES:
        assert first[f"val_{name}"] == third[f"val_{name}"] == ""
        assert float(second[f"val_{name}"]) == pytest.approx(trained.watched.epochs[1][f"val_{name}"], abs=1e-5)


def test_callbacks_after_the_table_see_the_means(trained):
    for row, logs in zip(trained.rows(), trained.watched.epochs, strict=False):
        for name in LOSS_NAMES:
            assert logs[name] == pytest.approx(float(row[name]), abs=1e-5)


def test_the_newest_checkpoints_stay(trained):
    assert [path.name for path in checkpoints(trained.folder / "checkpoints")] == ["step-00000004", "step-00000006"]


def test_sample_grid_comes_every_other_epoch_as_label_real_fake(trained):
    assert [path.name for path in sorted((trained.folder / "samples").iterdir())] == ["epoch-0002.png"]
    with Image.open(trained.folder / "samples" / "epoch-0002.png") as image:
        assert (image.mode, image.size) == ("RGB", (3 * WIDTH, 2 * HEIGHT))
    grid = SampleGrid(trained.folder, trained.grid_batch, LABEL_SET, every=1)
    grid.set_model(trained.model)
    fakes = trained.model(trained.grid_batch).numpy()
    for row, picture in enumerate(np.split(grid.grid(), 2, axis=0)):
        label, real, fake = np.split(picture.astype(int), 3, axis=1)
        np.testing.assert_array_equal(label, np.array(LABEL_SET.colors)[trained.grid_batch["label"][row].numpy()])
        assert np.abs(real - (trained.grid_batch["image"][row].numpy() + 1) * 127.5).max() <= 0.51
        assert np.abs(fake - (fakes[row] + 1) * 127.5).max() <= 0.51


def test_a_resumed_run_replaces_the_rows_of_epochs_trained_again(trained, batches):
    before = trained.rows()[:EPOCHS]
    trained.fit(batches, epochs=4, initial_epoch=2)  # as after a run that was killed in epoch 4 and restored to the end of 2
    rows = trained.rows()
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[:2] == before[:2]
    assert rows[2] != before[2]


def test_a_loss_that_is_not_finite_ends_the_training_and_names_the_step():
    broken = random_batch() | {"image": tf.fill((1, HEIGHT, WIDTH, 3), np.float32("nan"))}
    model = tiny_model(feature_channels=0)
    with pytest.raises(InputError, match=r"^step 3: .*discriminator_real.* is not finite; .*learning_rate.*--resume$") as caught:
        model.fit(dataset([random_batch(1), random_batch(2), broken]), shuffle=False, verbose=0, callbacks=[StopOnNonFinite()])
    assert "\n" not in str(caught.value)


def test_the_last_epoch_is_saved_whatever_the_interval(tmp_path):
    callback, model = Checkpoints(tmp_path, every=2, keep=5), tiny_model(feature_channels=0)
    callback.set_model(model)
    callback.set_params({"epochs": 5})
    for epoch in range(5):
        model.steps_done.assign(epoch + 1)
        callback.on_epoch_end(epoch)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000002", "step-00000004", "step-00000005"]
