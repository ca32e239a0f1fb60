"""What a training writes while it runs: a table of losses, TensorBoard's events, sample grids, checkpoints, warnings."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from tfhd.errors import InputError
from tfhd.files import replaced_file
from tfhd.label_sets import LabelSet
from tfhd.pictures import to_bytes
from tfhd.training.checkpoints import save_checkpoint
from tfhd.training.image_pool import ImagePool
from tfhd.training.pix2pixhd import Batch, Pix2PixHD
from tfhd.training.step_events import StepEvent


class LossTable:
    """Writes losses.csv: a row per report, with means of the training losses since the last one, and validation losses if any.

    Args:
        path: the file; a resumed run keeps the rows up to the step that it goes on from.
        loss_names: losses of the training, in the order of their columns.
        first_step: steps done before, in all stages.
    """

    def __init__(self, path: str | Path, loss_names: tuple[str, ...], first_step: int = 0) -> None:
        self.path = Path(path)
        validation = [f"val_{name}" for name in (*loss_names, "mean_l1")]
        self.columns = ("stage", "step", "seconds", "images_per_second", "memory_mib", *loss_names, *validation)
        self._start = time.monotonic()
        self._rows = self._rows_until(first_step)

    def after_step(self, event: StepEvent) -> None:
        if event.interval is None:
            return
        interval = event.interval
        values = {
            "stage": event.state.stage,
            "step": event.state.step,
            "seconds": f"{time.monotonic() - self._start:.1f}",
            "images_per_second": f"{interval.images_per_second:.3f}",
            "memory_mib": f"{interval.memory_mib:.0f}",
            **{name: f"{value:.5f}" for name, value in interval.losses.items()},
            **{f"val_{name}": f"{value:.5f}" for name, value in event.validation.items()},
        }
        self._rows.append(",".join(str(values.get(name, "")) for name in self.columns))
        with replaced_file(self.path) as partial:
            partial.write_text("\n".join([",".join(self.columns), *self._rows]) + "\n", encoding="utf-8")

    def _rows_until(self, step: int) -> list[str]:
        # An interrupted run left rows of steps after its last checkpoint, which are trained again.
        rows = self.path.read_text(encoding="utf-8").splitlines()[1:] if self.path.exists() else []
        return [row for row in rows if int(row.split(",")[1]) <= step]


class TensorBoardLog:
    """Writes losses, images per second and memory as TensorBoard's scalars, under `train` and `validation`.

    Args:
        folder: TensorBoard's log folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._writers = {split: tf.summary.create_file_writer(str(Path(folder) / split)) for split in ("train", "validation")}

    def after_step(self, event: StepEvent) -> None:
        if event.interval is None:
            return
        interval, step = event.interval, event.state.step
        speed = {"images_per_second": interval.images_per_second, "memory_mib": interval.memory_mib}
        for split, values in (("train", {**interval.losses, **speed}), ("validation", event.validation)):
            with self._writers[split].as_default():
                for name, value in values.items():
                    tf.summary.scalar(name, value, step)
            self._writers[split].flush()


class SampleGrid:
    """Writes `step-NNNNNNNN.png`: a row per picture, label | photo | synthesized.

    Args:
        folder: where the grids go.
        model: synthesizes the pictures.
        batch: what to show, the same every time.
        label_set: colours of the label maps.
        every: steps of the stage between grids; its last step has one too.
    """

    def __init__(self, folder: str | Path, model: Pix2PixHD, batch: Batch, label_set: LabelSet, every: int) -> None:
        self.folder, self.model, self.batch, self.every = Path(folder), model, batch, every
        self.palette = np.asarray(label_set.colors, np.uint8)

    def after_step(self, event: StepEvent) -> None:
        if not event.last and event.state.stage_step % self.every:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        # A resumed run paints some again, and may meet a full disk.
        with replaced_file(self.folder / f"step-{event.state.step:08d}.png") as partial:
            Image.fromarray(self.grid()).save(partial)

    def grid(self) -> np.ndarray:
        """The grid of the model as it is, with its averages where it keeps them: uint8 `(N * H, 3 * W, 3)`."""
        averages = self.model.averages
        with averages.in_place() if averages is not None else nullcontext():
            fake = np.asarray(self.model(self.batch))
        label = self.palette[np.asarray(self.batch["label"])]
        columns = [label, to_bytes(np.asarray(self.batch["image"])), to_bytes(fake)]
        return np.concatenate(list(np.concatenate(columns, axis=2)), axis=0)


