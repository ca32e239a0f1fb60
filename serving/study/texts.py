"""Wording of numbers and lists."""

from __future__ import annotations

from collections.abc import Sequence

_LISTED = 5


def count_of(number: int, what: str) -> str:
    """A number with its noun: 1 picture, 2 pictures."""
    return f"{number} {what}{'s' * (number != 1)}"


def listed(items: Sequence[str], separator: str = ", ") -> str:
    """The first few of many."""
    return separator.join(items[:_LISTED]) + (f"{separator}..." if len(items) > _LISTED else "")
