"""What `--resume` changes of a run: found, checked, told and recorded."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tfhd.config import Config
from tfhd.data import TrainingData
from tfhd.errors import InputError
from tfhd.label_sets import load_label_set

HISTORY = "history.jsonl"
"""In a run folder: a JSON object per line for each start of the training, with its step, its examples and what it changed."""

Changes = Mapping[str, tuple[Any, Any]]
"""Settings that differ, by name, for instance `data.root`: the run's value and the new one."""


class TrainedOn(NamedTuple):
    """A run's training data, as its history has them.

    Attributes:
        examples: how many there are.
        fingerprint: of their names and pixels; "" for rendered streets, which follow from the configuration.
    """

    examples: int
    fingerprint: str

    @classmethod
    def of(cls, data: TrainingData, *, has_files: bool) -> TrainedOn:
        return cls(data.order.num_examples, data.fingerprint() if has_files else "")


_CHANGEABLE = re.compile(r"data\.root|training\.learning_rate|stages\.\w+\.(decay_)?epochs")
"""What may differ when a run goes on: data are read by name, and the learning rate is a function of these and the step."""


def find_changes(before: Config, after: Config, path: Path) -> Changes:
    """The settings in which two configurations of a run differ.

    Args:
        before: the run's.
        after: that of the flags.
        path: of the run's config.json, for the message.

    Raises:
        InputError: one differs that a run cannot change.
    """
    old, new = (dict(_flatten(dataclasses.asdict(config))) for config in (before, after))
    changes = {name: (old.get(name), new.get(name)) for name in old | new if old.get(name) != new.get(name)}
    for name, (was, now) in changes.items():
        if name == "data.label_set" and load_label_set(now) == load_label_set(path.parent / "label_set.json"):
            continue
        if not _CHANGEABLE.fullmatch(name):
            raise InputError(
                f"{path}: says {name} {was}, but the flags {now}; --resume can change data.root, the path of an equal label set, "
                "training.learning_rate and the epochs of stages alone: leave the flag out, or start another run from this one "
                "with --init"
            )
    return changes


def describe(changes: Changes) -> list[str]:
    """A line for each change."""
    return [f"changed: {name} from {was} to {now}" for name, (was, now) in changes.items()]


def last_data(run: Path) -> TrainedOn | None:
    """What a run was trained on when it was last started; None where that was not recorded, or cannot be read."""
    try:
        lines = (run / HISTORY).read_text(encoding="utf-8").splitlines()
        last = json.loads(lines[-1])
        return TrainedOn(int(last["examples"]), str(last["fingerprint"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def record_start(run: Path, step: int, data: TrainedOn, changes: Changes) -> None:
    """Adds a line to the run's history; raises `OSError` where the disk refuses."""
    line = {"step": step, **data._asdict(), "changes": {name: list(values) for name, values in changes.items()}}
    with open(run / HISTORY, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
