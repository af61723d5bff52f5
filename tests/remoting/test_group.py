"""The sessions of one endpoint and their lanes: which are kept, lent, given up and closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import pytest

from lyncops.cmdlets import GetCsSite
from lyncops.errors import EndpointError
from lyncops.lab.wire.faults import FaultKind
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Credentials, Endpoint
from lyncops.remoting.execution import CommandAddress, Execution
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.lane import Lane
from lyncops.remoting.sent_commands import SentCommands
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.workers import Workers
from lyncops.values import ANYWHERE, Effect, Fqdn, OnMachine, Outcome
from tests.remoting.machines import POLICY, Ground

LONG = 30.0


@contextmanager
def sessions_of(one: Ground, *, waiting: int = 1000) -> Generator[SessionGroup]:
    """The sessions of an endpoint for whose READs many wait."""
    around = SessionContext(
        endpoint=one.endpoint(),
        credentials=Credentials(username=one.lab.username, password=one.lab.password),
        policy=POLICY,
        clock=SystemClock(),
    )
    queue = Queue()
    queue.length = waiting
    group = SessionGroup(around, queue)
    try:
        yield group
    finally:
        group.close()


@contextmanager
def two_lanes(group: SessionGroup) -> Generator[tuple[Lane, Lane, ExitStack]]:
    """Two lanes into the session, both open, and what gives the second one back."""
    with ExitStack() as second, group.lease(Effect.READ) as one:
        one.ready()
        group.opened()
        two = second.enter_context(group.lease(Effect.READ))
        two.ready()
        yield one, two, second


def shells(one: Ground) -> int:
    return one.requests("Create") - one.requests("Delete")


@pytest.mark.parametrize("effect", Effect)
def test_a_lane_that_leads_nowhere_is_not_kept(one: Ground, effect: Effect) -> None:
    with sessions_of(one) as group:
        with group.lease(effect):
            pass
        assert not group.is_used
        with group.lease(effect) as lane:
            lane.ready()
        assert group.is_used, "there is one to close"
        with group.lease(effect) as again:
            assert again is lane


def test_what_is_lent_while_all_is_closed_is_closed_when_it_comes_back(one: Ground) -> None:
    with sessions_of(one) as group:
        with group.lease(Effect.READ) as lane, group.lease(Effect.CHANGE) as changing:
            lane.ready()
            changing.ready()
            group.close()
            assert shells(one) == 2
        assert shells(one) == 0
        for effect in Effect:
            with pytest.raises(EndpointError, match="closed"), group.lease(effect):
                pytest.fail("it was lent")


def test_the_last_of_several_lanes_closes_the_session(one: Ground) -> None:
    with sessions_of(one) as group:
        with two_lanes(group) as (_first, _second, second):
            group.close()
            second.close()
            assert shells(one) == 1, "the other one still leads into it"
        assert shells(one) == 0


def test_a_lane_follows_its_session_into_another_shell(one: Ground) -> None:
    with sessions_of(one) as group, two_lanes(group) as (first, second, _):
        first.close(delete_shell=True)
        shell = first.ready()
        assert second.ready().id == shell.id
        assert one.requests("Create") == 2


def test_a_lane_that_cannot_log_on_is_done_without_where_there_is_another(one: Ground) -> None:
    with sessions_of(one) as group:
        with group.lease(Effect.READ) as only, group.lease(Effect.CHANGE) as changing:
            assert not group.does_without(only), "there is no session yet"
            only.ready()
            assert not group.does_without(only)
            changing.ready()
            assert not group.does_without(changing)
            assert only.is_open
            assert changing.is_open
        with two_lanes(group) as (first, second, _):
            assert not group.does_without(changing), "a CHANGE needs its own"
            with group.lease(Effect.READ) as third:
                assert group.does_without(third)
            assert group.does_without(second)
            assert (first.is_open, second.is_open) == (True, False)
        waits = threading.Event()

        def lease() -> None:
            with group.lease(Effect.READ):
                waits.set()

        with group.lease(Effect.READ) as lane:
            assert lane is first
            thread = threading.Thread(target=lease)
            thread.start()
            assert not waits.wait(0.2), "READs go one after the other now"
        thread.join(LONG)
        assert waits.is_set()
        assert one.requests("Create") == 2


def test_a_lane_astray_is_told_and_one_connection_is_used(
    one: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    with sessions_of(one) as group:
        with caplog.at_level(logging.WARNING, "lyncops"):
            with group.lease(Effect.READ) as only:
                shell = only.ready()
                group.go_astray(shell)
            assert not caplog.records, "alone it says nothing of others"
            with two_lanes(group) as (first, _, _back):
                group.go_astray(first.ready())
        assert "one connection is used" in caplog.text
        assert one.requests("Create") == 2, "whoever strayed alone opens another session"


def test_room_is_made_by_what_nobody_needs_now(one: Ground) -> None:
    with sessions_of(one) as group:
        assert not group.make_room()
        with group.lease(Effect.READ) as lane, group.lease(Effect.CHANGE) as changing:
            lane.ready()
            changing.ready()
        with group.lease(Effect.READ) as lane:
            assert group.make_room()
            assert shells(one) == 1, "a session with a READ under way stays"
            assert not group.make_room()
        assert group.make_room()
        assert shells(one) == 0


def test_only_one_session_of_a_server_that_hangs_is_waited_for(one: Ground) -> None:
    with sessions_of(one) as group:
        with group.lease(Effect.READ) as lane, group.lease(Effect.CHANGE) as changing:
            lane.ready()
            changing.ready()
        one.strike(FaultKind.DROP_BEFORE, "Delete", times=None)
        group.close()
        assert one.requests("Delete") == 2, "the first is asked twice, the other not at all"


def execution(
    outcome: Outcome, shell: str, command: str, *, heard: bool = False
) -> Execution[object]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Execution[object](
        cmdlet=GetCsSite(),
        outcome=outcome,
        started=now,
        ended=now,
        address=address(shell, command),
        heard=heard,
    )


def address(shell: str, command: str) -> CommandAddress:
    return CommandAddress(
        endpoint="https://fe1/", session_id="1", shell_id=shell, command_id=command, resource_uri=""
    )


def test_what_a_process_knows_of_its_commands() -> None:
    sent = SentCommands()
    sent.note(execution(Outcome.UNKNOWN, "A", "1"), None)
    sent.note(execution(Outcome.UNKNOWN, "A", "2", heard=True), address("A", "1"))
    sent.note(execution(Outcome.SUCCEEDED, "B", "3"), None)
    sent.note(execution(Outcome.FAILED, "B", "4"), address("A", "4"))
    commands = [address("A", "1"), address("A", "2"), address("B", "3"), address("C", "4")]
    assert [sent.is_unheard(each) for each in commands] == [True, False, False, False]
    assert [sent.is_sent_twice(each) for each in commands] == [False, False, False, True]
    assert [sent.has_opened_session(each) for each in commands] == [True, True, True, False]


def test_readings_are_counted_until_they_end_and_those_of_lone_machines_are_not() -> None:
    lone = Endpoint(url="https://edge1.contoso.com/wsman", dedicated=True)
    workers = Workers([lone], 2)
    go_on = threading.Event()
    readings = [workers.submit(ANYWHERE, lambda: go_on.wait(LONG)) for _ in range(3)]
    alone = workers.submit(OnMachine(Fqdn("edge1.contoso.com")), lambda: go_on.wait(LONG))
    assert workers.queue.length == 3
    go_on.set()
    assert [each.result(LONG) for each in (*readings, alone)] == [True] * 4
    workers.close()
    assert workers.queue.length == 0
