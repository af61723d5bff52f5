"""Whether another connection pays: how many READs wait, how long one takes, and what it costs to let one more run."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Final

import attrs

_LEAST: Final = timedelta(seconds=1).total_seconds()
"""Less than this is not worth a connection and a runspace."""
_SLOW: Final = timedelta(milliseconds=250).total_seconds()
"""A READ that has run for so long tells by itself that READs are slow here."""
_SHARE: Final = 0.3
"""What one more runspace takes of the time in which the session was opened: the module is imported into each (0.1 to 0.4 s of 1.2 s
with PowerShell 7.6)."""
_MEMORY: Final = 0.7
"""How much of what was known of a READ's time remains when the next one has ended."""


class Queue:
    """The READs that were submitted and have not ended, at all endpoints. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.length = 0

    def enter(self) -> None:
        """One more."""
        with self._lock:
            self.length += 1

    def leave(self, _result: object = None) -> None:
        """One less."""
        with self._lock:
            self.length -= 1


@attrs.define
class Pace:
    """How long things take at one endpoint, in seconds; its owner holds a lock."""

    opening: float = 0.0
    reading: float = 0.0
    _is_warm: bool = False
    _began: dict[object, float] = attrs.field(factory=dict[object, float])

    def begin(self, lane: object) -> None:
        """A READ begins, not the first one of its runspace, whose start would count as well."""
        self._began[lane] = time.monotonic()

    def opened(self) -> None:
        """The session is open."""
        if self._began and not self.opening:
            now = time.monotonic()
            self.opening = now - min(self._began.values())
            self._began = dict.fromkeys(self._began, now)  # the READ itself begins now

    def end(self, lane: object) -> None:
        """A READ has ended."""
        began = self._began.pop(lane, None)
        if began is None:
            return
        took = time.monotonic() - began
        if not self._is_warm:
            self._is_warm = True  # the first READ of a session takes longer than all that follow
            return
        self.reading = _MEMORY * self.reading + (1 - _MEMORY) * took if self.reading else took

    def pays(self, waiting: int, lanes: int) -> bool:
        """Whether those that wait would wait so much less with one lane more than there are."""
        now = time.monotonic()
        longest = now - min(self._began.values(), default=now)
        one = max(self.reading, longest if longest > _SLOW else 0.0)
        return waiting * one / lanes > max(_LEAST, _SHARE * self.opening)
