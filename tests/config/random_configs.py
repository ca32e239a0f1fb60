"""Random configurations that are valid, and what a JSON file that is not one ends in."""

from __future__ import annotations

import json

import pytest
from hypothesis import strategies as st

from tfhd import config
from tfhd.errors import InputError
from tfhd.readers import READERS

counts = st.integers(1, 10_000)
pixels = st.builds(
    config.PixelType,
    channels=st.integers(1, 4),
    dtype=st.sampled_from(["uint8", "uint16"]),
    low=st.integers(0, 9),
    high=st.none() | st.integers(10, 255),
)
counts_or_none = st.integers(0, 10_000)
weights = st.floats(0, 1e6)
trainings = st.builds(
    config.TrainingConfig,
    learning_rate=st.floats(1e-12, 1e3),
    beta_1=st.floats(0, 0.999),
    precision=st.sampled_from(["float32", "mixed_bfloat16", "mixed_float16"]),
    recompute=st.booleans(),
    jit=st.booleans(),
    accumulate=st.sampled_from([1, 2, 3]),
    average_decay=st.floats(0, 0.9999),
    pool_size=counts_or_none,
    seed=st.integers(0, 2**32 - 1),
    deterministic=st.booleans(),
    log_every=counts,
    samples_every=counts,
    validate_every=counts,
    checkpoint_every=counts,
    keep=counts,
)


@st.composite
def stages(draw: st.DrawFn, num_enhancers: int) -> dict[str, config.StageConfig]:
    """Stages that halve no more often than there are enhancers, 2 times at most."""
    most = min(2, num_enhancers)
    halvings = [*sorted(draw(st.lists(st.integers(0, most), max_size=4)), reverse=True), 0]
    found = {}
    for halved in halvings:
        trained = draw(st.sampled_from(["all", "enhancer"])) if num_enhancers > halved else "all"
        name = draw(st.from_regex("[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in found))
        found[name] = config.StageConfig(draw(counts_or_none), draw(counts), halved, trained)
    return found


@st.composite
def configs(draw: st.DrawFn) -> config.Config:
    training, num_enhancers = draw(trainings), draw(st.integers(0, 3))
    resizes = ["exact", "crop", "scale_width_and_crop"] + ["scale_width"] * (training.pool_size == 0)
    input_kind = draw(st.sampled_from(["labels", "image"]))
    data_format = draw(st.sampled_from(list(READERS))) if input_kind == "labels" else "folder"
    return config.Config(
        data=config.DataConfig(
            format=data_format,
            input=input_kind,
            input_pixels=draw(pixels),
            output_pixels=draw(pixels) if data_format != "streets" else config.PixelType(),
            root=draw(st.text()),
            label_set=draw(st.text()),
            height=4 * draw(counts),
            width=4 * draw(st.integers(1, 256)),
            resize=draw(st.sampled_from(resizes)),
            load_width=draw(st.integers(1024, 4096)),
            flip=draw(st.booleans()),
            instance_edges=draw(st.booleans()),
            batch_size=training.accumulate * draw(counts),
            street_count=draw(counts),
        ),
        generator=config.GeneratorConfig(
            architecture=draw(st.sampled_from(["coarse_to_fine"] + ["unet", "cascaded_refinement"] * (num_enhancers == 0))),
            filters=draw(counts),
            num_enhancers=num_enhancers,
            num_downsamples=draw(counts),
            num_residual_blocks=draw(counts_or_none),
            num_local_residual_blocks=draw(counts_or_none),
            padding=draw(st.sampled_from(["zero", "reflect"])),
            upsample=draw(st.sampled_from(["transpose", "resize"])),
        ),
        discriminator=config.DiscriminatorConfig(filters=draw(counts), num_layers=draw(counts), num_scales=draw(counts)),
        encoder=config.EncoderConfig(
            feature_channels=draw(counts_or_none) if input_kind == "labels" else 0,
            filters=draw(counts),
            num_downsamples=draw(counts),
            num_clusters=draw(counts),
        ),
        loss=config.LossConfig(
            gan=draw(st.sampled_from(["least_squares", "hinge", "vanilla"])),
            adversarial_weight=draw(weights),
            feature_matching_weight=draw(weights),
            perceptual=draw(st.sampled_from(["pix2pixhd", "crn"])),
            perceptual_weight=draw(weights),
            vgg_weights=draw(st.text()),
            vgg_normalize=draw(st.booleans()),
        ),
        training=training,
        stages=draw(stages(num_enhancers)),
    )


def edited(section: str, key: str, value: object) -> str:
    """The default configuration's JSON with one value changed or added."""
    document = json.loads(config.Config().to_json())
    document[section][key] = value
    return json.dumps(document)


def complaint(text: str) -> str:
    with pytest.raises(InputError) as caught:
        config.Config.from_json(text, "run/config.json")
    message = str(caught.value)
    assert message.startswith("run/config.json: ")
    assert "\n" not in message
    return message
