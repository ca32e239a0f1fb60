"""One experiment: all sections together, what they require of each other, and the JSON file that holds them."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

# Pydantic validates what comes from a JSON file: types, literals and unknown keys, with the path of each error.
from pydantic import TypeAdapter, ValidationError

from tfhd.config.data import DataConfig
from tfhd.config.losses import LossConfig
from tfhd.config.networks import DiscriminatorConfig, EncoderConfig, GeneratorConfig
from tfhd.config.requirements import FORBID_UNKNOWN, require
from tfhd.config.training import StageConfig, TrainingConfig
from tfhd.errors import InputError

_VGG19_CHANNELS = (1, 3)
"""Of pictures that the perceptual loss takes; gray is repeated."""
_VGG19_LEAST = 16
"""Pixels each way of the smallest picture that the perceptual loss takes."""


@dataclass(frozen=True)
class Config:
    """One experiment."""

    __pydantic_config__ = FORBID_UNKNOWN

    data: DataConfig = field(default_factory=DataConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    stages: dict[str, StageConfig] = field(default_factory=lambda: {"global": StageConfig()})
    """By name, in the order of training; the fields above describe the networks and pictures of the last."""

    def __post_init__(self) -> None:
        require(bool(self.stages), "stages is empty; name at least one")
        coarser = [stage.halvings for stage in self.stages.values()]
        require(
            coarser == sorted(coarser, reverse=True) and coarser[-1] == 0,
            f"stages halve {coarser} times; halvings must fall from stage to stage, down to 0 in the last",
        )
        for name in self.stages:
            self._check_stage(name)
        require(
            not self.training.pool_size or self.data.resize != "scale_width",
            "training.pool_size keeps pictures of one size but data.resize scale_width gives several; set one of them otherwise",
        )
        require(
            self.data.input == "labels" or not self.encoder.feature_channels,
            f"encoder.feature_channels is {self.encoder.feature_channels}, but styles belong to the classes of label maps, and "
            "data.input image has none; set encoder.feature_channels to 0",
        )
        require(
            self.data.batch_size % self.training.accumulate == 0,
            f"training.accumulate is {self.training.accumulate}; it must divide data.batch_size {self.data.batch_size}",
        )

    def _check_stage(self, name: str) -> None:
        stage = self.stages[name]
        require(
            re.fullmatch("[a-z][a-z0-9_]*", name) is not None,
            f"stages: {name!r} is no name for a stage; use small letters, digits and underscores",
        )
        enhancers = self.generator.num_enhancers - stage.halvings
        require(
            enhancers >= (stage.trained == "enhancer"),
            f"stages.{name}: generator.num_enhancers {self.generator.num_enhancers} is too low for its halvings "
            f"{stage.halvings} and trained {stage.trained!r}; raise generator.num_enhancers",
        )
        divisor = 2**stage.halvings
        require(
            self.data.fit == "pad" or (self.data.height % divisor == 0 and self.data.width % divisor == 0),
            f"stages.{name}: data.width x data.height {self.data.width}x{self.data.height} cannot be divided by {divisor}",
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
    def has_perceptual_loss(self) -> bool:
        """Whether there is a VGG19 term: it has a weight, and the pictures are gray or RGB."""
        return self.loss.perceptual_weight > 0 and self.data.output_pixels.channels in _VGG19_CHANNELS

    @property
    def size_multiple(self) -> int:
        """Height and width of a batch must be multiples of this many pixels, for generator and encoder alike."""
        return 1 if self.data.fit == "pad" else max(self.generator.size_multiple, self.encoder.size_multiple)

    @property
    def smallest_size(self) -> int:
        """The least height and width of a picture, in pixels."""
        if self.data.fit == "pad":
            return _VGG19_LEAST
        # Residual blocks reflect a pixel at each border, which takes two rows and columns after all downsampling.
        return max(self.size_multiple, 2 * self.generator.size_multiple)

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
            return _adapter(cls).validate_json(text)
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


@functools.cache
def _adapter(cls: type[Config]) -> TypeAdapter:
    return TypeAdapter(cls)  # takes tens of milliseconds to make
