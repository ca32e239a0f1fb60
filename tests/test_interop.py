from __future__ import annotations

import numpy as np
import pytest

from tfhd.errors import InputError
from tfhd.interop import load_state_dict
from tfhd.networks import FeatureEncoder, GlobalGenerator, LocalEnhancer, MultiscaleDiscriminator

CHANNELS = 5


class Sequential:
    """Names arrays as PyTorch's `nn.Sequential` of the original does: by the position of every module, padding counted."""

    def __init__(self, prefix: str, seed: int) -> None:
        self.prefix, self.position, self.arrays = prefix, 0, {}
        self.random = np.random.default_rng(seed)

    def skip(self, modules: int) -> None:
        self.position += modules

    def weigh(self, name: str, *kernel: int, bias: int) -> None:
        self.arrays[f"{self.prefix}.{self.position}{name}.weight"] = self.random.normal(size=kernel).astype("float32")
        self.arrays[f"{self.prefix}.{self.position}{name}.bias"] = self.random.normal(size=bias).astype("float32")

    def conv(self, outputs: int, inputs: int, size: int) -> None:
        self.weigh("", outputs, inputs, size, size, bias=outputs)
        self.skip(3)  # itself, norm, ReLU

    def transposed(self, outputs: int, inputs: int) -> None:
        self.weigh("", inputs, outputs, 3, 3, bias=outputs)
        self.skip(3)

    def residual(self, filters: int) -> None:
        for offset in (1, 5):  # pad, conv, norm, ReLU, pad, conv, norm
            self.weigh(f".conv_block.{offset}", filters, filters, 3, 3, bias=filters)
        self.skip(1)


def global_state(filters: int, num_residual_blocks: int, with_top: bool) -> dict[str, np.ndarray]:
    model = Sequential("model", 0)
    model.skip(1)
    model.conv(filters, CHANNELS, 7)
    for level in range(2):
        model.conv(filters * 2 ** (level + 1), filters * 2**level, 3)
    for _ in range(num_residual_blocks):
        model.residual(filters * 4)
    for level in (1, 0):
        model.transposed(filters * 2**level, filters * 2 ** (level + 1))
    if with_top:
        model.skip(1)
        model.conv(3, filters, 7)
    return model.arrays


def generator_state(num_enhancers: int) -> dict[str, np.ndarray]:
    """What the original saves for one filter at full resolution, two downsamplings, two global and three local blocks."""
    arrays = global_state(2**num_enhancers, 2, with_top=num_enhancers == 0)
    for number in range(1, num_enhancers + 1):
        filters = 2 ** (num_enhancers - number)
        front_end, rest = Sequential(f"model{number}_1", 10 * number), Sequential(f"model{number}_2", 10 * number + 1)
        front_end.skip(1)
        front_end.conv(filters, CHANNELS, 7)
        front_end.conv(filters * 2, filters, 3)
        for _ in range(3):
            rest.residual(filters * 2)
        rest.transposed(filters, filters * 2)
        if number == num_enhancers:
            rest.skip(1)
            rest.conv(3, filters, 7)
        arrays |= front_end.arrays | rest.arrays
    return arrays


def built_generator(num_enhancers: int) -> LocalEnhancer:
    generator = LocalEnhancer(1, num_enhancers, 2, 2, 3)
    generator.build((None, None, None, CHANNELS))
    return generator


def all_values(arrays) -> np.ndarray:
    return np.sort(np.concatenate([np.ravel(array) for array in arrays]))


@pytest.fixture
def generator() -> LocalEnhancer:
    return built_generator(1)


@pytest.mark.parametrize("num_enhancers", [0, 1, 2, 3])
def test_every_number_of_a_generator_with_any_number_of_enhancers_is_loaded_once(num_enhancers):
    generator, state = built_generator(num_enhancers), generator_state(num_enhancers)
    load_state_dict(generator, state)
    np.testing.assert_array_equal(all_values(generator.get_weights()), all_values(state.values()))


def test_layouts_and_places_are_the_originals():
    generator, state = built_generator(3), generator_state(3)
    load_state_dict(generator, state)
    finest = generator.enhancers[-1]
    for layer, name in (
        (generator.global_generator.front_end.conv, "model.1"),
        (generator.global_generator.residual_blocks[1].second.conv, "model.11.conv_block.5"),
        (generator.global_generator.upsampling[1].conv, "model.15"),
        (generator.enhancers[0].front_end[1].conv, "model1_1.4"),
        (finest.residual_blocks[2].first.conv, "model3_2.2.conv_block.1"),
        (finest.upsampling.conv, "model3_2.3"),
        (generator.top.block.conv, "model3_2.7"),
    ):
        np.testing.assert_array_equal(layer.kernel, np.transpose(state[f"{name}.weight"], (2, 3, 1, 0)))
        np.testing.assert_array_equal(layer.bias, state[f"{name}.bias"])


def test_without_enhancers_it_is_the_global_generator():
    inputs = np.random.default_rng(0).normal(size=(1, 16, 16, CHANNELS)).astype("float32")
    networks = [LocalEnhancer(1, 0, 2, 2, 3), GlobalGenerator(1, 2, 2)]
    pictures = []
    for network in networks:
        network.build(inputs.shape)
        load_state_dict(network, generator_state(0))
        pictures.append(network(inputs))
    np.testing.assert_array_equal(*pictures)


