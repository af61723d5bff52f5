"""Who answers at all: endpoints are gone to side by side, without credentials, before one is used.

A dead server that swallows connections costs its time limit. Tried one after the other, three of
them in front of a living one hold up a rescue for a quarter of a minute, and thirty for minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Final

import attrs

from lyncops.remoting.approach import Approach, approach
from lyncops.remoting.at_work import asking
from lyncops.remoting.clock import Clock
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.health import Health
from lyncops.remoting.refusals import endpoint_error

_GRACE: Final = 0.25
"""Seconds that endpoints before the first one that answers have to answer too: their order is the
operator's wish."""
_FRESH: Final = 5.0
"""Seconds for which a look is as good as another."""
_REST: Final = 30.0
"""Seconds for which an endpoint that was silent is taken to be so still."""


@attrs.define(eq=False)
class _Look:
    """One look at some endpoints, in the operator's order, and its results so far."""

    endpoints: Sequence[Endpoint]
    found: dict[Endpoint, Approach] = attrs.field(factory=dict[Endpoint, Approach])
    first: float | None = None
    changed: threading.Condition = attrs.field(factory=threading.Condition)

    def note(self, endpoint: Endpoint, way: Approach) -> None:
        """One of them was reached, or was not."""
        with self.changed:
            self.found[endpoint] = way
            if way.arrives and self.first is None:
                self.first = time.monotonic()
            self.changed.notify_all()

    def wait(self, end: float) -> Collection[Endpoint]:
        """Those before the first that answers: they do not, or not yet; none if no endpoint
        does.
        """
        with self.changed:
            while (until := self._until(end)) is not None and (now := time.monotonic()) < until:
                self.changed.wait(until - now)
            reached = self._reached()
        return () if reached is None else self.endpoints[:reached]

    def _until(self, end: float) -> float | None:
        """How long those that are still on their way are worth waiting for; None: they are not."""
        reached = self._reached()
        if all(each in self.found for each in self.endpoints[:reached]):
            return None
        return end if reached is None else min(end, (self.first or 0) + _GRACE)

    def _reached(self) -> int | None:
        """The place of the first that answers."""
        for number, each in enumerate(self.endpoints):
            way = self.found.get(each)
            if way is not None and way.arrives:
                return number
        return None


def _lasting(way: Future[Approach]) -> float:
    return _REST if way.exception() is None and way.result().is_silent else _FRESH


class Scouts:
    """Finds out which of several endpoints answer. Safe from every thread."""

    def __init__(self, clock: Clock, patience: timedelta, health: Health) -> None:
        """`patience` is how long a connection may take, and the first answer after it."""
        self._clock = clock
        self._patience = patience
        self._health = health
        self._one = threading.Lock()
        self._looked: float | None = None
        self._alone = threading.Lock()
        self._ways: dict[Endpoint, tuple[float, Future[Approach]]] = {}

    def begin(self, endpoint: Endpoint) -> Future[Approach]:
        """Go to an endpoint that answers for itself alone, beside all else, unless somebody is on
        the way or has just been there.
        """
        with self._alone:
            when, way = self._ways.get(endpoint, (0.0, None))
            if way is not None and (not way.done() or time.monotonic() - when < _lasting(way)):
                return way
            going: Future[Approach] = Future()
            self._ways[endpoint] = time.monotonic(), going
            threading.Thread(
                target=self._try, args=(endpoint, going), name="lyncops-scout", daemon=True
            ).start()
            return going

    def require(self, endpoint: Endpoint) -> None:
        """Do not open a session where nothing answers: that would take its long time limit.

        Raises:
            EndpointError: the endpoint is silent, or was a moment ago.
        """
        if self.begin(endpoint).result().is_silent:
            failure = RemotingError(Symptom.NOT_SENT, Phase.CREATE, "no answer in time")
            raise endpoint_error(endpoint, failure)

    def _try(self, endpoint: Endpoint, going: Future[Approach]) -> None:
        try:
            with asking(endpoint.host):
                going.set_result(approach(endpoint, self._clock, patience=self._patience))
        except Exception as error:  # noqa: BLE001 - whoever waits for it sees it
            going.set_exception(error)

    def look(self, endpoints: Sequence[Endpoint]) -> None:
        """Go to all of them; those that do not answer are tried after the others from then on.

        It ends with the first in their order that answers. What is on its way then goes on beside
        whatever comes next.
        """
        with self._one:
            if self._looked is not None and time.monotonic() - self._looked < _FRESH:
                return
            look = _Look(endpoints)
            for endpoint in endpoints:
                threading.Thread(
                    target=self._go, args=(endpoint, look), name="lyncops-scout", daemon=True
                ).start()
            # The name, the connection, the first answer
            end = time.monotonic() + 3 * self._patience.total_seconds()
            self._health.is_silent(look.wait(end))
            self._looked = time.monotonic()

    def _go(self, endpoint: Endpoint, look: _Look) -> None:
        with asking(endpoint.host):
            way = approach(endpoint, self._clock, patience=self._patience)
        if way.swallowed:
            failure = RemotingError(Symptom.NOT_SENT, Phase.CREATE, "no answer in time")
            self._health.is_down(endpoint, endpoint_error(endpoint, failure))
        look.note(endpoint, way)
