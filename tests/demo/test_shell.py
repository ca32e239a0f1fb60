from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from demo.shell import CommandFailed, Shell, duration, python_command


@pytest.fixture
def shell() -> Shell:
    return Shell(Console(file=io.StringIO(), width=40))


def printed(shell: Shell) -> str:
    return shell.console.file.getvalue()


def test_a_command_is_printed_in_one_line_before_its_duration_and_kept(shell: Shell):
    shell.run("-c", "import time; time.sleep(0.2)  # 'a long line' that a narrow console must not break")
    command, time = printed(shell).splitlines()
    assert command == f"$ {shell.steps[0].line}"
    assert shell.steps[0].line.startswith(f"{python_command()} -c ")
    assert 0.2 <= shell.steps[0].seconds < 20
    assert time.strip() == duration(shell.steps[0].seconds)


def test_a_failing_command_is_reported_in_one_line_with_its_exit_code(shell: Shell):
    with pytest.raises(CommandFailed) as caught:
        shell.run("-c", "raise SystemExit(3)")
    assert str(caught.value) == f"`{python_command()} -c 'raise SystemExit(3)'` ended with exit code 3; its own message is above"
    assert shell.steps == []


def test_a_killed_command_is_reported_with_its_signal(shell: Shell):
    with pytest.raises(CommandFailed, match=r"was ended by SIGKILL \(out of memory\?\)"):
        shell.run("-c", "import os; os.kill(os.getpid(), 9)")


def test_many_commands_keep_their_order_and_their_messages_to_themselves(shell: Shell):
    shell.run_all([["-c", f"import time; time.sleep({delay}); print('fine')"] for delay in (0.6, 0, 0)])
    assert [step.line.split("(")[1][:3] for step in shell.steps] == ["0.6", "0);", "0);"]
    assert "\nfine" not in printed(shell)
    assert printed(shell).rstrip().endswith("for 3 commands")


def test_the_first_failure_of_many_shows_its_messages_and_starts_no_more(shell: Shell, tmp_path: Path):
    late = [["-c", f"open({str(tmp_path / 'late')!r} + str({number}), 'w')"] for number in range(20)]
    fail = ["-c", "import sys; print('bro' 'ken', file=sys.stderr); sys.exit(1)"]
    with pytest.raises(CommandFailed, match="ended with exit code 1"):
        shell.run_all([fail, *late])
    assert "\nbroken" in printed(shell)
    assert len(list(tmp_path.iterdir())) < 20


@pytest.mark.parametrize(("seconds", "text"), [(4.14, "4.1 s"), (59.99, "1 min 0 s"), (119.7, "2 min 0 s"), (303, "5 min 3 s")])
def test_durations_read_well(seconds: float, text: str):
    assert duration(seconds) == text


def test_an_interpreter_below_this_folder_is_called_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert python_command() == ".venv/bin/python"
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert python_command() == "python"
