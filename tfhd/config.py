"""What one experiment is made of: frozen, typed, validated, and the same after a round trip through JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# Pydantic validates what comes from a JSON file: types, literals and unknown keys, with the path of each fault.
from pydantic import TypeAdapter, ValidationError

from tfhd.errors import InputError

DataFormat = Literal["streets", "folder", "cityscapes"]
ResizeMode = Literal["exact", "scale_width", "crop", "scale_width_and_crop"]
GanLoss = Literal["least_squares", "hinge", "vanilla"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]

_FORBID_UNKNOWN = {"extra": "forbid"}


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


@dataclass(frozen=True)
class DataConfig:
    """Where label maps and photos come from, and how they become a batch."""

    __pydantic_config__ = _FORBID_UNKNOWN

    format: DataFormat = "folder"
    """streets: the embedded rendered set; folder: {split}_img, {split}_label, {split}_inst; cityscapes: the official tree."""
    root: str = ""
    """The data folder (unused by the embedded streets)."""
    label_set: str = "cityscapes"
    """A label set's name (cityscapes, ade20k, nyu, helen, camvid) or the path of a JSON file that describes one."""
    height: int = 512
    """Rows of a training picture; with scale_width it follows from each photo's shape instead."""
    width: int = 1024
    """Columns of a training picture."""
    resize: ResizeMode = "exact"
    """exact: to height x width; scale_width: to width, shape kept; crop: a window; scale_width_and_crop: both."""
    load_width: int = 1024
    """Width that scale_width_and_crop scales to before it crops."""
    flip: bool = True
    """Mirror half of the training pictures."""
    batch_size: int = 1
    """Pictures a step, on every replica."""
    street_count: int = 160
    """Training scenes that the embedded set renders (it renders a fifth as many for validation)."""

    def __post_init__(self) -> None:
        for name in ("height", "width", "load_width", "batch_size", "street_count"):
            _require(getattr(self, name) > 0, f"data.{name} is {getattr(self, name)}; it must be at least 1")
        _require(
            self.resize != "scale_width_and_crop" or self.load_width >= self.width,
            f"data.load_width {self.load_width} is less than data.width {self.width}: nothing to crop from; raise load_width",
        )


@dataclass(frozen=True)
class GeneratorConfig:
    """The coarse-to-fine generator (paper section 3.1)."""

    __pydantic_config__ = _FORBID_UNKNOWN

    filters: int = 64
    """Filters of the first convolution at full resolution: 64 for a global generator, 32 with one enhancer."""
    num_enhancers: int = 0
    """Local enhancers around the global generator: 0 (G1), 1 (G1+G2), 2 (G1+G2+G3)."""
    num_downsamples: int = 4
    """Stride-2 convolutions of the global generator."""
    num_residual_blocks: int = 9
    """Residual blocks of the global generator (9 in the released code, 8 in the paper's appendix)."""
    num_local_residual_blocks: int = 3
    """Residual blocks of each local enhancer."""
    padding: Literal["zero", "reflect"] = "zero"
    """Padding of strided convolutions in the global generator: reflect (paper) avoids light blobs, zero is the released code."""
    upsample: Literal["transpose", "resize"] = "transpose"
    """transpose: as published; resize: nearest neighbour, then a convolution, against checkerboards."""

    def __post_init__(self) -> None:
        for name in ("filters", "num_downsamples"):
            _require(getattr(self, name) > 0, f"generator.{name} is {getattr(self, name)}; it must be at least 1")
        for name in ("num_enhancers", "num_residual_blocks", "num_local_residual_blocks"):
            _require(getattr(self, name) >= 0, f"generator.{name} is {getattr(self, name)}; it must be at least 0")

    @property
    def size_multiple(self) -> int:
        """Height and width must be multiples of this many pixels."""
        return 2 ** (self.num_downsamples + self.num_enhancers)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """PatchGAN discriminators on an image pyramid (paper section 3.2)."""

    __pydantic_config__ = _FORBID_UNKNOWN

    filters: int = 64
    """Filters of the first convolution."""
    num_layers: int = 3
    """Strided and widening convolutions of each discriminator."""
    num_scales: int = 3
    """Discriminators, each on half the size of the one before."""
    final_stride: Literal[1, 2] = 1
    """Stride of the last wide layer: 1 in the released code (patches of 70x70), 2 in the paper's table."""

    def __post_init__(self) -> None:
        for name in ("filters", "num_layers", "num_scales"):
            _require(getattr(self, name) > 0, f"discriminator.{name} is {getattr(self, name)}; it must be at least 1")


