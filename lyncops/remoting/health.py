"""What is known of the endpoints: which one served last, and which do not answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from lyncops.errors import EndpointError
from lyncops.remoting.clock import Clock
from lyncops.remoting.endpoint import Endpoint

_REST: Final = timedelta(seconds=30)
"""How long an endpoint that did not answer is tried last."""


class Health:
    """The health of all endpoints of a deployment. Safe from every thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.good: Endpoint | None = None
        """The one that served last."""
        self._served: set[Endpoint] = set()
        self._down: dict[Endpoint, tuple[datetime, EndpointError]] = {}
        self._silent: dict[Endpoint, datetime] = {}
        self._gave_up: datetime | None = None

    def serves(self, endpoint: Endpoint) -> None:
        """It has a session for us."""
        self._down.pop(endpoint, None)
        self._served.add(endpoint)
        if not endpoint.dedicated:
            self.good = endpoint

    def is_down(self, endpoint: Endpoint, error: EndpointError) -> None:
        """No session could be opened there."""
        self._down[endpoint] = self._clock.now(), error

    def is_silent(self, endpoints: Iterable[Endpoint]) -> None:
        """It took a command and fell silent."""
        self._silent.update(dict.fromkeys(endpoints, self._clock.now()))

    def refuse_if_down(self, endpoint: Endpoint, *, since: datetime) -> None:
        """What another thread has found out since then is not found out once more.

        Raises:
            EndpointError: what it found out.
        """
        when, error = self._down.get(endpoint, (since, None))
        if error is not None and when > since:
            raise error

    def has_served(self, endpoint: Endpoint) -> bool:
        """Whether it has answered before, so that it may come back."""
        return endpoint in self._served

    def preferred(self, failed: Collection[Endpoint]) -> Endpoint | None:
        """The one that served last, unless something has been heard of it since."""
        good = self.good
        return (
            good
            if good not in failed and good not in self.resting() and good not in self._down
            else None
        )

    def resting(self) -> set[Endpoint]:
        """The endpoints that are tried last: no session could be opened lately, or one fell silent
        (others may hang as well).
        """
        since = [
            *self._silent.copy().items(),
            *((endpoint, when) for endpoint, (when, _) in self._down.copy().items()),
        ]
        now = self._clock.now()
        return {endpoint for endpoint, when in since if now - when < _REST}

    @property
    def gave_up_lately(self) -> bool:
        """Whether a cmdlet has just found that no server answers."""
        return self._gave_up is not None and self._clock.now() - self._gave_up < _REST

    def give_up(self) -> None:
        """No server answers; the next cmdlet need not be as patient."""
        self._served -= self._down.keys()
        self._gave_up = self._clock.now()
