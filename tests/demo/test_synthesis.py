from __future__ import annotations

import functools
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from demo.gallery import write_gallery
from demo.page import write_page
from demo.shell import Shell, Step
from demo.synthesis import SCENES, SEEDS, distant_styles, synthesize_scenes
from tests.tiny_run import tiny_config
from tfhd import command_line
from tfhd.config import DataConfig
from tfhd.export.saved_model.export import export_saved_model
from tfhd.label_sets import load_label_set
from tfhd.networks import build_networks
from tfhd.runs import write_networks
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.serving.synthesize import command as synthesize
from tfhd.styles import StyleTable


class QuickShell(Shell):
    """Runs `python -m serving synthesize` in this process, where TensorFlow is imported already."""

    def run_all(self, commands: Sequence[Sequence[str | Path]]) -> None:
        for words in ([str(word) for word in command] for command in commands):
            assert words[:3] == ["-m", "serving", "synthesize"]
            command_line.parse(synthesize.main, words[3:], "synthesize")
            self.steps.append(Step(" ".join(["python", *words]), 0.0))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of untrained networks for Cityscapes' classes, with styles and an evaluation."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    folder.mkdir()
    label_set = load_label_set("cityscapes")
    config = replace(tiny_config(), data=DataConfig(height=64, width=128))
    keras.utils.set_random_seed(1)
    networks = build_networks(config, label_set.num_classes)
    write_networks(folder, {"generator": networks.generator, "encoder": networks.encoder})
    centers = np.random.default_rng(0).uniform(-1, 1, (label_set.num_classes, 4, 3)).astype(np.float32)
    StyleTable(centers, np.full(label_set.num_classes, 4, np.int32)).save(folder / "styles.npz")
    (folder / "config.json").write_text(config.to_json())
    (folder / "label_set.json").write_text(label_set.to_json())
    measured = {"pictures": 4, "l1_encoder": 0.1, "l1_class_colors": 0.2, "l1_reduction": 0.5}
    (folder / "evaluation.json").write_text(json.dumps(measured))
    (folder / "losses.csv").write_text("step,generator_gan,discriminator_real\n50,1,0.5\n99,1,0.3\n")
    return folder


def test_eight_commands_synthesize_all_that_page_and_gallery_show(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The eight commands share one loaded model; outside tests each is a process with its own.
    monkeypatch.setattr("tfhd.serving.in_process.local_model.LocalModel", functools.cache(LocalModel))
    monkeypatch.setattr(LocalModel, "close", lambda self: None)
    export_saved_model(run, tmp_path / "model")
    demo = synthesize_scenes(QuickShell(Console(file=io.StringIO())), run, tmp_path / "model", tmp_path)
    assert len(demo.synthesis_commands) == 1 + len(SEEDS) + 1 + 3
    write_page(demo, 1.0, tmp_path / "index.html")
    write_gallery(demo.scenes, demo.seeds, tmp_path / "gallery.png")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for kind in ("synthesized", "edited", *(f"style-{seed}" for seed in SEEDS)):
        for number in SCENES:
            assert f'src="scenes/{kind}/{number:02d}.png"' in page
            assert (tmp_path / "scenes" / kind / f"{number:02d}.png").is_file()
    assert [path.is_file() for _, path in demo.restyled] == [True] * 4
    assert demo.restyle_command == demo.synthesis_commands[-1].line
    assert "--style" in demo.restyle_command


def test_styles_to_show_lie_far_apart():
    centers = np.array([[0.0, 0], [0.1, 0], [1, 0], [0, 3]], np.float32)
    assert distant_styles(centers, 3) == [0, 3, 2]
    assert distant_styles(centers[:2], 3) == [0, 1]
