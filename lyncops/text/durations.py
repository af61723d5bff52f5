"""Durations as people write and read them: in `lyncops.toml`, on the command line, in what is
shown.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from lyncops.errors import InvalidValueError

_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_TERM: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", re.ASCII)
_WORDS: Final = re.compile(
    rf"(?:{_TERM.pattern})+".replace("(ms", "(?:ms").replace("([0", "(?:[0"), re.ASCII
)
_CLOCK: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read `200ms`, `30s`, `5m`, `1h30m`, `2d` or `hh:mm:ss`.

    Raises:
        InvalidValueError: the text is none of these, or longer than a `timedelta` can be.
    """
    word = re.sub(r"\s+", "", text).lower()
    try:
        if clock := _CLOCK.fullmatch(word):
            hours, minutes, seconds = map(int, clock.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if _WORDS.fullmatch(word):
            return sum(
                (float(number) * _UNITS[unit] for number, unit in _TERM.findall(word)), timedelta()
            )
    except OverflowError:
        pass  # reported below: such a duration makes no sense here
    raise InvalidValueError(
        f"{text!r} is not a duration.", remedy="Write it as 200ms, 30s, 5m, 1h or hh:mm:ss."
    )


def duration_in_words(time: timedelta) -> str:
    """A duration in words that fit its size: `45 s`, `12 min`, `2 h 5 min`."""
    seconds = round(time.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
