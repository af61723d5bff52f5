"""Time as the client sees it: the protocol that tests put a virtual clock behind, and the
real one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import attrs


class Clock(Protocol):
    """Time as the client sees it; tests put a virtual one here."""

    def now(self) -> datetime:
        """The time of day, with zone."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Let `duration` pass."""
        ...


@attrs.frozen(slots=True)
class SystemClock:
    """The computer's own time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        """Let `duration` of real time pass; a negative one passes at once."""
        time.sleep(max(duration.total_seconds(), 0.0))


class Stopwatch:
    """How much time has passed, by whichever of two clocks says more: a suspended computer stops
    one, people set the other.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._wall = now()
        self._monotonic = time.monotonic()

    def elapsed(self) -> timedelta:
        """The time since it was made."""
        return max(
            abs(self._now() - self._wall), timedelta(seconds=time.monotonic() - self._monotonic)
        )