@dataclass(frozen=True)
class EncoderConfig:
    """The feature encoder that learns an object's style (paper section 3.4)."""

    __pydantic_config__ = _FORBID_UNKNOWN

    feature_channels: int = 3
    """Style channels given to the generator; 0 trains without an encoder."""
    filters: int = 16
    """Filters of the first convolution."""
    num_downsamples: int = 4
    """Stride-2 convolutions."""
    num_clusters: int = 10
    """Styles a class (K of k-means)."""

    def __post_init__(self) -> None:
        _require(self.feature_channels >= 0, f"encoder.feature_channels is {self.feature_channels}; it must be at least 0")
        for name in ("filters", "num_downsamples", "num_clusters"):
            _require(getattr(self, name) > 0, f"encoder.{name} is {getattr(self, name)}; it must be at least 1")


@dataclass(frozen=True)
class LossConfig:
    """Terms of the generator's loss and their weights (paper section 3.2 and appendix)."""

    __pydantic_config__ = _FORBID_UNKNOWN

    gan: GanLoss = "least_squares"
    """Adversarial loss."""
    feature_matching_weight: float = 10.0
    """Weight of the L1 distance of discriminator features."""
    perceptual_weight: float = 10.0
    """Weight of the VGG19 term; 0 leaves it out."""
    l1_weight: float = 0.0
    """Weight of the L1 distance between pictures, as in pix2pix: for small pictures and short trainings; 0 leaves it out."""
    vgg_weights: str = "imagenet"
    """imagenet (Keras downloads them once), or the path of an .npz file with NAME/kernel and NAME/bias arrays."""
    vgg_normalize: bool = True
    """Normalise pictures as VGG19 was trained; the original forgets to, so no matches it."""

    def __post_init__(self) -> None:
        for name in ("feature_matching_weight", "perceptual_weight", "l1_weight"):
            _require(0 <= getattr(self, name) < math.inf, f"loss.{name} is {getattr(self, name)}; it must be a number from 0 up")


@dataclass(frozen=True)
class StageConfig:
    """One stage of coarse-to-fine training (paper section 3.1); each takes the weights of the one before."""

    __pydantic_config__ = _FORBID_UNKNOWN

    epochs: int = 100
    """Epochs at the full rate."""
    decay_epochs: int = 100
    """Further epochs over which the rate falls linearly to zero."""
    halvings: int = 0
    """Outermost enhancers, and as many of the finest discriminators, left out; pictures are half as large for each."""
    trained: Literal["all", "enhancer"] = "all"
    """all: every network; enhancer: the coarser generator is frozen, only its newest enhancer learns (and the encoder)."""

    def __post_init__(self) -> None:
        for name in ("epochs", "decay_epochs", "halvings"):
            _require(getattr(self, name) >= 0, f"a stage's {name} is {getattr(self, name)}; it must not be negative")
        _require(self.epochs + self.decay_epochs > 0, "a stage's epochs + decay_epochs is 0; nothing to train")


@dataclass(frozen=True)
class TrainingConfig:
    """How fast and how precise, and what is written on the way."""

    __pydantic_config__ = _FORBID_UNKNOWN

    learning_rate: float = 2e-4
    """Adam's rate, for generator, encoder and discriminator."""
    beta_1: float = 0.5
    """Adam's first momentum."""
    precision: Precision = "float32"
    """Arithmetic of the networks; weights, norms and losses stay float32."""
    recompute: bool = False
    """Compute residual blocks, and an enhancer's other blocks, again on the way back: less memory, more time."""
    jit: bool = False
    """Compile the step with XLA."""
    accumulate: int = 1
    """Parts that each batch is trained in: gradients are summed over them, so memory is that of one part."""
    average_decay: float = 0.0
    """Decay a step of the running average of generator and encoder, which is validated and exported; 0 keeps none."""
    pool_size: int = 0
    """Earlier fakes that the discriminator is shown half of the time (Shrivastava et al., 2017); 0, as published, keeps none."""
    seed: int = 0
    """Seed of weights, shuffling, crops and flips."""
    deterministic: bool = False
    """Bit-identical repetitions on one machine, also on GPUs; slower there."""
    log_every: int = 50
    """Steps between lines of losses.csv and points in TensorBoard, each the mean since the one before."""
    samples_every: int = 1000
    """Steps between sample grids."""
    validate_every: int = 1000
    """Steps between validation passes; each stage ends with one."""
    checkpoint_every: int = 1000
    """Steps between checkpoints; each stage ends with one."""
    keep: int = 2
    """Newest checkpoints that stay, beside the best one."""

    def __post_init__(self) -> None:
        _require(
            0 < self.learning_rate < math.inf, f"training.learning_rate is {self.learning_rate}; it must be a number above 0"
        )
        for name in ("beta_1", "average_decay"):
            _require(
                0 <= getattr(self, name) < 1, f"training.{name} is {getattr(self, name)}; it must be at least 0 and less than 1"
            )
        _require(0 <= self.seed < 2**32, f"training.seed is {self.seed}; it must be within 0..{2**32 - 1}")
        _require(self.pool_size >= 0, f"training.pool_size is {self.pool_size}; it must not be negative")
        for name in ("accumulate", "log_every", "samples_every", "validate_every", "checkpoint_every", "keep"):
            _require(getattr(self, name) > 0, f"training.{name} is {getattr(self, name)}; it must be at least 1")


