"""The local server, started soon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import server
from tests.forked import Forked


class Server(server.Server):
    """`tfhd serve` on free ports, see `benchmarks.server`, in a process that is forked."""

    def __init__(self, model_base: Path | None, *options: str, **settings: Any) -> None:
        super().__init__(model_base, *options, popen=Forked, **settings)
