from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest

from tfhd.export.converters.onnx.graph import generator_model
from tfhd.networks import GlobalGenerator, LocalEnhancer

CHANNELS = 7
OPERATORS = {"Add", "AveragePool", "Cast", "Conv", "ConvTranspose", "Identity", "InstanceNormalization", "Pad", "Relu", "Tanh"}
GENERATORS = {
    "G1": lambda: GlobalGenerator(8, 2, 2),
    "G1+G2": lambda: LocalEnhancer(4, 1, 2, 2, 1),
    "G1+G2+G3": lambda: LocalEnhancer(2, 2, 2, 1, 1),
    "reflected": lambda: GlobalGenerator(8, 2, 1, padding="reflect"),
    "resized": lambda: LocalEnhancer(4, 1, 1, 1, 1, upsample="resize"),
}
NORMS = {"G1": 1 + 2 + 2 * 2 + 2, "G1+G2": 9 + 2 + 2 + 1, "G1+G2+G3": (1 + 2 + 2 + 2) + 2 * (2 + 2 + 1)}


@pytest.fixture(scope="module")
def generators() -> dict[str, GlobalGenerator | LocalEnhancer]:
    built = {name: make() for name, make in GENERATORS.items()}
    for generator in built.values():
        generator.build((None, None, None, CHANNELS))
    return built


def painted(model: onnx.ModelProto, encoded: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (image,) = session.run(["image"], {"encoded": encoded.transpose(0, 3, 1, 2)})
    return image.transpose(0, 2, 3, 1)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-4), ("float16", 0.02)])
@pytest.mark.parametrize("name", GENERATORS)
def test_pictures_of_any_size_and_number_are_those_of_keras(generators, name, precision, tolerance):
    model = generator_model(generators[name], CHANNELS, precision)
    for shape in ((1, 32, 64), (3, 48, 32)):
        encoded = np.random.default_rng(0).uniform(0, 1, (*shape, CHANNELS)).astype(np.float32)
        np.testing.assert_allclose(painted(model, encoded), generators[name](encoded), atol=tolerance)


def test_fixed_sizes_are_declared_and_others_refused(generators):
    model = generator_model(generators["G1"], CHANNELS, sizes=(1, 32, 64))
    described = onnx.shape_inference.infer_shapes(model).graph
    sizes = [[each.dim_value for each in value.type.tensor_type.shape.dim] for value in (*described.input, *described.output)]
    assert sizes == [[1, CHANNELS, 32, 64], [1, 3, 32, 64]]
    with pytest.raises(Exception, match="Got invalid dimensions"):
        painted(model, np.zeros((1, 64, 64, CHANNELS), np.float32))


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("name", NORMS)
def test_each_norm_is_one_node_and_nothing_moves_axes(generators, name, precision):
    count = Counter(node.op_type for node in generator_model(generators[name], CHANNELS, precision).graph.node)
    assert count["InstanceNormalization"] == NORMS[name]
    assert set(count) <= OPERATORS


def test_float16_halves_the_weights_and_leaves_norms_in_float32(generators):
    whole, half = (generator_model(generators["G1"], CHANNELS, precision) for precision in ("float32", "float16"))
    assert half.ByteSize() < 0.55 * whole.ByteSize()
    types = {value.name: value.type.tensor_type.elem_type for value in onnx.shape_inference.infer_shapes(half).graph.value_info}
    norms = [node for node in half.graph.node if node.op_type == "InstanceNormalization"]
    assert {types[node.input[0]] for node in norms} == {onnx.TensorProto.FLOAT}
    convolutions = [node for node in half.graph.node if node.op_type == "Conv"]
    assert {types[node.output[0]] for node in convolutions} == {onnx.TensorProto.FLOAT16}
