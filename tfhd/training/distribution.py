"""Which devices and hosts train together."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

import tensorflow as tf

from tfhd.data.pipeline.order import Shard
from tfhd.errors import InputError


class Cluster(NamedTuple):
    """The replicas that train together, as one host sees them.

    Attributes:
        strategy: creates variables and runs steps on every replica.
        shard: this host's part of every batch.
        is_chief: whether this host writes checkpoints, losses and samples; exactly one of all hosts does.
    """

    strategy: tf.distribute.Strategy
    shard: Shard
    is_chief: bool

    @property
    def replicas(self) -> int:
        """Replicas on all hosts together."""
        return self.strategy.num_replicas_in_sync


def open_cluster() -> Cluster:
    """Connects all GPUs of this host (or its logical CPUs, where it has no GPU) and all hosts that TF_CONFIG or Slurm name.

    Call it before TensorFlow has run any operation: hosts must be connected first.

    Raises:
        InputError: TF_CONFIG cannot be used.
    """
    hosts = find_hosts()
    count = len(hosts.cluster_spec().as_dict()["worker"]) if hosts is not None else 1
    if count > 1:
        strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=hosts)
        return Cluster(strategy, Shard(hosts.task_id, count), is_chief=hosts.task_id == 0)
    devices = [device.name for device in tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")]
    strategy = tf.distribute.MirroredStrategy(devices) if len(devices) > 1 else tf.distribute.get_strategy()
    return Cluster(strategy, Shard(), is_chief=True)


def find_hosts() -> tf.distribute.cluster_resolver.ClusterResolver | None:
    """The hosts that TF_CONFIG or Slurm name, as workers; None where neither does.

    Raises:
        InputError: TF_CONFIG cannot be used.
    """
    if "TF_CONFIG" in os.environ:
        return _hosts_of_tf_config(os.environ["TF_CONFIG"])
    # One task of several in a job step; a shell inside an allocation has no step of its own.
    if int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        # Which GPUs a task sees is Slurm's to say (--gpus-per-task): the resolver, which would ask nvidia-smi, is given numbers
        # that suit any node and sets nothing.
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(gpus_per_node=1024, gpus_per_task=1, auto_set_gpu=False)
        resolver.cluster_spec()  # finds out which task this is
        return resolver
    return None


def _hosts_of_tf_config(text: str) -> tf.distribute.cluster_resolver.ClusterResolver:
    fault = _fault_of_tf_config(text)
    if fault:
        expected = '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
        raise InputError(f"TF_CONFIG: {fault}; expected {expected} with this host's own index on each host")
    return tf.distribute.cluster_resolver.TFConfigClusterResolver()


def _fault_of_tf_config(text: str) -> str | None:
    try:
        document = json.loads(text)
        workers, task = document["cluster"]["worker"], document["task"]
        kind, index = task["type"], int(task["index"])
    except json.JSONDecodeError as error:
        return f"is not JSON ({error})"
    except KeyError as error:
        return f"lacks {error}"
    except (TypeError, ValueError):
        return "has a value of another type than expected"
    if not isinstance(workers, list) or set(document["cluster"]) != {"worker"}:
        return "must name hosts as a list of workers alone"
    if kind != "worker":
        return f"gives this host the type {kind!r}"
    return None if 0 <= index < len(workers) else f"gives this host index {index} of {len(workers)} workers"
