from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfhd")
class Adam(keras.optimizers.Adam):
    """Keras' Adam in one pass over the memory of a variable.

    Keras writes it as a dozen tensor operations, each of which reads and writes as many numbers as there are weights; with
    180 million of them that is a tenth of a training step. Results are Keras' up to float32 rounding.

    Args:
        learning_rate: a number or a schedule.
        beta_1: decay of the mean of gradients.
        beta_2: decay of the mean of squared gradients.
        epsilon: added to the root of the latter.
        **kwargs: those of `keras.optimizers.Adam` but `amsgrad`.

    Reference:
        Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, with the epsilon of section 2's last paragraph.
    """

    def __init__(self, learning_rate=0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **kwargs) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        if self.amsgrad:
            raise ValueError("amsgrad=True: this Adam has no amsgrad; use keras.optimizers.Adam")

    def update_step(self, gradient, variable, learning_rate) -> None:
        step = tf.cast(self.iterations + 1, tf.float32)
        index = self._get_variable_index(variable)
        # Inside a strategy's update `variable` and the handles are those of one replica.
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(float(self.beta_1), step),
            beta2_power=tf.pow(float(self.beta_2), step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=float(self.beta_1),
            beta2=float(self.beta_2),
            epsilon=float(self.epsilon),
            grad=tf.cast(gradient, tf.float32),
        )
