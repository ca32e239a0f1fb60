from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

@pytest.mark.program("grpc-js")
def test_with_a_program(): raise AssertionError

def test_without_one(): pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_is_not_run_for_want_of_a_program_is_said_at_the_end(tmp_path: Path, processes: str) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p tests.other_programs\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "test_tools.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", tmp_path, "--rootdir", tmp_path, "-c", tmp_path / "pytest.ini", "-n", processes]
    # An empty PATH has no Node.js.
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": "", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert done.stdout.count("NOT RUN: tools with grpc-js, which is not here; install Node.js 20 and run .ci/clients") == 1
