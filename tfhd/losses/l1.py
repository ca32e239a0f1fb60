from __future__ import annotations

from keras import ops


def l1_loss(real, fake):
    """Mean absolute difference of two batches of pictures, as the L1 term of pix2pix (Isola et al., 2017).

    Args:
        real: photos float32 `(N, H, W, C)` in [-1, 1].
        fake: generated pictures of the same shape.

    Returns:
        float32 scalar in [0, 2], without the loss' weight.
    """
    return ops.mean(ops.abs(real - fake))
