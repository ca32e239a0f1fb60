from __future__ import annotations

import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.tiny_fit import NETWORKS, STREETS, complaint, folder_flags, rows
from tfhd.errors import InputError
from tfhd.runs.checkpoint_files import find_checkpoint, list_checkpoints, read_arrays, read_state
from tfhd.train.data_reading import data_errors
from tfhd.train.fit import fit, parse_fit
from tfhd.train.preparation import prepare
from tfhd.train.stage_runner import StageRunner

STAGED = [
    *("cityscapes-1024p", "--data.format", "streets", "--data.street-count", "2"),
    *NETWORKS[: NETWORKS.index("--stages.global.epochs")],
    *("--data.height", "64", "--data.width", "128", "--data.load-width", "128"),
    *("--generator.filters", "2", "--generator.num-local-residual-blocks", "1", "--discriminator.num-scales", "2"),
    *("--stages.global.epochs", "1", "--stages.global.decay-epochs", "0"),
    *("--stages.enhancer.epochs", "1", "--stages.enhancer.decay-epochs", "0"),
    *("--stages.joint.epochs", "1", "--stages.joint.decay-epochs", "0"),
    *("--training.log-every", "2", "--training.checkpoint-every", "2", "--training.keep", "9"),
]
"""Two steps of every stage: the global generator at 64x32, then with an enhancer around it at 128x64."""


@pytest.fixture(scope="module")
def staged_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of three stages. Tests must not write into it."""
    out = tmp_path_factory.mktemp("runs") / "staged"
    fit([*STAGED, "--out", str(out)], "prog")
    return out


def weights(run: Path, step: int, network: str) -> dict[str, np.ndarray]:
    return read_arrays(run / "checkpoints" / f"step-{step:08d}" / f"{network}.npz")


def test_a_run_goes_through_its_stages_by_itself(staged_run):
    states = [read_state(path) for path in list_checkpoints(staged_run / "checkpoints")]
    assert [(state.stage, state.step, state.stage_step) for state in states] == [
        ("global", 2, 2),
        ("enhancer", 4, 2),
        ("joint", 6, 2),
    ]
    assert [(row["stage"], row["step"]) for row in rows(staged_run)] == [("global", "2"), ("enhancer", "4"), ("joint", "6")]
    sizes = {}
    for path in (staged_run / "samples").iterdir():
        with Image.open(path) as grid:
            sizes[path.name] = grid.size
    assert sizes == {
        "step-00000002.png": (3 * 64, 32),
        "step-00000004.png": (3 * 128, 64),
        "step-00000006.png": (3 * 128, 64),
    }


def test_the_global_generator_rests_while_its_enhancer_learns_and_moves_again_after(staged_run):
    inner = weights(staged_run, 2, "generator")
    alone, joint = (weights(staged_run, step, "generator") for step in (4, 6))
    kept = [path for path in inner if not path.startswith("top/")]
    assert len(kept) > 10
    for path in kept:
        np.testing.assert_array_equal(alone[f"global_generator/{path}"], inner[path], err_msg=path)
        if path.endswith("kernel"):
            assert (joint[f"global_generator/{path}"] != inner[path]).any(), path


def test_stages_can_be_left_out_where_networks_are_given(staged_run, tmp_path):
    out = tmp_path / "joint"
    # So slow that what was given is still to be seen.
    slow = ["--training.learning-rate", "1e-12"]
    fit([*STAGED, *slow, "--first-stage", "joint", "--init", str(staged_run), "--out", str(out)], "prog")
    assert [(row["stage"], row["step"]) for row in rows(out)] == [("joint", "2")]
    for network in ("generator", "discriminator", "encoder"):
        found = weights(out, 2, network)
        for path, given in weights(staged_run, 6, network).items():
            np.testing.assert_allclose(found[path], given, atol=1e-9, err_msg=f"{network} {path}")


def test_networks_that_do_not_fit_are_refused_before_anything_is_written(staged_run, street_run, tmp_path):
    out = tmp_path / "run"
    flags = [*STREETS, "--init", str(street_run), "--out", str(out)]
    text = complaint([*flags, "--generator.filters", "5"], out)
    assert re.search(
        rf"{street_run}: generator: \S+ has shape .* but is of shape .* in the new network; use the same filters", text
    )
    text = complaint([*STREETS, "--init", str(staged_run), "--out", str(out)], out)
    assert f"{staged_run}: its networks have more enhancers or discriminators than those of stage 'global'" in text


@pytest.fixture
def stop_at() -> Iterator[Callable[[Path, int], None]]:
    """`stop_at(run, step)`: this process is sent SIGTERM once that run has saved that step."""
    ended, senders = threading.Event(), []

    def send(checkpoint: Path) -> None:
        while not ended.wait(0.01):
            if checkpoint.exists():
                return os.kill(os.getpid(), signal.SIGTERM)

    def start(run: Path, step: int) -> None:
        senders.append(threading.Thread(target=send, args=(run / "checkpoints" / f"step-{step:08d}",)))
        senders[-1].start()

    yield start
    ended.set()
    for sender in senders:
        sender.join()


def test_a_run_that_the_system_ends_saves_its_last_step(tmp_path, stop_at, capsys):
    out = tmp_path / "run"
    stop_at(out, 2)
    with pytest.raises(SystemExit) as caught:
        fit([*STREETS, "--stages.global.epochs", "1000", "--out", str(out)], "prog")
    assert caught.value.code == 128 + signal.SIGTERM
    state = read_state(find_checkpoint(out / "checkpoints"))
    assert 2 <= state.step < 1000
    assert f"{out}: stopped after step {state.step}, which is saved; go on with --resume" in capsys.readouterr().out


def test_whatever_a_validation_raises_the_checkpoint_is_written_first(data, tmp_path):
    for kind in ("label", "img"):
        for number in range(6):  # more than a sample grid shows
            target = data / f"val_{kind}" / f"{number}.png"
            target.parent.mkdir(exist_ok=True)
            shutil.copy(data / f"train_{kind}" / "0.png", target)
    options = parse_fit([*folder_flags(data, tmp_path / "run"), "--training.checkpoint-every", "1000"], "prog")
    training = prepare(options.config, options.out)
    (data / "val_img" / "5.png").write_bytes(b"no picture any more")
    with pytest.raises(InputError, match=r"val_img/5\.png: "), data_errors():
        StageRunner(training).run(lambda: False)
    state = read_state(find_checkpoint(options.out / "checkpoints"))
    assert (state.step, state.validation_l1) == (4, None), "validation comes every four steps"
