"""A study's settings, as its folder holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

# Checks what a file holds against the types below, and names the key at fault.
import pydantic

from tfhd.errors import InputError
from tfhd.files import write_text

PHOTO = "photo"
"""What real photos are called among the methods."""
NOISE = "noise"
"""What attention checks show beside a picture; no method may have the name."""
SECONDS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""The paper's durations."""

DATABASE = "votes.sqlite"
PICTURES = "pictures"
_SETTINGS = "study.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}")
_LIMITS = {
    "votes_per_pair": (1, 1000),
    "per_rater": (0, 100_000),
    "practice": (0, 50),
    "break_every": (0, 100_000),
    "check_every": (0, 100_000),
    "min_checks_passed": (0, 1),
    "scale": (0.1, 8),
    "seed": (0, 2**32 - 1),
}
_SHORTEST, _LONGEST = 0.05, 60.0
_MOST_SECONDS, _MOST_METHODS = 20, 20
_LONGEST_TEXT = 20_000
_FEWEST_CHECKS = 4
"""Of a rater who answers all questions: fewer would tell a slip from carelessness too badly."""
MOST_RATERS = 10_000
"""That are given links at a time."""


@dataclass(frozen=True)
class Design:
    """What raters see and how often.

    Attributes:
        methods: compared with each other; `photo` among them stands for real photos.
        pairs: of methods that are compared.
        seconds: that pictures are shown in limited time; empty for unlimited time.
        votes_per_pair: how many raters see each pair of pictures.
        per_rater: most votes of one rater; 0 for one vote on every pair.
        practice: trials at the start that do not count.
        check_every: most votes between attention checks; 0 for none.
        break_every: votes between breaks; 0 for none.
        min_checks_passed: share of attention checks, 0..1, below which a rater's votes are kept apart; see `is_failing`.
        scale: most CSS pixels that a pixel of a picture takes on the screen.
        question: what raters are asked.
        consent: text that they agree to first.
        seed: of order, sides and durations.
    """

    methods: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    seconds: tuple[float, ...]
    votes_per_pair: int
    per_rater: int
    practice: int
    check_every: int
    break_every: int
    min_checks_passed: Annotated[float, pydantic.Field(allow_inf_nan=False)]
    scale: Annotated[float, pydantic.Field(allow_inf_nan=False)]
    question: str
    consent: str
    seed: int

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(f"--{name.replace('_', '-')} is {value}; expected {least} to {most}")
        if not 2 <= len(self.methods) <= _MOST_METHODS:
            raise InputError(f"{len(self.methods)} methods to compare; name 2 to {_MOST_METHODS} with --pictures NAME=FOLDER")
        for name in self.methods:
            if not _NAME.fullmatch(name) or name == NOISE:
                raise InputError(
                    f"method {name!r}: expected up to 40 of A-Z, a-z, 0-9, space and . _ + -, with a letter or digit first, "
                    f"and not {NOISE!r}"
                )
        if len(set(self.seconds)) != len(self.seconds) or len(self.seconds) > _MOST_SECONDS:
            raise InputError(f"--seconds {self.seconds}: expected up to {_MOST_SECONDS} different durations")
        for value in self.seconds:
            if not _SHORTEST <= value <= _LONGEST:
                raise InputError(f"--seconds {value}: expected {_SHORTEST} to {_LONGEST}")
        for name in ("question", "consent"):
            if not 0 < len(getattr(self, name).strip()) <= _LONGEST_TEXT:
                raise InputError(f"--{name}: expected 1 to {_LONGEST_TEXT} characters")

    @property
    def is_limited(self) -> bool:
        """Whether pictures are hidden after a while."""
        return bool(self.seconds)

    @property
    def has_checks(self) -> bool:
        """Whether there are pictures of noise, for attention checks and the first practice trial."""
        return self.check_every + self.practice > 0

    def check_interval(self, num_questions: int) -> int:
        """Votes for each attention check, so that a rater who answers all that he may has some; 0 for no checks."""
        return min(self.check_every, max(1, self._most_votes(num_questions) // _FEWEST_CHECKS))

    def num_checks(self, num_questions: int) -> int:
        """The attention checks of a rater who answers all that he may."""
        interval = self.check_interval(num_questions)
        return -(-self._most_votes(num_questions) // interval) if interval else 0

    def _most_votes(self, num_questions: int) -> int:
        return min(num_questions, self.per_rater or num_questions)

    def is_failing(self, passed: int, checks: int) -> bool:
        """Whether a rater failed too many attention checks. One slip is forgiven, unless all checks must be passed."""
        return checks - passed > (self.min_checks_passed < 1) and passed < self.min_checks_passed * checks

    def write(self, folder: Path) -> None:
        """Writes the settings into a study's folder."""
        write_text(folder / _SETTINGS, _ADAPTER.dump_json(self, indent=2).decode() + "\n", "settings")

    @classmethod
    def read(cls, folder: Path) -> Design:
        """Reads what `write` wrote; raises `InputError` where `folder` holds no study."""
        path = folder / _SETTINGS
        try:
            return _ADAPTER.validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); name a folder that `study create` made") from None
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise InputError(f"{path}: {where}: {first['msg']}; expected what `study create` wrote") from None


_ADAPTER = pydantic.TypeAdapter(Design)
