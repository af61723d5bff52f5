"""What the connections of a program know together of logging on."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Final

import attrs

from lyncops.remoting.endpoint import Credentials
from lyncops.remoting.kerberos import Tickets
from lyncops.remoting.logon import LogOn, LogOnError

_NEVER: Final = float("-inf")


@attrs.frozen(slots=True, kw_only=True)
class Trial:
    """One way to try credentials.

    Who tries them while somebody else does waits for the result.

    In seconds: `good_for` is how long ago they may have been accepted, so that no wait is needed;
    `patience` how long one waits who has seen them accepted before, and it is somebody else's
    server that does not answer.
    """

    good_for: float
    patience: float


HANDSHAKE: Final = Trial(good_for=0.0, patience=10.0)
MESSAGE: Final = Trial(good_for=5.0, patience=1.0)
"""A message with the password in it, as Basic sends them: an answer to one may be long in
coming."""


class LogOns:
    """What the connections of a program know together. Safe from every thread.

    Credentials that were refused once are not tried again, by no connection and at no endpoint: a
    second try may lock the account.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._trying: set[Credentials | None] = set()
        self._refused: dict[Credentials | None, LogOnError] = {}
        self._accepted: dict[Credentials | None, float] = {}
        self._used: dict[str, LogOn] = {}
        self.tickets = Tickets()

    @contextmanager
    def turn(self, user: Credentials | None, trial: Trial = HANDSHAKE) -> Generator[None]:
        """Try credentials: one connection goes ahead, and the others follow once they were
        accepted.

        Raises:
            LogOnError: they were refused before.
        """
        goes_ahead = self._begin(user, trial)
        try:
            yield
        except LogOnError as error:
            if error.problem.bars:
                self.refuse(user, error)
            raise
        else:
            self.accept(user)
        finally:
            if goes_ahead:
                with self._changed:
                    self._trying.discard(user)
                    self._changed.notify_all()

    def _begin(self, user: Credentials | None, trial: Trial) -> bool:
        """Whether this connection goes ahead of others; it is its turn."""
        since = monotonic() - trial.good_for
        with self._changed:

            def is_known() -> bool:
                return user in self._refused or self._accepted.get(user, _NEVER) >= since

            patience = trial.patience if user in self._accepted else None
            self._changed.wait_for(lambda: is_known() or user not in self._trying, patience)
            self.require(user)
            goes_ahead = not is_known() and user not in self._trying
            if goes_ahead:
                self._trying.add(user)
            return goes_ahead

    def accept(self, user: Credentials | None) -> None:
        """A server has let somebody in with these credentials."""
        with self._changed:
            if user not in self._refused:
                self._accepted[user] = monotonic()
                self._changed.notify_all()

    def require(self, user: Credentials | None) -> None:
        """Raise the LogOnError with which these credentials were refused before."""
        if (refusal := self._refused.get(user)) is not None:
            raise LogOnError(refusal.problem, refusal.seen, remedy=refusal.remedy)

    def refuse(self, user: Credentials | None, error: LogOnError) -> None:
        """These credentials are not to be tried again."""
        with self._changed:
            self._refused[user] = error
            self._accepted.pop(user, None)
            self._changed.notify_all()

    def note(self, url: str, logon: LogOn) -> bool:
        """Remember how somebody logged on to an endpoint; whether that is news."""
        with self._changed:
            before, self._used[url] = self._used.get(url), logon
        return before is None or before.mechanism != logon.mechanism

    def used(self) -> dict[str, LogOn]:
        """How each endpoint was logged on to the last time, by its url."""
        with self._changed:
            return dict(self._used)
