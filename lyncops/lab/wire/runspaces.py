"""The runspaces of one pool: each runs one pipeline at a time and has modules of its own; who finds
none free waits its turn.

A pool makes a runspace when all others are busy, up to the MaxRunspaces that its client asked for
(MS-PSRP 2.2.2.2, INIT_RUNSPACEPOOL;
https://learn.microsoft.com/dotnet/api/system.management.automation.runspaces.runspacefactory).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import attrs

_LOOK: Final = 0.02
"""Seconds between two looks whether a waiting pipeline was stopped."""


@attrs.define(eq=False)
class Runspace:
    """What one pipeline after the other finds as the one before has left it."""

    modules: set[str] = attrs.field(factory=set[str])


class Runspaces:
    """The runspaces of a pool. Safe from every thread."""

    def __init__(self) -> None:
        self.most = 1
        self._idle: list[Runspace] = []
        self._made = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def made(self) -> int:
        """How many there are."""
        return self._made

    @property
    def free(self) -> int:
        """How many pipelines could begin at once (GET_AVAILABLE_RUNSPACES)."""
        with self._changed:
            return max(0, self.most - self._made) + len(self._idle)

    @contextmanager
    def occupied(
        self, stopped: threading.Event, warm_up: Callable[[], None]
    ) -> Generator[Runspace | None]:
        """A runspace for the time of a `with` block; None when the pipeline was stopped before its
        turn came.

        `warm_up` lets the time pass that a further runspace takes to start; the first one started
        with its pool.
        """
        runspace, is_further = self._take(stopped)
        if is_further:
            warm_up()
        try:
            yield runspace
        finally:
            if runspace is not None:
                with self._changed:
                    self._idle.append(runspace)
                    self._changed.notify_all()

    def _take(self, stopped: threading.Event) -> tuple[Runspace | None, bool]:
        """The runspace that was used last, else a new one, else whichever is free when the turn
        comes; and whether it is new.
        """
        turn = object()
        with self._changed:
            self._queue.append(turn)
            try:
                while not stopped.is_set():
                    if self._queue[0] is turn and self._idle:
                        return self._idle.pop(), False
                    if self._queue[0] is turn and self._made < self.most:
                        self._made += 1
                        return Runspace(), self._made > 1
                    self._changed.wait(_LOOK)
                return None, False
            finally:
                self._queue.remove(turn)
                self._changed.notify_all()
