"""Flags of commands that take a preset: every setting of the configuration, and some of the command's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from tfhd.command_line import parse_preset
from tfhd.config import Config
from tfhd.presets import PRESETS


@dataclass(frozen=True)
class PresetFlags(Config):
    """A configuration; a command's own flags are fields of a subclass."""

    @property
    def config(self) -> Config:
        """The configuration alone."""
        return Config(**{field.name: getattr(self, field.name) for field in fields(Config)})


Flags = TypeVar("Flags", bound=PresetFlags)


def parse_preset_flags(
    kind: type[Flags], arguments: list[str], prog: str, presets: Mapping[str, tuple[str, Config]] = PRESETS
) -> Flags:
    """The flags of a command line that starts with a preset's name.

    Args:
        kind: of the flags; its fields beyond the configuration's need defaults.
        arguments: the preset and the flags.
        prog: how the command is called, for messages.
        presets: help and configuration of each preset.

    Raises:
        InputError: the preset or a flag is unknown, or a value is wrong.
    """
    return parse_preset({name: (text, kind(**vars(config))) for name, (text, config) in presets.items()}, arguments, prog)
