from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests import forked
from tfhd.command_line import parse, parse_preset, require_extra
from tfhd.errors import InputError
from tfhd.presets import PRESETS

ROOT = Path(__file__).resolve().parents[1]

PROGRAM = '''
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it

from tfhd.command_line import run
from tfhd.errors import InputError

def greet(arguments, prog):
    """Say hello.

    More than anybody wants to know."""
    print("hello", arguments, prog)

def fail(arguments, prog):
    """Fail."""
    raise InputError("no\\nsuch file")

def crash(arguments, prog):
    """Crash."""
    raise ZeroDivisionError("a fault of ours")

def interrupt(arguments, prog):
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)

run("prog", "Does things.", {"greet": greet, "fail": fail, "crash": crash, "interrupt": interrupt}, sys.argv[1:])
'''


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)


def run_train(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run("train", *arguments)


def test_a_command_gets_its_arguments_and_how_it_was_called():
    done = run_program("greet", "a", "--b")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello ['a', '--b'] prog greet\n", "")


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_help_lists_the_commands(arguments, code):
    done = run_program(*arguments)
    assert (done.returncode, done.stderr) == (code, "")
    assert "Does things." in done.stdout
    assert "  greet      Say hello.\n" in done.stdout
    assert "anybody" not in done.stdout


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("fail", "error: no such file\n"),
        ("gret", "error: unknown command 'gret'; expected one of greet, fail, crash, interrupt\n"),
    ],
)
def test_mistakes_end_in_one_line_and_code_2(command, message):
    done = run_program(command)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_our_own_faults_keep_their_traceback():
    done = run_program("crash")
    assert done.returncode == 1
    assert "ZeroDivisionError: a fault of ours" in done.stderr


def test_ctrl_c_ends_without_a_traceback():
    done = run_program("interrupt")
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, "stopped\n")


@dataclass(frozen=True)
class Inner:
    size: int = 3
    """Rows and columns."""

    def __post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"inner.size is {self.size}; it must be at least 1")


@dataclass(frozen=True)
class Options:
    inner: Inner = field(default_factory=Inner)
    kind: Literal["round", "square"] = "round"
    learning_rate: float = 0.5


@pytest.fixture
def presets() -> dict[str, tuple[str, Options]]:
    return {"small": ("Small ones.", Options()), "large": ("Large ones.", Options(Inner(30), "square"))}


def test_a_preset_is_taken_and_its_fields_overridden(presets):
    assert parse_preset(presets, ["large"], "prog") == presets["large"][1]
    assert parse_preset(presets, ["large", "--inner.size", "7"], "prog") == Options(Inner(7), "square")


@pytest.mark.parametrize("flag", ["--learning-rate", "--learning_rate"])
def test_words_of_a_flag_join_either_way(presets, flag):
    assert parse_preset(presets, ["small", flag, "2"], "prog").learning_rate == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["smal"], "unknown preset 'smal'; expected one of small, large"),
        ([], "small, large"),
        (["small", "--inner.foo", "3"], "--inner.foo"),
        (["small", "--foo"], "--foo.*; see prog small --help"),
        (["--foo", "small"], "no preset before the flags; expected one of small, large"),
        (["small", "--inner.size", "big"], "--inner.size: .*'big'"),
        (["small", "--inner.size"], "--inner.size"),
        (["small", "--inner.size", "0"], "inner.size is 0; it must be at least 1"),
        (["small", "--kind", "flat"], "'flat'.*--kind.*'round', 'square'"),
        (["small", "extra"], "extra"),
    ],
)
def test_every_mistake_in_flags_is_one_line_that_names_it(presets, capfd, arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_preset(presets, arguments, "prog")
    assert "\n" not in str(caught.value)
    assert not set("│╭╰─") & set(str(caught.value))
    assert "dummy" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_help_of_a_command_ends_with_code_0_and_shows_defaults(presets, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_preset(presets, ["large", "--help"], "prog")
    assert not caught.value.code
    text = capsys.readouterr().out
    assert "Rows and columns." in text
    assert "30" in text


def test_a_missing_package_is_named_with_the_commands_that_install_it():
    require_extra("serving", "the server", ["json", "tyro"])
    message = (
        "the server needs no_such_package, not installed here; "
        "run `pip install 'tfhd[serving]'`, or `make install EXTRAS=serving` in a checkout"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        require_extra("serving", "the server", ["json", "no_such_package"])


def test_what_a_function_writes_to_standard_error_is_shown(capsys):
    def warn(count: int = 1) -> None:
        sys.stderr.write("careful\n")

    parse(warn, ["--count", "2"], "prog")
    assert capsys.readouterr().err == "careful\n"


def test_a_function_is_called_with_its_flags():
    def add(first: int, second: int = 1) -> int:
        return first + second

    assert parse(add, ["--first", "2"], "prog") == 3
    with pytest.raises(InputError, match=r"--first.*required.*see prog --help"):
        parse(add, [], "prog")


def test_the_training_program_says_nothing_but_the_mistake():
    done = run_train("fit", "no-such-preset")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"error: unknown preset 'no-such-preset'; expected one of {', '.join(PRESETS)}; see python -m train fit --help\n"
    )


def test_a_reader_that_stops_reading_ends_the_program_quietly():
    program = subprocess.Popen(
        [sys.executable, "-m", "train", "fit", "streets-demo", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait() == 141
