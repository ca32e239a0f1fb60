from __future__ import annotations

from keras import ops


def mean_absolute_difference(real, fake):
    """Mean absolute difference of two tensors of one shape, as a float32 scalar; gradients pass through `fake` alone."""
    return _mean_absolute(ops.cast(fake, "float32") - ops.cast(ops.stop_gradient(real), "float32"))


@ops.custom_gradient
def _mean_absolute(difference):
    # TensorFlow's gradient of a mean is a tensor of one repeated number, which a graph creates when a step begins and holds to
    # its end.
    def gradient(*args, upstream=None):
        upstream = args[0] if upstream is None else upstream
        return ops.sign(difference) * (upstream / ops.cast(ops.size(difference), "float32"))

    return ops.mean(ops.abs(difference)), gradient
