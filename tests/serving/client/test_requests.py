from __future__ import annotations

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
    found = ModelDescription.of_signatures({**WITH_ENCODER, "styles": {}})
    assert found == ModelDescription(U8, 3, lists_styles=True)
    assert ModelDescription.of_signatures({"synthesize": MAPS}) == ModelDescription(U8, 0, lists_styles=False)


@pytest.mark.parametrize(
    ("signatures", "message"),
    [
        # What exports called the signature before it was `styles`.
        ({**WITH_ENCODER, "palettes": {}}, "no signature styles; export its run again with `tfhd export saved-model`"),
        ({"synthesize": MAPS}, "trained without an encoder"),
    ],
)
def test_a_model_that_cannot_list_its_styles_is_refused_with_the_remedy(signatures: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        Client(transport=Described(signatures)).styles()
    assert "\n" not in str(error.value)
