"""One session serves all READs of an endpoint, side by side; a CHANGE has one of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from lyncops.cmdlets import GetCommand, GetCsSite
from lyncops.lab.interface import Session, Sink
from lyncops.lab.lab import Lab
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.clock import SystemClock
from lyncops.remoting.demand import Queue
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint, TcpAddress
from lyncops.remoting.execution import Execution, Sending
from lyncops.remoting.group import SessionGroup
from lyncops.remoting.lane import AstrayError, Lane
from lyncops.remoting.logons import LogOns
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.sessions import Sessions
from lyncops.values import Effect, Fqdn, OnMachine, Outcome
from tests.relay import Relay, address
from tests.remoting.machines import (
    CHANGE,
    FE1,
    FE2,
    POLICY,
    READ,
    Crowd,
    Ground,
    PatientClock,
    answer,
    ground,
)

MANY = 24
PARALLEL = POLICY.parallel
LONG = timedelta(seconds=60)


class Held:
    """A cmdlet that ends once `event` has come."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, _invocation: object, _session: Session, sink: Sink) -> None:
        self._event.wait(10)
        sink.output("done")


def ask_all(sessions: Sessions, number: int = MANY) -> list[Execution[object]]:
    readings = [sessions.submit(READ) for _ in range(number)]
    wait(readings)
    return [reading.result() for reading in readings]


def shells(one: Ground, machine: str = FE1) -> int:
    return len(one.lab.host.servers(machine)[0].service.shells)


def test_readings_run_side_by_side_in_one_session(one: Ground) -> None:
    crowd = one.fe1.scripts[READ.NAME] = Crowd(PARALLEL)
    with one.sessions() as sessions:
        answers = ask_all(sessions)
        assert shells(one) == 1
    assert {each.outcome for each in answers} == {Outcome.SUCCEEDED}
    assert crowd.most == PARALLEL
    assert one.requests("Create") == 1
    assert len({each.address.session_id for each in answers if each.address is not None}) == 1


def test_one_reading_after_the_other_needs_one_connection(one: Ground) -> None:
    with Relay([address(one.lab.address(FE1))]) as relay:
        there = attrs.evolve(one.endpoint(), connect_to=TcpAddress.parse(relay.address))
        with one.sessions(there) as sessions:
            for _ in range(3):
                assert sessions.run(READ).outcome is Outcome.SUCCEEDED
        assert relay.connections == 1


def test_a_change_has_a_session_of_its_own_which_the_next_change_finds_warm(one: Ground) -> None:
    with one.sessions() as sessions:
        read, first, second = sessions.run(READ), sessions.run(CHANGE), sessions.run(CHANGE)
        assert shells(one) == 2
    for execution in (read, first, second):
        assert execution.address is not None
    places = [each.address.shell_id for each in (read, first, second) if each.address is not None]
    assert places[0] != places[1] == places[2]


def test_a_lost_reply_is_a_matter_of_its_own_reading(one: Ground) -> None:
    one.fe1.scripts[READ.NAME] = Crowd(PARALLEL)
    with warmed_for_reading(one.sessions(), one) as sessions:
        fault = one.strike(FaultKind.LOSE_REPLY, "Receive", cmdlet=READ.NAME)
        answers = ask_all(sessions)
    assert fault.struck == 1
    assert Counter(each.attempts for each in answers) == {1: MANY - 1, 2: 1}
    assert one.requests("Create") == 1


def warmed_for_reading(sessions: Sessions, one: Ground) -> Sessions:
    script, one.fe1.scripts[READ.NAME] = one.fe1.scripts[READ.NAME], answer
    sessions.run(READ)
    one.fe1.scripts[READ.NAME] = script
    return sessions


def test_a_server_that_restarts_gets_one_new_session(one: Ground) -> None:
    with one.sessions() as sessions:
        ask_all(sessions)
        one.lab.restart()
        answers = ask_all(sessions)
    assert {each.outcome for each in answers} == {Outcome.SUCCEEDED}
    assert one.requests("Create") == 2


def test_a_session_that_fell_silent_is_taken_back_once(one: Ground) -> None:
    clock = PatientClock()
    one.fe1.scripts[READ.NAME] = Crowd(PARALLEL)
    with one.sessions(clock=clock) as sessions:
        ask_all(sessions)
        one.lab.disconnect_idle()
        clock.ahead += timedelta(minutes=10)
        answers = ask_all(sessions)
    assert {each.outcome for each in answers} == {Outcome.SUCCEEDED}
    assert one.requests("Create") == 1


