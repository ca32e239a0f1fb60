"""COCO's instances and panoptic PNGs, and Pascal VOC, as datumaro exports them."""

import numpy as np
import scene
from datumaro import Dataset, DatasetItem, Image, Mask

NAMES = ["car", "person", "road"]
SHAPE = (scene.HEIGHT, scene.WIDTH)

out = scene.out_folder()
label, objects = np.zeros(SHAPE, np.int64), np.zeros(SHAPE, np.int64)
objects[26:, :], label[26:, :] = 1, 3
objects[18:36, 4:22], label[18:36, 4:22] = 2, 1
objects[20:34, 22:40], label[20:34, 22:40] = 3, 1
objects[scene.person()], label[scene.person()] = 4, 2
masks = [
    Mask(objects == number, label=int(label[objects == number][0]) - 1, id=number, group=number)
    for number in np.unique(objects[objects > 0]).tolist()
]
item = DatasetItem("street", subset="train", media=Image.from_numpy(data=scene.photo()), annotations=masks)
dataset = Dataset.from_iterable([item], categories=NAMES)
for name in ("coco_instances", "coco_panoptic"):
    dataset.export(str(out / "set" / name), name, save_media=True)
scene.say(out, label=label, objects=objects, names=np.array(["background", *NAMES]))
