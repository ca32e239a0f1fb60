from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tfhd_client import Arrays, Client, InputError, ModelDescription

U8, U16 = np.dtype(np.uint8), np.dtype(np.uint16)
MAPS = {"label": (U8, (-1, -1, -1, 1)), "instance": (U16, (-1, -1, -1, 1))}
WITH_ENCODER = {"synthesize": MAPS, "synthesize_vectors": {**MAPS, "style_vector": (np.dtype(np.float32), (-1, -1, 3))}}


class Described:
    """A transport of a model with the given signatures, which must not be called."""

    def __init__(self, signatures: dict) -> None:
        self._model = ModelDescription.of_signatures(signatures)

    def describe(self) -> ModelDescription:
        return self._model

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        raise AssertionError(f"{signature} was called")

    def close(self) -> None:
        pass


def test_signatures_describe_the_model() -> None:
    found = ModelDescription.of_signatures({**WITH_ENCODER, "classes": {}, "synthesize_png": {}})
    assert found == ModelDescription(U8, 3)
    assert ModelDescription.of_signatures({"synthesize": MAPS, "styles": {}}) == ModelDescription(U8, 0, frozenset())


MAP = np.full((8, 8), 7, np.uint8)
NO_SIGNATURE = "exported before models had the signature {}; export its run again with `tfhd export saved-model`"


@pytest.mark.parametrize(
    ("signatures", "ask", "message"),
    [
        ({**WITH_ENCODER, "styles": {}}, lambda client: client.styles(), NO_SIGNATURE.format("classes")),
        (WITH_ENCODER, lambda client: client.classes(), NO_SIGNATURE.format("classes")),
        (WITH_ENCODER, lambda client: client.synthesize_png(MAP, MAP, styles={7: 1}), NO_SIGNATURE.format("synthesize_png")),
        ({"synthesize": MAPS}, lambda client: client.styles(), "trained without an encoder"),
        ({"synthesize": MAPS}, lambda client: client.synthesize_png(MAP, MAP, styles={7: 1}), "trained without an encoder"),
    ],
)
def test_a_model_that_lacks_a_signature_is_refused_with_the_remedy(signatures: dict, ask: Callable, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        ask(Client(transport=Described(signatures)))
    assert "\n" not in str(error.value)


class Answered(Described):
    """A transport of an old model that answers one picture file."""

    def call(self, signature: str, inputs: Arrays) -> Arrays:
        self.asked = signature
        return {"image_bytes": np.array([b"file"], object)}


def test_png_files_without_styles_are_asked_of_old_models_too() -> None:
    transport = Answered(WITH_ENCODER)
    assert Client(transport=transport).synthesize_png(MAP, MAP, seed=2) == b"file"
    assert transport.asked == "serving_default"
