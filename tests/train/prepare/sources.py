"""Small folders and archives as annotation tools export them, and what lies in a prepared one."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import numpy as np

from tests.formats.test_data_sets import save


def roboflow(root: Path, pictures: int = 2, size: tuple[int, int] = (64, 96)) -> Path:
    for index in range(pictures):
        label = np.zeros(size, np.uint8)
        label[10:30, 10 * index + 10 : 10 * index + 40] = 1
        save(root / "train" / f"p{index}_jpg.rf.0_mask.png", label)
        random = np.random.default_rng(index).integers(0, 256, (*size, 3), np.uint8)
        save(root / "train" / f"p{index}_jpg.rf.0.jpg", random)
    (root / "train" / "_classes.csv").write_text("Pixel Value, Class\n0, background\n1, car\n")
    return root


def files(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in sorted(root.rglob("*")) if path.is_file()}


def listed(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*") if path.is_file())


def pictures_of(out: Path) -> list[str]:
    return [name for name in listed(out) if "/" in name]


def cvat(root: Path, light: int, frames: int = 2) -> Path:
    (root / "SegmentationClass").mkdir(parents=True)
    (root / "labelmap.txt").write_text("background:0,0,0::\ncar:255,0,124::\n")
    for index in range(frames):
        save(root / "SegmentationClass" / f"frame_{index}.png", np.full((32, 32, 3), (255, 0, 124) if light else 0, np.uint8))
        save(root / "JPEGImages" / f"frame_{index}.png", np.full((32, 32, 3), light + index, np.uint8))
    return root


def zip_folder(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for found in sorted(folder.rglob("*.*")):
            file.write(found, found.relative_to(folder))


def tar_folder(folder: Path, path: Path) -> None:
    with tarfile.open(path, "w") as file:
        for found in sorted(folder.rglob("*.*")):
            file.add(found, found.relative_to(folder))
