"""Names that clients sent, as error messages repeat them."""

from __future__ import annotations

_SHOWN = 64
"""Characters of a name that are repeated; the message's own words must have room beside it."""


def shown(name: str) -> str:
    """Returns a name in quotation marks, in one line, without what is beyond 64 characters."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def all_shown(names: list[str]) -> str:
    """Returns the first of several names as `shown` does, and how many more there are; "none" where there are none."""
    more = [f"{len(names) - 4} more"] if len(names) > 4 else []
    return ", ".join([*map(shown, names[:4]), *more]) or "none"
