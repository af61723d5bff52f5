from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import attrs
import pytest

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import AuthenticationFailedError, EndpointError
from lyncops.lab.interface import Invocation, Session, Sink
from lyncops.lab.wire.faults import FaultKind, Profile
from lyncops.remoting.execution import CommandAddress, Sending
from lyncops.values import Outcome
from tests.remoting.machines import CHANGE, FE1, READ, Ground, ground, interrupt, warmed


class KilledError(Exception):
    pass


def address_of_a_running_change(one: Ground) -> CommandAddress:
    """A client that sent a CHANGE and died: nobody receives, nothing is closed."""
    one.fe1.hold = True
    with one.sessions() as sessions:
        execution = sessions.run(CHANGE, deadline=timedelta(seconds=1))
    assert execution.address is not None
    return execution.address


@pytest.mark.parametrize("profile", [Profile(), Profile(protocol="2.1"), Profile(protocol="2.2")])
def test_another_process_collects_a_running_command(tmp_path: Path, profile: Profile) -> None:
    with ground(tmp_path, profile=profile) as one:
        address = address_of_a_running_change(one)
        one.fe1.release.set()
        with one.sessions() as sessions:
            execution = sessions.collect(address, CHANGE)
        assert execution.outcome is Outcome.SUCCEEDED
        assert one.executed(CHANGE) == 1