def test_a_reading_past_its_deadline_leaves_the_others_alone(one: Ground) -> None:
    with one.sessions() as sessions:
        sessions.run(READ)
        one.fe1.hold = True
        slow = sessions.submit(GetCsSite(), deadline=timedelta(seconds=1))
        others = [sessions.submit(READ) for _ in range(3)]
        assert slow.result().outcome is Outcome.FAILED
        one.fe1.hold = False
        one.fe1.release.set()
        assert {each.result().attempts for each in others} == {1}
    assert one.requests("Create") == 1


def test_commands_that_were_read_are_closed(one: Ground) -> None:
    with one.sessions() as sessions:
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
        (shell,) = one.lab.host.servers(FE1)[0].service.shells
        for _ in range(59):
            assert sessions.run(READ).outcome is Outcome.SUCCEEDED
            (shell,) = one.lab.host.servers(FE1)[0].service.shells
            assert len(shell.commands) < 15
        ask_all(sessions)
        assert len(shell.commands) < 15


@pytest.fixture
def balanced(tmp_path: Path) -> Generator[tuple[Ground, Relay]]:
    with ground(tmp_path, FE1, FE2) as two:
        targets = [address(two.lab.address(machine)) for machine in (FE1, FE2)]
        with Relay(targets) as relay:
            yield two, relay


