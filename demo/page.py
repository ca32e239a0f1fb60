"""Writes the page that shows the demo's results: one static file that links to the images beside it and nothing else."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path
from string import Template

from demo.loss_chart import Curve, draw_chart, read_curves
from demo.scenes import Scene
from demo.shell import Step, duration, python_command
from demo.synthesis import DemoResults

_HERE = Path(__file__).parent
_PANELS = (
    (
        "Generator",
        {"generator_gan": "adversarial", "feature_matching": "feature matching", "perceptual": "perceptual (VGG19)", "l1": "L1"},
    ),
    ("Discriminators", {"discriminator_real": "on real pictures", "discriminator_fake": "on synthesized pictures"}),
)


def write_page(demo: DemoResults, seconds: float, path: Path) -> None:
    """Writes the page.

    Args:
        demo: the results; their images lie below the page's folder.
        seconds: duration of the whole demo.
        path: the page, index.html.
    """
    sections = {
        "key_figures": _key_figures(demo, seconds),
        "scenes": "\n".join(_row(_scene(scene, demo.seeds), path) for scene in demo.scenes),
        "edits": "\n".join(_row(_edit(scene), path, "four") for scene in demo.scenes),
        "restyled": "\n".join(_figure(caption, caption, picture, path) for caption, picture in demo.restyled),
        "charts": "\n".join(_panel(title, read_curves(demo.losses, names)) for title, names in _PANELS),
        "commands": _commands(demo.training_commands),
        "paint_commands": _commands(demo.synthesis_commands),
    }
    facts = {
        "street_count": demo.config.data.street_count,
        "width": demo.config.data.width,
        "height": demo.config.data.height,
        "car": demo.car.instance,
        "car_scene": demo.car.scene.number,
        "car_styles": demo.car_styles,
        # One option per line, in shell syntax, so that none is hidden or broken on a narrow screen.
        "restyle_command": demo.restyle_command.replace(" --", " \\\n  --"),
        "paint_count": len(demo.synthesis_commands),
        "first_label": demo.scenes[0] / "label",
        "first_instance": demo.scenes[0] / "instance",
        "python": python_command(),
    }
    page = Template((_HERE / "page.html").read_text(encoding="utf-8"))
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    escaped = {name: html.escape(str(value)) for name, value in facts.items()}
    path.write_text(page.substitute(sections, style=style, **escaped), encoding="utf-8")


def _key_figures(demo: DemoResults, seconds: float) -> str:
    quality, shortfalls = demo.quality, demo.quality.shortfalls()
    cells = (
        (
            f"{quality.l1_reduction:.0%}",
            f"closer to the real pictures than painting every class in its mean training colour: mean L1 "
            f"{quality.l1_encoder:.3f} against {quality.l1_class_colors:.3f}, over {quality.pictures} held-out streets in their "
            f"own styles",
            "short" if any("L1" in line for line in shortfalls) else "good",
        ),
        (
            f"{quality.styles_differ_by:.0f} of 255",
            "mean absolute difference between two sampled styles of the same street",
            "short" if any("styles" in line for line in shortfalls) else "good",
        ),
        (
            duration(seconds),
            f"for everything: {sum(stage.epochs + stage.decay_epochs for stage in demo.config.stages.values())} epochs of "
            f"training, clustering of the styles, export, evaluation, and the pictures here",
            "good",
        ),
    )
    return "\n".join(
        f'<div class="{kind}"><dt>{html.escape(text)}</dt><dd>{html.escape(value)}</dd></div>' for value, text, kind in cells
    )


def _scene(scene: Scene, seeds: Sequence[int]) -> list[tuple[str, str, Path]]:
    about = f"of held-out street {scene.number}"
    return [
        (f"Scene {scene.number}: label map", f"Label map {about}, painted in Cityscapes' colours", scene / "label-colors"),
        ("Real", f"Rendered picture {about}", scene / "real"),
        ("Synthesized, own styles", f"Picture {about} synthesized in the real picture's styles", scene / "synthesized"),
        *(
            (f"Style {seed}", f"Picture {about} synthesized in sampled styles, seed {seed}", scene / f"style-{seed}")
            for seed in seeds
        ),
    ]


def _edit(scene: Scene) -> list[tuple[str, str, Path]]:
    about = f"of held-out street {scene.number}"
    return [
        (f"Scene {scene.number}: labels before", f"Label map {about}", scene / "label-colors"),
        ("Labels after", f"Label map {about} with one tree relabelled as building", scene / "edited-label-colors"),
        ("Synthesized before", f"Picture {about} synthesized with the tree", scene / "synthesized"),
        ("Synthesized after", f"Picture {about} synthesized with a building in place of the tree", scene / "edited"),
    ]


def _row(pictures: Sequence[tuple[str, str, Path]], page: Path, layout: str = "") -> str:
    inside = "\n".join(_figure(caption, text, picture, page) for caption, text, picture in pictures)
    return f'<div class="row {layout}">\n{inside}\n</div>'


def _figure(caption: str, text: str, picture: Path, page: Path) -> str:
    link = html.escape(Path(os.path.relpath(picture, page.parent)).as_posix())
    kind = ' class="map"' if "label" in picture.parent.name else ""
    image = f'<a href="{link}"><img{kind} src="{link}" alt="{html.escape(text)}" loading="lazy"></a>'
    return f"<figure>{image}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _panel(title: str, curves: Sequence[Curve]) -> str:
    legend = "".join(f'<li><i class="c{number}"></i>{html.escape(curve.name)}</li>' for number, curve in enumerate(curves))
    ends = ", ".join(f"{curve.name} ends at {curve.train[-1][1]:.3g}" for curve in curves)
    chart = draw_chart(curves, f"{title}: losses over the steps; {ends}")
    return f'<figure><h3>{title}</h3><ul class="legend">{legend}</ul>{chart}</figure>'


def _commands(steps: Sequence[Step]) -> str:
    return "\n".join(f"<li><code>{html.escape(step.line)}</code><span>{duration(step.seconds)}</span></li>" for step in steps)
