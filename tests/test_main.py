"""The command `tfhd` of an installation."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tfhd
from tests import forked

HELP_AND_IMPORTS = """
import contextlib, sys
from tfhd.__main__ import main
sys.argv = ["tfhd", "train", "--help"]
with contextlib.suppress(SystemExit):
    main()
print([name for name in sys.modules if name in ("tensorflow", "keras")])
"""


def run_tfhd(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run("tfhd", *arguments)


def test_help_names_every_command_and_the_way_to_a_picture():
    done = run_tfhd("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("train", "export", "synthesize", "serve"):
        assert f"\n  {command} " in done.stdout
    assert "tfhd train fit streets-demo" in done.stdout


def test_without_a_command_the_help_comes_with_an_exit_code():
    done = run_tfhd()
    assert done.returncode == 2
    assert done.stdout.startswith("usage: tfhd COMMAND")


def test_version():
    assert run_tfhd("--version").stdout == f"{tfhd.__version__}\n"


def test_an_unknown_command_ends_in_one_line():
    done = run_tfhd("trian")
    assert done.returncode == 2
    assert done.stderr == "error: unknown command 'trian'; expected one of train, export, synthesize, edit, serve, study\n"


@pytest.mark.parametrize(
    ("arguments", "prog"),
    [
        (("train", "--help"), "usage: tfhd train COMMAND"),
        (("export", "--help"), "usage: tfhd export COMMAND"),
        (("synthesize", "--help"), "usage: tfhd synthesize"),
        (("serve", "--help"), "usage: tfhd serve"),
    ],
)
def test_commands_are_told_by_the_name_that_they_were_called_with(arguments: tuple[str, ...], prog: str):
    done = run_tfhd(*arguments)
    assert done.returncode == 0
    assert done.stdout.startswith(prog)


def test_help_does_not_import_tensorflow():
    done = subprocess.run([sys.executable, "-c", HELP_AND_IMPORTS], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]"
