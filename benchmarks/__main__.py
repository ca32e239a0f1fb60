"""`python -m benchmarks COMMAND`."""

from __future__ import annotations

import sys

from benchmarks import commands
from benchmarks.compare import OutputsDifferError
from benchmarks.worker import WorkerFailedError
from tfhd import command_line


def main() -> None:
    """Runs the command that the process was called with, and exits."""
    try:
        command_line.run(
            "python -m benchmarks",
            "Times training, inference, pooling and the input pipeline, beside the original's PyTorch code if given.",
            commands.COMMANDS,
            sys.argv[1:],
        )
    except (OutputsDifferError, WorkerFailedError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