@dataclass(frozen=True)
class Config:
    """One experiment."""

    __pydantic_config__ = _FORBID_UNKNOWN

    data: DataConfig = field(default_factory=DataConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    stages: dict[str, StageConfig] = field(default_factory=lambda: {"global": StageConfig()})
    """By name, in the order of training; the fields above describe the networks and pictures of the last."""

    def __post_init__(self) -> None:
        _require(bool(self.stages), "stages is empty; name at least one")
        coarser = [stage.halvings for stage in self.stages.values()]
        _require(
            coarser == sorted(coarser, reverse=True) and coarser[-1] == 0,
            f"stages halve {coarser} times; halvings must fall from stage to stage, down to 0 in the last",
        )
        for name, stage in self.stages.items():
            _require(
                re.fullmatch("[a-z][a-z0-9_]*", name) is not None,
                f"stages: {name!r} is no name for a stage; use small letters, digits and underscores",
            )
            enhancers = self.generator.num_enhancers - stage.halvings
            _require(
                enhancers >= (stage.trained == "enhancer"),
                f"stages.{name}: generator.num_enhancers {self.generator.num_enhancers} is too low for its halvings "
                f"{stage.halvings} and trained {stage.trained!r}; raise generator.num_enhancers",
            )
            divisor = 2**stage.halvings
            _require(
                self.data.height % divisor == 0 and self.data.width % divisor == 0,
                f"stages.{name}: data.width x data.height {self.data.width}x{self.data.height} cannot be divided by {divisor}",
            )
        _require(
            not self.training.pool_size or self.data.resize != "scale_width",
            "training.pool_size keeps pictures of one size but data.resize scale_width gives several; set one of them otherwise",
        )
        _require(
            self.data.batch_size % self.training.accumulate == 0,
            f"training.accumulate is {self.training.accumulate}; it must divide data.batch_size {self.data.batch_size}",
        )

    def at(self, stage: str) -> Config:
        """The experiment of one stage alone: its smaller pictures and networks, and no other stages."""
        halvings = self.stages[stage].halvings
        data, generator, discriminator = self.data, self.generator, self.discriminator
        return dataclasses.replace(
            self,
            data=dataclasses.replace(
                data, **{name: getattr(data, name) // 2**halvings for name in ("height", "width", "load_width")}
            ),
            generator=dataclasses.replace(
                generator, filters=generator.filters * 2**halvings, num_enhancers=generator.num_enhancers - halvings
            ),
            discriminator=dataclasses.replace(discriminator, num_scales=max(1, discriminator.num_scales - halvings)),
            stages={stage: dataclasses.replace(self.stages[stage], halvings=0)},
        )

    @property
    def size_multiple(self) -> int:
        """Height and width of a batch must be multiples of this many pixels, for generator and encoder alike."""
        encoder = 2**self.encoder.num_downsamples if self.encoder.feature_channels else 1
        return max(self.generator.size_multiple, encoder)

    def to_json(self) -> str:
        """The whole configuration as indented JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "config.json") -> Config:
        """Reads what `to_json` wrote.

        Args:
            text: JSON text.
            source: name of the file, for messages.

        Raises:
            InputError: a key is unknown, or a value has the wrong type or range.
        """
        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            raise InputError(f"{source}: {where}: {first['msg']} (got {first['input']!r:.80}); correct the file") from None

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Reads a configuration file; raises `InputError` where it cannot be read."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise InputError(
                f"{path}: cannot read the configuration ({reason}); give a run folder that `train fit` wrote"
            ) from None
        return cls.from_json(text, str(path))
