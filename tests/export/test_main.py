from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tfhd.export.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def test_the_commands_are_listed_without_importing_tensorflow() -> None:
    code = """if True:
        import sys
        from export.__main__ import main
        try:
            main("export", ["--help"])
        finally:
            print("tensorflow" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_line_in_the_list_is_the_first_of_its_help(name: str, capsys) -> None:
    pytest.importorskip("onnx")
    with pytest.raises(SystemExit):
        COMMANDS[name](["--help"], f"export {name}")
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith(f"usage: export {name}")
    assert COMMANDS[name].__doc__ in shown
    assert " RUN OUT" in shown
