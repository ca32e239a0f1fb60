from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

from tests.export.saved_model.test_signatures import batch_of, png, serve, synthesize
from tests.tiny_run import street

STREETS = [street(32, 48), street(32, 48, 1), street(32, 48)]
NO_STYLES = np.full((1, 1), -1, np.int32)
NO_ROWS = NO_STYLES[:0]
TWO = np.full((2, 1), -1, np.int32)
"""Rows for two samples, which is neither one nor all of three."""


def lists(**changed) -> dict[str, np.ndarray]:
    """Inputs of `synthesize` for three maps."""
    given = {"seed": NO_STYLES[0], "style_instance": NO_STYLES, "style_index": NO_STYLES}
    return {name: np.asarray(value) for name, value in (batch_of(*STREETS) | given | changed).items()}


def vectors(style_instance=NO_STYLES, value: float = 0.0) -> dict[str, np.ndarray]:
    """Inputs of `synthesize_vectors` for three maps."""
    return {
        **batch_of(*STREETS),
        "style_instance": style_instance,
        "style_vector": np.full((*style_instance.shape, 3), value, "f"),
    }


def empty(inputs: dict[str, np.ndarray], *names: str) -> dict[str, np.ndarray]:
    return {name: np.asarray(value)[: 0 if name in names else None] for name, value in inputs.items()}


LISTS = {
    "label is an empty batch; send at least one map": empty(lists(), "label", "instance"),
    "seed has 2 rows for a batch of 3; send one for each sample, or one for all": lists(seed=TWO[:, 0]),
    "seed has 0 rows for a batch of 3": lists(seed=NO_STYLES[0, :0]),
    "style_instance has 2 rows for a batch of 3": lists(style_instance=TWO, style_index=TWO),
    "style_instance has 0 rows for a batch of 3": lists(style_instance=NO_ROWS, style_index=NO_ROWS),
    "style_instance is 1x1 but style_index is 2x1 (samples x instances); make them equal": lists(style_index=TWO),
    "style_instance is 1x2 but style_index is 1x1 (samples x instances)": lists(style_instance=np.array([[-1, -1]], np.int32)),
    "style_instance lists no entries; send at least one": lists(style_instance=NO_STYLES[:, :0], style_index=NO_STYLES[:, :0]),
    "style_instance holds -5; send ids of the instance map, or -1": lists(style_instance=NO_STYLES - 4),
}


@pytest.mark.parametrize("message", LISTS)
@pytest.mark.parametrize("model", ["exported", "exported_plain"])
def test_lists_that_do_not_fit_the_maps_are_named(request, model: str, message: str) -> None:
    call = request.getfixturevalue(model).signatures["synthesize"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)):
        call(**{name: tf.constant(value) for name, value in LISTS[message].items()})


PHOTOS = {
    "reference_image": np.zeros((2, 32, 48, 3), np.uint8),
    "reference_instance": np.asarray(batch_of(*STREETS[:2])["instance"]),
}
STYLED = {
    "style_instance has 2 rows for a batch of 3": ("synthesize_vectors", vectors(TWO)),
    "style_instance is 1x1 but style_vector is 2x1 (samples x instances)": (
        "synthesize_vectors",
        {**vectors(TWO), "style_instance": NO_STYLES},
    ),
    "style_instance lists no entries": ("synthesize_vectors", vectors(NO_STYLES[:, :0])),
    "style_instance holds -5": ("synthesize_vectors", vectors(NO_STYLES - 4)),
    "style_vector holds NaN or infinite numbers; send finite ones": ("synthesize_vectors", vectors(value=np.nan)),
    "style_vector holds NaN or infinite numbers": ("synthesize_vectors", vectors(value=-np.inf)),
    "label is an empty batch": ("synthesize_vectors", empty(vectors(), "label", "instance")),
    "reference_image has 2 rows for a batch of 3": ("synthesize_reference", batch_of(*STREETS) | PHOTOS),
    "reference_image is an empty batch": ("synthesize_reference", batch_of(*STREETS) | empty(PHOTOS, *PHOTOS)),
    "reference_image is 2x32x48 but reference_instance is 0x32x48": (
        "synthesize_reference",
        batch_of(*STREETS) | empty(PHOTOS, "reference_instance"),
    ),
    "image is an empty batch": (
        "encode",
        {"image": np.zeros((0, 32, 48, 3), np.uint8), "instance": np.zeros((0, 32, 48, 1), np.uint16)},
    ),
}


@pytest.mark.parametrize("message", STYLED)
def test_vectors_and_photos_that_do_not_fit_are_named(exported, message: str) -> None:
    signature, inputs = STYLED[message]
    with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)):
        exported.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})


def test_a_session_names_them_too(exported) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        definitions = tf.compat.v1.saved_model.load(session, ["serve"], str(exported.path)).signature_def
        requests = [(message, "synthesize", inputs) for message, inputs in LISTS.items()]
        requests += [(message, *request) for message, request in STYLED.items()]
        for message, signature, inputs in requests:
            found = definitions[signature]
            feeds = {found.inputs[name].name: np.asarray(value) for name, value in inputs.items()}
            with pytest.raises(tf.errors.InvalidArgumentError, match=re.escape(message)):
                session.run([output.name for output in found.outputs.values()], feeds)


@pytest.mark.parametrize("model", ["exported", "exported_plain"])
def test_pngs_that_are_none_and_seeds_that_do_not_fit_them_are_named(request, model: str) -> None:
    exported = request.getfixturevalue(model)
    label, instance = (png(values) for values in STREETS[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="_bytes is an empty batch; send at least one PNG"):
        exported.signatures["serving_default"](
            label_bytes=tf.zeros(0, tf.string), instance_bytes=tf.zeros(0, tf.string), seed=tf.constant([-1])
        )
    with pytest.raises(tf.errors.InvalidArgumentError, match="seed has 2 rows for a batch of 3"):
        serve(exported, [label] * 3, [instance] * 3, seed=[1, 2])


def test_one_row_serves_all_samples_and_a_row_for_each_is_its_own(exported) -> None:
    maps = batch_of(*STREETS)
    for_all = synthesize(exported, maps, seed=[3], style_instance=[[26001]], style_index=[[2]])
    for_each = synthesize(exported, maps, seed=[3] * 3, style_instance=[[26001]] * 3, style_index=[[2]] * 3)
    np.testing.assert_array_equal(for_all, for_each)
    assert (for_all != synthesize(exported, maps, seed=[3])).any()
