from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_fit import STREETS
from tests.tiny_run import LABEL_SET, street
from tfhd.train.fit import fit


@pytest.fixture(scope="session")
def street_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run on two tiny streets. Tests must not write into it."""
    out = tmp_path_factory.mktemp("runs") / "streets"
    fit([*STREETS, "--out", str(out)], "prog")
    return out


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A plain folder of three 32x64 training pictures: labels and photos, no instances, nothing held out."""
    root = tmp_path / "data"
    for kind in ("label", "img"):
        (root / f"train_{kind}").mkdir(parents=True)
    (root / "labels.json").write_text(LABEL_SET.to_json(), encoding="utf-8")
    for number in range(3):
        label, _ = street(32, 64, cars=number + 1)
        Image.fromarray(label).save(root / "train_label" / f"{number}.png")
        photo = np.stack([label * 5, label * 3, np.full_like(label, 40 * number)], axis=2)
        Image.fromarray(photo).save(root / "train_img" / f"{number}.png")
    return root
