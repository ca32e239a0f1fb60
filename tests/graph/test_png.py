from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import tensorflow as tf

from tests.picture_files import encoded, packed, palette_png, png, png_chunk
from tfhd.graph.png import decode_ids
from tfhd.label_sets import LabelClass, LabelSet
from tfhd_client import InputError, read_ids, read_labels

BLACK, RED, GREEN, BLUE, GRAY = (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (70, 70, 70)
OTHER = (9, 8, 7)
ROWS = [("void", (0, 255), BLACK), ("road", (1,), RED), ("tree", (2,), GREEN), ("car", (3,), BLUE), ("wall", (70,), GRAY)]
STREET = LabelSet("street", tuple(LabelClass(name, ids, color, False) for name, ids, color in ROWS))
DOUBTFUL = LabelSet("doubtful", (LabelClass("a", (0, 1), BLACK, False), LabelClass("b", (255, 2), BLACK, False)))
MASKS = LabelSet("masks", (LabelClass("a", (0,), RED, False), LabelClass("b", (255,), GREEN, False)))
INK = LabelSet("ink", (LabelClass("paper", (0,), (255,) * 3, False), LabelClass("ink", (1,), BLACK, False)))
SHADES = LabelSet("shades", (LabelClass("a", (0,), GRAY, False), LabelClass("b", (70,), BLACK, False)))
SETS = {"ink": INK, "shades": SHADES, "street": STREET, "doubtful": DOUBTFUL, "masks": MASKS, "instances": None}

COLORS = np.array([[RED, RED, BLUE], [BLACK, GREEN, GREEN]], np.uint8)
GRAYS = np.repeat(np.array([[[3], [70]]], np.uint8), 3, axis=2)
FILES = {
    "gray": encoded(np.array([[0, 3, 99]], np.uint8)),
    "gray of 16 bits": encoded(np.array([[0, 3, 60000]], np.uint16)),
    **{f"gray of {bits} bits": png(2, bits, 0, [packed([0, 2**bits - 1], bits)]) for bits in (1, 2, 4)},
    "one bit, all zero": png(2, 1, 0, [packed([0, 0], 1)]),
    "colours": encoded(COLORS),
    "opaque colours": encoded(np.dstack([COLORS, np.full((2, 3, 1), 255, np.uint8)])),
    "transparent colours": encoded(np.dstack([COLORS, np.full((2, 3, 1), 254, np.uint8)])),
    "transparent red": png(1, 8, 2, [bytes(RED)], png_chunk(b"tRNS", bytes([0, 255, 0, 0, 0, 0]))),
    "unknown colour": encoded(np.array([[RED, OTHER]], np.uint8)),
    "grays as colours": encoded(GRAYS),
    "gray with alpha": encoded(np.array([[[3, 255], [70, 255]]], np.uint8)),
    "transparent gray": encoded(np.array([[[3, 255], [70, 0]]], np.uint8)),
    "colours of 16 bits": png(1, 16, 2, [bytes(6)]),
    "own palette": palette_png([[0, 1, 2, 3]], [BLACK, RED, GREEN, BLUE]),
    "own palette of 2 bits": png(4, 2, 3, [packed([0, 1, 2, 3], 2)], png_chunk(b"PLTE", bytes([*BLACK, *RED, *GREEN, *BLUE]))),
    "own palette behind other chunks": png(
        2, 8, 3, [bytes([0, 1])], png_chunk(b"tEXt", b"a\0" + b"PLTE" * 9) + png_chunk(b"PLTE", bytes([*BLACK, *RED]))
    ),
    "own palette, transparent": palette_png([[0, 1]], [BLACK, RED], bytes([0])),
    "reordered": palette_png([[0, 1, 2, 3]], [BLUE, GREEN, RED, BLACK]),
    "reordered, transparent": palette_png([[0, 1]], [BLUE, GREEN], bytes([0])),
    "reordered and filled": palette_png([[0, 1, 1]], [BLUE, GREEN] + [BLACK] * 254),
    "other colours": palette_png([[0, 1, 2]], [BLACK, (1, 2, 3), (4, 5, 6)]),
    "own among foreign": palette_png([[0, 1, 2]], [BLUE, RED, GREEN, OTHER]),
    "partly own": palette_png([[0, 1, 2]], [GREEN, BLUE, OTHER]),
    "gray in order": palette_png([[0, 1, 3]], [(v, v, v) for v in range(4)]),
    "gray not in order": palette_png([[0, 1, 2]], [(0, 0, 0), (70, 70, 70), (255, 255, 255)]),
    "gray of two shades": encoded(np.array([[0, 70]], np.uint8)),
    "gray of one shade": encoded(np.array([[0, 0]], np.uint8)),
    "filled with black that is used": palette_png([[0, 1, 2, 3]], [BLACK, RED, GREEN] + [BLACK] * 253),
    "reordered, filled with black that is used": palette_png([[0, 1, 2, 3]], [GREEN, BLACK, BLUE] + [BLACK] * 253),
    "filled with black that alone is used": palette_png([[1, 2, 3]], [BLACK, RED, GREEN] + [BLACK] * 253),
    "black behind another colour": palette_png([[0, 1]], [OTHER, BLACK]),
    "two reds": palette_png([[0, 1, 2]], [RED, RED, GREEN]),
    "equal grays among others": palette_png([[0, 1, 2, 3]], [(v, v, v) for v in (0, 1, 2, 0)]),
    "equal grays, not in order": palette_png([[0, 1, 2, 3]], [(v, v, v) for v in (3, 1, 0, 0)]),
    "black and white": palette_png([[0, 1]], [BLACK, (255, 255, 255)]),
    "white and black": palette_png([[0, 1]], [(255, 255, 255), BLACK]),
    "white and unused black": palette_png([[0, 0]], [(255, 255, 255), BLACK]),
    "white alone": palette_png([[0, 0]], [(200, 200, 200)]),
    "other colour alone": palette_png([[0, 0]], [OTHER]),
    "stretched": palette_png([[0, 1, 2, 3]], [(v, v, v) for v in (0, 85, 170, 255)]),
    "stretched, out of order": palette_png([[0, 1, 2, 3]], [(v, v, v) for v in (170, 85, 0, 254)]),
    "equal grays": palette_png([[0, 1]], [(7, 7, 7), (7, 7, 7)]),
    "beyond the palette": palette_png([[0, 3]], [BLACK, RED]),
}
# Half of the colours are the label set's: the readers of files take the indices, of which none but 0 is an id of `masks`.
REFUSED_ONLY_HERE = {(kind, "masks") for kind in ("reordered, transparent", "reordered and filled", "partly own")}
# What fills a palette takes a closer look, and so do grays alone that are all the label set's.
REFUSED_ONLY_HERE |= {("black and white", "ink"), *(("white and unused black", kind) for kind in ("street", "doubtful", "masks"))}
REFUSED_ONLY_HERE |= {("filled with black that alone is used", kind) for kind in SETS if kind != "instances"}


@cache
def _decoder(sort: str) -> Callable[[tf.Tensor], tf.Tensor]:
    signature = [tf.TensorSpec((None,), tf.string)]
    return tf.function(lambda files: decode_ids(files, "maps", SETS[sort]), input_signature=signature)


def _decoded(file: bytes, sort: str) -> np.ndarray:
    return _decoder(sort)(tf.constant([file, file]))[1, ..., 0].numpy()


@pytest.mark.parametrize("sort", SETS)
@pytest.mark.parametrize("kind", FILES)
def test_a_graph_reads_what_files_are_read_as_or_refuses_them(kind: str, sort: str) -> None:
    file, label_set = FILES[kind], SETS[sort]
    try:
        expected = read_ids(file) if label_set is None else read_labels(file, label_set.label_classes)
    except InputError:
        expected = None
    if expected is None or (kind, sort) in REFUSED_ONLY_HERE:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"maps number 0 .*; send one number per pixel as a gray PNG"):
            _decoded(file, sort)
    else:
        found = _decoded(file, sort)
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("kind", "sort", "message"),
    [
        ("unknown colour", "street", r"has colours outside the label set street: \(9, 8, 7\) \(1 pixels\)"),
        ("colours", "doubtful", r"has colours outside the label set doubtful: \(255, 0, 0\) \(2 pixels\), \(0, 0, 255\)"),
        ("transparent colours", "street", "has transparent pixels"),
        ("colours of 16 bits", "street", "has colours of 16 bits"),
        ("colours", "instances", "is a picture of colours"),
        ("partly own", "street", "has a palette of which it is unclear whether indices or colours are meant"),
        ("gray of 1 bits", "doubtful", "holds gray of few bits of which both or neither of stored values"),
        ("beyond the palette", "street", "uses indices beyond its palette"),
    ],
)
def test_refusals_say_why(kind: str, sort: str, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"maps number 0 {message}"):
        _decoded(FILES[kind], sort)


def test_the_file_at_fault_is_numbered() -> None:
    files = tf.constant([FILES["colours"], encoded(np.full((2, 3, 3), 5, np.uint8))])
    with pytest.raises(tf.errors.InvalidArgumentError, match="maps number 1 has colours outside the label set street: "):
        decode_ids(files, "maps", STREET)


def test_a_palette_that_never_ends_is_no_endless_loop() -> None:
    file = FILES["own palette"]
    for cut in range(34, len(file), 3):
        with pytest.raises(tf.errors.InvalidArgumentError):
            _decoded(file[:cut], "street")
    negative = file[:33] + b"\xff\xff\xff\xf4" + b"teXt" + file[33:]
    with pytest.raises(tf.errors.InvalidArgumentError):
        _decoded(negative, "street")
