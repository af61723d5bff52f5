"""What the connections of a program know together of logging on."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Final

from lyncops.remoting.endpoint import Credentials
from lyncops.remoting.kerberos import Tickets
from lyncops.remoting.logon import LogOn, LogOnError

_FRESH: Final = timedelta(seconds=60).total_seconds()
"""How long credentials that were accepted may be used by several connections at once, without waiting for each other."""


class LogOns:
    """What the connections of a program know together. Safe from every thread.

    Credentials that were refused once are not tried again, by no connection and at no endpoint: a second try may lock the account.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._refused: dict[Credentials | None, LogOnError] = {}
        self._accepted: dict[Credentials | None, float] = {}
        self._used: dict[str, LogOn] = {}
        self.tickets = Tickets()

    @contextmanager
    def turn(self, user: Credentials | None) -> Generator[None]:
        """Try credentials: one connection at a time, unless they were accepted just now.

        Raises:
            LogOnError: they were refused before.
        """
        with self._lock:
            fresh = monotonic() - self._accepted.get(user, -_FRESH) < _FRESH
        if fresh:
            yield from self._try(user)
            return
        with self._turn:
            yield from self._try(user)

    def _try(self, user: Credentials | None) -> Generator[None]:
        self.require(user)
        try:
            yield
        except LogOnError as error:
            if error.problem.bars:
                self.refuse(user, error)
            raise
        with self._lock:
            self._accepted[user] = monotonic()

    def require(self, user: Credentials | None) -> None:
        """Raise the LogOnError with which these credentials were refused before."""
        if (refusal := self._refused.get(user)) is not None:
            raise LogOnError(refusal.problem, refusal.seen, remedy=refusal.remedy)

    def refuse(self, user: Credentials | None, error: LogOnError) -> None:
        """These credentials are not to be tried again."""
        with self._lock:
            self._refused[user] = error
            self._accepted.pop(user, None)

    def note(self, url: str, logon: LogOn) -> bool:
        """Remember how somebody logged on to an endpoint; whether that is news."""
        with self._lock:
            before, self._used[url] = self._used.get(url), logon
        return before is None or before.mechanism != logon.mechanism

    def used(self) -> dict[str, LogOn]:
        """How each endpoint was logged on to the last time, by its url."""
        with self._lock:
            return dict(self._used)
