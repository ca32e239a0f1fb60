from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.tiny_run import LABEL_SET, NUM_STYLES, street, style_table
from tfhd.networks import Networks

MEAN_SEED = [-1]
UNUSED = [[-1]]


def batch_of(*streets: tuple[np.ndarray, np.ndarray]) -> dict[str, tf.Tensor]:
    labels, instances = zip(*streets, strict=True)
    return {"label": tf.constant(np.stack(labels)[..., None]), "instance": tf.constant(np.stack(instances)[..., None])}


def synthesize(exported, maps, seed=MEAN_SEED, style_instance=UNUSED, style_index=UNUSED) -> np.ndarray:
    lists = {"style_instance": tf.constant(style_instance), "style_index": tf.constant(style_index)}
    return exported.signatures["synthesize"](**maps, seed=tf.constant(seed), **lists)["image"].numpy()


def class_indices(label: np.ndarray) -> np.ndarray:
    owners = {value: index for index, item in enumerate(LABEL_SET.classes) for value in item.ids}
    return np.vectorize(owners.get)(label).astype(np.int32)


def keras_pictures(networks: Networks, label: np.ndarray, instance: np.ndarray, features: np.ndarray | None) -> np.ndarray:
    """uint8 pictures of the Keras model; label and instance `(N, H, W)`, raw."""
    encoded = networks.label_encoding(class_indices(label), instance.astype(np.int32))
    inputs = encoded if features is None else tf.concat([encoded, features], axis=-1)
    return np.rint((np.asarray(networks.generator(inputs)) + 1) * 127.5).astype(np.uint8)


def assert_within_one(picture: np.ndarray, expected: np.ndarray) -> None:
    assert picture.dtype == np.uint8
    assert picture.shape == expected.shape
    assert np.abs(picture.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(32, 48), (16, 80)])
@pytest.mark.parametrize("count", [1, 2])
def test_pictures_equal_the_keras_models(exported, height: int, width: int, count: int) -> None:
    streets = [street(height, width, cars) for cars in range(1, count + 1)]
    label, instance = (np.stack(maps) for maps in zip(*streets, strict=True))
    features = style_table(3).centers[class_indices(label), 0]
    expected = keras_pictures(exported.networks, label, instance, features)
    assert_within_one(synthesize(exported, batch_of(*streets)), expected)
    assert expected.std() > 5


def test_pictures_without_an_encoder_equal_the_keras_models_and_ignore_the_seed(exported_plain) -> None:
    label, instance = street(32, 48)
    expected = keras_pictures(exported_plain.networks, label[None], instance[None], None)
    assert_within_one(synthesize(exported_plain, batch_of((label, instance)), seed=[9]), expected)


def test_a_model_without_styles_says_so_and_offers_no_style_signatures(exported_plain) -> None:
    assert set(exported_plain.signatures) == {"serving_default", "synthesize", "synthesize_png", "classes"}
    with pytest.raises(tf.errors.InvalidArgumentError, match="trained without an encoder"):
        synthesize(exported_plain, batch_of(street(32, 48)), style_instance=[[26001]], style_index=[[0]])


def files(*names: str) -> dict[str, tuple[str, list[None]]]:
    return {name: ("string", [None]) for name in names}


def test_signatures_have_the_documented_names_types_and_shapes(exported) -> None:
    inputs = {name: function.structured_input_signature[1] for name, function in exported.signatures.items()}
    described = {name: {k: (s.dtype.name, s.shape.as_list()) for k, s in specs.items()} for name, specs in inputs.items()}
    maps = {"label": ("uint8", [None, None, None, 1]), "instance": ("uint16", [None, None, None, 1])}
    lists = {"style_instance": ("int32", [None, None]), "style_index": ("int32", [None, None])}
    vectors = {"style_instance": ("int32", [None, None]), "style_vector": ("float32", [None, None, 3])}
    map_files, photo_files = files("label_bytes", "instance_bytes"), files("image_bytes", "instance_bytes")
    assert described == {
        "serving_default": {**map_files, "seed": ("int32", [None])},
        "synthesize": {**maps, "seed": ("int32", [None]), **lists},
        "synthesize_png": {**map_files, "seed": ("int32", [None]), **lists},
        "synthesize_vectors": {**maps, **vectors},
        "synthesize_vectors_png": {**map_files, **vectors},
        "synthesize_reference": {
            **maps,
            "reference_image": ("uint8", [None, None, None, 3]),
            "reference_instance": ("uint16", [None, None, None, 1]),
        },
        "synthesize_reference_png": {**map_files, **files("reference_image_bytes", "reference_instance_bytes")},
        "encode": {"image": ("uint8", [None, None, None, 3]), "instance": ("uint16", [None, None, None, 1])},
        "encode_png": photo_files,
        "styles": {"class_id": ("int32", [None])},
        "classes": {"row": ("int32", [None])},
    }
    outputs = {name: sorted(function.structured_outputs) for name, function in exported.signatures.items()}
    assert outputs == {
        "serving_default": ["image_bytes"],
        "synthesize": ["image"],
        "synthesize_png": ["image_bytes"],
        "synthesize_vectors": ["image"],
        "synthesize_vectors_png": ["image_bytes"],
        "synthesize_reference": ["image"],
        "synthesize_reference_png": ["image_bytes"],
        "encode": ["pixels", "style_instance", "style_vector"],
        "encode_png": ["pixels", "style_instance", "style_vector"],
        "styles": ["centers", "class_names", "count"],
        "classes": ["centers", "class_names", "colors", "count", "countable", "ids"],
    }


