"""Waiting for conditions: how often it reads, when it ends, and what a reading that fails
comes to.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.scope import Scope
from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.plan.conditions import Condition, Evaluation, PoolStateIs, StoreIsActiveOn
from lyncops.runs.watching import POLL, Patience, Watcher
from lyncops.values import Fqdn, Unread
from tests.deployments import P1, changed, two_sites

BEGIN = datetime(2014, 6, 1, 3, 0, tzinfo=UTC)
MOVED: tuple[Condition, ...] = (PoolStateIs(P1, PoolState.FAILED_OVER),)
UNREAD = Unread("the state", "nobody says it")
MINUTE = timedelta(minutes=1)


@attrs.define
class Sleeper:
    """A clock whose time passes by sleeping alone."""

    time: datetime = BEGIN
    slept: list[float] = attrs.field(factory=list[float])

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration: timedelta) -> None:
        assert len(self.slept) < 1000, "it waits for ever"
        self.slept.append(duration.total_seconds())
        self.time += duration


@attrs.define
class Servers:
    """What the servers say, reading by reading; the last for ever."""

    states: list[PoolState | Unread | Exception]
    scopes: list[Scope] = attrs.field(factory=list[Scope])

    def read(self, scope: Scope) -> Deployment:
        self.scopes.append(scope)
        state = self.states[min(len(self.scopes), len(self.states)) - 1]
        if isinstance(state, Exception):
            raise state
        return changed(two_sites(), P1, state=state)


def waited(
    *states: PoolState | Unread | Exception,
    seconds: float = 60,
    poll: float | None = None,
    every: float | None = None,
    until_known: bool = False,
) -> tuple[Evaluation, Sleeper, list[tuple[bool | None, float]]]:
    clock, servers = Sleeper(), Servers(list(states))
    watcher = Watcher(
        read=servers.read, clock=clock, poll=None if poll is None else timedelta(seconds=poll)
    )
    told: list[tuple[bool | None, float]] = []
    step = POLL if every is None else timedelta(seconds=every)

    def tell(truth: Evaluation, until: datetime) -> None:
        told.append((truth.holds, (until - BEGIN).total_seconds()))

    truth = watcher.wait(
        MOVED,
        within=Patience(within=timedelta(seconds=seconds), poll=step),
        until_known=until_known,
        tell=tell,
    )
    assert len(servers.scopes) == len(told)
    return truth, clock, told


def test_it_reads_until_it_holds_and_tells_each_truth() -> None:
    truth, clock, told = waited(PoolState.ACTIVE, UNREAD, PoolState.FAILED_OVER)
    assert truth.holds
    assert told == [(False, 60), (None, 60), (True, 60)]
    assert clock.slept == [15, 15]


def test_what_holds_at_once_is_not_waited_for() -> None:
    truth, clock, told = waited(PoolState.FAILED_OVER, seconds=0)
    assert (truth.holds, clock.slept, len(told)) == (True, [], 1)


def test_one_reading_is_made_when_time_is_up() -> None:
    truth, clock, told = waited(PoolState.ACTIVE, seconds=40)
    assert truth.holds is False
    assert clock.slept == [15, 15, 10]
    assert len(told) == 4
    assert waited(PoolState.ACTIVE, seconds=0)[1].slept == []
    assert waited(PoolState.ACTIVE, seconds=30)[1].slept == [15, 15]


@pytest.mark.parametrize(
    ("poll", "every", "slept"), [(20, 5, 20), (None, 5, 5), (20, None, 20), (None, None, 15)]
)
def test_a_watchers_own_pace_goes_before_a_steps(
    poll: float | None, every: float | None, slept: float
) -> None:
    assert waited(PoolState.ACTIVE, poll=poll, every=every)[1].slept == [slept] * int(60 / slept)


def test_until_it_is_known_waits_no_longer_than_for_a_no() -> None:
    truth, clock, _ = waited(UNREAD, PoolState.ACTIVE, PoolState.FAILED_OVER, until_known=True)
    assert (truth.holds, clock.slept) == (False, [15])
    assert waited(UNREAD, seconds=30, until_known=True)[0].holds is None


def test_servers_that_cannot_be_read_leave_it_unknown_and_are_asked_again() -> None:
    truth, clock, _ = waited(EndpointError("No endpoint answers."), PoolState.FAILED_OVER)
    assert (truth.holds, clock.slept) == (True, [15])
    silent, _, _ = waited(EndpointError("No endpoint answers."))
    assert silent.holds is None
    assert "No endpoint answers." in silent.evidence


def test_a_refused_password_is_not_tried_again() -> None:
    with pytest.raises(AuthenticationFailedError):
        waited(AuthenticationFailedError("No."), PoolState.FAILED_OVER)


def test_nothing_to_ask_holds_and_asks_nobody() -> None:
    servers = Servers([EndpointError("Nobody is asked.")])
    watcher = Watcher(read=servers.read, clock=Sleeper())
    assert watcher.look(()).holds is True
    assert servers.scopes == []


def test_only_what_the_conditions_need_is_read() -> None:
    servers = Servers([PoolState.ACTIVE])
    watcher = Watcher(read=servers.read, clock=Sleeper())
    condition: Condition = StoreIsActiveOn(Fqdn("pool1.contoso.com"))
    assert watcher.look((condition,)).holds is True
    assert servers.scopes == [condition.scope]
