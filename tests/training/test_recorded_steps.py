"""Training steps beside those that the original took (tests/fixtures/parity/README.md)."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfhd.interop import load_state_dict
from tfhd.layers import LabelEncoding, PictureEncoding
from tfhd.networks import FeatureEncoder, GlobalGenerator, LocalEnhancer, MultiscaleDiscriminator
from tfhd.pixels import RGB
from tfhd.training import Pix2PixHD

CLASSES = 7
LOSSES = {
    "generator_gan": "G_GAN",
    "feature_matching": "G_GAN_Feat",
    "discriminator_real": "D_real",
    "discriminator_fake": "D_fake",
}
"""The original's names."""
RECORDINGS = ("plain", "encoder", "local_frozen_global", "pictures")


def adam() -> keras.optimizers.Adam:
    return keras.optimizers.Adam(2e-4, 0.5, 0.999, epsilon=1e-8)


def recorded_model(name: str, arrays: dict[str, np.ndarray], when: str) -> Pix2PixHD:
    """The model of a recording with its weights `before` or `after` the two steps."""
    generator = LocalEnhancer(2, 1, 2, 1, 1) if name.startswith("local") else GlobalGenerator(4, 2, 1)
    if name.endswith("frozen_global"):
        generator.global_generator.trainable = False
    encoder = FeatureEncoder(2, 2, 3) if name == "encoder" else None
    discriminator, encoding = MultiscaleDiscriminator(4, 3, 3), LabelEncoding(CLASSES)
    if name == "pictures":
        discriminator, encoding = MultiscaleDiscriminator(4, 2, 2), PictureEncoding(3)
    model = Pix2PixHD(generator, discriminator, encoding, encoder)
    for network, letter in networks(model):
        prefix = f"{when}/{letter}/"
        load_state_dict(network, {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)})
    model.compile(adam(), adam())
    return model


def networks(model: Pix2PixHD) -> list[tuple[keras.Model, str]]:
    found = [(model.generator, "G"), (model.discriminator, "D"), (model.encoder, "E")]
    return [(network, letter) for network, letter in found if network is not None]


def recorded_batch(arrays: dict[str, np.ndarray], step: int) -> dict[str, tf.Tensor]:
    place = slice(step - 1, step)
    if "picture" in arrays:
        pictures = (RGB.scaled(arrays[key][place].astype(np.float32)) for key in ("picture", "photo"))
        batch = {"instance": arrays["instance"][place], **dict(zip(("label", "image"), pictures, strict=True))}
    else:
        batch = {key: arrays[key][place] for key in ("label", "instance")} | {"image": arrays[f"step{step}/image"]}
    return {key: tf.constant(array) for key, array in batch.items()}


def kernels(network: keras.Model) -> dict[str, np.ndarray]:
    return {v.path: v.numpy() for v in network.variables if v.name == "kernel"}


def check_recorded_losses(arrays: dict[str, np.ndarray], step: int, losses: dict) -> None:
    for ours, theirs in LOSSES.items():
        want = arrays[f"step{step}/loss/{theirs}"]
        np.testing.assert_allclose(float(losses[ours]), want, rtol=1e-4 if step == 1 else 1e-3, err_msg=f"step {step} {ours}")


def check_recorded_kernels(model: Pix2PixHD, after: Pix2PixHD) -> None:
    for (network, letter), (wanted, _) in zip(networks(model), networks(after), strict=True):
        got, want = kernels(network), kernels(wanted)
        assert len(got) == len(want) > 1
        pairs = zip(got.values(), want.values(), strict=True)
        close = np.concatenate([np.abs(one - other).ravel() < 1e-5 for one, other in pairs])
        assert close.mean() >= 0.99, f"{letter}: {close.mean():.2%} of kernel entries are the original's"


class Recorder(keras.callbacks.Callback):
    """Keeps the losses of every step."""

    def on_train_begin(self, logs=None) -> None:
        self.losses = []

    def on_train_batch_end(self, batch, logs=None) -> None:
        self.losses.append(dict(logs))


@pytest.mark.parametrize("name", RECORDINGS)
def test_two_eager_steps_equal_the_originals(parity, name):
    arrays = parity(f"train_step_{name}")
    model, after = (recorded_model(name, arrays, when) for when in ("before", "after"))
    np.testing.assert_allclose(model(recorded_batch(arrays, 1)), arrays["step1/fake"], atol=1e-4)
    for step in (1, 2):
        check_recorded_losses(arrays, step, model.train_step(recorded_batch(arrays, step)))
    check_recorded_kernels(model, after)


def test_two_steps_of_fit_equal_the_originals(parity):
    arrays = parity("train_step_encoder")
    model, after = (recorded_model("encoder", arrays, when) for when in ("before", "after"))
    batches = [recorded_batch(arrays, step) for step in (1, 2)]
    stacked = {key: tf.stack([batch[key] for batch in batches]) for key in batches[0]}
    recorder = Recorder()
    model.fit(tf.data.Dataset.from_tensor_slices(stacked), callbacks=[recorder], shuffle=False, verbose=0)
    for step, losses in enumerate(recorder.losses, start=1):
        check_recorded_losses(arrays, step, losses)
    check_recorded_kernels(model, after)


def test_a_frozen_global_generator_stays_as_it_was_to_the_bit(parity):
    arrays = parity("train_step_local_frozen_global")
    model = recorded_model("local_frozen_global", arrays, "before")
    frozen = model.generator.global_generator
    before, enhancer_before = frozen.get_weights(), kernels(model.generator.enhancers[0])
    for step in (1, 2):
        model.train_step(recorded_batch(arrays, step))
    for was, now in zip(before, frozen.get_weights(), strict=True):
        np.testing.assert_array_equal(now, was)
    for path, now in kernels(model.generator.enhancers[0]).items():
        assert (now != enhancer_before[path]).any(), path
