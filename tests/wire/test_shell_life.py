"""Disconnect, reconnect, take-over, stop: who holds a shell, and what becomes of its commands."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.exceptions import WSManFaultError

from lyncops.lab.wire import soap
from lyncops.lab.wire.shells import ShellState
from tests.wire.stub import NAME, PowerShell, RawClient, RunspacePool, Served, command, fault_code


def test_a_second_client_collects_what_the_first_left_running(lab: Served) -> None:
    with lab.wsman() as first, lab.wsman() as second:
        pool = RunspacePool(first)
        pool.open()
        command(pool, "Wait-It").begin_invoke()
        assert lab.machine.started.wait(5)
        pool.disconnect()
        (found,) = RunspacePool.get_runspace_pools(second)
        found.connect()
        (waiting,) = found.create_disconnected_power_shells()
        lab.machine.release.set()
        assert waiting.connect() == ["first", "last"]
        assert waiting.state == PSInvocationState.COMPLETED
        found.close()
    assert lab.machine.executed == {"Wait-It": 1}


def test_the_same_session_takes_over_after_its_client_died(lab: Served) -> None:
    with lab.wsman() as first, lab.wsman() as second:
        pool = RunspacePool(first)
        pool.open()
        shell = command(pool, "Wait-It")
        shell.begin_invoke()
        assert lab.machine.started.wait(5)
        second.session_id = first.session_id
        heir = RunspacePool(second)
        heir.id = pool.id
        heir.shell.id = pool.shell.id
        heir.shell._selector_set = pool.shell._selector_set
        heir.shell.opened = True
        heir.state = RunspacePoolState.DISCONNECTED
        heir.connect()
        collector = PowerShell(heir)
        collector.id = shell.id
        collector._command_id = shell.id
        collector.state = PSInvocationState.RUNNING
        heir.pipelines[collector.id] = collector
        lab.machine.release.set()
        assert collector.end_invoke() == ["first", "last"]
        heir.close()


def test_whoever_was_taken_over_is_told_so(raw: RawClient) -> None:
    raw.open()
    raw.ask("Disconnect", "<rsp:Disconnect/>")
    heir = RawClient(raw.address, shell=raw.shell)
    assert heir.ask("Connect", "<rsp:Connect/>")[0] == 200
    status, answer = raw.try_receive()
    assert (status, fault_code(answer)) == (500, 2150859213)


def test_a_held_shell_cannot_be_connected_by_another(raw: RawClient) -> None:
    raw.open()
    other = RawClient(raw.address, shell=raw.shell)
    for verb in ("Connect", "Reconnect"):
        _, answer = other.ask(verb, f"<rsp:{verb}/>")
        assert fault_code(answer) == 2150859213


def test_reconnect_is_for_the_same_session_and_connect_for_the_others(raw: RawClient) -> None:
    raw.open()
    assert (
        raw.ask(
            "Disconnect",
            "<rsp:Disconnect><rsp:IdleTimeOut>PT60S</rsp:IdleTimeOut></rsp:Disconnect>",
        )[0]
        == 200
    )
    assert fault_code(raw.try_receive()[1]) == 2150859204
    assert (
        fault_code(RawClient(raw.address, shell=raw.shell).ask("Reconnect", "<rsp:Reconnect/>")[1])
        == 2150859206
    )
    assert raw.ask("Reconnect", "<rsp:Reconnect/>")[0] == 200
    assert raw.collect(raw.command("Get-It"))


def test_disconnect_ends_a_pending_receive(raw: RawClient) -> None:
    raw.open()
    pipeline = raw.command("Wait-It")
    raw.receive(pipeline)
    answers: list[int] = []
    waiting = RawClient(raw.address, raw.session_id, raw.shell)
    thread = threading.Thread(
        target=lambda: answers.append(fault_code(waiting.try_receive(pipeline, timeout="PT4S")[1]))
    )
    thread.start()
    # A round trip, so that the Receive is likely to be pending
    assert raw.signal(uuid.uuid4(), "x")[0] == 500
    raw.ask("Disconnect", "<rsp:Disconnect/>")
    thread.join(5)
    assert answers in ([995], [2150859204])


@pytest.mark.parametrize("end", ["delete", "stop", "terminate"])
def test_a_running_command_is_stopped(raw: RawClient, open_lab: Served, end: str) -> None:
    raw.open()
    pipeline = raw.command("Wait-It")
    assert open_lab.machine.started.wait(5)
    if end == "delete":
        assert raw.ask("Delete")[0] == 200
    else:
        code = "powershell/signal/ctrl_c" if end == "stop" else f"{soap.RSP}/signal/Terminate"
        assert raw.signal(pipeline, code)[0] == 200
    assert open_lab.machine.stopped.wait(5)
    if end == "stop":
        said = raw.collect(pipeline)
        assert b'<I32 N="PipelineState">3</I32>' in said[-1].document
        assert b"The pipeline has been stopped." in said[-1].document
    else:
        assert fault_code(raw.try_receive(pipeline)[1]) == 2150858843


def test_output_is_not_swallowed_by_a_receive_whose_client_has_gone(
    raw: RawClient, open_lab: Served
) -> None:
    raw.open()
    pipeline = raw.command("Wait-It")
    raw.receive(pipeline)
    impatient = RawClient(raw.address, raw.session_id, raw.shell)
    import base64
    import socket

    token = base64.b64encode(b"CONTOSO\\admin:Pa55-word").decode()
    with socket.create_connection(impatient.address) as sock:
        body = _receive_envelope(impatient, pipeline)
        head = (
            f"POST /wsman HTTP/1.1\r\nAuthorization: Basic {token}\r\nContent-Length:"
            f" {len(body)}\r\n\r\n"
        )
        sock.sendall(head.encode() + body)
        before = open_lab.host.requests.of(action="Receive")
        while open_lab.host.requests.of(action="Receive") == before and not _seen(open_lab):
            pass
    open_lab.machine.release.set()
    said = raw.collect(pipeline)
    assert any(b"<S>last</S>" in one.document for one in said)


def _seen(lab: Served) -> bool:
    return lab.host.requests.of(action="Receive") >= 4


def _receive_envelope(client: RawClient, pipeline: uuid.UUID) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{soap.S}" xmlns:a="{soap.A}" xmlns:w="{soap.W}" xmlns:p="{soap.P}"'
        f' xmlns:rsp="{soap.RSP}"><s:Header><a:Action>{soap.RSP}/Receive</a:Action>'
        f"<a:MessageID>uuid:1</a:MessageID><w:OperationTimeout>PT9S</w:OperationTimeout><p:SessionId>uuid:{client.session_id}</p:SessionId><w:SelectorSet><w:Selector"
        f' Name="ShellId">{client.shell}</w:Selector></w:SelectorSet></s:Header><s:Body>'
        f"<rsp:Receive><rsp:DesiredStream"
        f' CommandId="{pipeline}">stdout</rsp:DesiredStream></rsp:Receive></s:Body></s:Envelope>'
    ).encode()


def test_shells_and_commands_are_listed(raw: RawClient) -> None:
    raw.open()
    pipeline = raw.command("Get-It")
    _, shells = raw.ask("Enumerate", "<n:Enumerate/>", uri=soap.SHELL_URI)
    assert [one.text for one in shells.iter(f"{{{soap.RSP}}}ShellId")] == [str(raw.shell).upper()]
    selector = (
        "<w:Filter><w:SelectorSet><w:Selector"
        f' Name="ShellId">{str(raw.shell).upper()}</w:Selector></w:SelectorSet></w:Filter>'
    )
    _, commands = raw.ask(
        "Enumerate", f"<n:Enumerate>{selector}</n:Enumerate>", uri=soap.COMMAND_URI
    )
    assert [one.text for one in commands.iter(f"{{{soap.RSP}}}CommandId")] == [
        str(pipeline).upper()
    ]
    assert raw.ask("Enumerate", "<n:Enumerate/>", uri="http://elsewhere")[0] == 500


@pytest.mark.parametrize(("protocol", "disconnects"), [("2.1", True), ("2.2", False)])
def test_a_server_without_disconnect_says_so(
    raw: RawClient, open_lab: Served, protocol: str, *, disconnects: bool
) -> None:
    open_lab.profile.protocol = protocol
    open_lab.profile.disconnects = disconnects
    raw.create()
    first, _ = raw.receive()
    assert f'N="protocolversion">{protocol}<'.encode() in first[0].document
    for verb in ("Disconnect", "Reconnect", "Connect"):
        assert fault_code(raw.ask(verb, f"<rsp:{verb}/>")[1]) == 2150859205


def test_a_silent_shell_turns_disconnected_and_later_goes(raw: RawClient, open_lab: Served) -> None:
    raw.open()
    (shell,) = open_lab.host.server(NAME).service.shells
    open_lab.profile.idle_disconnect = timedelta(minutes=2)
    shell.last_activity -= 121
    assert fault_code(raw.try_receive()[1]) == 2150859204
    assert shell.state is ShellState.DISCONNECTED
    shell.last_activity -= 7200
    assert fault_code(raw.ask("Get", uri=soap.SHELL_URI)[1]) == 2150858843


def test_an_id_cannot_be_used_twice(raw: RawClient) -> None:
    assert raw.create()[0] == 200
    assert fault_code(raw.create()[1]) == 2150859223
    raw.receive()
    pipeline = raw.command("Get-It")
    said = raw.message(0x00021006, "<S>x</S>", pipeline)
    again = (
        "<rsp:CommandLine"
        f' CommandId="{pipeline}"><rsp:Command/><rsp:Arguments>{said}</rsp:Arguments>'
        f"</rsp:CommandLine>"
    )
    assert fault_code(raw.ask("Command", again)[1]) == 2150859223


@pytest.mark.parametrize(
    "arguments",
    ["not base64!", "AAAA", "AAAAAAAAAAEAAAAAAAAAAAMAAAABQQ==", "AAAAAAAAAAEAAAAAAAAAAAMAAAAJQQ=="],
)
def test_a_malformed_command_is_a_fault_and_leaves_nothing_behind(
    raw: RawClient, open_lab: Served, arguments: str
) -> None:
    raw.open()
    body = (
        "<rsp:CommandLine"
        f' CommandId="{uuid.uuid4()}"><rsp:Command/><rsp:Arguments>{arguments}'
        f"</rsp:Arguments></rsp:CommandLine>"
    )
    assert raw.ask("Command", body)[0] == 500
    assert not open_lab.host.server(NAME).service.shells[0].commands


@pytest.mark.parametrize(
    ("verb", "body", "uri"),
    [
        ("Create", "", "http://schemas.microsoft.com/powershell/X"),
        ("Create", "<rsp:Shell/>", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"),
        ("Create", '<rsp:Shell ShellId="no"/>', "http://schemas.microsoft.com/powershell/X"),
        ("Dance", "", ""),
    ],
)
def test_nonsense_is_a_fault(raw: RawClient, verb: str, body: str, uri: str) -> None:
    assert fault_code(raw.ask(verb, body, uri=uri)[1]) in {2150858787, 2150858771}


@pytest.mark.parametrize("document", [b"", b"no xml", b"<x/>", b"<!DOCTYPE x><x/>"])
def test_what_is_no_envelope_is_a_bad_request_or_an_empty_answer(
    raw: RawClient, document: bytes
) -> None:
    assert raw.post(document)[0] == (400 if document else 200)


def test_a_command_may_come_in_several_fragments(lab: Served) -> None:
    with lab.pool() as pool:
        pool._fragmenter.max_size = 1000
        assert len(command(pool, "Get-It", Text="y" * 3000).invoke()) == 1
    assert lab.machine.seen[0].arguments[0].value == "y" * 3000
    assert lab.host.requests.of(action="Send") >= 3


def test_a_shell_of_another_user_is_denied(raw: RawClient, open_lab: Served) -> None:
    raw.open()
    (shell,) = open_lab.host.server(NAME).service.shells
    import attrs

    shell.owner = attrs.evolve(shell.owner, user="CONTOSO\\other")
    assert fault_code(raw.try_receive()[1]) == 5


def test_pypsrp_can_stop_a_command(lab: Served) -> None:
    with lab.pool() as pool:
        shell = command(pool, "Wait-It")
        shell.begin_invoke()
        assert lab.machine.started.wait(5)
        shell.stop()
        assert lab.machine.stopped.wait(5)


def test_long_commands_are_polled_past_the_operation_timeout(lab: Served) -> None:
    with lab.pool(operation_timeout=1) as pool:
        shell = command(pool, "Wait-It")
        shell.begin_invoke()
        shell.poll_invoke()
        shell.poll_invoke(timeout=1)
        lab.machine.release.set()
        assert shell.end_invoke() == ["first", "last"]


def test_the_fault_for_a_closed_pool_reaches_pypsrp(lab: Served) -> None:
    with lab.wsman() as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        lab.host.server(NAME).service.restart()
        with pytest.raises(WSManFaultError) as caught:
            command(pool, "Get-It").invoke()
        assert caught.value.code == 2150858843
        assert not pool.is_alive()
