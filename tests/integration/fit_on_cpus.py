"""`python fit_on_cpus.py COUNT ARGUMENTS...`: `tfhd train fit ARGUMENTS...` with the CPU as so many logical devices."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from tfhd.command_line import run
from tfhd.train.fit import fit

count = int(sys.argv.pop(1))
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
run("fit_on_cpus", "Trains.", {"fit": fit}, ["fit", *sys.argv[1:]])
