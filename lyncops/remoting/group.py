"""The sessions of one endpoint: one for all READs, with several lanes that lead into it, and one
for each CHANGE.

A session costs its server a process that imports a large module, and counts against a quota; a lane
costs a connection. A second session for READs never pays: measured against PowerShell 7.6, a
session takes as long as some hundred cmdlets.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from lyncops.errors import EndpointError
from lyncops.remoting.closer import CommandCloser
from lyncops.remoting.demand import Pace, Queue
from lyncops.remoting.lane import ChangingLane, Lane, ReadingLane
from lyncops.remoting.retry import log
from lyncops.remoting.session import Session
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.shell import Shell
from lyncops.values import Effect

_PATIENCE: Final = 0.02
"""Seconds between two looks whether another lane pays by now."""


class SessionGroup:
    """Sessions of one endpoint. Safe from every thread."""

    def __init__(self, around: SessionContext, queue: Queue) -> None:
        self.around = around
        self._reading = Session(around, runspaces=around.policy.parallel)
        self._closer = CommandCloser(around)
        self._idle: list[ReadingLane] = []
        self._lent = 0
        self._full: tuple[str, int] | None = None
        """The shell that no more connections than so many reach."""
        self._changing: list[ChangingLane] = []
        self._queue = queue
        self._pace = Pace()
        self._waiting = 0
        self._closed = False
        self._is_proven = False
        self._changed = threading.Condition()

    @contextmanager
    def lease(self, effect: Effect) -> Generator[Lane]:
        """A lane for the time of a `with` block; READs wait while all are lent, a CHANGE gets one
        in a session of its own.

        Raises:
            EndpointError: the group is closed.
        """
        lane = self._take() if effect is Effect.READ else self._take_for_change()
        try:
            yield lane
        finally:
            self._give_back(lane)

    def _take(self) -> ReadingLane:
        """An idle lane, else one that is given back soon, else another where it pays."""
        with self._changed:
            self._waiting += 1
            try:
                lane = self._wait_for_lane()
            finally:
                self._waiting -= 1
            self._lent += 1
            self._pace.begin(lane, is_first=self._is_proven and not lane.is_open)
            return lane

    def _wait_for_lane(self) -> ReadingLane:
        while not self._closed:
            limit = self._limit()
            if self._idle and self._lent < limit:
                return self._idle.pop()
            if not self._lent or (self._is_proven and self._lent < limit and self._pays()):
                return ReadingLane(self._reading, self._closer)
            self._changed.wait(_PATIENCE if self._is_proven and self._lent < limit else None)
        raise self._refusal()

    def _pays(self) -> bool:
        return self._pace.pays(max(self._waiting, self._queue.length - self._lent), self._lent)

    def _take_for_change(self) -> ChangingLane:
        with self._changed:
            if self._closed:
                raise self._refusal()
            return self._changing.pop() if self._changing else ChangingLane(Session(self.around))

    def _refusal(self) -> EndpointError:
        return EndpointError(
            f"The sessions of {self.around.endpoint.url} are closed.", remedy="Connect again."
        )

    def opened(self) -> None:
        """A lane leads into the session now, so that it makes sense to lead others there."""
        with self._changed:
            self._pace.opened()
            if not self._is_proven:
                self._is_proven = True
                self._changed.notify_all()

    def _give_back(self, lane: Lane) -> None:
        with self._changed:
            keep = not self._closed and lane.is_open
            if isinstance(lane, ReadingLane):
                self._lent -= 1
                self._pace.end(lane)
                # Those that are lent may be on their way still, and not arrive: what works is kept.
                keep = keep and len(self._idle) < self._limit()
                if keep:
                    self._idle.append(lane)
                self._changed.notify()
            elif keep and isinstance(lane, ChangingLane):
                self._changing.append(lane)
            # A CHANGE has a session of its own, in which no other lane is
            is_needed = isinstance(lane, ReadingLane) and (self._lent or self._idle)
        if not keep:
            give_up = lane.leave if is_needed else lane.close
            give_up(delete_shell=self._closed and not is_needed)

    def _limit(self) -> int:
        shell = self._reading.shell
        if shell is not None and self._full is not None and self._full[0] == shell.id:
            return self._full[1]
        return self._reading.runspaces

    def go_astray(self, shell: Shell) -> None:
        """A lane does not find the session that others found: it reached another server."""
        with self._changed:
            if self._lent + len(self._idle) > 1:
                self._full = shell.id, 1
                log.warning(
                    "%s: its address resolves to several servers; one connection is used",
                    self.around.endpoint.url,
                )
            else:
                self._reading.give_up(shell)

    def does_without(self, lane: Lane) -> bool:
        """A lane could not log on: it is given up, and the READs are left to those that are logged
        on already.

        False: there is no other lane, or a CHANGE needs this one.
        """
        with self._changed:
            shell, others = self._reading.shell, self._lent + len(self._idle) - 1
            if shell is None or not others or not isinstance(lane, ReadingLane):
                return False
            self._full = shell.id, others
        lane.leave(delete_shell=False)
        return True

    def make_room(self) -> bool:
        """The server allows no further session: close those that are not needed now.

        False when there is none.
        """
        with self._changed:
            lanes: list[Lane] = [*self._changing]
            self._changing = []
            if not self._lent:
                lanes += self._idle
                self._idle = []
        closed = [lane.close(delete_shell=True) for lane in lanes]
        return bool(closed)

    @property
    def is_used(self) -> bool:
        """Whether there is something to close."""
        return bool(self._idle or self._changing)

    def close(self) -> None:
        """Close what is not lent now, and the rest when it comes back; of a server that hangs, only
        one is waited for.
        """
        with self._changed:
            self._closed = True
            lanes: list[Lane] = [*self._idle, *self._changing]
            self._idle, self._changing = [], []
            self._changed.notify_all()
        self._closer.close()
        answers = True
        for lane in lanes:
            answers = lane.close(delete_shell=answers) and answers
