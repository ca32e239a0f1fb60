from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfhd")
class ConstantThenLinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A constant rate, then a straight line to zero, counted in optimizer steps (paper, appendix).

    Args:
        rate: the first learning rate.
        constant_steps: steps at that rate.
        decay_steps: steps over which it falls; the rate is zero from step `constant_steps + decay_steps` on.
    """

    def __init__(self, rate: float, constant_steps: int, decay_steps: int) -> None:
        self.rate, self.constant_steps, self.decay_steps = rate, constant_steps, decay_steps

    def __call__(self, step):
        past = ops.cast(step, "float32") - float(self.constant_steps)
        return self.rate * (1.0 - ops.clip(past / max(self.decay_steps, 1), 0.0, 1.0))

    def get_config(self) -> dict:
        return {"rate": self.rate, "constant_steps": self.constant_steps, "decay_steps": self.decay_steps}
