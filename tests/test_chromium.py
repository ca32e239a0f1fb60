from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT


def test_without_chromium_the_last_lines_say_what_was_not_run(tmp_path):
    (tmp_path / "test_pages.py").write_text("def test_a(new_page): new_page()\ndef test_b(): pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.chromium", "--rootdir", str(tmp_path), str(tmp_path)]
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **nowhere}, capture_output=True, text=True)
    assert done.returncode == 0
    *_, said, counts = done.stdout.strip().splitlines()
    assert said.startswith("NOT RUN: 1 tests of pages, for want of Chromium; install Debian's chromium, or run")
    assert "1 passed, 1 skipped" in counts
