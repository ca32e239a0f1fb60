"""Which examples each step trains: a pure function of seed and step, so that training can resume at any step."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shard:
    """The part of every batch that one host reads: the `index`-th of `count` equal parts."""

    index: int = 0
    count: int = 1


@dataclass(frozen=True)
class TrainingOrder:
    """The examples of every step; each epoch has another order, and its last incomplete batch is left out.

    Args:
        num_examples: examples of the split, at least `batch_size`.
        batch_size: examples per step, of all replicas on all hosts together.
        seed: seed of the orders.
    """

    num_examples: int
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Full batches per epoch."""
        return self.num_examples // self.batch_size

    def positions(self, step: int, shard: Shard = Shard()) -> np.ndarray:
        """Epoch and example index of a step's examples, those of one shard: int64 `(batch_size / shard.count, 2)`."""
        epoch, batch = divmod(step, self.steps_per_epoch)
        part = self.batch_size // shard.count
        first = batch * self.batch_size + shard.index * part
        order = epoch_order(self.num_examples, self.seed, epoch)[first : first + part]
        return np.stack([np.full(part, epoch), order], axis=1).astype(np.int64)


@functools.lru_cache(maxsize=4)
def epoch_order(num_examples: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch: int64 `(num_examples,)`, a permutation, which callers must not write to."""
    return np.random.default_rng((seed, epoch)).permutation(num_examples)
