from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_run import LABEL_SET, street
from tests.tiny_training import HEIGHT, WIDTH


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain folder of four training pictures and one held out. Tests must not write into it."""
    root, random = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for split, count in (("train", 4), ("val", 1)):
        for number in range(count):
            label, instance = street(HEIGHT, WIDTH, cars=number + 1)
            photo = random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            for kind, array in (("label", label), ("inst", instance), ("img", photo)):
                folder = root / f"{split}_{kind}"
                folder.mkdir(exist_ok=True)
                Image.fromarray(array).save(folder / f"{number}.png")
    (root / "labels.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    return root
