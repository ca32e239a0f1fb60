"""PNG files inside a graph: decoding of id maps, encoding of images."""

from __future__ import annotations

import tensorflow as tf

from tfhd.graph.color_table import ColorTable
from tfhd.graph.map_pixels import read_colors, read_gray, read_palette
from tfhd.graph.picture_files import is_png, png_header, require_each, require_one_size, require_some
from tfhd.label_sets import LabelSet

_GRAY, _PALETTE = 0, 3
"""Colour types in a PNG's header."""
_REMEDY = "; send one number per pixel as a gray PNG of 8 or 16 bits"


def decode_ids(files: tf.Tensor, name: str, label_set: LabelSet | None = None) -> tf.Tensor:
    """Decodes label or instance maps from PNG files, to the ids that `tfhd_client` reads of the same files, or refuses them.

    Label maps may be gray, in the label set's colours, or have a palette: see `read_labels`; of instance maps see `read_ids`.
    Palettes that take a closer look than a graph can take are refused.

    Args:
        files: string `(batch,)`, PNG files, all of one size.
        name: the input's name, for messages.
        label_set: of label maps; None for instance maps.

    Returns:
        uint16 `(batch, height, width, 1)`.

    Raises:
        tf.errors.InvalidArgumentError: the batch is empty or has more than `MAX_PIXELS`, sizes differ, or an entry is no PNG
            file or may hold other ids than were meant.
    """
    some = require_some(files, name, "PNG")
    valid = require_each(is_png(files), name, lambda _: tf.constant(f" is not a PNG picture{_REMEDY}"))
    with tf.control_dependencies([some, valid]):
        sizes, depth, colour = png_header(files)
    with tf.control_dependencies(require_one_size(sizes, name)):
        files = tf.identity(files)
    table = ColorTable(label_set) if label_set else None

    def read(item: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        file, depth, colour = item
        ids, error = tf.case(
            [
                (colour == _GRAY, lambda: read_gray(file, depth, table)),
                (colour == _PALETTE, lambda: read_palette(file, depth, table)),
            ],
            default=lambda: read_colors(file, depth, table),
        )
        return tf.cast(ids, tf.uint16), error

    specs = tf.TensorSpec((None, None, 1), tf.uint16), tf.TensorSpec((), tf.string)
    ids, errors = tf.map_fn(read, (files, depth, colour), fn_output_signature=specs)
    readable = require_each(errors == "", name, lambda index: errors[index] + _REMEDY)
    with tf.control_dependencies([readable]):
        return tf.identity(ids)


def encode_images(images: tf.Tensor) -> tf.Tensor:
    """Encodes uint8 or uint16 `(batch, height, width, 1 to 4)` as PNG, string `(batch,)`."""
    return tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.string)
