from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from demo.page import write_page
from demo.quality import Quality
from demo.scenes import Car, Scene
from demo.shell import Step
from demo.synthesis import DemoResults
from tfhd.config import Config, StageConfig

NAMES = ("label-colors", "real", "synthesized", "style-1", "style-2", "edited-label-colors", "edited")


class Page(HTMLParser):
    """Collects the attributes of every element, and the text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def demo(tmp_path: Path) -> DemoResults:
    scenes = []
    for number in range(2):
        scene = Scene(number, tmp_path / "out" / "scenes")
        for name in (*NAMES, "car-window"):
            (scene / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 8)).save(scene / name)
        scenes.append(scene)
    losses = tmp_path / "losses.csv"
    losses.write_text(
        "step,generator_gan,feature_matching,discriminator_real,discriminator_fake\n50,1,9,0.5,0.4\n99,1,8,0.3,0.3\n"
    )
    return DemoResults(
        config=Config(stages={"first": StageConfig(1, 0), "second": StageConfig(1, 1)}),
        quality=Quality(pictures=32, l1_encoder=0.05, l1_class_colors=0.1, l1_reduction=0.5, styles_differ_by=31.2),
        seeds=(1, 2),
        scenes=scenes,
        car=Car(scenes[0], 26001, (0, 0, 8, 8)),
        car_styles=10,
        restyled=[("--style 26001=<3>", scenes[0] / "car-window")],
        restyle_command="python -m serving synthesize --style '26001=3' -o a&b.png",
        training_commands=[Step("python -m train fit streets-demo", 61.0)],
        synthesis_commands=[Step("python -m serving synthesize models/demo", 4.0)],
        losses=losses,
    )


def test_every_image_is_shown_with_an_alternative_text(demo: DemoResults, tmp_path: Path):
    path = tmp_path / "out" / "index.html"
    write_page(demo, 303.0, path)
    images = [attributes for tag, attributes in Page(path).elements if tag == "img"]
    assert all(len(image["alt"]) > 10 or "26001" in image["alt"] for image in images)
    shown = {image["src"] for image in images}
    assert shown == {f"scenes/{name}/{number:02d}.png" for number in range(2) for name in NAMES} | {"scenes/car-window/00.png"}
    assert all((path.parent / source).is_file() for source in shown)


def test_nothing_is_loaded_from_elsewhere(demo: DemoResults, tmp_path: Path):
    path = tmp_path / "out" / "index.html"
    write_page(demo, 303.0, path)
    elements = Page(path).elements
    assert {tag for tag, _ in elements}.isdisjoint({"script", "link", "iframe"})
    text = path.read_text(encoding="utf-8")
    assert "http" not in text
    assert "url(" not in text


def test_figures_commands_and_both_charts_are_shown(demo: DemoResults, tmp_path: Path):
    path = tmp_path / "out" / "index.html"
    write_page(demo, 303.0, path)
    page = Page(path)
    expected = (
        "50%",
        "0.050 against 0.100",
        "31 of 255",
        "5 min 3 s",
        "3 epochs",
        "python -m train fit streets-demo",
        "1 min 1 s",
        "--style '26001=3' -o a&b.png",
        "--style 26001=<3>",
    )
    for text in expected:
        assert text in page.text
    charts = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg"]
    assert len(charts) == 2
    assert "feature matching ends at 8" in charts[0]
    assert "on synthesized pictures ends at 0.3" in charts[1]