def test_discriminator_scales_count_from_the_coarsest():
    discriminator = MultiscaleDiscriminator(2, 1, 2)
    discriminator.build((None, None, None, CHANNELS))
    random = np.random.default_rng(0)
    state = {}
    for scale in range(2):
        for layer, (outputs, inputs) in enumerate([(2, CHANNELS), (4, 2), (1, 4)]):
            state[f"scale{scale}_layer{layer}.0.weight"] = random.normal(size=(outputs, inputs, 4, 4)).astype("float32")
            state[f"scale{scale}_layer{layer}.0.bias"] = random.normal(size=outputs).astype("float32")
    load_state_dict(discriminator, state)
    np.testing.assert_array_equal(discriminator.scales[0].blocks[1].conv.bias, state["scale1_layer1.0.bias"])
    np.testing.assert_array_equal(all_values(discriminator.get_weights()), all_values(state.values()))


def test_encoder_has_no_residual_blocks():
    encoder = FeatureEncoder(2, 2, 3)
    encoder.build((None, None, None, CHANNELS), (None, None, None))
    state = global_state(2, 0, with_top=True)
    load_state_dict(encoder, state)
    np.testing.assert_array_equal(encoder.top.block.conv.bias, state["model.17.bias"])


def test_every_fault_is_listed_and_nothing_is_loaded(generator):
    state = generator_state(1)
    del state["model.4.weight"], state["model1_2.7.bias"]
    state |= {"model2_1.1.weight": np.zeros(3), "extra.bias": np.zeros(3)}
    state["model.1.weight"] = state["model.1.weight"][:, :3]
    state["model1_1.1.bias"] = np.zeros(9)
    before = generator.get_weights()
    with pytest.raises(InputError) as error:
        load_state_dict(generator, state)
    message = str(error.value)
    assert "missing: model.4.weight, model1_2.7.bias" in message
    assert "left over: extra.bias, model2_1.1.weight" in message
    assert "model.1.weight (7, 7, 3, 2) instead of (7, 7, 5, 2)" in message
    assert "model1_1.1.bias (9,) instead of (1,)" in message
    assert "\n" not in message
    for now, then in zip(generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("fault", ["missing", "left over", "misshapen"])
def test_one_kind_of_fault_suffices_and_the_others_are_not_mentioned(generator, fault):
    state = generator_state(1)
    if fault == "missing":
        del state["model.1.bias"]
    elif fault == "left over":
        state["model.99.bias"] = np.zeros(1)
    else:
        state["model.1.bias"] = np.zeros((2, 1))
    with pytest.raises(InputError) as error:
        load_state_dict(generator, state)
    assert [kind for kind in ("missing", "left over", "misshapen") if kind in str(error.value)] == [fault]


def test_half_precision_weights_become_float32(generator):
    state = generator_state(1)
    load_state_dict(generator, {name: array.astype("float16") for name, array in state.items()})
    np.testing.assert_array_equal(generator.top.block.conv.bias, state["model1_2.7.bias"].astype("float16"))


def test_a_network_that_is_not_built_is_refused():
    with pytest.raises(ValueError, match="not built; call it once"):
        load_state_dict(LocalEnhancer(1, 1, 2, 2, 3), generator_state(1))


def test_weights_of_data_parallel_and_of_old_pytorch_load_as_the_plain_ones_do():
    plain = generator_state(0)
    wrapped = {f"module.{name}": value for name, value in plain.items()}
    for name in list(plain):
        if name.endswith(".bias"):
            position = name.split(".")[1]
            statistics = f"module.model.{int(position) + 1}"
            wrapped |= {f"{statistics}.{part}": np.ones(4, "float32") for part in ("running_mean", "running_var")}
            wrapped[f"{statistics}.num_batches_tracked"] = np.array(3)
    networks = [GlobalGenerator(filters=1, num_downsamples=2, num_residual_blocks=2) for _ in range(2)]
    for network, weights in zip(networks, (plain, wrapped), strict=True):
        network.build((None, None, None, CHANNELS))
        load_state_dict(network, weights)
    for one, other in zip(*(network.variables for network in networks), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_that_were_wrapped_twice_load_and_those_that_are_no_numbers_do_not():
    plain = generator_state(0)
    networks = [GlobalGenerator(filters=1, num_downsamples=2, num_residual_blocks=2) for _ in range(2)]
    for network, prefix in zip(networks, ("", "module.module."), strict=True):
        network.build((None, None, None, CHANNELS))
        load_state_dict(network, {prefix + name: value for name, value in plain.items()})
    before = [variable.numpy() for variable in networks[0].variables]
    for one, other in zip(before, networks[1].variables, strict=True):
        np.testing.assert_array_equal(one, other)
    for number in (np.nan, np.inf):
        with pytest.raises(InputError, match=r"hold numbers that are not finite: model\.1\.weight; give a file of an earlier"):
            load_state_dict(networks[0], plain | {"model.1.weight": np.full_like(plain["model.1.weight"], number)})
    for one, other in zip(before, networks[0].variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_batch_normalization_do_not_load_without_a_word():
    weights = generator_state(0) | {f"model.2.{part}": np.ones(1, "float32") for part in ("weight", "bias", "running_mean")}
    network = GlobalGenerator(filters=1, num_downsamples=2, num_residual_blocks=2)
    network.build((None, None, None, CHANNELS))
    with pytest.raises(InputError, match=r"left over: model\.2\.bias, model\.2\.weight"):
        load_state_dict(network, weights)
