"""The sessions of one endpoint: lent to one thread at a time, never more than the server's quota allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from lyncops.errors import EndpointError
from lyncops.remoting.retry import log
from lyncops.remoting.session import Session
from lyncops.remoting.surroundings import Surroundings

_PATIENCE: Final = 0.1
"""Seconds to wait for a session of the group before another is opened: about what opening one takes."""


class SessionGroup:
    """Sessions of one endpoint. Safe from every thread."""

    def __init__(self, around: Surroundings, *, limit: int) -> None:
        self.around = around
        self._limit = limit
        self._idle: list[Session] = []
        self._lent = 0
        self._closed = False
        self._is_proven = False
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many sessions there may be at once."""
        return self._limit

    @contextmanager
    def lease(self) -> Generator[Session]:
        """A session for the time of a `with` block; waits while all are lent.

        Raises:
            EndpointError: the group is closed.
        """
        session = self._take()
        try:
            yield session
        finally:
            self._give_back(session)

    def _take(self) -> Session:
        """An idle session, else one that is given back soon, else another: opening one costs more than a moment's patience."""
        until: float | None = None
        with self._changed:
            while not self._closed:
                if self._idle:
                    self._lent += 1
                    return self._idle.pop()
                if not self._lent or (until is not None and time.monotonic() >= until and self._lent < self._limit):
                    self._lent += 1
                    return Session(self.around)
                if self._is_proven and until is None:
                    until = time.monotonic() + _PATIENCE
                full = until is None or self._lent >= self._limit
                self._changed.wait(None if full or until is None else max(0.0, until - time.monotonic()))
        raise EndpointError(f"The sessions of {self.around.endpoint.url} are closed.", remedy="Connect again.")

    def opened(self) -> None:
        """A session has been opened, so that opening others makes sense."""
        with self._changed:
            if not self._is_proven:
                self._is_proven = True
                self._changed.notify_all()

    def _give_back(self, session: Session) -> None:
        with self._changed:
            self._lent -= 1
            keep = not self._closed and session.is_open
            if keep:
                self._idle.append(session)
            self._changed.notify()
        if not keep:
            session.close()

    def shrink(self) -> bool:
        """The server refused another session: make do with those there are. False when there is no other."""
        with self._changed:
            others = len(self._idle) + self._lent - 1
            if others < 1:
                return False
            self._limit = max(1, min(self._limit, others))
            log.warning("%s: too many sessions for the server; going on with %d", self.around.endpoint.url, self._limit)
            return True

    def close(self) -> None:
        """Close what is not lent now, and the rest when it comes back; of a server that hangs, only one is waited for."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        answers = True
        for session in idle:
            answers = session.abandon(delete=answers) and answers
