from __future__ import annotations

import json

import pytest

from tfhd.data import Shard
from tfhd.errors import InputError
from tfhd.training import open_cluster
from tfhd.training.distribution import find_hosts

WORKERS = ["a:1", "b:1"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no hosts."""
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_one_device_of_one_host_is_one_replica_and_the_chief():
    cluster = open_cluster()
    assert (cluster.replicas, cluster.shard, cluster.is_chief) == (1, Shard(0, 1), True)


def test_hosts_come_from_tf_config(environment):
    environment.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": WORKERS}, "task": {"type": "worker", "index": 1}}))
    hosts = find_hosts()
    assert hosts.cluster_spec().as_dict() == {"worker": WORKERS}
    assert (hosts.task_type, hosts.task_id) == ("worker", 1)


def test_hosts_come_from_a_slurm_step_of_several_tasks(environment):
    for name, value in {
        "SLURM_PROCID": "2",
        "SLURM_STEP_NUM_TASKS": "3",
        "SLURM_STEP_NODELIST": "node[08-10]",
        "SLURM_STEP_TASKS_PER_NODE": "1(x3)",
    }.items():
        environment.setenv(name, value)
    hosts = find_hosts()
    assert hosts.cluster_spec().as_dict() == {"worker": ["node08:8888", "node09:8888", "node10:8888"]}
    assert (hosts.task_type, hosts.task_id) == ("worker", 2)


def test_a_shell_or_a_single_task_inside_slurm_trains_alone(environment):
    environment.setenv("SLURM_STEP_NUM_TASKS", "1")
    environment.setenv("SLURM_PROCID", "0")
    assert find_hosts() is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "has a value of another type"),
        ("{}", "lacks 'cluster'"),
        (json.dumps({"cluster": {"worker": WORKERS}}), "lacks 'task'"),
        (json.dumps({"cluster": {"worker": WORKERS}, "task": {"type": "worker", "index": "one"}}), "has a value of another type"),
        (json.dumps({"cluster": {"worker": WORKERS}, "task": {"type": "worker", "index": 2}}), "index 2 of 2 workers"),
        (json.dumps({"cluster": {"worker": WORKERS}, "task": {"type": "ps", "index": 0}}), "gives this host the type 'ps'"),
        (json.dumps({"cluster": {"worker": WORKERS, "ps": ["c:1"]}, "task": {"type": "worker", "index": 0}}), "workers alone"),
        (json.dumps({"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}), "workers alone"),
    ],
)
def test_a_tf_config_that_cannot_be_used_is_told_with_what_is_expected(environment, text, fault):
    environment.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match=r'^TF_CONFIG: .*; expected \{"cluster": \{"worker": \["HOST:PORT"') as caught:
        open_cluster()
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)
