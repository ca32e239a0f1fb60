"""`tfhd synthesize`: paints files of label maps, or of pictures, with a model in this process or on a server."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import tyro
from rich.progress import track

from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError
from tfhd.pictures import write_picture
from tfhd_client import LabelClasses, needs_label_set, read_ids, read_labels

from .paired_files import PaintJob, find_jobs
from .regions import find_regions, give_to_regions

if TYPE_CHECKING:
    from tfhd_client import Client, LabelClass


def main(
    model: tyro.conf.Positional[Annotated[Path | None, tyro.conf.arg(metavar="MODEL")]] = None,
    *,
    label: Path | None = None,
    picture: Path | None = None,
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    instance: Path | None = None,
    seed: int = -1,
    style: tyro.conf.UseAppendAction[tuple[tuple[str, ...], ...]] = (),
    styles_of: Path | None = None,
    styles_instance: Path | None = None,
    server: str | None = None,
    model_name: str = "default",
    tls_ca: Path | None = None,
    tls_certificate: Path | None = None,
    tls_key: Path | None = None,
    timeout: float = 60.0,
) -> None:
    """Paint a label map or a picture, or a folder of them, with an exported model or a server of it.

    Where --label (or --picture) is a folder, the other paths are folders too: files of the same name belong together, and
    OUT/NAME.png is written for each of its files.

    Args:
        model: folder that `tfhd export saved-model` wrote, of one version or of all; the newest is used.
        label: PNG of raw label ids, gray or palette; or a folder of them.
        picture: picture to turn into another, for a model that was trained on pictures: PNG, JPEG, TIFF or .npy with the
            channels and bits of its training; or a folder of them.
        out: picture to write, .png, .jpg, .tif or .npy; for a folder of label maps a folder, which is created if need be.
        instance: PNG of instance ids, gray (8 or 16 bits) or palette; beside --picture for a model that was trained with them,
            beside --label optional: without it regions of countable classes are instances,
            as in training, and every other class is one.
        seed: picks a style for every instance; negative gives each class's most frequent style.
        style: INSTANCE=STYLE gives one instance a style by number, counted from 0: --style 26001=3 26002=0; without
            --instance a label id stands for all regions of its class.
        styles_of: photo whose instances give their styles to instances of the same ids, instead of --seed and --style.
        styles_instance: instance ids of that photo; by default those of --instance.
        server: HOST:PORT of the gRPC interface of TensorFlow Serving or of `tfhd serve`, instead of MODEL; or [IPV6]:PORT,
            dns:HOST:PORT or unix:PATH.
        model_name: name of the model on the server.
        tls_ca: PEM certificate of the authority that signed the server's; without it the connection is unencrypted.
        tls_certificate: PEM certificate of this client, where the server requires one.
        tls_key: private key of that certificate.
        timeout: seconds to wait for a picture from the server.
    """
    styles = parse_styles([item for items in style for item in items])
    _require_one_of_each(model, server, label, picture)
    _require_matching_styles(bool(styles) or seed >= 0, picture, styles_of, styles_instance)
    if tls_ca is None and (tls_certificate or tls_key):
        raise InputError("--tls-certificate and --tls-key belong to an encrypted connection; give --tls-ca too")
    jobs = find_jobs(PaintJob(label or picture, out, instance, styles_of, styles_instance, is_picture=label is None))
    work = zip(jobs, map(_read, jobs), strict=True)
    first = next(work)  # before a model is loaded, so that mistakes in the first files show at once

    is_folder = (label or picture).is_dir()
    painter, name = _load(model) if model else _connect(server, model_name, (tls_ca, tls_certificate, tls_key), timeout)
    classes = functools.cache(painter.classes)  # asked for only where files need them
    with painter:
        for job, inputs in track(itertools.chain([first], work), "Painting", total=len(jobs), disable=not is_folder):
            painted = _paint(painter, classes, job, inputs, seed, styles)
            write_picture(job.out, painted)
    made = f"{len(jobs)} PNG" if is_folder else f"{painted.shape[1]}x{painted.shape[0]}"
    print(f"{out}: {made}, by {name}")


def _require_one_of_each(model: Path | None, server: str | None, label: Path | None, picture: Path | None) -> None:
    if (model is None) == (server is None):
        raise InputError("name a folder of a model, or a server with --server HOST:PORT, and not both")
    if (label is None) == (picture is None):
        raise InputError("name a label map with --label, or a picture with --picture for a model of pictures, and not both")


def _require_matching_styles(chosen: bool, picture: Path | None, styles_of: Path | None, styles_instance: Path | None) -> None:
    if picture is not None and (chosen or styles_of is not None):
        raise InputError("--seed, --style and --styles-of choose styles, which models of pictures have not; leave them out")
    if styles_of is not None and chosen:
        raise InputError("--styles-of gives every instance its style already; leave out --seed and --style")
    if styles_of is None and styles_instance is not None:
        raise InputError("--styles-instance belongs to a photo; name it with --styles-of")


def parse_styles(items: list[str]) -> dict[int, int]:
    """Returns instance id to style number from texts like 26001=3; raises `InputError` where one has another form."""
    styles: dict[int, int] = {}
    for item in items:
        found = re.fullmatch(r"(\d+)=(\d+)", item)
        if not found:
            raise InputError(f"--style {item}: expected INSTANCE=STYLE in whole numbers, for instance 26001=3")
        styles[int(found[1])] = int(found[2])
    return styles


def _load(path: Path) -> tuple[Client, str]:
    """Loads the model of a folder; returns it and its name for the last line."""
    # TensorFlow takes seconds to import, so mistakes in flags and files are reported first.
    import_tensorflow_quietly()
    from ..in_process.local_model import LocalModel

    loaded = LocalModel(path)
    return loaded, str(loaded.path)


def _connect(address: str, model: str, tls: tuple[Path | None, ...], timeout: float) -> tuple[Client, str]:
    """Connects to a model on a server; returns it and its name for the last line."""
    # gRPC takes a while to import, and the server's command sets its environment first.
    from tfhd_client import TLS, Client

    client = Client(address, model=model, tls=TLS(*tls) if tls[0] else None, timeout=timeout)
    return client, f"{model} on {address}"


class _Inputs(NamedTuple):
    """The contents of a job's maps, int32 `(height, width)`; pictures are read once it is known what the model takes.

    Attributes:
        label: None where it takes the model to read the file: its label set, or what its pictures are.
        instance: None where there is no file of it.
        photo_instance: None where there is no file of it.
    """

    label: np.ndarray | None
    instance: np.ndarray | None
    photo_instance: np.ndarray | None


def _read(job: PaintJob) -> _Inputs:
    label = None if job.is_picture or needs_label_set(job.label) else read_ids(job.label)
    maps = [None if path is None else read_ids(path) for path in (job.instance, job.styles_instance)]
    return _Inputs(label, *maps)


def _paint(
    model: Client, classes: Callable[[], list[LabelClass]], job: PaintJob, inputs: _Inputs, seed: int, styles: Mapping[int, int]
) -> np.ndarray:
    label, instance = inputs.label, inputs.instance
    if job.is_picture:
        with _named_in_errors(job.label):
            return model.translate(job.label, instance)
    if label is None:
        label = read_labels(job.label, LabelClasses.of("model", classes()))
    if instance is None:
        with _named_in_errors(job.label):
            instance = find_regions(label, classes())
        styles = give_to_regions(styles, label, instance)
    if job.styles_of is None:
        with _named_in_errors(job.label):
            return model.synthesize(label, instance, seed, styles)
    with _named_in_errors(job.styles_of):
        vectors = model.encode(job.styles_of, instance if inputs.photo_instance is None else inputs.photo_instance)
    if inputs.instance is None:
        vectors = give_to_regions(vectors, label, instance)
    with _named_in_errors(job.label):
        return model.synthesize_vectors(label, instance, vectors)


@contextmanager
def _named_in_errors(path: Path | None) -> Iterator[None]:
    """Puts the name of the file in front of the model's error messages about it, where they do not name it."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from None
