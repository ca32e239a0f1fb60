"""Shared by all command lines: sub-commands, flags from type hints, and user mistakes as one line with exit code 2."""

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
    """Runs the sub-command that the arguments name.

    Exits with code 2 and one line for a mistake of the user's, 130 after Ctrl-C, 141 if the reader of the output has closed it.

    Args:
        prog: how the program is called, for instance `tfhd train`.
        description: one line for `--help`.
        commands: names to functions of (arguments, prog); the first line of a function's docstring is its help.
        arguments: the name of the sub-command and the arguments for it.
    """
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if name in ("-h", "--help", ""):
        width = max(len(name) for name in commands)
        lines = [f"  {name:{width}}  {(command.__doc__ or '').strip().splitlines()[0]}" for name, command in commands.items()]
        usage = f"usage: {prog} COMMAND ...\n\n{description}\n\ncommands:"
        print(usage, *lines, f"\n{prog} COMMAND --help describes one of them.", sep="\n")
        sys.exit(0 if name else 2)
    try:
        if name not in commands:
            raise InputError(f"unknown command {name!r}; expected one of {', '.join(commands)}")
        commands[name](rest, f"{prog} {name}")
    except InputError as error:
        print("error:", *str(error).splitlines(), file=sys.stderr)  # one line, even if a file name or a value has line breaks
        sys.exit(2)
    except BrokenPipeError:  # the reader of the output, `head` for instance, has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise Python reports the broken pipe again at exit
        sys.exit(141)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def parse(function: Callable[..., T], arguments: list[str], prog: str) -> T:
    """Calls a function with its parameters taken from flags.

    Raises:
        InputError: a flag is unknown, missing or has a wrong value, or the function raises it.
    """

    @functools.wraps(function)
    def bind(*args, **kwargs) -> Callable[[], T]:
        return functools.partial(function, *args, **kwargs)

    # Called after parsing, so that its own output on standard error is not taken for a complaint about flags.
    return _in_one_line(prog, lambda: tyro.cli(bind, args=arguments, prog=prog))()


def parse_preset(presets: dict[str, tuple[str, T]], arguments: list[str], prog: str) -> T:
    """Picks the preset that the first argument names and overrides its fields with flags.

    Args:
        presets: names to (help text, preset).

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
    """Checks that an optional feature's packages are installed.

    Args:
        extra: the extra in setup.cfg that installs them.
        what: the feature, as the message names it.
        packages: import names.

    Raises:
        InputError: a package is missing; the message says how to install it, with and without a checkout.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{what} needs {', '.join(missing)}, not installed here; "
            f"run `pip install 'tfhd[{extra}]'`, or `make install EXTRAS={extra}` in a checkout"
        )


def import_tensorflow_to_train() -> None:
    """Imports TensorFlow as `import_tensorflow_quietly` does, and makes training steps on processors small.

    On a single host without GPUs TensorFlow then runs one operation at a time, each on all cores: to run several at once is
    hardly faster, but raises the peak memory of a step.
    """
    import_tensorflow_quietly()
    tf = importlib.import_module("tensorflow")
    several_hosts = "TF_CONFIG" in os.environ or "SLURM_STEP_NUM_TASKS" in os.environ
    if not several_hosts and not tf.config.list_physical_devices("GPU"):
        tf.config.threading.set_inter_op_parallelism_threads(1)


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow without the lines about libraries and processors that it prints whatever its log level."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_standard_error():
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def quiet_standard_error() -> Iterator[None]:
    """Discards what the process writes to standard error inside the block, including output of native libraries."""
    standard_error = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
