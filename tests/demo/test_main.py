from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_stops_with_one_line_when_a_command_fails_and_leaves_other_folders_alone(tmp_path: Path):
    # `python -m` looks in the current folder first, so this stands in for the real command line.
    (tmp_path / "train.py").write_text("import sys; print('no disk space', file=sys.stderr); sys.exit(2)")
    for folder in ("runs/demo", "runs/mine", "demo-out"):
        (tmp_path / folder).mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2] == "no disk space"
    message = done.stderr.splitlines()[-1]
    assert message.startswith("error: the demo stops here: `")
    assert "train fit streets-demo --out runs/demo` ended with exit code 2" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "train.py"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["mine"]
