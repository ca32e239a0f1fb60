"""Several replicas, on one host and on several, train what one replica with all their pictures trains."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_fit import STREETS
from tfhd.runs.checkpoint_files import find_checkpoint

ROOT = Path(__file__).resolve().parents[2]
FIVE_STEPS = [*STREETS, "--data.street-count", "2", "--stages.global.epochs", "5", "--stages.global.decay-epochs", "0"]
LONG = [*STREETS, "--stages.global.epochs", "100000", "--training.checkpoint-every", "5", "--training.log-every", "5"]


def start(arguments: list[str], devices: int = 1, tf_config: dict | None = None) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | ({"TF_CONFIG": json.dumps(tf_config)} if tf_config else {})
    command = [sys.executable, str(Path(__file__).with_name("fit_on_cpus.py")), str(devices), *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def start_two_hosts(arguments: list[str]) -> list[subprocess.Popen[str]]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    workers = [f"127.0.0.1:{open_socket.getsockname()[1]}" for open_socket in sockets]
    for open_socket in sockets:
        open_socket.close()
    configs = [{"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [start(arguments, tf_config=config) for config in configs]


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-2000:]
    return output


def kernels(run: Path) -> dict[str, np.ndarray]:
    checkpoint = find_checkpoint(run / "checkpoints")
    assert checkpoint.name == "step-00000005"
    found = {}
    for part in ("generator", "discriminator", "encoder"):
        with np.load(checkpoint / f"{part}.npz") as arrays:
            found |= {f"{part}/{path}": arrays[path] for path in arrays if path.endswith("kernel")}
    return found


def assert_close(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> None:
    assert got.keys() == want.keys()
    close = np.concatenate([np.abs(got[path] - want[path]).ravel() < 1e-5 for path in want])
    assert close.mean() >= 0.99


@pytest.fixture(scope="module")
def one_replica(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Kernels after 5 steps of one replica with batches of two."""
    out = tmp_path_factory.mktemp("one") / "run"
    finish(start([*FIVE_STEPS, "--data.batch-size", "2", "--out", str(out)]))
    return kernels(out)


def test_two_replicas_with_one_picture_each_equal_one_with_two(one_replica, tmp_path):
    output = finish(start([*FIVE_STEPS, "--out", str(tmp_path / "run")], devices=2))
    assert "on 2 replicas" in output
    assert_close(kernels(tmp_path / "run"), one_replica)


def test_two_hosts_with_one_picture_each_equal_one_with_two(one_replica, tmp_path):
    outputs = [finish(host) for host in start_two_hosts([*FIVE_STEPS, "--out", str(tmp_path / "run")])]
    assert "on 2 replicas" in outputs[0]
    assert "held-out" not in outputs[1]  # only the chief reports
    assert_close(kernels(tmp_path / "run"), one_replica)


@pytest.mark.parametrize("lost", [0, 1], ids=["chief", "other"])
def test_where_one_host_is_killed_the_other_ends_within_a_minute_and_says_why(tmp_path, lost):
    out = tmp_path / "run"
    hosts = start_two_hosts([*LONG, "--out", str(out)])
    try:
        deadline = time.monotonic() + 120
        while not list((out / "checkpoints").glob("step-*")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        hosts[lost].send_signal(signal.SIGKILL)
        _, errors = hosts[1 - lost].communicate(timeout=60)
    finally:
        for host in hosts:
            host.kill()
    assert hosts[1 - lost].returncode == 2
    assert "another worker was lost" in errors
    assert "--resume" in errors
    with np.load(find_checkpoint(out / "checkpoints") / "generator.npz") as arrays:
        assert all(np.isfinite(arrays[path]).all() for path in arrays)
