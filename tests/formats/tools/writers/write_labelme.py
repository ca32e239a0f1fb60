"""A JSON file as labelme saves it, and the maps that its own export draws from it."""

import base64
import importlib.metadata
import importlib.util
import io
import sys
import types
from pathlib import Path

import numpy as np
import scene
from PIL import Image


def import_without_user_interface() -> None:
    """Makes `labelme` importable: its package imports PyQt5 and onnxruntime, which neither save files nor draw maps."""
    folder = Path(importlib.util.find_spec("labelme").submodule_search_locations[0])
    package = sys.modules["labelme"] = types.ModuleType("labelme")
    package.__path__, package.__version__ = [str(folder)], importlib.metadata.version("labelme")
    package.utils = sys.modules["labelme.utils"] = types.ModuleType("labelme.utils")
    package.utils.__path__ = [str(folder / "utils")]
    sys.modules["PyQt5"] = types.ModuleType("PyQt5")
    sys.modules["PyQt5"].QtGui = None
    from labelme.utils import image

    vars(package.utils).update(vars(image))


import_without_user_interface()
from labelme._label_file import LabelFile  # noqa: E402
from labelme.utils.shape import shapes_to_label  # noqa: E402


def shape(label: str, points: list, kind: str = "polygon", group: int | None = None, mask: str | None = None) -> dict:
    points = [[float(x), float(y)] for x, y in points]
    item = {"label": label, "points": points, "group_id": group, "shape_type": kind, "flags": {}, "description": ""}
    return item if mask is None else item | {"mask": mask}


def encoded(mask: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


out = scene.out_folder()
rows, columns = np.nonzero(scene.person())
corners = [(columns.min(), rows.min()), (columns.max(), rows.max())]
cut = scene.person()[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
shapes = [
    shape("road", scene.ROAD),
    shape("car", [(x + 0.4, y + 0.7) for x, y in scene.CAR], group=1),
    shape("car", scene.OTHER_CAR),
    shape("car", [(3, 10), (1.5, 2.2)], "rectangle", group=1),
    shape("sign", [(30, 8), (33.3, 10)], "circle"),
    shape("sign", [(12, 2), (20, 5), (18, 11), (10, 8)], "oriented_rectangle"),
    shape("person", corners, "mask", mask=encoded(cut)),
    shape("person", [(0, 0), (9, 9)], "line"),
]
Image.fromarray(scene.photo()).save(out / "set" / "street.png")
path = out / "set" / "street.json"
LabelFile().save(str(path), shapes, "street.png", scene.HEIGHT, scene.WIDTH)
loaded = [item for item in LabelFile(str(path)).shapes if item["shape_type"] != "line"]
names = ["background", "car", "person", "road", "sign"]
label, objects = shapes_to_label((scene.HEIGHT, scene.WIDTH), loaded, {name: index for index, name in enumerate(names)})
scene.say(out, label=label, objects=objects, names=np.array(names))
