"""What a process imports from which others are forked, see tests/forked.py: nothing here may start TensorFlow's threads."""

import os

from tfhd.command_line import import_tensorflow_quietly

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC reads it when it is imported, and `tfhd serve` sets it before
import_tensorflow_quietly()

import keras  # noqa: E402, F401

import export.saved_model  # noqa: E402, F401
import serving.server.local_server  # noqa: E402, F401
import tfhd.train.fit  # noqa: E402, F401 - as the library names it
import train.fit  # noqa: E402, F401 - as `python -m train` does
