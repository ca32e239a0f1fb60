from __future__ import annotations

import functools
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.tiny_training import LOSS_NAMES, dataset, random_batch, tiny_model
from tfhd.config import LossConfig
from tfhd.layers import LabelEncoding
from tfhd.layers.winograd_conv2d import WinogradConv2D
from tfhd.losses import discriminator_loss, perceptual_loss
from tfhd.networks import FeatureEncoder, GlobalGenerator, MultiscaleDiscriminator, VGG19Features
from tfhd.training import Pix2PixHD


def weights(*networks: keras.Model) -> np.ndarray:
    """All weights in a row."""
    return np.concatenate([np.ravel(array) for network in networks for array in network.get_weights()])


def finite(losses: dict[str, tf.Tensor]) -> bool:
    return all(np.isfinite(float(value)) for value in losses.values())


@pytest.fixture(scope="module")
def vgg() -> VGG19Features:
    """VGG19 with random weights: as deep and wide as the real one, nothing to download."""
    keras.utils.set_random_seed(0)
    network = VGG19Features()
    network.build((None, None, None, 3))
    return network


def test_losses_have_their_names_and_are_finite_scalars():
    losses = tiny_model().train_step(random_batch())
    assert tuple(losses) == LOSS_NAMES
    assert finite(losses)
    assert {value.shape.rank for value in losses.values()} == {0}


def test_a_step_runs_no_network_more_than_it_must(monkeypatch, vgg):
    calls = Counter()

    def count(cls: type) -> None:
        run = cls.call

        @functools.wraps(run)
        def counted(self, *inputs, **options):
            calls[cls.__name__] += 1
            return run(self, *inputs, **options)

        monkeypatch.setattr(cls, "call", counted)

    for cls in (GlobalGenerator, FeatureEncoder, MultiscaleDiscriminator, VGG19Features):
        count(cls)
    model = tiny_model(perceptual=vgg)
    calls.clear()
    assert finite(model.train_step(random_batch()))
    # The discriminator judges photo and picture apart; VGG19 runs with gradients for the picture and without for the photo.
    assert calls == {"GlobalGenerator": 1, "FeatureEncoder": 1, "MultiscaleDiscriminator": 2, "VGG19Features": 2}


def test_every_optimizer_follows_its_own_losses_from_before_the_step(vgg):
    model, batch = tiny_model(perceptual=vgg), random_batch()
    # With plain descent at rate 1 a weight moves by its gradient.
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
    expected = []
    for variables, terms in (
        (model.generator_variables, {"generator_gan": 1.0, "feature_matching": 1.0, "perceptual": 1.0}),
        (model.discriminator.trainable_variables, {"discriminator_real": 0.5, "discriminator_fake": 0.5}),
    ):
        with tf.GradientTape() as tape:
            losses = model.loss_terms(batch)
            total = sum(weight * losses[name] for name, weight in terms.items())
        gradients = tape.gradient(total, variables)
        expected += [
            (variable, variable.numpy() - gradient.numpy()) for variable, gradient in zip(variables, gradients, strict=True)
        ]
    model.train_step(batch)
    for variable, value in expected:
        np.testing.assert_allclose(variable.numpy(), value, rtol=1e-4, atol=1e-5, err_msg=variable.path)


def test_every_kernel_of_generator_encoder_and_discriminator_moves():
    model = tiny_model()
    parts = [v for part in (model.generator, model.encoder, model.discriminator) for v in part.variables if v.name == "kernel"]
    before = [variable.numpy() for variable in parts]
    model.train_step(random_batch())
    for variable, was in zip(parts, before, strict=True):
        assert (variable.numpy() != was).any(), variable.path


def test_perceptual_term_is_weighted_and_steers_the_generator_but_not_vgg(vgg):
    batch, frozen = random_batch(), weights(vgg)
    plain, perceptual = tiny_model(), tiny_model(perceptual=vgg, perceptual_weight=5.0)
    np.testing.assert_array_equal(weights(plain.generator), weights(perceptual.generator))
    want = 5.0 * float(perceptual_loss(vgg(batch["image"]), vgg(plain(batch))))
    assert float(plain.train_step(batch)["perceptual"]) == 0.0
    np.testing.assert_allclose(float(perceptual.train_step(batch)["perceptual"]), want, rtol=1e-5)
    assert (weights(plain.generator) != weights(perceptual.generator)).any()
    np.testing.assert_array_equal(weights(plain.discriminator), weights(perceptual.discriminator))
    np.testing.assert_array_equal(weights(vgg), frozen)


