"""Arguments that the commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

RunFolder = tyro.conf.Positional[Annotated[str | Path, tyro.conf.arg(metavar="RUN")]]
OutFolder = tyro.conf.Positional[Annotated[str | Path, tyro.conf.arg(metavar="OUT")]]
