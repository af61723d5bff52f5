"""What the wire does wrong on purpose, as unmodified pypsrp meets it, and what ran on the server
all the same.
"""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError

from lyncops.lab.wire.faults import Fault, FaultKind, Faults, Profile
from tests.wire.stub import NAME, RawClient, RunspacePool, Served, Untyped, command, fault_code


@contextmanager
def impatience(pool: Untyped) -> Generator[None]:
    """A client that waits only for so long as it has to be shown that no answer comes."""
    transport = pool.connection.transport
    patience, transport.read_timeout = transport.read_timeout, 0.2
    yield
    transport.read_timeout = patience


@pytest.mark.parametrize(
    ("kind", "ran"),
    [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1), (FaultKind.LOSE_REPLY, 1)],
)
def test_a_dropped_command_ran_or_did_not(lab: Served, kind: FaultKind, ran: int) -> None:
    with lab.wsman() as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        lab.host.faults.add(Fault(kind=kind, action="Command", cmdlet="Set-It"))
        assert len(command(pool, "Get-It").invoke()) == 1
        with pytest.raises(requests.exceptions.ConnectionError):
            command(pool, "Set-It").invoke()
    lab.host.close()
    assert lab.machine.executed["Set-It"] == ran


@pytest.mark.parametrize("status", [400, 500, 503])
@pytest.mark.parametrize(
    ("kind", "ran"), [(FaultKind.STATUS_BEFORE, 0), (FaultKind.STATUS_AFTER, 1)]
)
def test_a_bare_status_is_ambiguous_too(
    lab: Served, status: int, kind: FaultKind, ran: int
) -> None:
    with lab.pool("https", "basic") as pool:
        lab.host.faults.add(Fault(kind=kind, action="Command", status=status))
        with pytest.raises(WinRMTransportError) as caught:
            command(pool, "Set-It").invoke()
        assert caught.value.code == status
    lab.host.close()
    assert lab.machine.executed["Set-It"] == ran


def test_a_401_after_the_command_ran(lab: Served) -> None:
    with lab.pool("https", "basic") as pool:
        lab.host.faults.add(Fault(kind=FaultKind.STATUS_AFTER, action="Command", status=401))
        with pytest.raises(AuthenticationError):
            command(pool, "Set-It").invoke()


@pytest.mark.parametrize(
    ("kind", "arrives"), [(FaultKind.REPLAY_REPLY, True), (FaultKind.LOSE_REPLY, False)]
)
def test_a_lost_receive_loses_output_unless_it_is_replayed(
    raw: RawClient, open_lab: Served, kind: FaultKind, *, arrives: bool
) -> None:
    raw.open()
    pipeline = raw.command("Get-It")
    open_lab.host.faults.add(Fault(kind=kind, action="Receive"))
    with pytest.raises(OSError, match=r"(?i)closed|reset"):
        raw.receive(pipeline)
    if arrives:
        assert [one.object_id for one in raw.collect(pipeline)] == [4, 5]
    else:
        assert fault_code(raw.try_receive(pipeline)[1]) == 2150858843


@pytest.mark.parametrize(("kind", "ran"), [(FaultKind.HANG_BEFORE, 0), (FaultKind.HANG_AFTER, 1)])
def test_a_hanging_request_is_a_read_timeout(lab: Served, kind: FaultKind, ran: int) -> None:
    with (
        lab.pool("https", "basic") as pool,
        lab.host.faults.during(Fault(kind=kind, action="Command")),
        impatience(pool),
        pytest.raises(requests.exceptions.ReadTimeout),
    ):
        command(pool, "Set-It").invoke()
    lab.host.close()
    assert lab.machine.executed["Set-It"] == ran


@pytest.mark.parametrize("action", ["Delete", "Signal", "Send"])
def test_a_lost_reply_to_what_can_be_repeated(
    raw: RawClient, open_lab: Served, action: str
) -> None:
    raw.open()
    pipeline = raw.command("Wait-It")
    open_lab.host.faults.add(Fault(kind=FaultKind.LOSE_REPLY, action=action))
    body = {
        "Delete": "",
        "Signal": f'<rsp:Signal CommandId="{pipeline}"><rsp:Code>ctrl_c</rsp:Code></rsp:Signal>',
        "Send": "<rsp:Send/>",
    }
    with pytest.raises(OSError, match=r"(?i)closed|reset"):
        raw.ask(action, body[action])
    status, answer = raw.ask(action, body[action])
    if action == "Delete":
        assert fault_code(answer) == 2150858843
    else:
        assert status == 200


