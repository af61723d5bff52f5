"""The sessions of one endpoint: lent to one thread at a time, never more than the server's quota allows."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from lyncops.errors import EndpointError
from lyncops.remoting.retry import log
from lyncops.remoting.session import Session, Surroundings


class SessionGroup:
    """Sessions of one endpoint. Safe from every thread."""

    def __init__(self, around: Surroundings, *, limit: int) -> None:
        self.around = around
        self._limit = limit
        self._idle: list[Session] = []
        self._lent = 0
        self._closed = False
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
        with self._changed:
            while not self._closed and not self._idle and self._lent >= self._limit:
                self._changed.wait()
            if self._closed:
                raise EndpointError(f"The sessions of {self.around.endpoint.url} are closed.", remedy="Connect again.")
            self._lent += 1
            return self._idle.pop() if self._idle else Session(self.around)

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
        """Close what is not lent now, and the rest when it comes back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for session in idle:
            session.close()
