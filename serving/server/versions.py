"""Which versions a model's base folder holds, and whether their files changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

_NUMBER = re.compile("0|[1-9][0-9]*")
_HIGHEST = 2**63 - 1
"""The largest number that the protocol's messages hold."""
Policy = FileSystemStoragePathSourceConfig.ServableVersionPolicy


def wanted_versions(base: Path, policy: Policy) -> list[int]:
    """Returns the numbered folders of `base` that a policy selects, in ascending order; by default only the newest.

    Raises:
        OSError: `base` cannot be read.
    """
    found = sorted(int(entry.name) for entry in os.scandir(base) if _NUMBER.fullmatch(entry.name) and entry.is_dir())
    found = [number for number in found if number <= _HIGHEST]
    if policy.WhichOneof("policy_choice") == "all":
        return found
    if policy.WhichOneof("policy_choice") == "specific":
        return sorted(set(found) & set(policy.specific.versions))
    return found[-(policy.latest.num_versions or 1) :]


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
