"""Plain folders: one for the label maps, one for the photos and, if there are any, one for the instance maps of a split."""

from __future__ import annotations

from pathlib import Path

from tfhd.pictures import find_pictures
from tfhd.readers.cityscapes import ENDINGS
from tfhd.readers.file_reader import FileReader, require_folder
from tfhd.readers.pairing import SplitFiles


class FolderReader(FileReader):
    """Reads `{split}_label`, `{split}_img` and, if it exists, `{split}_inst`; partners have the same name but for the suffix."""

    name = "folder"
    layout = "{split}_img, {split}_label, {split}_inst"
    folders = ("{split}_label", "{split}_img")

    def find_files(self, labels: Path, images: Path) -> SplitFiles:
        """Lists the pictures of the folders; endings that Cityscapes gives its files are not part of their names."""
        # Files keep these endings when people copy them out of the official tree, as the original's sample does.
        found = [find_pictures(require_folder(folder), endings=ENDINGS) for folder in (labels, images)]
        instances = Path(self.source.root) / f"{self.split}_inst"
        return SplitFiles(*found, find_pictures(instances, endings=ENDINGS) if instances.is_dir() else None)
