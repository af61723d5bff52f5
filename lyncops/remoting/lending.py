"""Lends lanes: finds the endpoint that serves, and an open lane into a session there."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.remoting.clock import Clock
from lyncops.remoting.course import Course
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.health import Health
from lyncops.remoting.lane import AstrayError, Lane
from lyncops.remoting.members import Members
from lyncops.remoting.parts import know, part
from lyncops.remoting.refusals import TooManySessionsError, nobody_answers
from lyncops.remoting.retry import log
from lyncops.remoting.routing import candidates, needs_members, reorder
from lyncops.remoting.scouting import Scouts
from lyncops.values import ANYWHERE, Anywhere, Effect, Fqdn, OnMachine

R = TypeVar("R")


@attrs.frozen
class Lending:
    """Lends lanes into the sessions of these groups, which are in the order to try.

    `patience` is how long a connection may take. Safe from every thread.
    """

    _groups: Mapping[Endpoint, SessionGroup]
    _health: Health
    _scouts: Scouts
    _members: Members
    _clock: Clock
    _patience: timedelta

    @contextmanager
    def lane(self, course: Course[R]) -> Generator[Lane]:
        """A lane into a session on the first endpoint that answers."""
        refusals: list[EndpointError] = []
        begun = self._clock.now()
        self._scout(course)
        for endpoint in self._order(course):
            group = self._groups[endpoint]
            know(endpoint=endpoint.url)
            with ExitStack() as lease:
                try:
                    lane = self._lease_open(group, lease, course.job.cmdlet.effect, since=begun)
                except AuthenticationFailedError:
                    raise
                except EndpointError as error:
                    log.warning("%s", error)
                    refusals.append(error)
                    self._health.is_down(endpoint, error)
                    continue
                self._health.serves(endpoint)
                yield lane
                return
            course.is_promising |= self._health.has_served(endpoint)
        course.fruitless += 1
        if self._clock.now() - begun >= self._patience:
            # No answer in all that time: waiting as long again is useless
            course.first_attempts = 1
        raise nobody_answers(refusals)

    def _scout(self, course: Course[R]) -> None:
        """Find an endpoint that answers, unless one is known to serve or there is only one."""
        if isinstance(course.place, OnMachine) or self._health.preferred(course.failed):
            return
        shared = [each for each in tuple(self._groups) if not each.dedicated and each.proxy is None]
        if len(shared) > 1:
            self._scouts.look(shared)

    def _lease_open(
        self, group: SessionGroup, lease: ExitStack, effect: Effect, *, since: datetime
    ) -> Lane:
        """An open lane; one that does not find the session leaves it to those that did."""
        while True:
            with ExitStack() as trial:
                lane = trial.enter_context(group.lease(effect))
                endpoint = group.around.endpoint
                self._health.refuse_if_down(endpoint, since=since)
                if endpoint.dedicated and not lane.is_fresh:
                    self._scouts.require(endpoint)
                try:
                    self._make_ready(group, lane)
                except AstrayError as error:
                    log.warning("%s", error)
                    group.go_astray(error.shell)
                    continue
                except AuthenticationFailedError as error:
                    if not group.does_without(lane):
                        raise
                    log.warning("%s", error)
                    continue
                lease.enter_context(trial.pop_all())
                return lane

    def _order(self, course: Course[R]) -> Iterator[Endpoint]:
        """The endpoints to try; where the one that served last does, others need not be known."""
        first = self._health.preferred(course.failed) if course.place == ANYWHERE else None
        if first is not None:
            yield first
        yield from (endpoint for endpoint in self._ordered(course) if endpoint is not first)

    def _ordered(self, course: Course[R]) -> tuple[Endpoint, ...]:
        place = course.place
        members: Mapping[Fqdn, Fqdn] = {}
        if needs_members(tuple(self._groups), place):
            members = self._members.learn(place)
        liked = isinstance(place, Anywhere) and (place.prefer or place.avoid)
        good = None if liked else self._health.good
        return reorder(
            candidates(tuple(self._groups), place, members),
            good,
            course.failed | self._health.resting(),
        )

    def _make_ready(self, group: SessionGroup, lane: Lane) -> None:
        try:
            lane.ready(patient=False)
        except TooManySessionsError:
            group.make_room()
            lane.ready(patient=True)
        group.opened()

    def open_ahead(self, group: SessionGroup) -> None:
        """Open a session that will be needed, unless a question was faster."""
        if group.is_used:
            return
        with part("open a session", endpoint=group.around.endpoint.url), ExitStack() as lease:
            try:
                self._lease_open(group, lease, Effect.READ, since=self._clock.now())
            except EndpointError as error:
                self._health.is_down(group.around.endpoint, error)
