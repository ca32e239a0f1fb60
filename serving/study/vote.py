"""What a page sends when a rater has answered."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

Side = Literal["left", "right"]

_MOST_MS = 31 * 24 * 3600 * 1000.0
"""Limit of what a vote says; a page may be left open for days."""
_Milliseconds = Annotated[float, pydantic.Field(ge=0, le=_MOST_MS, allow_inf_nan=False)]
_Pixels = Annotated[float, pydantic.Field(ge=0, le=100_000, allow_inf_nan=False)]


@pydantic.dataclasses.dataclass(frozen=True, config=pydantic.ConfigDict(extra="forbid", strict=True))
class Vote:
    """What a page sends.

    Attributes:
        choice: the side that looks more natural.
        nonce: made by the page for this vote; the same vote sent again, its acknowledgement lost, is recognized by it.
        answer_ms: from the pictures' appearance to the answer.
        shown_ms: for which the pictures were on screen; in limited time alone, as the three below.
        frames: that were presented meanwhile.
        longest_frame_ms: the longest of them.
        clock: whose times these are: "presentation" where the browser says when the pictures and what followed were presented, or
            else "frames".
        is_interrupted: the page was hidden meanwhile.
        width: of each picture on the page, in CSS pixels.
        height: the same.
        pixel_ratio: pixels of the screen in a CSS pixel, along one edge.
        is_stacked: the pictures were one above the other, "left" above.
    """

    choice: Side
    nonce: Annotated[str, pydantic.Field(pattern=r"^[0-9a-zA-Z-]{8,64}$")]
    answer_ms: _Milliseconds
    shown_ms: _Milliseconds | None = None
    frames: Annotated[int, pydantic.Field(ge=0, le=10**7)] | None = None
    longest_frame_ms: _Milliseconds | None = None
    clock: Literal["presentation", "frames"] | None = None
    is_interrupted: bool = False
    width: _Pixels | None = None
    height: _Pixels | None = None
    pixel_ratio: Annotated[float, pydantic.Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    is_stacked: bool | None = None

    @property
    def measured(self) -> tuple[float | None, int | None, float | None, str | None]:
        """What belongs to votes in limited time alone."""
        return self.shown_ms, self.frames, self.longest_frame_ms, self.clock

    @property
    def is_limited(self) -> bool | None:
        """Whether it says how long pictures were shown; None where it says that in part."""
        missing = [value is None for value in self.measured]
        return None if any(missing) != all(missing) else not missing[0]
