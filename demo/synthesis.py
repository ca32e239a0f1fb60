"""Synthesizes held-out streets with the exported model: in their own styles, in sampled styles, restyled and edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from demo.quality import Quality, read_quality
from demo.scenes import CAR, Car, Scene, largest_car, write_scene
from demo.shell import Shell, Step
from tfhd.config import Config
from tfhd.label_sets import LabelSet
from tfhd.styles import StyleTable

SCENES = (0, 1, 2, 3)
SEEDS = (1, 2, 3)

_ZOOM_WIDTH = 360


@dataclass(frozen=True)
class DemoResults:
    """Everything that the page and the gallery show."""

    config: Config
    quality: Quality
    seeds: Sequence[int]
    """Seeds of the sampled styles; each scene has an image style-SEED for each."""
    scenes: Sequence[Scene]
    car: Car
    car_styles: int
    """Number of styles that cars have."""
    restyled: Sequence[tuple[str, Path]]
    """Captions and images of the car's window in several styles."""
    restyle_command: str
    training_commands: Sequence[Step]
    """Commands up to the exported model."""
    synthesis_commands: Sequence[Step]
    """Commands that synthesized the images."""
    losses: Path
    """The run's losses.csv."""


def synthesize_scenes(shell: Shell, run: Path, model: Path, out: Path) -> DemoResults:
    """Writes the scenes and all their images below `out`.

    Args:
        shell: the shell that ran the commands up to the exported model.
        run: run folder with styles and evaluation.
        model: the exported model.
        out: folder in which scenes/KIND/NN.png are written.
    """
    training = list(shell.steps)
    config = Config.load(run / "config.json")
    label_set = LabelSet.from_json((run / "label_set.json").read_text(encoding="utf-8"))
    size = config.data.height, config.data.width
    folder = out / "scenes"
    scenes = [write_scene(number, folder, size, label_set) for number in SCENES]
    car, centers = largest_car(scenes), _car_styles(run, label_set)
    styles = distant_styles(centers, 3)
    for style in styles:
        (car.scene / _restyled_kind(style)).parent.mkdir()
    commands = _folder_commands(folder) + _restyle_commands(car, styles)
    shell.run_all([["-m", "serving", "synthesize", model, *command] for command in commands])
    return DemoResults(
        config=config,
        quality=read_quality(run / "evaluation.json", [[scene / f"style-{seed}" for seed in SEEDS] for scene in scenes]),
        seeds=SEEDS,
        scenes=scenes,
        car=car,
        car_styles=len(centers),
        restyled=_zooms(car, styles),
        restyle_command=shell.steps[-1].line,
        training_commands=training,
        synthesis_commands=shell.steps[len(training) :],
        losses=run / "losses.csv",
    )


def distant_styles(centers: np.ndarray, count: int) -> list[int]:
    """Picks styles that lie far apart: the first, then repeatedly the one farthest from those already picked.

    Args:
        centers: (styles, channels).
        count: how many to pick; all if there are fewer.
    """
    picked = [0]
    while len(picked) < min(count, len(centers)):
        distances = np.linalg.norm(centers[:, None] - centers[picked], axis=-1).min(axis=1)
        picked.append(int(distances.argmax()))
    return picked


def _car_styles(run: Path, label_set: LabelSet) -> np.ndarray:
    """Returns the centers of the styles of cars: float32 (styles, channels)."""
    table = StyleTable.load(run / "styles.npz")
    cars = next(index for index, item in enumerate(label_set.classes) if CAR in item.ids)
    return table.centers[cars, : table.counts[cars]]


def _folder_commands(folder: Path) -> list[list[str | Path]]:
    """Arguments of commands that each synthesize all scenes, since a command spends most of its time importing TensorFlow."""
    maps = ["--label", folder / "label", "--instance", folder / "instance"]
    edited = ["--label", folder / "edited-label", "--instance", folder / "edited-instance"]
    photos = ["--styles-of", folder / "real"]
    return [
        [*maps, *photos, "-o", folder / "synthesized"],
        *([*maps, "--seed", str(seed), "-o", folder / f"style-{seed}"] for seed in SEEDS),
        # The photos show the streets before the edit, so their objects are those of the unedited maps.
        [*edited, *photos, "--styles-instance", folder / "instance", "-o", folder / "edited"],
    ]


def _restyle_commands(car: Car, styles: Sequence[int]) -> list[list[str | Path]]:
    """Arguments of commands that synthesize only the car's scene, since the others do not have this instance."""
    maps = ["--label", car.scene / "label", "--instance", car.scene / "instance", "--seed", str(SEEDS[0])]
    return [[*maps, "--style", f"{car.instance}={style}", "-o", car.scene / _restyled_kind(style)] for style in styles]


def _restyled_kind(style: int) -> str:
    """The kind of image that shows the car in a style."""
    return f"car-{style}"


def _zooms(car: Car, styles: Sequence[int]) -> list[tuple[str, Path]]:
    """Crops the window around the car from its images, the unchanged one first, and enlarges it."""
    pictures = {f"Style {SEEDS[0]}, unchanged": car.scene / f"style-{SEEDS[0]}"}
    pictures |= {f"--style {car.instance}={style}": car.scene / _restyled_kind(style) for style in styles}
    zooms = []
    for caption, path in pictures.items():
        with Image.open(path) as picture:
            part = picture.crop(car.window)
        height = round(part.height * _ZOOM_WIDTH / part.width)
        zoom = car.scene / f"{path.parent.name}-window"
        zoom.parent.mkdir()
        part.resize((_ZOOM_WIDTH, height), Image.Resampling.BICUBIC).save(zoom)
        zooms.append((caption, zoom))
    return zooms
