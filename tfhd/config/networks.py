"""How large the networks are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tfhd.config.requirements import FORBID_UNKNOWN, require, require_at_least


@dataclass(frozen=True)
class GeneratorConfig:
    """The coarse-to-fine generator (paper section 3.1), or one that the paper compares it with."""

    __pydantic_config__ = FORBID_UNKNOWN

    architecture: Literal["coarse_to_fine", "unet", "cascaded_refinement"] = "coarse_to_fine"
    """unet: that of pix2pix; cascaded_refinement: that of CRN; both take filters and num_downsamples of what follows."""
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
        require_at_least(1, "generator", self, "filters", "num_downsamples")
        require_at_least(0, "generator", self, "num_enhancers", "num_residual_blocks", "num_local_residual_blocks")
        require(
            self.architecture == "coarse_to_fine" or not self.num_enhancers,
            f"generator.num_enhancers is {self.num_enhancers}, but {self.architecture} has no enhancers; set it to 0",
        )

    @property
    def size_multiple(self) -> int:
        """Height and width must be multiples of this many pixels."""
        return 2 ** (self.num_downsamples + self.num_enhancers)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """PatchGAN discriminators on an image pyramid (paper section 3.2)."""

    __pydantic_config__ = FORBID_UNKNOWN

    filters: int = 64
    """Filters of the first convolution."""
    num_layers: int = 3
    """Strided and widening convolutions of each discriminator."""
    num_scales: int = 3
    """Discriminators, each on half the size of the one before."""
    final_stride: Literal[1, 2] = 1
    """Stride of the last wide layer: 1 in the released code (patches of 70x70), 2 in the paper's table."""

    def __post_init__(self) -> None:
        require_at_least(1, "discriminator", self, "filters", "num_layers", "num_scales")


@dataclass(frozen=True)
class EncoderConfig:
    """The feature encoder that learns an object's style (paper section 3.4)."""

    __pydantic_config__ = FORBID_UNKNOWN

    feature_channels: int = 3
    """Style channels given to the generator; 0 trains without an encoder."""
    filters: int = 16
    """Filters of the first convolution."""
    num_downsamples: int = 4
    """Stride-2 convolutions."""
    num_clusters: int = 10
    """Styles per class (K of k-means)."""

    def __post_init__(self) -> None:
        require_at_least(0, "encoder", self, "feature_channels")
        require_at_least(1, "encoder", self, "filters", "num_downsamples", "num_clusters")

    @property
    def size_multiple(self) -> int:
        """Height and width must be multiples of this many pixels; 1 without an encoder."""
        return 2**self.num_downsamples if self.feature_channels else 1
