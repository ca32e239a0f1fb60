from __future__ import annotations

import os
import platform
from importlib.metadata import version

from benchmarks.machine import this_machine


def test_a_machine_is_described_by_what_times_depend_on():
    machine = this_machine()
    assert machine.processor.strip()
    assert 1 <= machine.cores <= os.cpu_count()
    assert 2**28 < machine.memory_bytes < 2**50
    assert machine.python == platform.python_version()
    assert machine.packages["keras"] == version("keras")
