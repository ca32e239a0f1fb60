from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfhd.config import Config, DataConfig, EncoderConfig, GeneratorConfig, TrainingConfig


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a plain folder whose example number i has label i and instance 60000 + i on every pixel."""

    def make(count: int, split: str = "train", height: int = 16, width: int = 32, instances: bool = True) -> Path:
        for index in range(count):
            pictures = {
                "label": np.full((height, width), index, np.uint8),
                "img": np.tile(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], (height, 1, 3)),
            }
            if instances:
                pictures["inst"] = np.full((height, width), 60000 + index, np.uint16)
            for kind, array in pictures.items():
                folder = tmp_path / f"{split}_{kind}"
                folder.mkdir(exist_ok=True)
                Image.fromarray(array).save(folder / f"street_{index:02}.png")
        return tmp_path

    return make


@pytest.fixture
def make_config() -> Callable[..., Config]:
    """A configuration whose networks need multiples of 16 pixels; the arguments are those of `DataConfig`."""

    def make(root: Path | str = "", seed: int = 0, **data: object) -> Config:
        return Config(
            data=DataConfig(root=str(root), **({"height": 16, "width": 32} | data)),
            generator=GeneratorConfig(num_downsamples=4),
            encoder=EncoderConfig(feature_channels=0),
            training=TrainingConfig(seed=seed),
        )

    return make
