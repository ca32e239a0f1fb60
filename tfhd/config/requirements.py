"""What the sections of a configuration require of their values."""

from __future__ import annotations

import math

from tfhd.errors import InputError

FORBID_UNKNOWN = {"extra": "forbid"}
"""Pydantic's setting that refuses unknown keys of a JSON file."""


def require(condition: bool, message: str) -> None:
    """Raises `InputError` with the message unless the condition holds."""
    if not condition:
        raise InputError(message)


def require_at_least(least: int, section: str, config: object, *names: str) -> None:
    """Raises `InputError` where a field of a section is less than `least`."""
    for name in names:
        value = getattr(config, name)
        require(value >= least, f"{section}.{name} is {value}; it must be at least {least}")


def require_fraction(section: str, config: object, *names: str) -> None:
    """Raises `InputError` where a field of a section is not in 0..1, 1 excluded."""
    for name in names:
        value = getattr(config, name)
        require(0 <= value < 1, f"{section}.{name} is {value}; it must be at least 0 and less than 1")


def require_weight(section: str, config: object, *names: str) -> None:
    """Raises `InputError` where a field of a section is negative, infinite or not a number."""
    for name in names:
        value = getattr(config, name)
        require(0 <= value < math.inf, f"{section}.{name} is {value}; it must be a number from 0 up")