def test_taken_over_and_quota_can_be_told_without_being_true(lab: Served) -> None:
    with lab.pool("https", "basic") as pool:
        for kind, code in ((FaultKind.TAKEN_OVER, 2150859213), (FaultKind.QUOTA, 2150859173)):
            lab.host.faults.add(Fault(kind=kind, machine=NAME))
            with pytest.raises(WSManFaultError) as caught:
                command(pool, "Set-It").invoke()
            assert caught.value.code == code
        assert len(command(pool, "Get-It").invoke()) == 1


def test_a_machine_that_is_down_refuses_and_comes_back_on_the_same_port(lab: Served) -> None:
    address = lab.address()
    with lab.wsman() as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        lab.machine.is_down = True
        lab.host.synchronise()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, 2)
        with pytest.raises(requests.exceptions.ConnectionError):
            command(pool, "Get-It").invoke()
    assert not lab.host.server(NAME).service.shells
    lab.machine.is_down = False
    lab.host.synchronise()
    with lab.pool() as again:
        assert len(command(again, "Get-It").invoke()) == 1
    assert lab.address() == address


def test_an_address_of_a_machine_that_is_down_is_refused_at_once(lab: Served) -> None:
    lab.machine.is_down = True
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(lab.address(), 2)
    assert lab.host.addresses() == {(NAME, "http"): f"127.0.0.1:{lab.address()[1]}"}


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_hung_machine_takes_connections_and_answers_nothing(lab: Served, scheme: str) -> None:
    lab.machine.is_hung = True
    with lab.wsman(scheme, "ntlm", read_timeout=0.3, connection_timeout=0.3) as wsman:
        pool = RunspacePool(wsman)
        with pytest.raises((requests.exceptions.Timeout, requests.exceptions.ConnectionError)):
            pool.open()
    lab.machine.is_hung = False
    with lab.pool(scheme, "ntlm"):
        pass


def test_a_machine_that_hangs_under_a_command_cuts_the_connection_when_it_comes_to_itself(
    lab: Served,
) -> None:
    with lab.pool("https", "basic") as pool:
        lab.machine.is_hung = True
        with impatience(pool), pytest.raises(requests.exceptions.ReadTimeout):
            command(pool, "Set-It").invoke()
        lab.machine.is_hung = False
    assert not lab.machine.executed


def test_a_delay_is_real_time_on_the_server(lab: Served) -> None:
    import time

    lab.profile.cmdlet_delays["get-it"] = timedelta(milliseconds=60)
    with lab.pool() as pool:
        began = time.perf_counter()
        command(pool, "Get-It").invoke()
        assert time.perf_counter() - began >= 0.06
    assert Profile(delay=timedelta(seconds=1)).delay_of("X") == timedelta(seconds=1)


def test_idle_shells_turn_disconnected_on_request(lab: Served) -> None:
    with lab.wsman() as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        assert lab.host.server(NAME).service.disconnect_idle() == 1
        assert lab.host.server(NAME).service.disconnect_idle() == 0
        with pytest.raises(WSManFaultError) as caught:
            command(pool, "Get-It").invoke()
        assert caught.value.code == 2150859204


def test_a_fault_strikes_its_scope_and_no_oftener_than_told() -> None:
    faults = Faults()
    faults.add(
        Fault(kind=FaultKind.DROP_BEFORE, machine="A", action="command", cmdlet="get-it", times=2)
    )
    assert faults.strike("b", "Command", ["Get-It"], before=True) is None
    assert faults.strike("a", "Receive", ["Get-It"], before=True) is None
    assert faults.strike("a", "Command", ["Set-It"], before=True) is None
    assert faults.strike("a", "Command", ["Get-It"], before=False) is None
    assert all(faults.strike("a", "Command", ["Set-It", "Get-It"], before=True) for _ in range(2))
    assert faults.strike("a", "Command", ["Get-It"], before=True) is None
    assert faults.waiting == ()
    always = faults.add(Fault(kind=FaultKind.DROP_AFTER, times=None))
    assert [faults.strike("x", "Create", [], before=False) for _ in range(5)] == [always] * 5
    faults.remove(always)
    faults.add(always)
    faults.clear()
    assert faults.strike("x", "Create", [], before=False) is None
