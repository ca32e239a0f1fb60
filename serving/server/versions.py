"""Which versions a model's base folder holds, and whether their files changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

# What TensorFlow Serving reads as a number, absl::SimpleAtoi, without the negative ones.
_NUMBER = re.compile(r"[ \t]*\+?[0-9]+[ \t]*")
_HIGHEST = 2**63 - 1
"""The largest number that the protocol's messages hold."""
Policy = FileSystemStoragePathSourceConfig.ServableVersionPolicy


def wanted_versions(base: Path, policy: Policy) -> dict[int, Path]:
    """Returns number and folder of the versions in `base` that a policy selects, in ascending order; by default the newest alone.

    A folder's name may have leading zeros. Of several for one number the last by name is taken, as in TensorFlow Serving: 7, and
    not 007.

    Raises:
        OSError: `base` cannot be read.
    """
    with os.scandir(base) as entries:
        names = sorted(entry.name for entry in entries if _NUMBER.fullmatch(entry.name) and entry.is_dir())
    found = {number: base / name for name in names if (number := int(name)) <= _HIGHEST}
    numbers = sorted(found)
    if policy.WhichOneof("policy_choice") == "specific":
        numbers = [number for number in numbers if number in policy.specific.versions]
    elif policy.WhichOneof("policy_choice") != "all":
        numbers = numbers[-(policy.latest.num_versions or 1) :]
    return {number: found[number] for number in numbers}


def fingerprint(path: Path) -> tuple:
    """Returns a value that changes with the files below `path`; a version that failed to load is tried again once it does."""
    found = []
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                stat = os.stat(os.path.join(folder, name))
            except OSError:
                continue
            found.append((folder, name, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(found))
