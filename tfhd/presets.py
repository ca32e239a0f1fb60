"""Named experiments. Each says where it comes from, what it costs and how to run it."""

from __future__ import annotations

from tfhd.config import (
    Config,
    DataConfig,
    DiscriminatorConfig,
    EncoderConfig,
    GeneratorConfig,
    LossConfig,
    StageConfig,
    TrainingConfig,
)

_STREETS_DEMO = Config(
    data=DataConfig(format="streets", height=80, width=160, street_count=160),
    generator=GeneratorConfig(filters=24, num_downsamples=3, num_residual_blocks=4),
    discriminator=DiscriminatorConfig(filters=16),
    encoder=EncoderConfig(num_downsamples=2),
    loss=LossConfig(perceptual_weight=0.0, l1_weight=100.0),
    training=TrainingConfig(learning_rate=1e-4, samples_every=960, validate_every=480),
    stages={"global": StageConfig(epochs=7, decay_epochs=5)},
)

_CAMVID = Config(
    data=DataConfig(format="folder", label_set="camvid", height=128, width=160),
    generator=GeneratorConfig(filters=32, num_downsamples=3, num_residual_blocks=6, upsample="resize"),
    discriminator=DiscriminatorConfig(filters=32, num_scales=2),
    encoder=EncoderConfig(num_downsamples=3),
    loss=LossConfig(l1_weight=20.0),
    stages={"global": StageConfig(epochs=11, decay_epochs=11)},
)

_CITYSCAPES_512P = Config(data=DataConfig(format="cityscapes", height=512, width=1024))

PRESETS: dict[str, tuple[str, Config]] = {
    "streets-demo": (
        "Rendered streets at 160x80, for a first look; needs no data. About 5 minutes on 2 CPU cores.\n\n"
        "python -m train fit streets-demo --out runs/demo",
        _STREETS_DEMO,
    ),
    "camvid": (
        "Small photos: CamVid street scenes at 160x128. About an hour on 2 CPU cores.\n\n"
        "python -m train fit camvid --data.root CAMVID --out runs/camvid",
        _CAMVID,
    ),
    "cityscapes-512p": (
        "Cityscapes at 1024x512, the global generator with styles (Wang et al., CVPR 2018, section 4); the paper trains 200 "
        "epochs of 2975 photos.\n\npython -m train fit cityscapes-512p --data.root CITYSCAPES --out runs/cityscapes-512p",
        _CITYSCAPES_512P,
    ),
}
