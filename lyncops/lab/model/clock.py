"""The lab's clock: real time, faster than real time, or a clock that jumps as soon as somebody
waits.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import Final, Protocol

_SLICE: Final = 0.02  # seconds of real time between two looks at whether a wait was cancelled


class Cancellation(Protocol):
    """Something that says whether to stop waiting; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether to stop."""
        ...


class LabClock:
    """A clock that starts at `start` and runs `rate` times as fast as real time; with `rate` None
    it jumps when somebody sleeps.
    """

    def __init__(self, start: datetime, rate: float | None = None) -> None:
        self._start = start
        self._rate = rate
        self._offset = timedelta()
        self._began = time.monotonic()
        self._moved = threading.Condition()

    @property
    def rate(self) -> float | None:
        """How many times faster than real time it runs; None when it jumps."""
        return self._rate

    def now(self) -> datetime:
        """The lab's time, with zone."""
        with self._moved:
            return self._now()

    def advance(self, duration: timedelta) -> None:
        """Let `duration` pass at once; sleepers whose time has come wake up."""
        with self._moved:
            self._offset += duration
            self._moved.notify_all()

    def sleep(self, duration: timedelta, cancelled: Cancellation | None = None) -> bool:
        """Wait `duration` of the lab's time; False when `cancelled` was set before it had
        passed.
        """
        if cancelled is not None and cancelled.is_set():
            return False
        if self._rate is None:
            self.advance(max(duration, timedelta()))
            return cancelled is None or not cancelled.is_set()
        with self._moved:
            due = self._now() + duration
            while (remaining := due - self._now()) > timedelta():
                if cancelled is not None and cancelled.is_set():
                    return False
                self._moved.wait(min(remaining.total_seconds() / self._rate, _SLICE))
        return True

    def _now(self) -> datetime:
        ran = 0.0 if self._rate is None else (time.monotonic() - self._began) * self._rate
        return self._start + self._offset + timedelta(seconds=ran)