def test_behind_a_balanced_address_one_connection_is_used(
    balanced: tuple[Ground, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The connection that closes commands behind everybody's back would count as well.
    monkeypatch.setattr("lyncops.remoting.closer._BATCH", 1000)
    two, relay = balanced
    there = attrs.evolve(two.endpoint(), connect_to=TcpAddress.parse(relay.address))
    crowds = [Crowd(1), Crowd(1)]
    for machine, crowd in zip(two.machines.values(), crowds, strict=True):
        machine.scripts[READ.NAME] = crowd
    sent: list[Sending] = []
    with two.sessions(there) as sessions:
        # It becomes known by a second connection, and whether one pays hangs on the time that READs
        # take.
        two.fe1.scripts[READ.NAME] = Held(relay.several)
        answers = ask_all(sessions)
        assert relay.several.is_set()
        two.fe1.scripts[READ.NAME] = crowds[0]
        known = relay.connections
        answers += ask_all(sessions)
        assert relay.connections == known
        change = sessions.run(CHANGE, before_send=sent.append)
    assert {each.outcome for each in answers} == {Outcome.SUCCEEDED}
    assert change.outcome is Outcome.SUCCEEDED
    assert two.executed(CHANGE) == len(sent) == 1
    assert [crowd.most for crowd in crowds] == [
        1,
        0,
    ], "once that is known, READs come one after the other, to one server"
    assert two.requests("Create") == 2, "one session for READs, one for the CHANGE"


@contextmanager
def into_a_session(two: Ground, relay: Relay) -> Generator[SessionGroup]:
    """The sessions of an address, where many READs wait and the first of them takes long."""
    around = SessionContext(
        endpoint=attrs.evolve(two.endpoint(), connect_to=TcpAddress.parse(relay.address)),
        credentials=Credentials(username=two.lab.username, password=two.lab.password),
        policy=POLICY,
        clock=SystemClock(),
        logons=LogOns(),
        modules={},
    )
    queue = Queue()
    queue.length = 1000
    group = SessionGroup(around, queue)
    try:
        yield group
    finally:
        group.close()


def knock(group: SessionGroup, lane: Lane) -> bool:
    """Whether a lane finds the session, as its owner sees it."""
    try:
        lane.ready()
    except AstrayError as error:
        group.go_astray(error.shell)
        return False
    group.opened()
    return True


def test_several_connections_that_go_astray_at_once_leave_the_session_to_the_first(
    tmp_path: Path,
) -> None:
    with ground(tmp_path, FE1, FE2) as two:
        here, there = (address(two.lab.address(machine)) for machine in (FE1, FE2))
        with Relay([here, there, there]) as relay, into_a_session(two, relay) as group:
            with ExitStack() as second, ExitStack() as third:
                with group.lease(Effect.READ) as first:
                    assert knock(group, first)
                    others = [
                        leased.enter_context(group.lease(Effect.READ)) for leased in (second, third)
                    ]
                    assert not knock(group, others[0])
                second.close()
                assert not knock(group, others[1])
            with group.lease(Effect.READ) as lane:
                assert lane is first, "it leads into the session, and the others do not"
                assert knock(group, lane)
            assert two.requests("Create") == 1


def test_who_did_not_find_a_session_says_nothing_about_the_next_one(tmp_path: Path) -> None:
    with ground(tmp_path, FE1, FE2) as two:
        here, there = (address(two.lab.address(machine)) for machine in (FE1, FE2))
        targets = [here, there, here, here]
        with Relay(targets) as relay, into_a_session(two, relay) as group, ExitStack() as late:
            with group.lease(Effect.READ) as first:
                assert knock(group, first)
                stray = late.enter_context(group.lease(Effect.READ))
                with pytest.raises(AstrayError) as found:
                    stray.ready()
                first.close(delete_shell=True)
                assert knock(group, first), "it opens another"
                first.leave(delete_shell=False)
            group.go_astray(found.value.shell)
            late.close()
            with group.lease(Effect.READ) as lane:
                assert knock(group, lane)
            assert two.requests("Create") == 2


def test_where_one_session_is_allowed_readings_and_changes_take_turns(tmp_path: Path) -> None:
    with (
        ground(tmp_path, profile=Profile(max_shells_per_user=1)) as one,
        one.sessions() as sessions,
    ):
        for _ in range(2):
            assert sessions.run(READ).outcome is Outcome.SUCCEEDED
            assert sessions.run(CHANGE).outcome is Outcome.SUCCEEDED
    assert one.executed(CHANGE) == 2


def test_runspaces_that_load_no_module_by_themselves_import_it() -> None:
    with Lab.start("two-sites") as lab:
        lab.world.switches.autoload_modules = False
        lab.world.switches.enforce_double_hop = False  # NTLM
        machine = next(iter(lab.world.machines))
        lab.delay(timedelta(milliseconds=300), machine=machine)  # so that another runspace pays
        endpoint = Endpoint(
            url=f"http://{machine}/wsman", auth=Auth.NTLM, connect_to=lab.address(machine)
        )
        user = Credentials(username=lab.username, password=lab.password)
        with Sessions([endpoint], credentials=user, policy=POLICY, clock=SystemClock()) as sessions:
            answers = ask_all(sessions)
            (shell,) = lab.host.servers(machine)[0].service.shells
            assert shell.runspaces.made > 1
            missing = sessions.run(GetCommand(name=("Get-CsNothing",)))
    assert {(each.outcome, each.attempts) for each in answers} == {(Outcome.SUCCEEDED, 1)}
    assert missing.attempts == 1


def test_machines_that_answer_for_themselves_hold_up_no_reading_of_the_servers(
    tmp_path: Path,
) -> None:
    edges = [f"edge{n}.contoso.com" for n in range(PARALLEL + 1)]
    with ground(tmp_path, FE1, *edges) as many:
        for edge in edges:
            many.machines[edge].hold = True
        there = [many.endpoint(), *(many.endpoint(edge, dedicated=True) for edge in edges)]
        # All are opened at once, and the processor is shared with other tests
        patient = attrs.evolve(
            POLICY, connect_timeout=LONG, open_timeout=LONG, lost_contact=LONG, read_deadline=LONG
        )
        with many.sessions(*there, policy=patient) as sessions:
            slow = [sessions.submit(READ, place=OnMachine(Fqdn(edge))) for edge in edges]
            meanwhile = wait([sessions.submit(READ) for _ in range(MANY)], timeout=20)
            ended = [each.result() for each in slow if each.done()]
            for edge in edges:
                many.machines[edge].release.set()
            assert not ended
            assert not meanwhile.not_done
            assert {each.result().outcome for each in meanwhile.done} == {Outcome.SUCCEEDED}
            assert {each.result().outcome for each in slow} == {Outcome.SUCCEEDED}
        assert not any(shells(many, machine) for machine in (FE1, *edges)), (
            "they are closed together"
        )


def test_without_parallel_readings_come_one_after_the_other(one: Ground) -> None:
    crowd = one.fe1.scripts[READ.NAME] = Crowd(1)
    with one.sessions(policy=attrs.evolve(POLICY, parallel=1)) as sessions:
        ask_all(sessions)
    assert crowd.most == 1
