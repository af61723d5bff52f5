"""The lines of a running cmdlet on their way to the journal: in batches, and no more than a reader
can use.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import attrs

from lyncops.remoting.psrp.streams import StreamKind, StreamRecord

PAUSE: Final = 1.0
"""Seconds between two batches."""

MAX_LINES: Final = 500
"""How many lines of one attempt are kept; of what comes after them, the last `MAX_TAIL`."""

MAX_TAIL: Final = 50
MAX_TEXT: Final = 500
"""Characters of one line."""


@attrs.frozen(slots=True, kw_only=True)
class Line:
    """One record of one stream of a cmdlet, when it arrived. `percent` is progress's, 0 to 100."""

    at: datetime
    stream: StreamKind
    text: str
    percent: int | None = None

    @classmethod
    def of(cls, record: StreamRecord, at: datetime) -> Line:
        """The record, cut to what a journal should hold."""
        text = record.text if len(record.text) <= MAX_TEXT else f"{record.text[:MAX_TEXT]}..."
        return cls(at=at, stream=record.kind, text=text, percent=record.percent)


@attrs.define(slots=True)
class Lines:
    """The lines of one attempt that are not written yet. It belongs to one thread at a time."""

    _now: Callable[[], float] = time.monotonic
    _waiting: list[Line] = attrs.field(factory=list[Line], init=False)
    _tail: deque[Line] = attrs.field(factory=lambda: deque[Line](maxlen=MAX_TAIL), init=False)
    _taken: int = attrs.field(default=0, init=False)
    _late: int = attrs.field(default=0, init=False)
    _written_at: float = attrs.field(default=float("-inf"), init=False)

    def begin(self) -> None:
        """Another attempt begins."""
        self._waiting.clear()
        self._tail.clear()
        self._taken = self._late = 0

    def add(self, line: Line) -> None:
        """One more. Progress that only counts up is one line."""
        before = self._waiting[-1] if self._waiting else None
        if (
            before is not None
            and before.stream is line.stream is StreamKind.PROGRESS
            and before.text == line.text
        ):
            self._waiting[-1] = line
        elif self._taken < MAX_LINES:
            self._waiting.append(line)
            self._taken += 1
        else:
            self._tail.append(line)
            self._late += 1

    def due(self) -> tuple[Line, ...]:
        """A batch, where there is one to write and the last one is long enough ago."""
        if self._waiting and self._now() - self._written_at >= PAUSE:
            return tuple(self._waiting)
        return ()

    def wrote(self, batch: tuple[Line, ...]) -> None:
        """A batch is in the journal."""
        self._written_at = self._now()
        del self._waiting[: len(batch)]

    def tried(self) -> None:
        """A batch could not be written; it waits for the next one."""
        self._written_at = self._now()

    def rest(self) -> tuple[tuple[Line, ...], int]:
        """What is left at the end of the attempt, and how many lines were not kept."""
        rest = (*self._waiting, *self._tail), self._late - len(self._tail)
        self.begin()
        return rest
