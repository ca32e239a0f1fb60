from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from demo.gallery import draw_gallery

COLORS = {"label": (200, 0, 0), "real": (0, 200, 0), "edited": (0, 0, 200)}


def test_every_picture_is_in_its_row_and_column_between_white_margins(tmp_path: Path):
    rows = []
    for name in COLORS:
        (tmp_path / name).mkdir()
    for row in range(2):
        for name, color in COLORS.items():
            path = tmp_path / name / f"{row}.png"
            Image.new("RGB", (16, 8), tuple(min(255, value + 50 * row) for value in color)).save(path)
        rows.append([tmp_path / name / f"{row}.png" for name in COLORS])
    pixels = np.asarray(draw_gallery("Title", "a note", list(COLORS), rows))
    centers = []
    for row in range(2):
        for color in COLORS.values():
            found = (pixels == tuple(min(255, value + 50 * row) for value in color)).all(axis=-1)
            assert found.sum() == 320 * 160, "each picture is shown once, enlarged"
            centers.append(tuple(np.argwhere(found).mean(axis=0)))
    assert sorted(centers) == centers, "rows from top to bottom, columns from left to right"
    assert (pixels[:20] == 255).all()
    assert (pixels[-20:] == 255).all()
    assert (pixels[:, :20] == 255).all()
    assert (pixels[:, -20:] == 255).all()
    headings = pixels[: int(centers[0][0]) - 80]
    assert (headings < 128).any(), "title and headings stand above"


def test_a_label_map_is_enlarged_without_new_colours(tmp_path: Path):
    stripes = np.zeros((8, 16, 3), np.uint8)
    stripes[:, ::2] = 200, 100, 0
    path = tmp_path / "label-colors" / "00.png"
    path.parent.mkdir()
    Image.fromarray(stripes).save(path)
    pixels = np.asarray(draw_gallery("", "", [""], [[path]]))
    assert {tuple(color) for color in np.unique(pixels.reshape(-1, 3), axis=0).tolist()} == {
        (0, 0, 0),
        (200, 100, 0),
        (255, 255, 255),
    }
