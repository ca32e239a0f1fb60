"""Flags that train all stages of coarse-to-fine training in seconds."""

from __future__ import annotations

from tests.tiny_fit import NETWORKS

# Ten steps a stage.
THREE_STAGES = [
    *("cityscapes-1024p", "--data.format", "streets", "--data.street-count", "5"),
    *NETWORKS[: NETWORKS.index("--stages.global.epochs")],
    *("--data.height", "64", "--data.width", "128"),
    *("--generator.filters", "2", "--generator.num-enhancers", "1", "--generator.num-local-residual-blocks", "1"),
    *("--discriminator.num-scales", "2"),
    *("--stages.global.epochs", "1", "--stages.global.decay-epochs", "1"),
    *("--stages.enhancer.epochs", "2", "--stages.enhancer.decay-epochs", "0"),
    *("--stages.joint.epochs", "1", "--stages.joint.decay-epochs", "1"),
]
