"""`tfhd train experiment TABLE DATA`: trains and scores all rows of a table."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfhd.config import Config
from tfhd.errors import InputError
from tfhd.files import write_text
from tfhd.readers import StreetsReader

from ..preset_flags import PresetFlags, parse_preset_flags
from .plot import write_plot
from .results import read_results, write_csv, write_markdown
from .row import Row, run_row
from .tables import TABLES, Table, row_configs, with_seed

_USAGE = """usage: {prog} TABLE DATA [PRESET] --segmenter DIR --out DIR [flags of fit PRESET]

Trains and scores all rows of a table with the same data, steps and seeds: runs, results.csv, results.md and results.svg in --out.
Started again with the same flags, it goes on where it was stopped.

TABLE   {tables}
DATA    a data folder, or streets, the embedded rendered set
PRESET  what the rows change: by default streets-demo or, for a data folder, camvid; {prog} TABLE DATA PRESET --help lists flags
"""
_STATE = "experiment.json"


@dataclass(frozen=True)
class Experiment(PresetFlags):
    """The preset that the rows change, and how they are run."""

    out: Path = Path("runs/experiment")
    """The folder of the results, with a run folder for each row and seed."""
    segmenter: Path | None = None
    """The judge: what `tfhd train segmenter` wrote."""
    seeds: tuple[int, ...] = (0,)
    """Every row is trained with each of these."""
    minutes: float | None = None
    """Stop after so many minutes; the same command goes on from there."""
    features: str = "none"
    """vgg19 or inception-v3: also measure distances between their features."""


def experiment(arguments: list[str], prog: str) -> None:
    """Train and score all rows of a table of the paper.

    Raises:
        InputError: a flag is wrong, --out holds another experiment, a row failed, or results cannot be written.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        tables = "\n        ".join(f"{name:10} {table.title}" for name, table in TABLES.items())
        print(_USAGE.format(prog=prog, tables=tables))
        return
    table, options = _parse(arguments, prog)
    names, rows = _rows(table, options)
    _check_out(options, arguments[0])
    finished = _run_all(rows, options.minutes)
    results = read_results(rows)
    title = f"{table.title}"
    note = f"{_describe(options.config)}; {len(results)} of {len(rows)} trainings are done."
    write_csv(options.out / "results.csv", results)
    write_markdown(options.out / "results.md", title, results, names, note)
    write_plot(options.out / "results.svg", title, results, names)
    print((options.out / "results.md").read_text(encoding="utf-8"))
    if not finished:
        print(f"{options.out}: stopped after {len(results)} of {len(rows)} trainings; the same command goes on")


def _parse(arguments: Sequence[str], prog: str) -> tuple[Table, Experiment]:
    name, data, *rest = [*arguments, ""] if len(arguments) < 2 else arguments
    if name not in TABLES:
        raise InputError(f"unknown table {name!r}; expected one of {', '.join(TABLES)}")
    if not data or data.startswith("-"):
        raise InputError(f"no data after {name}; give a data folder, or streets")
    rendered = data == StreetsReader.name
    preset = "streets-demo" if rendered else "camvid"
    if rest and not rest[0].startswith("-"):
        preset, *rest = rest
    # Before the flags, so that these may name another format.
    place = [] if rendered else ["--data.root", data]
    options = parse_preset_flags(Experiment, [preset, *place, *rest], f"{prog} {name} {data}")
    if rendered != (options.data.format == StreetsReader.name):
        raise InputError(f"{data}: the preset {preset} has data.format {options.data.format}; give the format with --data.format")
    if options.segmenter is None:
        raise InputError("--segmenter is missing; train a judge with `tfhd train segmenter`")
    if not options.seeds or len(set(options.seeds)) < len(options.seeds):
        raise InputError("--seeds: expected different numbers, at least one")
    return TABLES[name], options


def _rows(table: Table, options: Experiment) -> tuple[list[str], list[Row]]:
    """Names of the rows, and all that is to be trained: every row with the first seed, then with the next."""
    configs = row_configs(table, options.config)
    rows = [
        Row(
            name,
            seed,
            with_seed(config, seed).to_json(),
            options.out / f"{re.sub('[^a-z0-9]+', '-', name.lower())}-seed-{seed}",
            options.segmenter,
            options.features,
        )
        for seed in options.seeds
        for name, config in configs.items()
    ]
    return list(configs), rows


def _check_out(options: Experiment, table: str) -> None:
    """Notes in --out what is trained there; raises `InputError` where that is something else."""
    state = {"table": table, "segmenter": str(options.segmenter), "config": dataclasses.asdict(options.config)}
    text, path = json.dumps(state, indent=2) + "\n", options.out / _STATE
    if os.path.exists(path):
        try:
            same = path.read_text(encoding="utf-8") == text
        except (OSError, ValueError):
            same = False
        if not same:
            raise InputError(f"{options.out}: holds an experiment with other flags; give the same ones, or another --out")
        return
    if options.out.exists() and any(options.out.iterdir()):
        raise InputError(f"{options.out}: is not empty and holds no experiment; choose another --out")
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(path, text, "experiment")


def _run_all(rows: Sequence[Row], minutes: float | None) -> bool:
    """Runs what is left of the rows; returns whether all are done, which they are not where the minutes were over.

    Raises:
        InputError: a row failed.
    """
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    for number, row in enumerate(rows, start=1):
        if row.is_done:
            continue
        if deadline is not None and time.monotonic() >= deadline:
            return False
        print(f"\n[{number}/{len(rows)}] {row.name}, seed {row.seed}: {row.folder}", flush=True)
        process = multiprocessing.get_context("spawn").Process(target=run_row, args=(row,))
        process.start()
        try:
            process.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        finally:
            stopped = process.is_alive()
            if stopped:
                process.terminate()  # a training writes its checkpoint first
                process.join()
        if stopped:
            return False
        if process.exitcode:
            _fail(row, process.exitcode)
    return True


def _fail(row: Row, exit_code: int) -> None:
    if exit_code in (130, 143):  # it was asked to stop, and has said so
        sys.exit(exit_code)
    raise InputError(f"{row.folder}: row {row.name!r} with seed {row.seed} failed (exit code {exit_code}); see the lines above")


def _describe(config: Config) -> str:
    epochs = " + ".join(str(stage.epochs + stage.decay_epochs) for stage in config.stages.values())
    data = config.data
    place = f"{data.street_count} rendered streets" if data.format == StreetsReader.name else data.root
    return f"{place} at {data.width}x{data.height}, {epochs} epochs each"
