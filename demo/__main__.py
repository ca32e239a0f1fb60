"""Runs every step as a user would: train, cluster styles, evaluate, export, synthesize, make a page of the results.

This is also the acceptance test: it ends with exit code 1 if the images are not good enough.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.quality import Quality
from demo.shell import CommandFailed, Shell, duration
from tfhd.command_line import import_tensorflow_quietly
from tfhd.errors import InputError

PRESET = "streets-demo"
RUN, MODEL, OUT = Path("runs/demo"), Path("models/demo"), Path("demo-out")


def main() -> int:
    """Runs everything from scratch and returns the exit code."""
    started = time.monotonic()
    console = Console(highlight=False)
    try:
        for folder in (RUN, MODEL, OUT):
            if folder.exists():
                shutil.rmtree(folder)
        quality = _run(Shell(console), started)
    except (CommandFailed, InputError) as error:
        print(f"error: the demo stops here: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}; the demo writes {RUN}, {MODEL} and {OUT}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return _report(console, quality, time.monotonic() - started)


def _run(shell: Shell, started: float) -> Quality:
    shell.run("-m", "train", "fit", PRESET, "--out", RUN)
    shell.run("-m", "train", "styles", RUN)
    shell.run("-m", "train", "evaluate", RUN)
    shell.run("-m", "export", "saved-model", RUN, MODEL)

    # Imported late, since these import TensorFlow and the first command need not wait for that.
    import_tensorflow_quietly()
    from demo.gallery import write_gallery
    from demo.page import write_page
    from demo.synthesis import synthesize_scenes

    demo = synthesize_scenes(shell, RUN, MODEL, OUT)
    write_gallery(demo.scenes, demo.seeds, OUT / "gallery.png")
    write_page(demo, time.monotonic() - started, OUT / "index.html")
    return demo.quality


def _report(console: Console, quality: Quality, seconds: float) -> int:
    console.print(
        f"\n[bold]{quality.l1_reduction:.1%}[/] lower L1 than painting every class in its mean training colour: "
        f"{quality.l1_encoder:.4f} against {quality.l1_class_colors:.4f} on {quality.pictures} held-out streets",
        f"[bold]{quality.styles_differ_by:.1f} of 255[/]: sampled styles of the same street differ by this on average",
        f"[bold]{duration(seconds)}[/] for everything",
        f"\nlook: {OUT / 'index.html'} and {OUT / 'gallery.png'}",
        sep="\n",
        soft_wrap=True,
    )
    shortfalls = quality.shortfalls()
    for line in shortfalls:
        print(f"error: {line}", file=sys.stderr)
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