def test_test_step_changes_no_weight_and_averages_over_batches():
    model, batches = tiny_model(), [random_batch(seed) for seed in (1, 2)]
    before = [variable.numpy() for variable in model.generator_variables + model.discriminator.variables]
    each = [{name: float(value) for name, value in model.loss_terms(batch).items()} for batch in batches]
    for _ in range(2):  # the second evaluation does not remember the first
        means = model.evaluate(dataset(batches), return_dict=True, verbose=0)
        for name in LOSS_NAMES:
            np.testing.assert_allclose(means[name], (each[0][name] + each[1][name]) / 2, rtol=1e-5, err_msg=name)
    assert each[0] != each[1]
    for variable, was in zip(model.generator_variables + model.discriminator.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), was)
    assert int(model.steps_done.numpy()) == 0


def test_pictures_follow_the_photo_only_where_there_is_an_encoder():
    batch = random_batch()
    other = batch | {"image": -batch["image"]}
    styled, plain = tiny_model(), tiny_model(feature_channels=0)
    assert styled(batch).shape == batch["image"].shape
    assert np.abs(styled(batch) - styled(other)).max() > 1e-4
    np.testing.assert_array_equal(plain(batch), plain(other))
    assert finite(plain.train_step(batch))


@pytest.mark.parametrize("gan", ["hinge", "vanilla"])
def test_other_adversarial_losses_train(gan):
    model, least_squares = tiny_model(gan=gan), tiny_model()
    for name, value in model.train_step(random_batch()).items():
        same = float(value) == float(least_squares.loss_terms(random_batch())[name])
        assert same == (name in ("feature_matching", "perceptual")), name
    assert finite(model.train_step(random_batch()))


def test_bfloat16_steps_are_finite_and_weights_stay_float32():
    model, full = tiny_model("mixed_bfloat16"), tiny_model()
    batch = random_batch()
    losses, wanted = model.train_step(batch), full.train_step(batch)
    assert finite(losses)
    assert {value.dtype for value in losses.values()} == {tf.float32}
    assert {variable.dtype for variable in model.generator_variables + model.discriminator.variables} == {"float32"}
    for name in LOSS_NAMES:
        np.testing.assert_allclose(float(losses[name]), float(wanted[name]), rtol=0.05, atol=0.01, err_msg=name)
    assert np.isfinite(weights(model.generator, model.discriminator, model.encoder)).all()


def test_float16_steps_move_the_weights_as_float32_does():
    model, full, batch = tiny_model("mixed_float16"), tiny_model(), random_batch()
    start = weights(model.generator)
    model.generator_optimizer.dynamic_scale.assign(64.0)  # what it settles at; the first steps only look for it
    losses, wanted = model.train_step(batch), full.train_step(batch)
    for name in LOSS_NAMES:
        np.testing.assert_allclose(float(losses[name]), float(wanted[name]), rtol=0.02, atol=0.01, err_msg=name)
    moved, wanted_move = weights(model.generator) - start, weights(full.generator) - start
    # Adam's first step is the rate times the gradient's sign: nearly all signs are the same.
    assert np.mean(np.sign(moved) == np.sign(wanted_move)) > 0.9


def test_an_overflow_in_float16_skips_that_update_only_and_lowers_the_scale():
    model = tiny_model("mixed_float16")
    model.generator_optimizer.dynamic_scale.assign(1e38)
    generator, discriminator = weights(model.generator, model.encoder), weights(model.discriminator)
    losses = model.train_step(random_batch())
    assert finite(losses)
    np.testing.assert_array_equal(weights(model.generator, model.encoder), generator)
    assert (weights(model.discriminator) != discriminator).any()
    assert float(model.generator_optimizer.dynamic_scale.numpy()) == pytest.approx(5e37)
    assert int(model.steps_done.numpy()) == 1
    model.generator_optimizer.dynamic_scale.assign(1024.0)
    model.train_step(random_batch())
    assert (weights(model.generator, model.encoder) != generator).any()


def test_l1_term_is_named_weighted_and_trained_on_only_where_it_has_a_weight(parity):
    recording = parity("train_step_plain")
    batch = {"label": recording["label"][:1], "instance": recording["instance"][:1], "image": recording["step1/image"]}
    networks = GlobalGenerator(4, 2, 1), MultiscaleDiscriminator(4, 3, 3), LabelEncoding(7)
    without, with_l1 = Pix2PixHD(*networks), Pix2PixHD(*networks, loss=LossConfig(l1_weight=5.0))
    fake = np.asarray(without(batch))
    assert "l1" not in without.loss_terms(batch)
    np.testing.assert_allclose(with_l1.loss_terms(batch)["l1"], 5.0 * np.abs(batch["image"] - fake).mean(), rtol=1e-5)

    # A weight that outshouts the other terms: the picture must come closer to the photo.
    alone = Pix2PixHD(*networks, loss=LossConfig(feature_matching_weight=0.0, l1_weight=1000.0))
    alone.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(0.0))
    losses = [float(alone.train_step(batch)["l1"]) for _ in range(10)]
    assert losses[-1] < losses[0]


