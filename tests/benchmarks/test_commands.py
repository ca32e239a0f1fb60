"""Runs the commands as a user would, with the original too if ORIGINAL names a checkout of it and PyTorch is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.markdown_table import BEGIN, END
from benchmarks.results import read_results, write_results
from benchmarks.task import Task

ROOT = Path(__file__).resolve().parents[2]

SMALL = {
    "step": ["--height", "64", "--width", "64", "--filters", "4", "--discriminator-filters", "4"],
    "inference": ["--height", "64", "--width", "64", "--filters", "4"],
    "pooling": ["--height", "32", "--width", "64", "--instances", "5"],
}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_benchmark_prints_a_table_and_adds_its_results_to_a_file(tmp_path):
    done = run("pooling", *SMALL["pooling"], "--rounds", 2, "--out", tmp_path / "results.json")
    assert (done.returncode, done.stderr) == (0, "")
    (result,) = read_results(tmp_path / "results.json")
    assert f"`{result.command}` on {result.date}" in done.stdout
    assert result.command.startswith("python -m benchmarks pooling --height 32 ")
    assert [len(series.seconds) for series in result.series] == [2]
    assert (result.task.height, result.task.width, result.task.instances) == (32, 64, 5)


def test_the_table_command_fills_a_document(tmp_path, comparison):
    document, results = tmp_path / "performance.md", tmp_path / "results.json"
    document.write_text(f"# Speed\n\n{BEGIN}\n{END}\n", encoding="utf-8")
    write_results(results, [comparison("training step", Task(256, 512), [2.0])])
    assert run("table", results, document).returncode == 0
    assert "| training step | 512x256 | 2.00 s |" in document.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step", "--original", "docs"], "docs: no checkout of pix2pixHD; `git clone https://github.com/NVIDIA/pix2pixHD` makes"),
        (["step", "--height", "100"], "--height is 100; the networks need a multiple of 32, at least 64"),
        (["pooling", "--rounds", "0"], "--rounds is 0; it must be at least 1"),
    ],
)
def test_mistakes_end_in_one_line(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", sorted(SMALL))
def test_the_original_does_the_same_work_beside_tfhd(tmp_path, command):
    pytest.importorskip("torch")
    if not os.environ.get("ORIGINAL"):
        pytest.skip("needs a checkout of the original: make test EXTRAS=torch ORIGINAL=PATH")
    original = Path(os.environ["ORIGINAL"]).resolve()
    done = run(command, *SMALL[command], "--rounds", 1, "--out", tmp_path / "results.json", "--original", original)
    assert done.returncode == 0, done.stderr
    for result in read_results(tmp_path / "results.json"):
        assert [series.name for series in result.series] == ["tfhd", "original"]
        assert result.largest_difference < 1e-3


def test_planned_memory_stands_beside_what_a_training_takes():
    done = run("memory", "streets-demo", "--sizes", 64, 32)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = re.findall(r"^\| global \| 64x32 \| (.*) GB \| (.*) GB \| (.*)% \|$", done.stdout, re.MULTILINE)
    planned, measured, difference = map(float, row)
    assert measured > 0.1
    half = 0.005  # sizes are printed to two digits
    assert (planned - half) / (measured + half) <= 1 + difference / 100 <= (planned + half) / (measured - half)
