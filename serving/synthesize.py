from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import tyro

from serving.pictures import check_output, read_ids, read_photo, write_picture
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError


def main(
    model: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="MODEL")]],
    label: Path,
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    instance: Path | None = None,
    seed: int = -1,
    style: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    styles_of: Path | None = None,
    styles_instance: Path | None = None,
) -> None:
    """Paint one label map with an exported model.

    Args:
        model: folder that `python -m export saved-model` wrote: of one version, or of all, of which the newest is taken.
        label: PNG of raw label ids, gray or palette.
        out: picture to write, .png or .jpg.
        instance: PNG of instance ids, gray (8 or 16 bits) or palette; without it every class is one instance, named by its
            label id.
        seed: picks a style for every instance; negative takes each class's most usual style.
        style: INSTANCE=STYLE gives one instance a style by number, counted from 0: --style 26001=3 26002=0
        styles_of: photo whose instances lend their styles to the instances of the same ids, instead of --seed and --style.
        styles_instance: instance ids of that photo; by default those of --instance.
    """
    check_output(out)
    styles = parse_styles([item for items in style for item in items])
    if styles_of is not None and (styles or seed >= 0):
        raise InputError("--styles-of gives every instance its style already; leave out --seed and --style")
    if styles_of is None and styles_instance is not None:
        raise InputError("--styles-instance belongs to a photo; name it with --styles-of")
    label_map = read_ids(label)
    instance_map = label_map if instance is None else read_ids(instance)
    photo = None if styles_of is None else read_photo(styles_of)
    photo_instance = instance_map if styles_instance is None else read_ids(styles_instance)

    # TensorFlow takes seconds to import, which mistakes in what is asked need not wait for.
    import_tensorflow_quietly()
    from serving.model import LocalModel

    loaded = LocalModel(model)
    if photo is None:
        with _about(label):
            picture = loaded.synthesize(label_map, instance_map, seed, styles)
    else:
        with _about(styles_of):
            vectors = loaded.encode(photo, photo_instance)
        with _about(label):
            picture = loaded.synthesize_vectors(label_map, instance_map, vectors)
    write_picture(out, picture)
    print(f"{out}: {picture.shape[1]}x{picture.shape[0]}, by {loaded.path}")


def parse_styles(items: list[str]) -> dict[int, int]:
    """Instance id to style number from texts like 26001=3; raises `InputError` where one reads otherwise."""
    styles: dict[int, int] = {}
    for item in items:
        found = re.fullmatch(r"(\d+)=(\d+)", item)
        if not found:
            raise InputError(f"--style {item}: expected INSTANCE=STYLE in whole numbers, for instance 26001=3")
        styles[int(found[1])] = int(found[2])
    return styles


@contextmanager
def _about(path: Path | None) -> Iterator[None]:
    """Puts the file that a picture was made from in front of what the model finds wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