def test_another_process_collects_from_a_disconnected_session(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.lab.disconnect_idle()
    one.fe1.release.set()
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.SUCCEEDED


def test_new_client_connects_where_the_old_session_id_is_not_accepted(one: Ground) -> None:
    address = attrs.evolve(address_of_a_running_change(one), session_id=str(uuid4()).upper())
    one.lab.disconnect_idle()
    one.fe1.release.set()
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.SUCCEEDED


def test_session_that_somebody_else_holds_stays_unknown(one: Ground) -> None:
    address = attrs.evolve(address_of_a_running_change(one), session_id=str(uuid4()).upper())
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.UNKNOWN


def test_server_that_does_not_know_the_session_any_more_leaves_it_unknown(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.lab.restart()
    with one.sessions() as sessions:
        execution = sessions.collect(address, CHANGE)
    assert execution.outcome is Outcome.UNKNOWN
    assert execution.sent


def test_unreachable_server_leaves_it_unknown(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.fe1.is_down = True
    one.lab.host.synchronise()
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.UNKNOWN
    one.fe1.is_down = False
    one.lab.host.synchronise()


def test_command_that_was_never_sent_is_unknown_to_every_other_process(one: Ground) -> None:
    addresses: list[CommandAddress] = []

    def die(sending: Sending) -> None:
        addresses.append(sending.address)
        raise KilledError

    with warmed(one.sessions()) as dead:
        with pytest.raises(KilledError):
            dead.run(CHANGE, before_send=die)
        for _ in range(2):
            with one.sessions() as sessions:
                execution = sessions.collect(addresses[0], CHANGE)
            assert (execution.outcome, execution.proof) == (Outcome.UNKNOWN, None)
    assert one.requests("Signal") == 0
    assert one.executed(CHANGE) == 0


def test_command_whose_output_was_collected_is_never_taken_for_one_that_never_started(
    one: Ground,
) -> None:
    with warmed(one.sessions()) as dead:
        execution = dead.run(CHANGE)
        assert execution.address is not None
        for _ in range(3):
            with one.sessions() as sessions:
                again = sessions.collect(execution.address, CHANGE)
            assert (again.outcome, again.proof) == (Outcome.UNKNOWN, None)
            assert "collected" in again.reason
    assert one.requests("Signal") == 0


def test_command_that_another_client_made_the_server_forget_is_unknown(one: Ground) -> None:
    with warmed(one.sessions()) as dead:
        one.strike(FaultKind.DROP_AFTER, "Command")
        one.strike(FaultKind.LOSE_REPLY, "Receive", cmdlet=CHANGE.NAME)
        execution = dead.run(CHANGE)
        assert execution.address is not None
        with one.sessions() as other:
            other.forget(execution.address)
        assert dead.collect(execution.address, CHANGE).proof is None
        with one.sessions() as later:
            assert later.collect(execution.address, CHANGE).proof is None
    assert one.executed(CHANGE) == 1


def test_collecting_leaves_everything_for_the_next_one(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.fe1.release.set()
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.SUCCEEDED
        assert (one.requests("Signal"), one.requests("Delete")) == (0, 0)
        sessions.forget(address)
        # The session of a dead process goes with its command
        assert (one.requests("Signal"), one.requests("Delete")) == (
            0,
            1,
        )
    assert one.lab.host.servers(FE1)[0].service.shells == ()


def test_a_command_of_its_own_is_forgotten_without_its_session(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        execution = sessions.run(CHANGE)
        assert execution.address is not None
        sessions.forget(execution.address)
        assert (one.requests("Signal"), one.requests("Delete")) == (1, 0)
        commands = {
            shell.name: shell.commands for shell in one.lab.host.servers(FE1)[0].service.shells
        }
        assert execution.address.command_id not in commands[execution.address.shell_id]


def test_a_command_that_was_sent_twice_is_kept_so_that_a_late_twin_is_refused(one: Ground) -> None:
    with warmed(one.sessions()) as sessions:
        one.strike(FaultKind.DROP_BEFORE, "Command")
        execution = sessions.run(CHANGE)
        assert (execution.outcome, execution.attempts) == (Outcome.SUCCEEDED, 2)
        assert execution.address is not None
        sessions.forget(execution.address)
    assert one.requests("Signal") == 0


def test_forgetting_where_nobody_answers_is_no_error(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.fe1.is_down = True
    one.lab.host.synchronise()
    with one.sessions() as sessions:
        sessions.forget(address)
        sessions.forget(attrs.evolve(address, endpoint="https://fe9.contoso.com/wsman"))
    one.fe1.is_down = False
    one.lab.host.synchronise()


def test_collecting_survives_a_lost_answer(one: Ground) -> None:
    address = address_of_a_running_change(one)
    one.fe1.release.set()
    one.strike(FaultKind.DROP_BEFORE, "Reconnect")
    one.strike(FaultKind.DROP_BEFORE, "Receive")
    with one.sessions() as sessions:
        assert sessions.collect(address, CHANGE).outcome is Outcome.SUCCEEDED


def test_collecting_with_a_wrong_password_is_told(one: Ground) -> None:
    address = address_of_a_running_change(one)
    failures = one.lab.failed_logons
    with one.sessions(password="wrong") as sessions, pytest.raises(EndpointError):
        sessions.collect(address, CHANGE)
    assert one.lab.failed_logons == failures + 1


def test_address_of_an_endpoint_that_is_not_configured_is_told(one: Ground) -> None:
    elsewhere = CommandAddress(
        endpoint="https://fe9.contoso.com/wsman",
        session_id="S",
        shell_id=str(uuid4()),
        command_id=str(uuid4()),
        resource_uri="R",
    )
    with one.sessions() as sessions, pytest.raises(EndpointError, match=r"fe9\.contoso\.com"):
        sessions.collect(elsewhere, READ)
    assert issubclass(AuthenticationFailedError, EndpointError)


def warn_and_wait(_invocation: Invocation, session: Session, sink: Sink) -> None:
    sink.warning("working")
    session.stopped.wait(2)


@pytest.mark.parametrize("cmdlet", [READ, CHANGE], ids=["read", "change"])
def test_interrupted_collecting_stops_only_a_read(one: Ground, cmdlet: Cmdlet[object]) -> None:
    address = address_of_a_running_change(one)
    one.fe1.scripts[CHANGE.NAME] = warn_and_wait
    one.fe1.release.set()
    with one.sessions() as sessions:
        if cmdlet is READ:
            with pytest.raises(KeyboardInterrupt):
                sessions.collect(address, cmdlet, on_record=interrupt)
            assert one.requests("Signal") == 1
        else:
            execution = sessions.collect(address, cmdlet, on_record=interrupt)
            assert (execution.outcome, execution.interrupted) == (Outcome.UNKNOWN, True)
            assert one.requests("Signal") == 0
