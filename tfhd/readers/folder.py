"""Plain folders: one for the label maps, one for the photos and, if there are any, one for the instance maps of a split."""

from __future__ import annotations

from pathlib import Path

from tfhd.pictures import find_pictures
from tfhd.readers.cityscapes import ENDINGS
from tfhd.readers.file_reader import FileReader, require_folder
from tfhd.readers.pairing import SplitFiles, match_endings


class FolderReader(FileReader):
    """Reads `{split}_label`, `{split}_img` and, if it exists, `{split}_inst`; partners have the same name but for the suffix.

    Where pictures lie in folders below these, partners lie in folders of the same name.
    """

    name = "folder"
    layout = "{split}_img, {split}_label, {split}_inst"
    folders = ("{split}_label", "{split}_img")

    def find_files(self, labels: Path, images: Path) -> SplitFiles:
        """Lists the pictures of the folders and of those below.

        Endings that Cityscapes gives its files are not part of their names, nor is one (`_mask`, `_labels`, ...) that all files
        of a folder have, where that makes pairs.
        """
        instances = Path(self.source.root) / f"{self.split}_inst"
        found = [find_pictures(require_folder(folder), ENDINGS, nested=True) for folder in (labels, images)]
        maps = find_pictures(instances, ENDINGS, nested=True) if instances.is_dir() else None
        return match_endings(SplitFiles(*found, maps))