def test_a_seed_gives_the_same_picture_again_and_other_seeds_give_others(exported) -> None:
    maps = batch_of(street(32, 48))
    pictures = [synthesize(exported, maps, seed=[seed]) for seed in range(6)]
    np.testing.assert_array_equal(pictures[2], synthesize(exported, maps, seed=[2]))
    assert len({picture.tobytes() for picture in pictures}) >= 4


def test_the_style_of_one_instance_changes_its_pixels_more_than_the_rest(exported) -> None:
    label, instance = street(32, 48)
    maps = batch_of((label, instance))
    usual = synthesize(exported, maps)[0].astype(int)
    styled = synthesize(exported, maps, style_instance=[[26002]], style_index=[[2]])[0].astype(int)
    change = np.abs(styled - usual).mean(axis=-1)
    assert change[instance == 26002].mean() > change[instance != 26002].mean()


def test_encoding_a_photo_and_painting_its_vectors_equals_the_keras_model(exported) -> None:
    label, instance = street(32, 48)
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 48, 3), np.uint8)
    maps = batch_of((label, instance))
    found = exported.signatures["encode"](image=tf.constant(photo), instance=maps["instance"])
    ids, pixels = found["style_instance"].numpy()[0], found["pixels"].numpy()[0]
    assert ids[:3].tolist() == [7, 26001, 26002]
    assert pixels[:3].tolist() == [(instance == value).sum() for value in ids[:3]]
    assert (ids[3:] == -1).all()
    assert not pixels[3:].any()

    lists = {name: found[name] for name in ("style_instance", "style_vector")}
    painted = exported.signatures["synthesize_vectors"](**maps, **lists)["image"].numpy()
    features = exported.networks.encoder(photo.astype(np.float32) / 127.5 - 1, instance[None].astype(np.int32))
    assert_within_one(painted, keras_pictures(exported.networks, label[None], instance[None], features))
    reference = {"reference_image": tf.constant(photo), "reference_instance": maps["instance"]}
    np.testing.assert_array_equal(exported.signatures["synthesize_reference"](**maps, **reference)["image"], painted)


def test_encode_keeps_each_samples_own_largest_instances(exported) -> None:
    many = np.arange(32 * 48, dtype=np.uint16).reshape(32, 48)  # more than are returned
    many[:, 24:] = 60000
    few = np.full((32, 48), 5, np.uint16)
    photo = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
    instance = tf.constant(np.stack([many, few])[..., None])
    found = exported.signatures["encode"](image=tf.constant(photo), instance=instance)
    ids = found["style_instance"].numpy()
    assert ids.shape == (2, 256)
    assert ids[0, 0] == 60000
    assert len(np.unique(ids[0])) == 256
    assert ids[1].tolist() == [5] + [-1] * 255


def test_styles_are_the_style_table(exported) -> None:
    found = exported.signatures["styles"](class_id=tf.constant([1, 0, 2]))
    np.testing.assert_array_equal(found["centers"].numpy(), style_table(3).centers[[1, 0, 2]])
    assert found["count"].numpy().tolist() == [NUM_STYLES[1], NUM_STYLES[0], NUM_STYLES[2]]
    names = [item.name.encode() for item in LABEL_SET.classes]
    assert found["class_names"].numpy().tolist() == [names] * 3
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"expected 0\.\.2"):
        exported.signatures["styles"](class_id=tf.constant([3]))


