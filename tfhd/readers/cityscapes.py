"""The tree that Cityscapes is distributed in: a folder for each city, below one for each split."""

from __future__ import annotations

from pathlib import Path

from tfhd.pictures import NamedPictures, list_pictures, name_pictures
from tfhd.readers.file_reader import FileReader, require_folder
from tfhd.readers.pairing import SplitFiles

_IMAGE, _LABEL, _INSTANCE = ENDINGS = ("_leftImg8bit", "_gtFine_labelIds", "_gtFine_instanceIds")
"""What the names of photos, label maps and instance maps end in."""


class CityscapesReader(FileReader):
    """Reads `leftImg8bit/{split}/*/` and `gtFine/{split}/*/`."""

    name = "cityscapes"
    layout = "the official tree"
    folders = ("gtFine/{split}", "leftImg8bit/{split}")

    def find_files(self, labels: Path, images: Path) -> SplitFiles:
        """Lists the files of all cities; `gtFine` holds other annotations too, which are left out."""
        photos = _find_in_cities(images, _IMAGE)
        label_maps, instance_maps = (_find_in_cities(labels, ending) for ending in (_LABEL, _INSTANCE))
        return SplitFiles(label_maps, photos, instance_maps if instance_maps.by_name else None)


def _find_in_cities(folder: Path, ending: str) -> NamedPictures:
    found = [path for path in list_pictures(require_folder(folder), nested=True) if path.stem.endswith(ending)]
    return name_pictures(folder, found, ENDINGS, whole_path=False)
