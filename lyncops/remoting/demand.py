"""Whether another connection pays: how many READs wait, how long one takes, and what it costs to
let one more run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import attrs

_LEAST: Final = timedelta(milliseconds=600).total_seconds()
"""Less than this is not worth the first further lane, whose cost is not known yet: several imports
at once keep a server busy.
"""
_CHEAPEST: Final = timedelta(milliseconds=250).total_seconds()
"""Less than this is not worth any."""
_RETURN: Final = 2.0
"""How many times as long as it takes to open has a lane to be of use, where that has been
measured."""
_SLOW: Final = timedelta(milliseconds=250).total_seconds()
"""A READ that has run for so long shows by itself that READs are slow here."""
_SHARE: Final = 0.3
"""What one more runspace takes of the time in which the session was opened, until one has been
measured: the module is imported into each (0.1 to 0.4 s of 1.2 s with PowerShell 7.6)."""
_MEMORY: Final = 0.7
"""How much of what was known of a time remains when the next one is known."""


class Queue:
    """The READs that were submitted and have not ended. Safe from every thread."""

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
class _Began:
    """A READ under way."""

    at: float
    is_first: bool
    """Whether its lane, and with it perhaps a runspace, had to be opened for it."""


@attrs.define
class Pace:
    """How long things take at one endpoint, in seconds; its owner holds a lock."""

    opening: float = 0.0
    """The session, with its first lane."""
    reading: float = 0.0
    """A READ, over a lane that was there."""
    lane: float | None = None
    """A further lane: what its first READ took longer than others; None until one is known."""
    _is_warm: bool = False
    _began: dict[object, _Began] = attrs.field(factory=dict[object, _Began])
    now: Callable[[], float] = time.monotonic

    def begin(self, lane: object, *, is_first: bool = False) -> None:
        """A READ begins; `is_first` when it opens another lane into the open session."""
        self._began[lane] = _Began(self.now(), is_first)

    def opened(self) -> None:
        """The session is open."""
        if self._began and not self.opening:
            now = self.now()
            self.opening = now - min(one.at for one in self._began.values())
            for one in self._began.values():
                one.at = now  # the READ itself begins now

    def end(self, lane: object) -> None:
        """A READ has ended."""
        began = self._began.pop(lane, None)
        if began is None:
            return
        took = self.now() - began.at
        if began.is_first:
            self.lane = _remember(self.lane or 0.0, max(0.0, took - self.reading))
        elif self._is_warm:
            self.reading = _remember(self.reading, took)
        self._is_warm = True  # the first READ of a session takes longer than all that follow

    def pays(self, waiting: int, lanes: int) -> bool:
        """Whether those that wait would wait so much less with one lane more than there are.

        A lane that opens delays nothing, as long as the server has cores to spare; so it pays when
        there will be enough to do for it once it is open.
        """
        now = self.now()
        longest = now - min(
            (one.at for one in self._began.values() if not one.is_first), default=now
        )
        one = max(self.reading, longest if longest > _SLOW else 0.0)
        return waiting * one / lanes > self._price()

    def _price(self) -> float:
        if self.lane is None:
            return max(_LEAST, _SHARE * self.opening)
        return max(_CHEAPEST, _RETURN * self.lane)


def _remember(before: float, now: float) -> float:
    return _MEMORY * before + (1 - _MEMORY) * now if before else now
