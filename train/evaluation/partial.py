"""An evaluation that was interrupted, as a file beside its results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from tfhd.files import written

_WHAT = "what"


class PartialEvaluation:
    """The file that holds what was measured so far.

    Args:
        path: of the file.
        what: all that the numbers depend on, for JSON; a file about something else is not used.
    """

    def __init__(self, path: Path, what: Mapping[str, Any]) -> None:
        self._path, self._what = path, json.dumps(what, sort_keys=True)

    def load(self) -> dict[str, np.ndarray] | None:
        """What `save` wrote; None where there is nothing, or it is damaged or about something else."""
        try:
            with np.load(self._path, allow_pickle=False) as file:
                arrays = dict(file)
        except Exception:  # a damaged zip makes NumPy raise nearly anything; what it held can be measured again
            return None
        return arrays if str(arrays.pop(_WHAT, "")) == self._what else None

    def save(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Writes arrays by name; raises `InputError` where the disk refuses."""
        with written(self._path, "partial evaluation") as partial, open(partial, "wb") as file:
            np.savez(file, **{_WHAT: np.array(self._what)}, **arrays)

    def remove(self) -> None:
        """Removes the file, once the evaluation is whole."""
        with suppress(OSError):
            self._path.unlink()
