"""The whole way, as a user would go it: train, cluster styles, evaluate, export, synthesize, look.

It is also the acceptance test: it ends with exit code 1 where the pictures are not good enough.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# TensorFlow logs every library it looks for, in this process and in those that it starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from rich.console import Console

from demo.commands import CommandFailed, Shell, duration
from demo.figures import Figures, read_figures
from demo.gallery import draw_gallery
from demo.page import Demo, write_page
from demo.scenes import CAR, Car, largest_car, write_scene
from tfhd.config import Config
from tfhd.palettes import LabelSet
from tfhd.styles import StyleTable

PRESET = "streets-demo"
RUN, MODEL, OUT = Path("runs/demo"), Path("models/demo"), Path("demo-out")
SCENES = (0, 1, 2, 3)
SEEDS = (1, 2, 3)


def main() -> int:
    """Runs everything; returns the exit code."""
    console = Console(highlight=False)
    shell = Shell(console)
    try:
        for folder in (RUN, MODEL, OUT):
            if folder.exists():
                shutil.rmtree(folder)
        _train(shell)
        demo = _paint(shell)
    except CommandFailed as error:
        print(f"error: the demo stops here: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    rows = [[scene / name for name in ("label-colors", "real", "synthesized", *_styles(), "edited")] for scene in demo.scenes]
    headings = ["Label map", "Real", "Synthesized, own styles", *(f"Style {seed}" for seed in SEEDS), "Edit: tree to building"]
    note = "Held-out streets, synthesized by a pix2pixHD that make demo trained from nothing on a CPU."
    draw_gallery("tfhd: streets from label maps", note, headings, rows).save(OUT / "gallery.png", optimize=True)
    write_page(demo, OUT / "index.html")
    return _report(console, demo.figures, sum(step.seconds for step in shell.steps))


def _train(shell: Shell) -> None:
    shell.run("-m", "train", "fit", PRESET, "--out", RUN)
    shell.run("-m", "train", "styles", RUN)
    shell.run("-m", "train", "evaluate", RUN)
    shell.run("-m", "export", "saved-model", RUN, MODEL)


def _paint(shell: Shell) -> Demo:
    """Writes held-out scenes and synthesizes each in its own styles, in sampled styles and after the edit."""
    training = list(shell.steps)
    config = Config.load(RUN / "config.json")
    label_set = LabelSet.from_json((RUN / "label_set.json").read_text(encoding="utf-8"))
    size = config.data.height, config.data.width
    scenes = [write_scene(number, OUT / "scenes" / f"{number:02d}", size, label_set) for number in SCENES]
    for scene in scenes:
        maps = ("--label", scene / "label", "--instance", scene / "instance")
        own = ("--styles-of", scene / "real", "--styles-instance", scene / "instance")
        _synthesize(shell, *maps, *own, "-o", scene / "synthesized")
        for seed, name in zip(SEEDS, _styles(), strict=True):
            _synthesize(shell, *maps, "--seed", seed, "-o", scene / name)
        edited = ("--label", scene / "edited-label", "--instance", scene / "edited-instance")
        _synthesize(shell, *edited, *own, "-o", scene / "edited")
    car = largest_car(scenes)
    centers = _centers(label_set)
    return Demo(
        config=config,
        figures=read_figures(RUN / "evaluation.json", [[scene / name for name in _styles()] for scene in scenes]),
        seeds=SEEDS,
        scenes=scenes,
        car=car,
        car_styles=len(centers),
        restyled=_restyle(shell, car, different(centers, 3)),
        restyle_command=shell.steps[-1].line,
        training=training,
        painting=shell.steps[len(training) :],
        losses=RUN / "losses.csv",
    )


def _styles() -> list[str]:
    return [f"style-{seed}" for seed in SEEDS]


def _synthesize(shell: Shell, *arguments: str | int | Path) -> None:
    # Its messages are those of TensorFlow, the same for every picture.
    shell.run("-m", "serving", "synthesize", MODEL, *(str(argument) for argument in arguments), quiet=True)


def _centers(label_set: LabelSet) -> np.ndarray:
    """The styles of cars, float32 (count, channels)."""
    table = StyleTable.load(RUN / "styles.npz")
    cars = next(index for index, item in enumerate(label_set.classes) if CAR in item.ids)
    return table.centers[cars, : table.counts[cars]]


def different(centers: np.ndarray, count: int) -> list[int]:
    """Picks styles that lie far apart: the first, then always the one farthest from those picked.

    Args:
        centers: (styles, channels).
        count: how many to pick; fewer where there are fewer.
    """
    picked = [0]
    while len(picked) < min(count, len(centers)):
        distances = np.linalg.norm(centers[:, None] - centers[picked], axis=-1).min(axis=1)
        picked.append(int(distances.argmax()))
    return picked


def _restyle(shell: Shell, car: Car, styles: list[int]) -> list[tuple[str, Path]]:
    """Gives one car several styles; returns captions and pictures of the window around it, the unchanged one first."""
    scene, seed = car.scene, SEEDS[0]
    pictures = [(f"as in style {seed}", scene / f"style-{seed}")]
    for style in styles:
        maps = ("--label", scene / "label", "--instance", scene / "instance")
        chosen = ("--seed", seed, "--style", f"{car.instance}={style}")
        _synthesize(shell, *maps, *chosen, "-o", scene / f"car-{style}")
        pictures.append((f"--style {car.instance}={style}", scene / f"car-{style}"))
    return [(caption, _magnified(path, car.window)) for caption, path in pictures]


def _magnified(path: Path, window: tuple[int, int, int, int]) -> Path:
    zoomed = path.with_name(f"{path.stem}-window.png")
    with Image.open(path) as picture:
        part = picture.crop(window)
        scale = -(-360 // part.width)
        part.resize((part.width * scale, part.height * scale), Image.Resampling.BICUBIC).save(zoomed)
    return zoomed


def _report(console: Console, figures: Figures, seconds: float) -> int:
    console.print(
        f"\n[bold]{figures.l1_reduction:.1%}[/] lower L1 than painting every class in its mean training colour: "
        f"{figures.l1_encoder:.4f} against {figures.l1_class_colors:.4f}, {figures.pictures} held-out streets in their own styles"
    )
    console.print(f"[bold]{figures.styles_differ_by:.1f} of 255[/]: sampled styles of the same street differ by this on average")
    console.print(f"[bold]{duration(seconds)}[/] for all commands\n\nlook: {OUT / 'index.html'} and {OUT / 'gallery.png'}")
    shortfalls = figures.shortfalls()
    for line in shortfalls:
        print(f"error: {line}", file=sys.stderr)
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
