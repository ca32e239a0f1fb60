"""A project as Supervisely's SDK writes it, and what the SDK draws from it."""

import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np
import scene
from PIL import Image


def import_without_web_clients() -> None:
    """Makes `supervisely.geometry` importable without the whole package, which imports servers, 3D viewers and video."""
    folder = Path(importlib.util.find_spec("supervisely").submodule_search_locations[0])
    for name in ("supervisely", "supervisely.project", "supervisely.io"):
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
    import supervisely.io.fs  # before what it imports in a circle
    from supervisely.sly_logger import logger

    supervisely.logger = logger


import_without_web_clients()
from supervisely.annotation.annotation import Annotation  # noqa: E402
from supervisely.annotation.label import Label  # noqa: E402
from supervisely.annotation.obj_class import ObjClass  # noqa: E402
from supervisely.geometry.any_geometry import AnyGeometry  # noqa: E402
from supervisely.geometry.bitmap import Bitmap  # noqa: E402
from supervisely.geometry.multipolygon import Multipolygon  # noqa: E402
from supervisely.geometry.point_location import PointLocation  # noqa: E402
from supervisely.geometry.polygon import Polygon  # noqa: E402
from supervisely.geometry.rectangle import Rectangle  # noqa: E402
from supervisely.project.project_meta import ProjectMeta  # noqa: E402


def points(corners: list) -> list:
    return [PointLocation(row=y, col=x) for x, y in corners]


SHAPE = (scene.HEIGHT, scene.WIDTH)
NAMES = ["background", "car", "person", "road"]
out = scene.out_folder()
classes = {name: ObjClass(name, AnyGeometry, color=list(color)) for name, color in scene.COLORS.items()}
hole = [(8, 23), (16, 22), (17, 30), (9, 29)]
figures = [
    ("road", Polygon(points(scene.ROAD))),
    ("car", Polygon(points(scene.CAR), [points(hole)])),
    ("car", Rectangle(top=20, left=22, bottom=33, right=40)),
    ("person", Bitmap(scene.person())),
    ("car", Multipolygon([Polygon(points(corners)) for corners in ([(2, 2), (9, 3), (4, 9)], [(20, 3), (33, 2), (30, 12)])])),
]
annotation = Annotation(SHAPE, [Label(figure, classes[name]) for name, figure in figures])
meta = ProjectMeta(obj_classes=list(classes.values()))
for folder in ("img", "ann"):
    (out / "set" / "ds" / folder).mkdir(parents=True)
(out / "set" / "meta.json").write_text(json.dumps(meta.to_json()))
document = annotation.to_json()
for item in document["objects"][:3]:  # as the labelling tool in the browser has them
    item["points"]["exterior"] = [[x + 0.7, y + 0.2] for x, y in item["points"]["exterior"]]
path = out / "set" / "ds" / "ann" / "street.png.json"
path.write_text(json.dumps(document))
Image.fromarray(scene.photo()).save(out / "set" / "ds" / "img" / "street.png")

# Any corners, so that edges cross each other.
corners = np.random.default_rng(0).integers(0, (scene.WIDTH, scene.HEIGHT), (400, 7, 2))
masks = np.zeros((len(corners), *SHAPE), np.uint8)
for mask, polygon in zip(masks, corners.tolist(), strict=True):
    Polygon(points(polygon)).draw(mask, 1)

again = Annotation.from_json(json.loads(path.read_text()), meta)
label, objects = np.zeros((*SHAPE, 3), np.uint8), np.zeros(SHAPE, np.uint8)
again.draw_class_idx_rgb(label, {name: index for index, name in enumerate(NAMES)})
for number, item in enumerate(again.labels, start=1):
    item.geometry.draw(objects, number)
scene.say(out, label=label[..., 0], objects=objects, names=np.array(NAMES), corners=corners, masks=masks)
