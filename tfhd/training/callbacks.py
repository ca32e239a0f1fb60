"""What a training writes while it runs: a table of losses, pictures, checkpoints."""

from __future__ import annotations

import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from tfhd.checkpoints import save_checkpoint
from tfhd.errors import InputError
from tfhd.palettes import LabelSet
from tfhd.training.pix2pixhd import Batch


class LossTable(keras.callbacks.Callback):
    """One CSV row an epoch: mean training losses, validation losses where there were any, seconds since the start.

    The callbacks after it get the means too, where Keras would tell them the losses of the epoch's last step.

    Args:
        path: the file; a resumed run keeps the rows of the epochs before its first.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path)

    @property
    def columns(self) -> tuple[str, ...]:
        """The CSV's header."""
        names = self.model.loss_names
        return ("epoch", "step", "seconds", *names, *(f"val_{name}" for name in names))

    def on_train_begin(self, logs=None) -> None:
        self._start = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None) -> None:
        self._totals, self._steps = dict.fromkeys(self.model.loss_names, 0.0), 0

    def on_train_batch_end(self, batch, logs=None) -> None:
        self._steps += 1
        for name in self.model.loss_names:
            self._totals[name] += float(logs[name])

    def on_epoch_end(self, epoch, logs=None) -> None:
        logs.update({name: total / self._steps for name, total in self._totals.items()})
        losses = [f"{logs[name]:.5f}" if name in logs else "" for name in self.columns[3:]]
        seconds = f"{time.monotonic() - self._start:.1f}"
        self._write_row(epoch, [epoch + 1, int(self.model.steps_done.numpy()), seconds, *losses])

    def _write_row(self, epoch: int, row: list) -> None:
        # An interrupted run left rows of epochs after its last checkpoint, which are trained again.
        before = self.path.read_text(encoding="utf-8").splitlines()[1 : 1 + epoch] if self.path.exists() else []
        lines = [",".join(self.columns), *before, ",".join(map(str, row))]
        partial = self.path.with_name(f".partial-{self.path.name}")
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
        partial.replace(self.path)


class SampleGrid(keras.callbacks.Callback):
    """Writes `epoch-NNNN.png`: a row a picture, label | real | fake.

    Args:
        folder: where the grids go.
        batch: pictures to show, the same every time.
        label_set: gives the label maps their colours.
        every: epochs between grids.
    """

    def __init__(self, folder: str | Path, batch: Batch, label_set: LabelSet, every: int) -> None:
        super().__init__()
        self.folder, self.batch, self.every = Path(folder), batch, every
        self.palette = np.asarray(label_set.colors, np.uint8)

    def on_epoch_end(self, epoch, logs=None) -> None:
        if (epoch + 1) % self.every:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(self.grid()).save(self.folder / f"epoch-{epoch + 1:04d}.png")

    def grid(self) -> np.ndarray:
        """The grid of the model as it is: uint8 `(N * H, 3 * W, 3)`."""
        fake = np.asarray(self.model(self.batch))
        label = self.palette[np.asarray(self.batch["label"])]
        columns = [label, _to_uint8(np.asarray(self.batch["image"])), _to_uint8(fake)]
        return np.concatenate(list(np.concatenate(columns, axis=2)), axis=0)


class Checkpoints(keras.callbacks.Callback):
    """Saves a checkpoint every few epochs and after the last, and keeps the newest ones.

    Args:
        folder: where checkpoints lie.
        every: epochs between them.
        keep: how many stay.
    """

    def __init__(self, folder: str | Path, every: int, keep: int = 2) -> None:
        super().__init__()
        self.folder, self.every, self.keep = Path(folder), every, keep

    def on_epoch_end(self, epoch, logs=None) -> None:
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params["epochs"]:
            save_checkpoint(self.folder, self.model, keep=self.keep)


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends the training with an `InputError` at the first loss that is not a finite number."""

    def on_train_batch_end(self, batch, logs=None) -> None:
        broken = [name for name in self.model.loss_names if not np.isfinite(float(logs[name]))]
        if broken:
            step = int(self.model.steps_done.numpy())
            raise InputError(
                f"step {step}: {', '.join(broken)} is not finite; in the run's config.json lower training.learning_rate or set "
                "training.precision to float32, then go on from the last checkpoint with --resume"
            )


def _to_uint8(image: np.ndarray) -> np.ndarray:
    return np.clip(np.rint((image + 1.0) * 127.5), 0, 255).astype(np.uint8)
