"""When sessions are opened, and how long nobody's answer is waited for."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.errors import EndpointError
from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.lane import Lane
from lyncops.remoting.refusals import UnreachableError
from lyncops.remoting.retry import RetryPolicy
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.sessions import Sessions
from lyncops.values import Effect
from tests.remoting.machines import READ

USER = Credentials(username="CONTOSO\\admin", password="secret")
NOWHERE = [Endpoint(url=f"http://127.0.0.1:{port}/wsman", auth="ntlm") for port in (9, 10)]


@attrs.define
class Clock:
    """Counts the pauses, and makes none."""

    pauses: list[timedelta] = attrs.field(factory=list[timedelta])
    time: datetime = datetime(2014, 6, 1, 3, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def sleep(self, duration: timedelta) -> None:
        self.pauses.append(duration)
        self.time += duration


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Generator[Sessions]:
    with Sessions(NOWHERE, credentials=USER, policy=RetryPolicy(), clock=clock) as made:
        yield made


def test_endpoints_that_never_answered_are_tried_twice_and_then_once(
    sessions: Sessions, clock: Clock
) -> None:
    with pytest.raises(UnreachableError, match="No endpoint answers"):
        sessions.run(READ)
    assert len(clock.pauses) == 1
    with pytest.raises(UnreachableError):
        sessions.run(READ)
    assert len(clock.pauses) == 1
    clock.sleep(timedelta(minutes=1))
    with pytest.raises(UnreachableError):
        sessions.run(READ)
    assert len(clock.pauses) == 3


def test_many_readings_find_out_together_that_nobody_answers(
    sessions: Sessions, clock: Clock
) -> None:
    readings = [sessions.submit(READ) for _ in range(40)]
    wait(readings)
    assert all(isinstance(reading.exception(), UnreachableError) for reading in readings)
    assert sum(clock.pauses, timedelta()) <= timedelta(seconds=8), (
        "eight workers, at most a second each"
    )


@pytest.fixture
def group(clock: Clock) -> SessionGroup:
    around = SessionContext(
        endpoint=NOWHERE[0], credentials=USER, policy=RetryPolicy(parallel=2), clock=clock
    )
    return SessionGroup(around, Queue())


def test_while_the_first_session_opens_nobody_opens_another(group: SessionGroup) -> None:
    taken: list[Lane] = []

    def take() -> None:
        with group.lease(Effect.READ) as lane:
            taken.append(lane)

    with group.lease(Effect.READ) as first:
        second = threading.Thread(target=take)
        second.start()
        second.join(0.3)
        assert not taken
        group.opened()
        second.join(5)
        assert taken, "the first one is still lent, so that another is worth its price"
        assert taken[0] is not first


def test_whoever_waits_for_a_session_is_told_that_the_group_is_closed(group: SessionGroup) -> None:
    refused: list[str] = []

    def take() -> None:
        try:
            with group.lease(Effect.READ):
                pass
        except EndpointError as error:
            refused.append(error.what)

    with group.lease(Effect.READ):
        waiting = threading.Thread(target=take)
        waiting.start()
        waiting.join(0.05)
        group.close()
        waiting.join(5)
    assert refused == ["The sessions of http://127.0.0.1:9/wsman are closed."]
