from __future__ import annotations

import keras


class ConfiguredModel(keras.Model):
    """A model whose configuration is its constructor's arguments, which must be plain values.

    Keras records them for layers, so that `get_config` returns them, but not for models.
    """

    def __new__(cls, *args, **kwargs) -> ConfiguredModel:
        # `keras.Model.__new__` drops the arguments before they reach the layer's, which records them.
        return keras.layers.Layer.__new__(cls, *args, **kwargs)
