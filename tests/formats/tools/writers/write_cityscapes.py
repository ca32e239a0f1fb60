"""gtFine, drawn by cityscapesscripts from polygons: with groups, deleted objects and the licence plate, never drawn."""

import json

import numpy as np
import scene
from cityscapesscripts.helpers.annotation import Annotation
from cityscapesscripts.preparation.json2instanceImg import createInstanceImage, json2instanceImg
from cityscapesscripts.preparation.json2labelImg import createLabelImage, json2labelImg
from PIL import Image

out = scene.out_folder()
labels = out / "set" / "gtFine" / "train" / "ulm"
photos = out / "set" / "leftImg8bit" / "train" / "ulm"
labels.mkdir(parents=True)
photos.mkdir(parents=True)
objects = [
    {"label": "road", "polygon": scene.ROAD},
    {"label": "car", "polygon": scene.CAR},
    {"label": "car", "polygon": scene.OTHER_CAR},
    {"label": "person", "polygon": [(50, 5), (58, 9), (55, 40), (49, 38)]},
    {"label": "persongroup", "polygon": [(60, 10), (63, 10), (63, 30), (60, 30)]},
    {"label": "license plate", "polygon": [(8, 24), (14, 24), (14, 28), (8, 28)]},
    {"label": "sky", "polygon": [(0, 0), (63, 0), (63, 4), (0, 4)], "deleted": 1},
]
polygons = labels / "ulm_000000_000019_gtFine_polygons.json"
polygons.write_text(json.dumps({"imgHeight": scene.HEIGHT, "imgWidth": scene.WIDTH, "objects": objects}))
stem = str(polygons).replace("_polygons.json", "")
json2labelImg(str(polygons), f"{stem}_labelIds.png", "ids")
json2instanceImg(str(polygons), f"{stem}_instanceIds.png", "ids")
json2labelImg(str(polygons), f"{stem}_labelTrainIds.png", "trainIds")
json2instanceImg(str(polygons), f"{stem}_instanceTrainIds.png", "trainIds")
Image.fromarray(scene.photo()).save(photos / "ulm_000000_000019_leftImg8bit.png")

annotation = Annotation()
annotation.fromJsonFile(str(polygons))
said = {}
for encoding in ("ids", "trainIds"):
    said[f"label_{encoding}"] = np.array(createLabelImage(annotation, encoding))
    said[f"instance_{encoding}"] = np.array(createInstanceImage(annotation, encoding))
annotation.objects = annotation.objects[1:2]
said["car"] = np.array(createLabelImage(annotation, "ids")) > 0
scene.say(out, **said)