def test_unknown_label_values_are_named_with_their_pixels(exported) -> None:
    label, instance = street(32, 48)
    label[0, :3], label[1, 0] = 9, 254
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"label set tiny: 9 \(3 pixels\), 254 \(1 pixels\)"):
        synthesize(exported, batch_of((label, instance)))


@pytest.mark.parametrize(("height", "width"), [(30, 48), (32, 50), (4, 48)])
def test_sizes_that_the_networks_cannot_take_are_named_with_the_multiple(exported, height: int, width: int) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"label is {height}x{width} pixels.*multiples of 4 from 8 on"):
        synthesize(exported, batch_of(street(height, width)))


def test_photos_to_encode_are_checked_like_label_maps(exported) -> None:
    instance = batch_of(street(30, 48))["instance"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="image is 30x48 pixels"):
        exported.signatures["encode"](image=tf.zeros((1, 30, 48, 3), tf.uint8), instance=instance)
    with pytest.raises(tf.errors.InvalidArgumentError, match="image is 1x32x48 but instance is 1x30x48"):
        exported.signatures["encode"](image=tf.zeros((1, 32, 48, 3), tf.uint8), instance=instance)


def test_the_smallest_size_that_is_promised_works(exported) -> None:
    assert synthesize(exported, batch_of(street(8, 8))).shape == (1, 8, 8, 3)


def test_maps_of_different_size_are_refused(exported) -> None:
    maps = batch_of(street(32, 48)) | {"instance": batch_of(street(32, 64))["instance"]}
    with pytest.raises(tf.errors.InvalidArgumentError, match="label is 1x32x48 but instance is 1x32x64"):
        synthesize(exported, maps)


def png(array: np.ndarray, mode: str | None = None) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(array)
    (picture.convert(mode) if mode else picture).save(file, "PNG")
    return file.getvalue()


def png_with_depth(array: np.ndarray, depth: int) -> bytes:
    """Gray PNG of fewer than 8 bits a pixel, which Pillow cannot write."""
    bits = np.unpackbits(array.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :]
    rows = b"".join(b"\0" + np.packbits(row.reshape(-1)).tobytes() for row in bits)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def serve(exported, labels: list[bytes], instances: list[bytes], seed=MEAN_SEED) -> list[np.ndarray]:
    answer = exported.signatures["serving_default"](
        label_bytes=tf.constant(labels), instance_bytes=tf.constant(instances), seed=tf.constant(seed)
    )
    return [np.asarray(Image.open(io.BytesIO(data))) for data in answer["image_bytes"].numpy()]


def test_png_in_and_out_equals_tensors(exported) -> None:
    streets = [street(32, 48, 1), street(32, 48, 3)]
    pictures = serve(exported, [png(label) for label, _ in streets], [png(ids) for _, ids in streets], seed=[3, 4])
    np.testing.assert_array_equal(np.stack(pictures), synthesize(exported, batch_of(*streets), seed=[3, 4]))


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_png_ids_of_few_bits_and_of_16_bits_keep_their_values(exported, depth: int) -> None:
    label, instance = street(32, 48)
    small = (instance != 7).astype(np.uint8) * (2**depth - 1)
    expected = synthesize(exported, batch_of((label, small.astype(np.uint16))))[0]
    for encoded in (png_with_depth(small, depth), png(small), png(small.astype(np.uint16))):
        np.testing.assert_array_equal(serve(exported, [png(label.astype(np.uint16))], [encoded])[0], expected)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (png(street(32, 48)[0], "P"), "label_bytes number 0 is a PNG of kind palette"),
        (png(street(32, 48)[0], "RGB"), "label_bytes number 0 is a PNG of kind RGB"),
        (png(street(32, 48)[0], "LA"), "label_bytes number 0 is a PNG of kind gray with alpha"),
        (b"\xff\xd8\xff\xe0 a JPEG's first bytes, and some more", "label_bytes number 0 is not a PNG picture"),
        (b"", "label_bytes number 0 is not a PNG picture"),
        (png(street(32, 48)[0])[:60], "(?i)png"),
    ],
)
def test_what_is_no_gray_png_is_refused(exported, label: bytes, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        serve(exported, [label], [png(street(32, 48)[1])])


def test_pngs_of_different_size_in_one_batch_are_refused(exported) -> None:
    labels, instances = zip(*(street(32, width) for width in (48, 64)), strict=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="label_bytes number 1 has another size"):
        serve(exported, [png(label) for label in labels], [png(ids) for ids in instances])
