"""A training that is killed again and again ends with the weights of one that never was."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.forked import context
from tests.integration.three_stages import THREE_STAGES
from tfhd.runs.checkpoint_files import find_checkpoint, list_checkpoints, read_state

KILLS = 10
# Checkpoints fall before, on and after the borders of the stages.
FLAGS = [
    *THREE_STAGES,  # with twenty steps a stage, of which the kills leave the last ten alone
    *("--stages.global.epochs", "2", "--stages.global.decay-epochs", "2", "--stages.enhancer.epochs", "4"),
    *("--stages.joint.epochs", "2", "--stages.joint.decay-epochs", "2"),
    *("--training.deterministic", "--training.average-decay", "0.9", "--training.pool-size", "3"),
    *("--training.checkpoint-every", "3", "--training.validate-every", "4", "--training.log-every", "1"),
]


def _train(arguments: list[str], log: Path) -> None:
    with open(log, "a", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    from tfhd.train.fit import fit

    fit(arguments, "prog")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "log.txt"


def last_step(out: Path) -> int:
    """The last step in losses.csv, which every step adds a row to."""
    table = out / "losses.csv"
    return int(table.read_text().splitlines()[-1].split(",")[1]) if table.exists() else 0


def kill_after(step: int, process: multiprocessing.Process, out: Path, pause: float) -> None:
    deadline = time.monotonic() + 200
    while process.is_alive() and last_step(out) < step:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(pause)  # into the next step, or into writing a checkpoint
    process.kill()
    process.join()


def finish(process: multiprocessing.Process, log: Path) -> None:
    process.join(300)
    assert process.exitcode == 0, log.read_text()[-3000:]


def assert_same_weights(got: Path, want: Path) -> None:
    assert {path.name for path in got.iterdir()} == {path.name for path in want.iterdir()}
    assert json.loads((got / "state.json").read_text()) == json.loads((want / "state.json").read_text())
    for path in want.glob("*.npz"):
        with np.load(path) as wanted, np.load(got / path.name) as found:
            assert set(found) == set(wanted)
            for key in wanted:
                np.testing.assert_array_equal(found[key], wanted[key], err_msg=f"{path.name} {key}")


def test_ten_kills_change_no_bit_of_three_stages(tmp_path, log):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    process = context.Process(target=_train, args=([*FLAGS, "--out", str(whole)], log))
    process.start()
    finish(process, log)
    assert [read_state(path).stage for path in list_checkpoints(whole / "checkpoints")][-1] == "joint"

    chance, stages = random.Random(0), []
    for kill in range(KILLS):
        resume = ["--resume"] if list_checkpoints(killed / "checkpoints") else []
        flags = ["cityscapes-1024p", *resume] if resume else FLAGS
        process = context.Process(target=_train, args=([*flags, "--out", str(killed)], log))
        process.start()
        # Once in every five steps; never before the first checkpoint, and never without a step.
        target = max(5 * kill + chance.randint(1, 5), 4, last_step(killed) + 1)
        kill_after(target, process, killed, pause=chance.uniform(0, 0.05))
        assert process.exitcode == -signal.SIGKILL, log.read_text()[-3000:]
        stages.append(read_state(find_checkpoint(killed / "checkpoints")).stage)
    assert {"global", "enhancer"} <= set(stages)
    process = context.Process(target=_train, args=(["cityscapes-1024p", "--resume", "--out", str(killed)], log))
    process.start()
    finish(process, log)
    assert_same_weights(find_checkpoint(killed / "checkpoints"), find_checkpoint(whole / "checkpoints"))


def test_sigterm_writes_a_checkpoint_after_the_step_and_ends(tmp_path, log):
    flags = [*FLAGS, "--stages.global.epochs", "100000", "--training.checkpoint-every", "100000", "--out", str(tmp_path)]
    process = context.Process(target=_train, args=(flags, log))
    process.start()
    deadline = time.monotonic() + 200
    while last_step(tmp_path) < 3:
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.01)
    process.terminate()
    process.join(60)
    assert process.exitcode == 128 + signal.SIGTERM
    state = read_state(find_checkpoint(tmp_path / "checkpoints"))
    assert state.step == last_step(tmp_path) >= 3
    assert f"stopped after step {state.step}, which is saved; go on with --resume" in log.read_text()
