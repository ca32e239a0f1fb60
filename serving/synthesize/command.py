from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import tyro
from rich.progress import track

from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError
from tfhd.pictures import write_picture
from tfhd_client import TLS, Client, read_ids, read_photo

from .paired_files import Job, find_jobs


def main(
    model: tyro.conf.Positional[Annotated[Path | None, tyro.conf.arg(metavar="MODEL")]] = None,
    *,
    label: Path,
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    instance: Path | None = None,
    seed: int = -1,
    style: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    styles_of: Path | None = None,
    styles_instance: Path | None = None,
    server: str | None = None,
    model_name: str = "default",
    tls_ca: Path | None = None,
    timeout: float = 60.0,
) -> None:
    """Paint a label map, or a folder of them, with an exported model or a server of it.

    Where --label is a folder, the other paths are folders too: files of the same name go together, and OUT/NAME.png is written
    for each label map.

    Args:
        model: folder that `python -m export saved-model` wrote: of one version, or of all, of which the newest is taken.
        label: PNG of raw label ids, gray or palette; or a folder of them.
        out: picture to write, .png or .jpg; for a folder of label maps a folder, made where it is missing.
        instance: PNG of instance ids, gray (8 or 16 bits) or palette; without it every class is one instance, named by its
            label id.
        seed: picks a style for every instance; negative takes each class's most usual style.
        style: INSTANCE=STYLE gives one instance a style by number, counted from 0: --style 26001=3 26002=0
        styles_of: photo whose instances lend their styles to the instances of the same ids, instead of --seed and --style.
        styles_instance: instance ids of that photo; by default those of --instance.
        server: HOST:PORT of the gRPC interface of TensorFlow Serving, or of `python -m serving serve`, instead of MODEL.
        model_name: that the server knows the model by.
        tls_ca: certificate, PEM, that the server's is signed with; without it the connection is in clear.
        timeout: seconds to wait for a picture from the server.
    """
    if (model is None) == (server is None):
        raise InputError("name a folder of a model, or a server with --server HOST:PORT, and not both")
    styles = parse_styles([item for items in style for item in items])
    if styles_of is not None and (styles or seed >= 0):
        raise InputError("--styles-of gives every instance its style already; leave out --seed and --style")
    if styles_of is None and styles_instance is not None:
        raise InputError("--styles-instance belongs to a photo; name it with --styles-of")
    jobs = find_jobs(Job(label, out, instance, styles_of, styles_instance))
    work = zip(jobs, map(_read, jobs), strict=True)
    first = next(work)

    is_folder = label.is_dir()
    painter, name = _local(model) if model else _remote(server, model_name, tls_ca, timeout)
    with painter:
        for job, inputs in track(itertools.chain([first], work), "Painting", total=len(jobs), disable=not is_folder):
            picture = _paint(painter, job, inputs, seed, styles)
            write_picture(job.out, picture)
    made = f"{len(jobs)} PNG" if is_folder else f"{picture.shape[1]}x{picture.shape[0]}"
    print(f"{out}: {made}, by {name}")


def parse_styles(items: list[str]) -> dict[int, int]:
    """Instance id to style number from texts like 26001=3; raises `InputError` where one reads otherwise."""
    styles: dict[int, int] = {}
    for item in items:
        found = re.fullmatch(r"(\d+)=(\d+)", item)
        if not found:
            raise InputError(f"--style {item}: expected INSTANCE=STYLE in whole numbers, for instance 26001=3")
        styles[int(found[1])] = int(found[2])
    return styles


def _local(path: Path) -> tuple[Client, str]:
    """The model in a folder, and what to call it."""
    # TensorFlow takes seconds to import, which mistakes in what is asked need not wait for.
    import_tensorflow_quietly()
    from ..in_process.local_model import LocalModel

    loaded = LocalModel(path)
    return loaded, str(loaded.path)


def _remote(address: str, model: str, tls_ca: Path | None, timeout: float) -> tuple[Client, str]:
    """The model on a server, and what to call it."""
    from tfhd_client import Client

    client = Client(address, model=model, tls=tls_ca and TLS(tls_ca), timeout=timeout)
    return client, f"{model} on {address}"


class _Inputs(NamedTuple):
    """What the files of a job hold."""

    label: np.ndarray
    instance: np.ndarray
    photo: np.ndarray | None
    photo_instance: np.ndarray


def _read(job: Job) -> _Inputs:
    label = read_ids(job.label)
    instance = label if job.instance is None else read_ids(job.instance)
    photo = None if job.styles_of is None else read_photo(job.styles_of)
    return _Inputs(label, instance, photo, instance if job.styles_instance is None else read_ids(job.styles_instance))


def _paint(model: Client, job: Job, inputs: _Inputs, seed: int, styles: Mapping[int, int]) -> np.ndarray:
    if inputs.photo is None:
        with _about(job.label):
            return model.synthesize(inputs.label, inputs.instance, seed, styles)
    with _about(job.styles_of):
        vectors = model.encode(inputs.photo, inputs.photo_instance)
    with _about(job.label):
        return model.synthesize_vectors(inputs.label, inputs.instance, vectors)


@contextmanager
def _about(path: Path | None) -> Iterator[None]:
    """Puts the file that a picture was made from in front of what the model finds wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
