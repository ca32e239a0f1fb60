"""`tfhd export saved-model RUN OUT`: a run as a SavedModel."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Literal

import tensorflow as tf

from tfhd.command_line import require_extra
from tfhd.config import Config
from tfhd.data.pipeline.transforms import picture_size
from tfhd.errors import InputError
from tfhd.files import new_folder, without_glob_characters
from tfhd.networks import Networks
from tfhd.runs import TrainedRun, WhichCheckpoint, WhichWeights, load_run

from ..arguments import OutFolder, RunFolder
from ..compare.block_maps import shapes_to_compare
from ..compare.saved_model import compare_picture_model, compare_saved_model
from ..disk_errors import tensorflow_errors_as_os_errors
from .batching_file import require_batch_of_one_size, write_batching_file
from .manifest import write_manifest
from .model_graph import ModelGraph
from .picture_graph import PictureGraph
from .signatures import signatures
from .transformed_kernels import transformed_kernels

ComputePrecision = Literal["float32", "bfloat16"]
Hardware = Literal["any", "cpu"]

_HIGHEST_VERSION = 2**63 - 1


def export_saved_model(
    run: RunFolder,
    out: OutFolder,
    *,
    version: int | None = None,
    size: tuple[int, int] | None = None,
    precision: ComputePrecision = "float32",
    optimize_for: Hardware = "any",
    warm_up: bool = False,
    max_batch_size: int | None = None,
    checkpoint: WhichCheckpoint = "latest",
    weights: WhichWeights = "averaged",
) -> Path:
    """Write a run's generator, encoder and styles as a SavedModel for TensorFlow Serving.

    The model is loaded again and its images are compared with Keras'. It appears in OUT complete, so a server that watches OUT
    never loads half of it. Its manifest.json says what it was made of.

    Args:
        run: folder that `tfhd train fit` wrote, and `tfhd train styles` if it has an encoder.
        out: base folder of the model; the SavedModel becomes OUT/VERSION.
        version: number of the version; by default one more than the highest in OUT.
        size: the only height and width that the model takes; by default it takes all that fit the networks.
        precision: of the arithmetic; bfloat16 is for devices that have it, styles and norms stay float32.
        optimize_for: any: plain convolutions; cpu: Winograd's method for the residual blocks' wide 3x3 convolutions (256 channels
            or more), with kernels that are transformed once, when the model is loaded: faster on processors, but the model
            starts later and holds the transforms, 16/9 as large, beside the kernels. Images differ by rounding alone.
        warm_up: add requests, of --size or else of the training's size, that TensorFlow Serving runs before it reports the model
            as ready.
        max_batch_size: add batching_params.pbtxt, by which TensorFlow Serving computes requests to this version in batches of up
            to so many images; needs --size, and the server --enable_batching and --enable_per_model_batching_parameters.
        checkpoint: latest: the newest; best: of the last stage, the one closest to held-out photos; as the styles were made with.
        weights: averaged: running averages, if the run keeps them; raw: those of the last step; as the styles were made with.

    Returns:
        The path of the SavedModel.

    Raises:
        InputError: the run lacks something, the version exists or is no such number, a setting does not fit, or the model cannot
            be written; no partial folder is left.
    """
    out = Path(out)
    _require_fitting_options(version, precision, optimize_for, warm_up)
    require_batch_of_one_size(max_batch_size, size)
    target = _version_folder(out, version)
    trained = load_run(run, checkpoint, weights, precision="float32" if precision == "float32" else "mixed_bfloat16")
    config, networks = trained.config, trained.networks
    _require_size(size, config)
    graph = _open_graph(trained, size)
    with new_folder(target, "model") as folder:
        with tensorflow_errors_as_os_errors():
            _save(folder, graph, networks, optimize_for)
            if warm_up:
                from .warm_up import write_warm_up  # only this option needs the packages of an extra

                write_warm_up(folder, graph, size or picture_size(config))
        if max_batch_size is not None:
            write_batching_file(folder, max_batch_size)
        shapes = shapes_to_compare(config) if size is None else [(1, *size)]
        if isinstance(graph, PictureGraph):
            differences = compare_picture_model(folder, config.data, networks, shapes)
        else:
            differences = compare_saved_model(folder, trained.label_set, networks, graph.table, shapes, graph.photo)
        settings = {"size": size, "precision": precision, "optimize_for": optimize_for}
        write_manifest(folder, trained, settings, graph.label_dtype, differences)
    return target


def _open_graph(run: TrainedRun, size: tuple[int, int] | None) -> ModelGraph | PictureGraph:
    """What the signatures compute; raises `InputError` where the run's styles are absent or of other weights."""
    if run.config.data.input == "image":
        return PictureGraph(run.config, run.networks, size)
    return ModelGraph(run.config, run.label_set, run.networks, run.styles(), size)


def _require_fitting_options(version: int | None, precision: ComputePrecision, optimize_for: Hardware, warm_up: bool) -> None:
    if version is not None and not 1 <= version <= _HIGHEST_VERSION:
        raise InputError(f"version {version}: TensorFlow Serving takes 1 to {_HIGHEST_VERSION}; leave out --version for the next")
    if optimize_for == "cpu" and precision != "float32":
        raise InputError(
            f"--optimize-for cpu --precision {precision}: only float32 gains from --optimize-for cpu; leave one of them out"
        )
    if warm_up:
        require_extra("serving", "--warm-up", ["tensorflow_serving"])


def _version_folder(out: Path, version: int | None) -> Path:
    if version is None:
        # Unlike Path.glob, glob.glob does not raise where a folder cannot be entered.
        highest = max((int(name) for name in glob.glob("*", root_dir=out) if name.isdecimal()), default=0)
        if highest >= _HIGHEST_VERSION:
            raise InputError(
                f"{out}: holds version {highest}, and TensorFlow Serving takes none above {_HIGHEST_VERSION}; give --version"
            )
        version = highest + 1
    target = out / str(version)
    if os.path.lexists(target):  # see `new_folder`
        raise InputError(f"{target}: version exists already; leave out --version, or remove it")
    return target


def _require_size(size: tuple[int, int] | None, config: Config) -> None:
    multiple, least = config.size_multiple, config.smallest_size
    if size is not None and any(side % multiple or side < least for side in size):
        raise InputError(f"--size {size[0]} {size[1]}: the networks need multiples of {multiple}, at least {least}")


def _save(folder: Path, graph: ModelGraph | PictureGraph, networks: Networks, optimize_for: Hardware) -> None:
    module = tf.Module()
    for name, network in {"generator": networks.generator, "encoder": networks.encoder}.items():
        # Variables alone: with Keras' own objects every weight would be saved twice.
        setattr(module, name, [variable.value for variable in network.variables] if network else [])
    transforms = transformed_kernels(networks.generator) if optimize_for == "cpu" else nullcontext([])
    with transforms as module.transformed_kernels, _calls_without_optimization(), without_glob_characters(folder) as plain:
        tf.saved_model.save(module, str(plain), signatures=signatures(graph))


@contextmanager
def _calls_without_optimization() -> Iterator[None]:
    """Functions that are traced in this block ask for no optimization of the functions they call.

    TensorFlow Serving and `tf.saved_model.load` put such calls into the whole graph and optimize that. The local server's
    sessions optimize nothing, see `ModelSession`, but would still optimize each call where the graph does not say otherwise.
    """
    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({**before, "disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options(before)
