"""All endpoints of a deployment as one thing that runs cmdlets: the first endpoint that answers
serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import (
    ConfigurationError,
    EndpointError,
    InvalidValueError,
)
from lyncops.remoting.attempt import Attempt, Job
from lyncops.remoting.clock import Clock
from lyncops.remoting.course import FIRST_ATTEMPTS, Course, tell
from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.health import Health
from lyncops.remoting.lending import Lending
from lyncops.remoting.logon import LogOn
from lyncops.remoting.logons import LogOns
from lyncops.remoting.members import Members
from lyncops.remoting.outcome import EndReason
from lyncops.remoting.parts import part
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.remoting.retry import Limits, RetryPolicy, log, retrying
from lyncops.remoting.routing import NoEndpointError
from lyncops.remoting.scouting import Scouts
from lyncops.remoting.sent_commands import SentCommands
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.takeover import collect, forget
from lyncops.remoting.visit import Visit
from lyncops.remoting.workers import Workers, together
from lyncops.values import (
    ANYWHERE,
    Effect,
    Fqdn,
    LyncVersion,
    Place,
)

R = TypeVar("R")
T = TypeVar("T")
_USUAL: Final = RetryPolicy().read_deadline
_SILENT: Final = frozenset({EndReason.CONTACT_LOST, EndReason.NOT_SENT, EndReason.UNPROVEN})
_UNUSABLE: Final = _SILENT | {EndReason.GONE}


class Sessions:
    """Runs cmdlets on whichever endpoint serves (see CmdletRunner).

    Safe from every thread; close it in the end.

    `version` is the servers' version where it is known: a cmdlet or parameter that it lacks is then
    refused before it is sent.

    Raises:
        ConfigurationError: there is no endpoint.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        credentials: Credentials | None,
        policy: RetryPolicy,
        clock: Clock,
        version: LyncVersion | None = None,
    ) -> None:
        if not endpoints:
            raise ConfigurationError(
                "No endpoint is configured.",
                remedy="Add an [[endpoint]] with a url to lyncops.toml.",
            )
        self.version = version
        self._endpoints = tuple(endpoints)
        self._policy = policy
        self._clock = clock
        self.logons: Final = LogOns()
        modules: dict[str, str] = {}
        self._workers = Workers(self._endpoints, policy.parallel)
        self._groups = {
            endpoint: SessionGroup(
                SessionContext(
                    endpoint=endpoint,
                    credentials=credentials,
                    policy=policy,
                    clock=clock,
                    logons=self.logons,
                    modules=modules,
                ),
                Queue() if endpoint.dedicated else self._workers.queue,
            )
            for endpoint in self._endpoints
        }
        self._health = Health(clock)
        self._scouts = Scouts(clock, policy.connect_timeout, self._health)
        self._lending = Lending(
            self._groups,
            self._health,
            self._scouts,
            Members(self.run),
            clock,
            policy.connect_timeout,
        )
        self._sent = SentCommands()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        """Run one cmdlet to its end.

        A READ is tried again, on another endpoint where one dies; a CHANGE is sent again only with
        a `Proof` that no server started it. `before_send` is called before each time that it is
        sent; the fence that it may answer is asked right before the first byte leaves, and where
        that raises, nothing is sent and the outcome says so.

        Raises:
            UnsupportedByVersionError: the servers' version lacks the cmdlet or a parameter.
            InvalidValueError: an argument has no counterpart in PowerShell.
            EndpointError: no endpoint could be reached, so nothing was sent.
        """
        if self.version is not None:
            cmdlet.require_version(self.version)
        with part(cmdlet.NAME, cmdlet=cmdlet.NAME) as going_on:
            execution = self._run(cmdlet, place, deadline, on_record, before_send)
            tell(going_on, execution)
            return execution

    def _run(
        self,
        cmdlet: Cmdlet[R],
        place: Place,
        deadline: timedelta | None,
        on_record: Callable[[StreamRecord], None] | None,
        before_send: BeforeSend | None,
    ) -> Execution[R]:
        is_read = cmdlet.effect is Effect.READ
        if is_read:
            deadline = self._longest(deadline)
        until = None if deadline is None else self._clock.now() + deadline
        job = Job(
            cmdlet=cmdlet,
            deadline=deadline,
            until=until,
            on_record=on_record,
            before_send=before_send,
        )
        course = Course(
            job, place, first_attempts=1 if self._health.gave_up_lately else FIRST_ATTEMPTS
        )
        limits = Limits(
            attempts=self._policy.read_attempts if is_read else self._policy.change_attempts,
            until=(
                min(filter(None, (until, self._clock.now() + self._policy.read_deadline)))
                if is_read
                else until
            ),
        )
        loop = retrying(
            self._policy, self._clock, limits, again=course.is_worth_another, what=cmdlet.NAME
        )
        try:
            loop(self._once, course)
        except EndpointError:
            if course.last is None:
                raise
        finally:
            if course.fruitless and (course.last is None or course.last.again):
                self._health.give_up()
        # Loop and course hold each other: the objects of a large answer would outlive their use
        last, course.last = course.last, None
        if last is None:
            raise EndpointError(f"{cmdlet.NAME} was not attempted.")
        return attrs.evolve(last.execution, attempts=course.attempts)

    def _longest(self, deadline: timedelta | None) -> timedelta:
        """How long a READ may take: one that hangs delays others no longer than any READ may.

        Only a question that brings more time than they usually have, such as one for all users,
        takes it.
        """
        usual = self._policy.read_deadline
        if deadline is None:
            return usual
        return deadline if deadline > _USUAL else min(deadline, usual)

    def _once(self, course: Course[R]) -> Attempt[R]:
        resend = course.last.resend if course.last is not None else None
        earlier = course.last.execution.proof if course.last is not None else None
        with self._lending.lane(course) as lane:
            attempt = lane.attempt(course.job, resend=resend, earlier=earlier)
        course.attempts += 1
        course.last = attempt
        execution = attempt.execution
        self._sent.note(execution, resend)
        endpoints = {each for each in self._endpoints if each.url == execution.endpoint}
        if attempt.ending in _SILENT:
            self._health.is_silent(endpoints)
        if attempt.again and attempt.ending in _UNUSABLE:
            course.failed |= endpoints
        return attempt

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        """Start one READ cmdlet; many run side by side, and machines that are reached on their own
        do not delay others.

        Raises:
            InvalidValueError: the cmdlet changes something.
        """
        if cmdlet.effect is not Effect.READ:
            raise InvalidValueError(
                f"{cmdlet.NAME} changes something and cannot run in the background.",
                remedy="Use run().",
            )
        work = partial(self.run, cmdlet, place=place, deadline=deadline)
        return self._workers.submit(place, partial(copy_context().run, work))

    def open_ahead(self, is_needed: Callable[[Fqdn], bool]) -> None:
        """See OpensAhead."""
        for endpoint, group in self._groups.items():
            machine = endpoint.machine if endpoint.dedicated else None
            if machine is not None and not group.is_used and is_needed(machine):
                self._scouts.begin(endpoint)
                work = partial(self._lending.open_ahead, group)
                self._workers.ahead(partial(copy_context().run, work))

    def collect(
        self,
        address: CommandAddress,
        cmdlet: Cmdlet[R],
        *,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        """Come back to a command that this or another process sent: wait for its end, collect what
        is left of its output.

        Nothing is forgotten or stopped on the server by that. FAILED with a `proof` means that the
        server never started it, which can be proven only by the process that sent it. UNKNOWN when
        the server does not know any more.

        Raises:
            EndpointError: no endpoint is configured at the address, or it refuses credentials or
                certificate.
        """
        until = None if deadline is None else self._clock.now() + deadline
        job = Job(cmdlet=cmdlet, deadline=deadline, until=until, on_record=on_record)
        unheard = self._sent.is_unheard(address)
        with part(cmdlet.NAME, cmdlet=cmdlet.NAME, endpoint=address.endpoint) as going_on:
            execution = collect(self._group_at(address).around, address, job, unheard=unheard)
            tell(going_on, execution)
            return execution

    def forget(self, address: CommandAddress) -> None:
        """Make the server forget a command whose end is written down; the whole session, where
        another process opened it.

        Not being able to is not an error. A command that was sent twice is kept, so that a late
        twin of it is still refused.
        """
        if self._sent.is_sent_twice(address):
            return
        try:
            whole = not self._sent.has_opened_session(address)
            forget(self._group_at(address).around, address, whole=whole)
        except EndpointError as error:
            log.info("%s", error)

    def _group_at(self, address: CommandAddress) -> SessionGroup:
        for endpoint, group in self._groups.items():
            if endpoint.url == address.endpoint:
                return group
        raise NoEndpointError(
            f"The command {address.command_id} was sent to {address.endpoint}, which is not"
            " configured.",
            remedy=f'Add to lyncops.toml an [[endpoint]] with url = "{address.endpoint}".',
        )

    def log_ons(self) -> Mapping[str, LogOn]:
        """See KnowsLogOns."""
        return self.logons.used()

    def visits(self) -> tuple[Visit, ...]:
        """See CanVisit."""
        return tuple(Visit(group.around, self._health) for group in self._groups.values())

    def close(self) -> None:
        """Close all shells on their servers, except those in which a CHANGE may still run."""
        self._workers.close()
        together([group.close for group in self._groups.values() if group.is_used])
        for group in self._groups.values():
            group.close()
