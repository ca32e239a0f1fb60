"""Builds both distributions, installs the wheels into empty environments outside the checkout, and runs README there.

Usage: python .ci/installed.py    (with the package `build` installed, as `make install` does)
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TINY = """--data.street-count 2 --data.height 32 --data.width 64 --stages.global.epochs 1 --stages.global.decay-epochs 0
    --generator.filters 4 --generator.num-downsamples 2 --discriminator.filters 4 --encoder.filters 2"""
MAPS = """
from PIL import Image
from tfhd.streets.scene import render_street
street = render_street("val", 0, 64, 128)
Image.fromarray(street.image).save("photo.jpg")
for name in ("L.png", "label.png"):
    Image.fromarray(street.label).save(name)
for name in ("I.png", "instance.png", "photo_instance.png"):
    Image.fromarray(street.instance).save(name)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        wheels = build(work / "dist")
        client = environment(work / "client", wheels["tfhd_client"])
        full = environment(work / "full", wheels["tfhd_client"], f"{wheels['tfhd']}[serving]")
        require_light(client)
        run(full, work, f"tfhd train fit streets-demo --out runs/first {TINY}")
        run(full, work, "tfhd train styles runs/first")
        run(full, work, "tfhd export saved-model runs/first models/first")
        run(full, work, shlex.join(["python", "-c", MAPS]))
        serve, *asking = readme_commands()
        with Server(full, work, serve):
            for command in asking:
                run(full, work, command)
            for text in (readme_python(ROOT / "README.md"), readme_python(ROOT / "serving" / "client" / "README.md")):
                run(client, work, shlex.join(["python", "-c", text]))
        if not (work / "out.png").exists():
            sys.exit("README's serving section painted no out.png")
        print("README's serving section works from the wheels")


def build(out: Path) -> dict[str, Path]:
    """Sdists, and wheels made of them; the wheels by name."""
    for project in (ROOT, ROOT / "serving" / "client"):
        subprocess.run([sys.executable, "-m", "build", "--outdir", str(out), str(project)], check=True)
    return {path.name.split("-")[0]: path for path in out.glob("*.whl")}


def environment(folder: Path, *requirements: object) -> Path:
    """A new virtual environment with these packages; its folder of programs."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", *map(str, requirements)], check=True)
    return folder / "bin"


def require_light(programs: Path) -> None:
    """The client must do without TensorFlow, and stay small."""
    check = "import sys; from tfhd_client import Client; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([programs / "python", "-c", check], cwd=programs, check=True)
    packages = subprocess.run([programs / "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True).stdout
    if "tensorflow" in packages:
        sys.exit(f"the client brings TensorFlow: {packages}")


def readme_commands() -> list[str]:
    """The commands of README's serving section, but for its installation."""
    section = re.search(r"^## Serving$(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)[1]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    tfhd ")]
    if not lines or not lines[0].startswith("tfhd serve "):
        sys.exit(f"README's serving section does not begin with `tfhd serve`: {lines}")
    return lines


def readme_python(path: Path) -> str:
    """The first Python example that uses the client."""
    examples = re.findall(r"^```python$(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return next(text for text in examples if "tfhd_client" in text)


def run(programs: Path, work: Path, command: str) -> None:
    print(f"+ {command.splitlines()[0]}", flush=True)
    subprocess.run(shlex.split(command), cwd=work, env=_path(programs), check=True)


class Server:
    """README's server, for the time of a with block."""

    def __init__(self, programs: Path, work: Path, command: str) -> None:
        print(f"+ {command} &", flush=True)
        arguments = {"cwd": work, "env": _path(programs), "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(shlex.split(command), **arguments)

    def __enter__(self) -> Server:
        for line in self._process.stdout:
            print(line, end="", flush=True)
            if line.startswith("Serving "):  # the models are loaded
                return self
        sys.exit(f"the server did not start; it ended with exit code {self._process.wait()}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=120)
        if self._process.returncode != 0:
            sys.exit(f"the server ended with exit code {self._process.returncode}")


def _path(programs: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


if __name__ == "__main__":
    main()