class CheckpointWriter:
    """Saves a checkpoint every few steps, at the end of the stage, and where the training is asked to stop.

    Args:
        folder: where checkpoints lie.
        model: what is saved.
        every: steps of the stage between them.
        keep: how many of the newest stay, beside the best.
        pool: the training's image pool.
    """

    def __init__(self, folder: str | Path, model: Pix2PixHD, every: int, keep: int, pool: ImagePool | None = None) -> None:
        self.folder, self.model, self.every, self.keep, self.pool = Path(folder), model, every, keep, pool

    def after_step(self, event: StepEvent) -> None:
        if event.last or event.stopping or event.state.stage_step % self.every == 0:
            pooled = self.pool.arrays() if self.pool is not None else None
            save_checkpoint(self.folder, self.model, event.state, pooled, self.keep)


class Profile:
    """Records ten steps with TensorFlow's profiler, once tracing and the first allocations are over.

    Args:
        folder: TensorBoard's folder.

    Attributes:
        recorded: steps recorded so far.
    """

    _SKIPPED, _RECORDED = 10, 10

    def __init__(self, folder: str | Path) -> None:
        self.recorded = 0
        self._folder, self._seen, self._recording = str(folder), 0, False

    def after_step(self, event: StepEvent) -> None:
        self._seen += 1
        self.recorded += self._recording
        ends = event.last or event.stopping
        if self._recording and (ends or self.recorded == self._RECORDED):
            tf.profiler.experimental.stop()
            self._recording = False
        elif self._seen >= self._SKIPPED and not self.recorded and not ends:
            tf.profiler.experimental.start(self._folder)
            self._recording = True

    @property
    def summary(self) -> str:
        """One line for the user on what was recorded."""
        if not self.recorded:
            return f"nothing was profiled: the training ended within {self._SKIPPED + 1} steps, which are not recorded"
        return f"{self.recorded} steps were profiled; see them with tensorboard --logdir {self._folder}"


class CollapseWatch:
    """Warns once the discriminators have recognized nearly every fake for long: then the generator learns little more.

    Args:
        warn: called once, with one line.
        scales: number of discriminators, whose losses are summed.
        terminate: whether to end the training with an `InputError` instead.
        steps: how long the mean discriminator loss must have been low.
    """

    _WON = 0.02
    """Mean of the losses on photos and fakes, per discriminator; an undecided one has 0.25 (least squares)."""

    def __init__(self, warn: Callable[[str], None], scales: int, terminate: bool = False, steps: int = 1000) -> None:
        self._warn, self._limit, self._terminate = warn, self._WON * scales, terminate
        self._recent: deque[float] = deque(maxlen=steps)
        self._warned = False

    def after_step(self, event: StepEvent) -> None:
        self._recent.append((event.losses["discriminator_real"] + event.losses["discriminator_fake"]) / 2)
        full = len(self._recent) == self._recent.maxlen
        if self._warned or not full or sum(self._recent) / len(self._recent) > self._limit:
            return
        self._warned = True
        text = (
            f"step {event.state.step}: the discriminators have won for {len(self._recent)} steps (mean loss below "
            f"{self._limit:.2f}); look at samples/, and if pictures get worse start again with a smaller discriminator or rate"
        )
        if self._terminate:
            raise InputError(text)
        self._warn(text)
