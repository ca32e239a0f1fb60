"""`python -m benchmarks COMMAND`."""

from __future__ import annotations

import sys

from benchmarks import commands
from benchmarks.compare import OutputsDiffer
from benchmarks.worker import WorkerFailed
from tfhd import command_line


def main() -> None:
    """Runs the command that the process was called with, and exits."""
    try:
        command_line.run(
            "python -m benchmarks",
            "Times training, inference, pooling and the input pipeline, beside the original's PyTorch code if it is given.",
            commands.COMMANDS,
            sys.argv[1:],
        )
    except (OutputsDiffer, WorkerFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
