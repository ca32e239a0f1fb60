"""A polygon, and masks as tools draw and encode them."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image, ImageDraw

SHAPE = (12, 20)
POLYGON = [[2, 1], [15.4, 3], [9, 10.6]]


def inclusive(points: list) -> np.ndarray:
    image = Image.new("1", SHAPE[::-1])
    ImageDraw.Draw(image).polygon([tuple(point) for point in points], fill=1, outline=1)
    return np.array(image)


def png64(mask: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