def kernels(model: Pix2PixHD) -> np.ndarray:
    """All kernels in a row. A bias before a norm has no gradient, so Adam moves it by the noise of the arithmetic."""
    variables = model.generator_variables + model.discriminator.trainable_variables
    return np.concatenate([np.ravel(variable) for variable in variables if variable.name == "kernel"])


def three_steps(model: Pix2PixHD) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Kernels after three steps of two pictures, and the losses of each."""
    step = tf.function(model.train_step)
    losses = [step(random_batch(seed, count=2)) for seed in range(3)]
    return kernels(model), [{name: float(value) for name, value in one.items()} for one in losses]


@pytest.fixture(scope="module")
def plain() -> tuple[np.ndarray, list[dict[str, float]]]:
    return three_steps(tiny_model())


@pytest.mark.parametrize("training", [{"recompute": True}, {"jit": True}, {"accumulate": 2}], ids=lambda it: next(iter(it)))
def test_other_ways_to_compute_a_step_give_the_same_step(plain, training):
    got, losses = three_steps(tiny_model(training=training))
    want, wanted_losses = plain
    start = kernels(tiny_model())
    assert np.mean(np.abs(want - start) > 1e-4) > 0.8, "the steps must move the kernels for this to say something"
    assert np.mean(np.abs(got - want) < 1e-5) >= 0.99
    for one, other in zip(losses, wanted_losses, strict=True):
        assert one == pytest.approx(other, rel=1e-3)


def test_a_step_with_a_pool_that_shows_the_newest_fakes_is_the_plain_step():
    model, batch = tiny_model(), random_batch(count=2)
    same, none = tiny_model(), {**batch, "earlier": tf.constant([False, False])}
    fakes = model(batch)
    losses = model.train_step(batch)
    pooled, newest = same.train_step_with_pool(batch, none)
    np.testing.assert_allclose(newest, fakes, atol=1e-6)
    assert {name: float(value) for name, value in pooled.items()} == pytest.approx(
        {name: float(value) for name, value in losses.items()}, rel=1e-4
    )
    assert np.mean(np.abs(kernels(same) - kernels(model)) < 1e-5) >= 0.99


@pytest.mark.parametrize("accumulate", [1, 2])
def test_an_earlier_fake_is_judged_by_the_discriminator_alone(accumulate):
    model, batch, old = tiny_model(training={"accumulate": accumulate}), random_batch(count=2), random_batch(7, count=2)
    newest = model(batch)
    expected = {name: float(value) for name, value in model.loss_terms(batch).items()}
    # The second picture is an earlier one with its own labels: what is judged is what a batch of both would be.
    label, instance, image = (tf.stack([batch[key][0], old[key][1]]) for key in ("label", "instance", "image"))
    shown = tf.stack([newest[0], old["image"][1]])
    encoded = model.label_encoding(label, instance)
    judged = model.discriminator(tf.concat([encoded, tf.cast(shown, encoded.dtype)], axis=-1))
    expected["discriminator_fake"] = float(discriminator_loss(judged, False))
    earlier = {"label": label, "instance": instance, "image": image, "earlier": tf.constant([False, True])}
    losses, _ = model.train_step_with_pool(batch, earlier)
    assert {name: float(value) for name, value in losses.items()} == pytest.approx(expected, rel=1e-4)


def test_validation_terms_hold_the_mean_difference_whatever_is_trained_on():
    model, batch = tiny_model(), random_batch()
    terms = model.validation_terms(batch)
    assert set(terms) == {*LOSS_NAMES, "mean_l1"}
    assert float(terms["mean_l1"]) == pytest.approx(np.abs(model(batch) - batch["image"]).mean() / 2, rel=1e-5)
    assert float(tiny_model(l1_weight=3.0).validation_terms(batch)["mean_l1"]) == pytest.approx(float(terms["mean_l1"]))


def test_averages_are_kept_of_generator_and_encoder_only_on_demand():
    assert tiny_model().averages is None
    model = tiny_model(training={"average_decay": 0.5})
    variables = {f"generator/{v.path.split('/', 1)[1]}" for v in model.generator.variables}
    assert set(model.averages.by_path()) == variables | {f"encoder/{v.path.split('/', 1)[1]}" for v in model.encoder.variables}


def test_a_training_step_reaches_every_layer_as_training(monkeypatch):
    seen = set()
    run = WinogradConv2D.call

    def watched(self, inputs, training=None):
        seen.add(training)
        return run(self, inputs, training=training)

    monkeypatch.setattr(WinogradConv2D, "call", watched)
    model = tiny_model()
    model.train_step(random_batch())
    assert seen == {True}
    model.loss_terms(random_batch())
    assert seen == {True, False}
