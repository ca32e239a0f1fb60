"""Named experiments. Each says where it comes from, what it costs and how to run it."""

from __future__ import annotations

from dataclasses import replace

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
from tfhd.variants import VARIANTS

_STREETS_DEMO = Config(
    data=DataConfig(format="streets", height=80, width=160, street_count=160),
    generator=GeneratorConfig(filters=24, num_downsamples=3, num_residual_blocks=4),
    discriminator=DiscriminatorConfig(filters=16),
    encoder=EncoderConfig(num_downsamples=2),
    loss=LossConfig(perceptual_weight=0.0, l1_weight=100.0),
    training=TrainingConfig(learning_rate=1e-4, samples_every=960, validate_every=480, checkpoint_every=480),
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

# Sizes of the paper's appendix and of the released scripts; Adam, batch 1.
_CITYSCAPES_512P = Config(data=DataConfig(format="cityscapes", height=512, width=1024))

_CITYSCAPES_1024P = Config(
    data=DataConfig(format="cityscapes", height=1024, width=2048, load_width=2048),
    generator=GeneratorConfig(filters=32, num_enhancers=1),
    stages={
        "global": StageConfig(epochs=100, decay_epochs=100, halvings=1),
        "enhancer": StageConfig(epochs=10, decay_epochs=0, trained="enhancer"),
        "joint": StageConfig(epochs=40, decay_epochs=50),
    },
)

_NYU = Config(data=DataConfig(label_set="nyu", height=480, width=640))
_ADE20K = Config(data=DataConfig(label_set="ade20k", height=384, width=512))
_HELEN = Config(data=DataConfig(label_set="helen", height=512, width=512))

# The original's --label_nc 0 --no_instance, at its default size.
_PICTURES = Config(
    data=DataConfig(input="image", height=512, width=512, instance_edges=False),
    encoder=EncoderConfig(feature_channels=0),
)

_PAPER = "Wang et al., CVPR 2018"
_NOT_MEASURED = "Not trained to its end here: no figure of ours"


def _header(what: str, source: str, expected: str, cost: str, command: str) -> str:
    return f"{what}\n\nFrom: {source}.\n\nExpected: {expected}.\n\nCost: {cost}.\n\ntfhd train fit {command}"


def _cityscapes() -> dict[str, tuple[str, Config]]:
    """Both sizes, with and without styles, with and without the VGG loss."""
    sizes = {
        "cityscapes-512p": (
            "Cityscapes at 1024x512: the global generator.",
            "200 epochs of 2975 photos; one GPU",
            _CITYSCAPES_512P,
        ),
        "cityscapes-1024p": (
            "Cityscapes at 2048x1024, in three stages: global generator at 1024x512, enhancer alone, both together.",
            "200 + 10 + 90 epochs of 2975 photos; `tfhd train plan cityscapes-1024p` prints the memory",
            _CITYSCAPES_1024P,
        ),
    }
    presets = {}
    for size, (what, cost, config) in sizes.items():
        for styles in (True, False):
            for vgg in (True, False):
                name = size + ("" if styles else "-no-styles") + ("" if vgg else "-no-vgg")
                kind = f"{'With' if styles else 'Without'} styles of objects, {'with' if vgg else 'without'} the VGG loss."
                expected = f"the paper reports 0.64 mean IoU for its 2048x1024 pictures (table 1). {_NOT_MEASURED}"
                header = _header(
                    f"{what} {kind}",
                    f"{_PAPER}, sections 3 and 4",
                    expected,
                    cost,
                    f"{name} --data.root CITYSCAPES --out runs/{name}",
                )
                encoder = config.encoder if styles else replace(config.encoder, feature_channels=0)
                loss = config.loss if vgg else replace(config.loss, perceptual_weight=0.0)
                presets[name] = header, replace(config, encoder=encoder, loss=loss)
    return presets


_BASES: dict[str, tuple[str, Config]] = {
    "streets-demo": (
        _header(
            "Rendered streets at 160x80, for a first look; needs no data.",
            "our own settings for minutes on a CPU (docs/small-pictures.md)",
            "mean L1 of held-out streets about 29 % below that of painting classes in their mean colour",
            "about 7 minutes on 2 CPU cores",
            "streets-demo --out runs/demo",
        ),
        _STREETS_DEMO,
    ),
    "camvid": (
        _header(
            "Small photos: CamVid street scenes at 160x128.",
            "our own settings for small pictures (docs/small-pictures.md)",
            "mean L1 of held-out photos about 30 % below that of painting classes in their mean colour",
            "about an hour on 2 CPU cores with --training.precision mixed_bfloat16",
            "camvid --data.root CAMVID --out runs/camvid",
        ),
        _CAMVID,
    ),
    **_cityscapes(),
    "nyu": (
        _header(
            "NYU indoor scenes at 640x480: 40 classes.",
            f"{_PAPER}, section 4.2",
            f"pictures like the paper's figure. {_NOT_MEASURED}",
            "200 epochs of 1200 photos; one GPU",
            "nyu --data.root NYU --out runs/nyu",
        ),
        _NYU,
    ),
    "ade20k": (
        _header(
            "ADE20K scenes at 512x384: 150 classes.",
            f"{_PAPER}, section 4.2",
            f"pictures like the paper's figure. {_NOT_MEASURED}",
            "200 epochs of 20210 photos; one GPU or several",
            "ade20k --data.root ADE20K --out runs/ade20k",
        ),
        _ADE20K,
    ),
    "helen": (
        _header(
            "Helen faces at 512x512: 11 classes.",
            f"{_PAPER}, section 4.2",
            f"pictures like the paper's figure. {_NOT_MEASURED}",
            "200 epochs of 2000 photos; one GPU",
            "helen --data.root HELEN --out runs/helen",
        ),
        _HELEN,
    ),
    "pictures": (
        _header(
            "Pictures to pictures at 512x512: {split}_A becomes {split}_B (--data.input-pixels, --data.output-pixels).",
            "the original's --label_nc 0, without instance maps",
            f"it depends on the pictures. {_NOT_MEASURED}",
            "200 epochs; one GPU",
            "pictures --data.root PAIRS --out runs/pictures",
        ),
        _PICTURES,
    ),
}


def _variants() -> dict[str, tuple[str, Config]]:
    """What the paper compares itself with, at three sizes; those that change nothing there are left out."""
    presets = {}
    data = {"streets-demo": "", "camvid": " --data.root CAMVID", "cityscapes-512p": " --data.root CITYSCAPES"}
    for base, root in data.items():
        config = _BASES[base][1]
        for variant_name, variant in VARIANTS.items():
            name, changed = f"{base}-{variant_name}", variant.change(config)
            if changed != config and name not in _BASES:
                command = f"{name}{root} --out runs/{name.removeprefix('streets-')}"
                cost = f"that of {base}, or somewhat less or more"
                header = _header(f"As {base}: {variant.what}.", variant.source, _NOT_MEASURED, cost, command)
                presets[name] = header, changed
    return presets


PRESETS: dict[str, tuple[str, Config]] = {**_BASES, **_variants()}
