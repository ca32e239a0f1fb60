"""Tasks of two pictures as Label Studio exports them, by its SDK: brushes by its run lengths, the JSON by its converter."""

import json

import numpy as np
import scene
from label_studio_sdk.converter import Converter, brush
from label_studio_sdk.converter.utils import convert_annotation_to_yolo_obb
from PIL import Image

TAGS = ("Brush", "Polygon", "Rectangle", "Ellipse")
LABELS = "".join(f'<Label value="{name}"/>' for name in scene.COLORS)
CONFIG = (
    '<View><Image name="image" value="$image"/>'
    + "".join(f'<{tag}Labels name="{tag.lower()}" toName="image">{LABELS}</{tag}Labels>' for tag in TAGS)
    + "</View>"
)
SIZE = {"original_width": scene.WIDTH, "original_height": scene.HEIGHT, "image_rotation": 0, "to_name": "image"}


def region(kind: str, name: str, value: dict) -> dict:
    labels = {f"{kind}labels": [name]}
    return {"id": f"{kind}-{name}", "type": f"{kind}labels", "from_name": kind, "value": value | labels, **SIZE}


def percent(points: list) -> list:
    return [[x * 100 / scene.WIDTH, y * 100 / scene.HEIGHT] for x, y in points]


def task(number: int, regions: list) -> dict:
    # The upload's own prefix is in the export and not in the folder of photos.
    data = {"image": f"/data/upload/1/0a1b2c3d-street_{number}.jpg"}
    return {"id": number, "data": data, "annotations": [{"id": number, "completed_by": 1, "result": regions}]}


out = scene.out_folder()
mask = (scene.person() * 255).astype(np.uint8)
Image.fromarray(mask).save(out / "mask.png")
from_file = brush.image2annotation(str(out / "mask.png"), "person", "brush", "image")["result"][0]
turned = {"x": 30.0, "y": 20.0, "width": 40.0, "height": 25.0, "rotation": 33.0}
ellipse = {"x": 25.0, "y": 70.0, "radiusX": 20.0, "radiusY": 10.0, "rotation": 0}
polygons = [region("polygon", name, {"points": percent(points), "closed": True}) for name, points in scene.POLYGONS]
tasks = [
    task(0, [*polygons, region("brush", "person", {"format": "rle", "rle": brush.mask2rle(mask)})]),
    task(1, [region("rectangle", "car", turned), region("ellipse", "road", ellipse), from_file]),
    # mask2rle takes a mask of 0 and 1 as well as one of 0 and 255, and encodes what it is given.
    task(2, [region("brush", "person", {"format": "rle", "rle": brush.mask2rle(scene.person().astype(np.uint8))})]),
]
(out / "tasks.json").write_text(json.dumps(tasks))
converter = Converter(CONFIG, project_dir=None, download_resources=False)
converter.convert(str(out / "tasks.json"), str(out / "set"), "JSON", is_dir=False)
(out / "pngs").mkdir()
converter.convert(str(out / "set" / "result.json"), str(out / "pngs"), "BRUSH_TO_PNG", is_dir=False)
(out / "set" / "images").mkdir()
for number in range(3):
    Image.fromarray(scene.photo()).save(out / "set" / "images" / f"street_{number}.jpg")
brushes = [np.array(Image.open(path)) for path in sorted((out / "pngs").iterdir())]
scene.say(out, brushes=np.stack(brushes), corners=np.array(convert_annotation_to_yolo_obb(turned | SIZE, normalize=False)))
