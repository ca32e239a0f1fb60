from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.saved_model.test_signatures import batch_of, png
from tests.tiny_run import street

# What `AddValueToTensor` converts, in tensorflow_serving/util/json_tensor.cc of 9d981c5 (2026-07-30).
JSON_READS = {"float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "bool", "string"}
# What `AddSingleValueAndAdvance` writes, in the same file.
JSON_WRITES = JSON_READS
GRPC_ONLY = {"synthesize", "synthesize_vectors", "synthesize_reference", "encode"}
FILE_SIGNATURES = {"serving_default", "synthesize_png", "synthesize_vectors_png", "synthesize_reference_png", "encode_png"}

LABEL, INSTANCE = street(32, 48)
PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)


@pytest.mark.parametrize("model", ["exported", "exported_plain"])
def test_rest_reads_the_inputs_and_writes_the_outputs_of_all_signatures_but_those_for_grpc(request, model: str) -> None:
    signatures = request.getfixturevalue(model).signatures
    for name, function in signatures.items():
        inputs = {spec.dtype.name for spec in function.structured_input_signature[1].values()}
        assert (inputs <= JSON_READS) == (name not in GRPC_ONLY), f"{name} has {inputs}"
        assert {spec.dtype.name for spec in function.structured_outputs.values()} <= JSON_WRITES
        for specs in (function.structured_input_signature[1], function.structured_outputs):
            # REST sends what is named so in base64; the names of classes are text.
            texts = {key for key, spec in specs.items() if spec.dtype == tf.string}
            assert {key for key in specs if key.endswith("_bytes")} == texts - {"class_names"}


def test_every_signature_for_grpc_has_a_twin_for_rest(exported) -> None:
    assert {f"{name}_png" for name in GRPC_ONLY} <= set(exported.signatures)


def ask(exported, signature: str, **inputs) -> dict[str, np.ndarray]:
    answer = exported.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in answer.items()}


def painted(exported, signature: str, **inputs) -> np.ndarray:
    return np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in ask(exported, signature, **inputs)["image_bytes"]])


def test_files_paint_what_arrays_paint(exported) -> None:
    arrays = batch_of((LABEL, INSTANCE), street(32, 48, 1))
    maps = {f"{name}_bytes": [png(values[..., 0].numpy()) for values in batch] for name, batch in arrays.items()}
    numbers = {"seed": [3, 4], "style_instance": [[26001]], "style_index": [[2]]}
    vectors = {"style_instance": [[26001]], "style_vector": np.full((1, 1, 3), 0.5, np.float32)}
    photos = {"reference_image": np.stack([PHOTO] * 2), "reference_instance": np.stack([INSTANCE[..., None]] * 2)}
    files = {"reference_image_bytes": [png(PHOTO)] * 2, "reference_instance_bytes": [png(INSTANCE)] * 2}
    for signature, given, in_files in (
        ("synthesize", numbers, numbers),
        ("synthesize_vectors", vectors, vectors),
        ("synthesize_reference", photos, files),
    ):
        expected = ask(exported, signature, **arrays, **given)["image"]
        np.testing.assert_array_equal(painted(exported, f"{signature}_png", **maps, **in_files), expected)
        assert expected.std() > 5


def test_encoding_a_file_is_encoding_its_pixels(exported) -> None:
    expected = ask(exported, "encode", image=PHOTO[None], instance=INSTANCE[None, ..., None])
    found = ask(exported, "encode_png", image_bytes=[png(PHOTO)], instance_bytes=[png(INSTANCE)])
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def test_a_model_without_an_encoder_refuses_styles_with_files_too(exported_plain) -> None:
    maps = {"label_bytes": [png(LABEL)], "instance_bytes": [png(INSTANCE)], "seed": [1]}
    assert painted(exported_plain, "synthesize_png", **maps, style_instance=[[-1]], style_index=[[-1]]).shape == (1, 32, 48, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="trained without an encoder"):
        ask(exported_plain, "synthesize_png", **maps, style_instance=[[26001]], style_index=[[0]])


BAD_PHOTOS: dict[str, Callable[[], list[bytes]]] = {
    "image_bytes is an empty batch; send at least one PNG or JPEG": lambda: [],
    "image_bytes number 0 is neither a PNG nor a JPEG picture": lambda: [b"GIF89a" * 20],
    "image_bytes number 1 is neither a PNG nor a JPEG picture": lambda: [png(PHOTO), b""],
    "image_bytes number 1 has another size than the first of its batch": lambda: [png(PHOTO), png(PHOTO[:16])],
    "image_bytes is 1x30x48 but instance_bytes is 1x32x48": lambda: [png(PHOTO[:30])],
}


@pytest.mark.parametrize("message", BAD_PHOTOS)
def test_files_that_are_no_photos_are_named(exported, message: str) -> None:
    photos = BAD_PHOTOS[message]()
    ids = tf.constant([png(INSTANCE)] * len(photos), tf.string)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        exported.signatures["encode_png"](image_bytes=tf.constant(photos, tf.string), instance_bytes=ids)


def test_classes_are_the_label_set_with_its_styles_in_every_row(exported) -> None:
    found = ask(exported, "classes", row=[0, 5])
    assert found["class_names"].tolist() == [[b"road", b"car", b"don't care"]] * 2
    assert found["ids"].tolist() == [[[7, -1], [26, 27], [0, 255]]] * 2
    assert found["colors"].tolist() == [[[128, 64, 128], [0, 0, 142], [0, 0, 0]]] * 2
    assert found["countable"].tolist() == [[0, 1, 0]] * 2
    styles = ask(exported, "styles", class_id=[0, 1, 2])
    for name in ("centers", "count"):
        np.testing.assert_array_equal(found[name][1], styles[name])


def test_classes_without_an_encoder_have_no_styles(exported_plain) -> None:
    assert set(ask(exported_plain, "classes", row=[0])) == {"class_names", "ids", "colors", "countable"}
