"""The stages of a training, and how each is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tfhd.config.requirements import FORBID_UNKNOWN, require, require_at_least, require_fraction

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True)
class StageConfig:
    """One stage of coarse-to-fine training (paper section 3.1); each takes the weights of the one before."""

    __pydantic_config__ = FORBID_UNKNOWN

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
            require(getattr(self, name) >= 0, f"a stage's {name} is {getattr(self, name)}; it must not be negative")
        require(self.epochs + self.decay_epochs > 0, "a stage's epochs + decay_epochs is 0; nothing to train")


@dataclass(frozen=True)
class TrainingConfig:
    """How fast and how precisely to train, and what is written meanwhile."""

    __pydantic_config__ = FORBID_UNKNOWN

    learning_rate: float = 2e-4
    """Adam's rate, for generator, encoder and discriminator."""
    beta_1: float = 0.5
    """Adam's beta_1: decay of the running mean of gradients."""
    precision: Precision = "float32"
    """Arithmetic of the networks; weights, norms and losses stay float32."""
    recompute: bool = False
    """Compute residual blocks, and an enhancer's other blocks, again in the backward pass: less memory, more time."""
    jit: bool = False
    """Compile the step with XLA."""
    accumulate: int = 1
    """Parts that each batch is trained in: gradients are summed over them, so memory is that of one part."""
    average_decay: float = 0.0
    """Decay per step of the running average of generator and encoder, which is validated and exported; 0 keeps none."""
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
    """How many of the newest checkpoints are kept, besides the best."""

    def __post_init__(self) -> None:
        require(0 < self.learning_rate < math.inf, f"training.learning_rate is {self.learning_rate}; it must be a number above 0")
        require_fraction("training", self, "beta_1", "average_decay")
        require(0 <= self.seed < 2**32, f"training.seed is {self.seed}; it must be within 0..{2**32 - 1}")
        require_at_least(0, "training", self, "pool_size")
        every = ("log_every", "samples_every", "validate_every", "checkpoint_every")
        require_at_least(1, "training", self, "accumulate", *every, "keep")
