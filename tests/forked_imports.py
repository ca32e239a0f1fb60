"""What a process imports from which others are forked, see tests/forked.py: nothing here may start TensorFlow's threads."""

from tfhd.command_line import import_tensorflow_quietly

import_tensorflow_quietly()

import keras  # noqa: E402, F401

import export.saved_model  # noqa: E402, F401
import serving.server.local_server  # noqa: E402, F401
import train.fit  # noqa: E402, F401
