"""Durations as people write them in scenarios and for `lyncops lab inject`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from lyncops.errors import InvalidValueError

_UNITS: Final = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_LONGEST: Final = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """Read `5m`, `1h30m`, `200ms`.

    Raises:
        InvalidValueError: the text is not a duration, or more than ten years.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InvalidValueError(
            f"{text!r} is not a duration.", remedy="Write it as 200ms, 30s, 5m or 1h30m."
        )
    try:
        read = sum(
            (timedelta(**{_UNITS[unit]: float(number)}) for number, unit in parts), timedelta()
        )
    except OverflowError:
        read = timedelta.max
    if read > _LONGEST:
        raise InvalidValueError(
            f"{text} is too long.", remedy="Write ten years (3650d) at the most."
        )
    return read
