"""`Segmentation mask 1.1` as CVAT exports it: by datumaro, with the steps of cvat/apps/dataset_manager/formats/mask.py."""

import numpy as np
import scene
from datumaro import Dataset, DatasetItem, Image, Mask, Polygon
from datumaro.components.annotation import AnnotationType

NAMES = sorted(scene.COLORS)
# What CVAT's make_colormap gives: the project's labels with `background` before them.
LABEL_MAP = {"background": [(0, 0, 0), [], []]} | {name: [scene.COLORS[name], [], []] for name in NAMES}

out = scene.out_folder()
shapes = [
    Polygon(scene.flat(scene.ROAD), label=NAMES.index("road"), z_order=0),
    Polygon(scene.flat(scene.CAR), label=NAMES.index("car"), z_order=1, group=1),
    Polygon(scene.flat(scene.OTHER_CAR), label=NAMES.index("car"), z_order=2),
    # Grouped with the first car: one object of two shapes.
    Polygon([2.0, 2.0, 9.0, 2.0, 9.0, 8.0, 2.0, 8.0], label=NAMES.index("car"), z_order=1, group=1),
    Mask(scene.person(), label=NAMES.index("person"), z_order=3),
]
items = [
    DatasetItem(f"{folder}street", subset="default", media=Image.from_numpy(data=scene.photo()), annotations=shapes)
    for folder in ("", "night/")
]
dataset = Dataset.from_iterable(items, categories=NAMES)
for name in ("polygons_to_masks", "boxes_to_masks", "merge_instance_segments"):
    dataset.transform(name)
dataset.export(str(out / "set"), "voc_segmentation", save_media=True, apply_colormap=True, label_map=LABEL_MAP)

again = Dataset.import_from(str(out / "set"), "voc_segmentation")
names = [item.name for item in again.categories()[AnnotationType.label].items]
label, objects = np.zeros((2, scene.HEIGHT, scene.WIDTH), np.int64)
for number, mask in enumerate(next(item for item in again if item.id == "street").annotations, start=1):
    label[mask.image], objects[mask.image] = mask.label, number
scene.say(out, label=label, objects=objects, names=np.array(names))
