"""Looks at the file of models again and again, and serves what it says."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from tfhd.errors import InputError

from .config_files import read_models
from .repository import Repository

_log = logging.getLogger(__name__)


def poll_models(path: Path, seconds: int, repository: Repository[Any], stopping: threading.Event) -> None:
    """Serves the models of a configuration file until `stopping` is set.

    Every look applies the whole file, as in TensorFlow Serving, so a label whose version was not loaded yet is taken once it is.
    Where the file makes no sense, the models stay as they are and the log says why, once for each reason.
    """
    reason = ""
    while not stopping.wait(seconds):
        try:
            repository.configure(read_models(path))
        except InputError as error:
            if str(error) != reason:
                _log.error("%s: not applied: %s", path, error)
            reason = str(error)
        else:
            reason = ""
