"""What the command lines share: sub-commands, flags from types, and mistakes that end in one line and exit code 2."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

# Flags and their help come from type hints and docstrings, so the configuration is described in one place.
import tyro

from tfhd.errors import InputError

Command = Callable[[list[str], str], None]
T = TypeVar("T")


def run(prog: str, description: str, commands: dict[str, Command], arguments: Sequence[str]) -> None:
    """Runs the sub-command that the arguments name; exits where it cannot.

    Args:
        prog: how the program is called, for instance `python -m train`.
        description: one line for `--help`.
        commands: name to a function of (arguments, prog); the first line of its docstring is its help.
        arguments: the sub-command and its own.
    """
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if name in ("-h", "--help", ""):
        width = max(len(name) for name in commands)
        lines = [f"  {name:{width}}  {(command.__doc__ or '').strip().splitlines()[0]}" for name, command in commands.items()]
        print(
            f"usage: {prog} COMMAND ...\n\n{description}\n\ncommands:", *lines, f"\n{prog} COMMAND --help tells more.", sep="\n"
        )
        sys.exit(0 if name else 2)
    try:
        if name not in commands:
            raise InputError(f"unknown command {name!r}; expected one of {', '.join(commands)}")
        commands[name](rest, f"{prog} {name}")
    except InputError as error:
        print("error:", *str(error).splitlines(), file=sys.stderr)  # one line, whatever names and values hold
        sys.exit(2)
    except BrokenPipeError:  # the reader of the output, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain once more when it ends
        sys.exit(141)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def parse(function: Callable[..., T], arguments: list[str], prog: str) -> T:
    """Calls a function with what the flags say for its parameters.

    Raises:
        InputError: a flag is unknown, missing or has a wrong value; or the function raises it.
    """

    @functools.wraps(function)
    def bind(*args, **kwargs) -> Callable[[], T]:
        return functools.partial(function, *args, **kwargs)

    # Called after parsing, so that what it writes to standard error is not taken for a complaint about flags.
    return _in_one_line(prog, lambda: tyro.cli(bind, args=arguments, prog=prog))()


def parse_preset(presets: dict[str, tuple[str, T]], arguments: list[str], prog: str) -> T:
    """Picks the preset that the first argument names and overrides its fields from flags.

    Args:
        presets: name to (help text, preset).

    Raises:
        InputError: the preset or a flag is unknown, or a value is wrong.
    """
    first = arguments[0] if arguments else "--"
    if first not in (*presets, "-h", "--help"):
        fault = "no preset before the flags" if first.startswith("-") else f"unknown preset {first!r}"
        raise InputError(f"{fault}; expected one of {', '.join(presets)}; see {prog} --help")
    return _in_one_line(f"{prog} {first}", lambda: tyro.extras.overridable_config_cli(presets, args=arguments, prog=prog))


def _in_one_line(prog: str, parse: Callable[[], T]) -> T:
    box = io.StringIO()  # tyro draws its complaints in a box of several lines
    try:
        with contextlib.redirect_stderr(box):
            return parse()
    except SystemExit as error:
        if not error.code:
            raise
        lines = [line.strip("│ ") for line in box.getvalue().splitlines() if line.startswith("│")]
        rule = next((i for i, line in enumerate(lines) if set(line) == {"─"}), len(lines))
        complaint = re.sub(r"\s+", " ", " ".join(lines[:rule])).replace("__tyro-dummy-inner__.", "")
        raise InputError(f"{complaint}; see {prog} --help") from None


def require_extra(extra: str, what: str, packages: Sequence[str]) -> None:
    """Raises `InputError` where packages of an extra of setup.cfg are not installed.

    Args:
        extra: its name.
        what: needs them.
        packages: as they are imported.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"{what} needs {', '.join(missing)}, not installed here; `make install EXTRAS={extra}` installs it")


def run_operations_in_turn() -> None:
    """Where one CPU is all there is, lets TensorFlow run one operation at a time, each on all cores.

    Side by side they gain little speed, but what they hold at once makes a training step's peak memory higher. Call it before
    TensorFlow runs anything.
    """
    tf = importlib.import_module("tensorflow")
    several_hosts = "TF_CONFIG" in os.environ or "SLURM_STEP_NUM_TASKS" in os.environ
    if not several_hosts and not tf.config.list_physical_devices("GPU"):
        tf.config.threading.set_inter_op_parallelism_threads(1)


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow without the lines on libraries and processors that it writes past Python, whatever its log level."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_standard_error():
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def quiet_standard_error() -> Iterator[None]:
    """Inside, nothing of the process reaches standard error, not even what libraries write there past Python."""
    standard_error = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
