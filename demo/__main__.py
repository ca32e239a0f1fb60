"""The whole way, as a user would go it: train, cluster styles, evaluate, export, synthesize, look.

It is also the acceptance test: it ends with exit code 1 where the pictures are not good enough.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.shell import CommandFailed, Shell, duration
from demo.quality import Quality
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError

PRESET = "streets-demo"
RUN, MODEL, OUT = Path("runs/demo"), Path("models/demo"), Path("demo-out")


def main() -> int:
    """Runs everything, from nothing; returns the exit code."""
    started = time.monotonic()
    console = Console(highlight=False)
    try:
        for folder in (RUN, MODEL, OUT):
            if folder.exists():
                shutil.rmtree(folder)
        figures = _run(Shell(console), started)
    except (CommandFailed, InputError) as error:
        print(f"error: the demo stops here: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}; the demo writes {RUN}, {MODEL} and {OUT}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return _report(console, figures, time.monotonic() - started)


def _run(shell: Shell, started: float) -> Figures:
    shell.run("-m", "train", "fit", PRESET, "--out", RUN)
    shell.run("-m", "train", "styles", RUN)
    shell.run("-m", "train", "evaluate", RUN)
    shell.run("-m", "export", "saved-model", RUN, MODEL)

    # Rendering needs TensorFlow's part of the library, for which the first command shall not wait.
    import_tensorflow_quietly()
    from demo.gallery import write_gallery
    from demo.page import write_page
    from demo.synthesis import paint

    demo = paint(shell, RUN, MODEL, OUT)
    write_gallery(demo.scenes, demo.seeds, OUT / "gallery.png")
    write_page(demo, time.monotonic() - started, OUT / "index.html")
    return demo.figures


def _report(console: Console, figures: Figures, seconds: float) -> int:
    console.print(
        f"\n[bold]{figures.l1_reduction:.1%}[/] lower L1 than painting every class in its mean training colour: "
        f"{figures.l1_encoder:.4f} against {figures.l1_class_colors:.4f} on {figures.pictures} held-out streets",
        f"[bold]{figures.styles_differ_by:.1f} of 255[/]: sampled styles of the same street differ by this on average",
        f"[bold]{duration(seconds)}[/] for everything",
        f"\nlook: {OUT / 'index.html'} and {OUT / 'gallery.png'}",
        sep="\n",
        soft_wrap=True,
    )
    shortfalls = figures.shortfalls()
    for line in shortfalls:
        print(f"error: {line}", file=sys.stderr)
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
