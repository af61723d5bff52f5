"""What a shell asks of its server, word for word (MS-WSMV 3.1.4), and what it makes of the answers:
over a transport that keeps what it is given.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from lyncops.errors import InvalidValueError
from lyncops.remoting.endpoint import Auth, Credentials, Endpoint
from lyncops.remoting.execution import CommandAddress, Fence
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.http import Timeouts
from lyncops.remoting.psrp.messages import MessageType
from lyncops.remoting.psrp.records import HostCall
from lyncops.remoting.shell import Shell
from lyncops.remoting.transport import Request, Transport

SECOND = timedelta(seconds=1)
WAIT = timedelta(seconds=7)
RSP = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
PWSH = "{http://schemas.microsoft.com/powershell}"
SELECTOR = "{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}Selector"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
CONFIGURATION = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
COMMAND = "5DB29B85-1E1C-4B3B-9F3C-3D0AC5BB0F6D"
ID = "0F9C6FE1-9F9B-4A3D-8B7A-1B6F3A4C2D10"


class Sent(NamedTuple):
    """One request as it was given to the transport."""

    phase: Phase
    request: Request
    wait: timedelta | None

    @property
    def body(self) -> list[object]:
        """The elements with their attributes and texts."""
        assert self.request.body is not None
        return [(each.tag, each.attrib, each.text) for each in self.request.body.iter()]


class Recorder(Transport):
    """Answers with what it was given."""

    def __init__(self, *answers: ET.Element | RemotingError) -> None:
        super().__init__(
            Endpoint(url="https://fe1.contoso.com/wsman", auth=Auth.BASIC),
            Credentials(username="admin", password="geheim"),
            timeouts=Timeouts(connect=SECOND, logon=SECOND),
        )
        self.answers = list(answers)
        self.sent: list[Sent] = []

    def send(
        self,
        phase: Phase,
        request: Request,
        *,
        wait: timedelta | None = None,
        fence: Fence | None = None,
    ) -> ET.Element:
        del fence
        self.sent.append(Sent(phase, request, wait))
        answer = self.answers.pop(0) if self.answers else ET.Element("Body")
        if isinstance(answer, RemotingError):
            raise answer
        return answer


def message(kind: MessageType, xml: str, number: int) -> bytes:
    data = struct.pack("<II", 1, kind) + bytes(32) + xml.encode()
    return struct.pack(">QQBI", number, 0, 3, len(data)) + data


def received(
    *parts: bytes, state: str = "", command: str | None = None, text: str | None = None
) -> ET.Element:
    body = ET.Element("Body")
    for part in parts:
        ET.SubElement(body, f"{RSP}Stream").text = base64.b64encode(part).decode()
    if text is not None:
        ET.SubElement(body, f"{RSP}Stream").text = text
    if state:
        ET.SubElement(body, f"{RSP}CommandState", {"State": state, "CommandId": command or ""})
    return body


OPENED = message(
    MessageType.RUNSPACE_POOL_STATE,
    '<Obj RefId="0"><MS><I32 N="RunspaceState">2</I32></MS></Obj>',
    2,
)
CAPABILITY = message(
    MessageType.SESSION_CAPABILITY,
    '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version></MS></Obj>',
    1,
)


def created(*names: tuple[str, str], own: str | None = None) -> ET.Element:
    body = ET.Element("Body")
    for name, value in names:
        ET.SubElement(body, SELECTOR, {"Name": name}).text = value
    if own is not None:
        ET.SubElement(ET.SubElement(body, f"{RSP}Shell"), f"{RSP}ShellId").text = own
    return body


def failure(symptom: Symptom, *, is_answer: bool = False) -> RemotingError:
    return RemotingError(symptom, Phase.RECEIVE, "seen", is_answer=is_answer)


def test_a_new_shell_is_created_with_its_pool() -> None:
    transport = Recorder(created(("ShellId", " other-id ")), received(CAPABILITY, OPENED))
    small = transport.payload_limit
    shell = Shell(transport)
    own = shell.id
    assert (str(UUID(own)).upper(), shell.created) == (own, False)
    shell.open(runspaces=3, wait=WAIT)
    assert (shell.id, shell.created) == ("other-id", True)
    create, receive = transport.sent
    assert (create.phase, create.wait) == (Phase.CREATE, WAIT)
    assert create.request.action == f"{TRANSFER}/Create"
    assert create.request.resource_uri == CONFIGURATION
    assert create.request.shell_id is None
    assert dict(create.request.options) == {"protocolversion": "2.3"}
    assert create.request.must_comply
    assert [each for each in create.body if isinstance(each, tuple)][:3] == [
        (f"{RSP}Shell", {"ShellId": own}, None),
        (f"{RSP}InputStreams", {}, "stdin pr"),
        (f"{RSP}OutputStreams", {}, "stdout"),
    ]
    assert create.request.body is not None
    content = create.request.body.findtext(f"{PWSH}creationXml")
    assert b'N="MaxRunspaces">3<' in base64.b64decode(content or "")
    assert (receive.phase, receive.request.action) == (Phase.CREATE, f"{SHELL}/Receive")
    assert (receive.request.shell_id, receive.wait) == ("other-id", WAIT)
    assert transport.payload_limit > small, "protocol 2.2 takes larger messages"


@pytest.mark.parametrize(
    ("answer", "id_"),
    [
        (created(("Other", "x"), ("ShellId", "a")), "a"),
        (created(("ShellId", " "), own="b"), "b"),
        (created(own=" c "), "c"),
        (created(), None),
    ],
)
def test_the_server_may_spell_the_id_otherwise(answer: ET.Element, id_: str | None) -> None:
    shell = Shell(Recorder(answer, received(OPENED)))
    own = shell.id
    shell.open()
    assert shell.id == (id_ or own)


def test_a_pool_that_takes_its_time_is_waited_for() -> None:
    nothing = failure(Symptom.NOTHING_YET)
    transport = Recorder(created(), nothing, received(CAPABILITY), nothing, received(OPENED))
    Shell(transport).open()
    assert len(transport.sent) == 5
    with pytest.raises(RemotingError) as hangs:
        Shell(Recorder(created(), nothing, nothing, nothing, received(OPENED))).open()
    assert (hangs.value.symptom, hangs.value.phase) == (Symptom.CREATE_HANGS, Phase.CREATE)
    with pytest.raises(RemotingError) as lost:
        Shell(Recorder(created(), failure(Symptom.CREATE_LOST))).open()
    assert lost.value.symptom is Symptom.CREATE_LOST


def test_a_pool_that_never_opens_is_no_service() -> None:
    transport = Recorder(created(), *(received() for _ in range(1_000)))
    with pytest.raises(RemotingError) as never:
        Shell(transport).open()
    assert never.value.symptom is Symptom.NOT_SERVED
    assert len(transport.sent) == 1_001


def shell_at(*answers: ET.Element | RemotingError, id_: str = ID) -> tuple[Shell, Recorder]:
    transport = Recorder(*answers)
    address = CommandAddress(
        endpoint="", session_id="", shell_id=id_, command_id=COMMAND, resource_uri="uri"
    )
    return Shell.at(address, transport), transport


@pytest.mark.parametrize("id_", [ID, f"uuid:{ID}"])
def test_the_shell_of_an_address_keeps_its_name_and_its_pool(id_: str) -> None:
    shell, transport = shell_at(id_=id_)
    assert (shell.id, shell.created, shell.resource_uri) == (id_, True, "uri")
    assert shell.pool.outbox.pool_id == UUID(ID)
    other = shell.through(transport)
    assert (other.id, other.resource_uri) == (shell.id, "uri")
    address = shell.address_of(COMMAND)
    assert (address.endpoint, address.shell_id, address.command_id, address.resource_uri) == (
        "https://fe1.contoso.com/wsman",
        id_,
        COMMAND,
        "uri",
    )
    assert (address.session_id, address.logon) == (transport.session_id, "basic")


def the(tag: str, text: str | None = None, **attributes: str) -> tuple[object, ...]:
    return f"{RSP}{tag}", attributes, text


Asking = tuple[Callable[[Shell], object], Phase, str, list[object] | None, dict[str, str]]
ASKED: list[Asking] = [
    (
        lambda shell: shell.command(COMMAND, b"xyz"),
        Phase.COMMAND,
        f"{SHELL}/Command",
        [the("CommandLine", CommandId=COMMAND), the("Command", ""), the("Arguments", "eHl6")],
        {"WINRS_SKIP_CMD_SHELL": "False"},
    ),
    (
        lambda shell: shell.receive(COMMAND, wait=WAIT),
        Phase.RECEIVE,
        f"{SHELL}/Receive",
        [the("Receive"), the("DesiredStream", "stdout", CommandId=COMMAND)],
        {"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "True"},
    ),
    (
        lambda shell: shell.receive(None, wait=WAIT),
        Phase.RECEIVE,
        f"{SHELL}/Receive",
        [the("Receive"), the("DesiredStream", "stdout")],
        {"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "True"},
    ),
    (
        lambda shell: shell.stop(COMMAND, wait=WAIT),
        Phase.SIGNAL,
        f"{SHELL}/Signal",
        [the("Signal", CommandId=COMMAND), the("Code", "powershell/signal/ctrl_c")],
        {},
    ),
    (
        lambda shell: shell.terminate(COMMAND, wait=WAIT),
        Phase.SIGNAL,
        f"{SHELL}/Signal",
        [the("Signal", CommandId=COMMAND), the("Code", f"{SHELL}/signal/Terminate")],
        {},
    ),
    (
        lambda shell: shell.delete(wait=WAIT),
        Phase.DELETE,
        f"{TRANSFER}/Delete",
        None,
        {},
    ),
    (
        lambda shell: shell.disconnect(wait=WAIT),
        Phase.ATTACH,
        f"{SHELL}/Disconnect",
        [the("Disconnect")],
        {},
    ),
    (
        lambda shell: shell.reconnect(wait=WAIT),
        Phase.ATTACH,
        f"{SHELL}/Reconnect",
        None,
        {},
    ),
    (
        lambda shell: shell.connect_command(COMMAND, wait=WAIT),
        Phase.ATTACH,
        f"{SHELL}/Connect",
        [the("Connect", CommandId=COMMAND)],
        {},
    ),
]


@pytest.mark.parametrize(("act", "phase", "action", "body", "options"), ASKED)
def test_what_is_asked_of_a_shell(
    act: Callable[[Shell], object],
    phase: Phase,
    action: str,
    body: list[object] | None,
    options: dict[str, str],
) -> None:
    shell, transport = shell_at()
    act(shell)
    (sent,) = transport.sent
    assert (sent.phase, sent.request.action, sent.request.shell_id) == (phase, action, ID)
    assert sent.request.resource_uri == "uri"
    assert (None if sent.request.body is None else sent.body) == body
    assert dict(sent.request.options) == options
    assert sent.wait == (None if phase is Phase.COMMAND else WAIT)
    assert sent.request.must_not_repeat is (phase is Phase.COMMAND)
    assert not sent.request.must_comply


def test_a_prompt_is_answered_on_its_own_stream() -> None:
    shell, transport = shell_at()
    shell.refuse(COMMAND, HostCall(7, 26, wants_answer=True))
    (sent,) = transport.sent
    assert (sent.phase, sent.request.action) == (Phase.SEND, f"{SHELL}/Send")
    assert sent.request.body is not None
    assert sent.request.body.tag == f"{RSP}Send"
    (stream,) = sent.request.body
    assert (stream.tag, stream.attrib) == (f"{RSP}Stream", {"Name": "pr", "CommandId": COMMAND})
    assert b"PromptRefused" in base64.b64decode(stream.text or "")


@pytest.mark.parametrize(
    ("state", "done"),
    [(f"{SHELL}/CommandState/Done", True), (f"{SHELL}/CommandState/Running", False), ("", False)],
)
def test_a_reply_has_its_messages_and_whether_more_will_come(state: str, *, done: bool) -> None:
    whole = message(MessageType.PIPELINE_OUTPUT, "<S>a</S>", 1)
    shell, _ = shell_at(received(whole, whole[:5], state=state))
    reply = shell.receive(COMMAND)
    assert ([each.data for each in reply.messages], reply.done) == ([b"<S>a</S>"], done)
    assert shell.pool.inbox.broken is done, "no more comes, and half a fragment is left"


def test_a_reply_that_is_no_base64_is_broken_and_an_empty_one_is_not() -> None:
    shell, _ = shell_at(received(text=""), received(text="x"))
    shell.receive(COMMAND)
    assert not shell.pool.inbox.broken
    shell.receive(COMMAND)
    assert shell.pool.inbox.broken


@pytest.mark.parametrize(
    ("answers", "alive"),
    [
        ([received()], True),
        ([failure(Symptom.REFUSED), received()], True),
        ([failure(Symptom.REFUSED), failure(Symptom.NOTHING_YET)], True),
        ([failure(Symptom.REFUSED), failure(Symptom.GONE)], Symptom.GONE),
        ([failure(Symptom.GONE)], Symptom.GONE),
    ],
)
def test_a_sign_of_life(answers: Iterable[ET.Element | RemotingError], alive: object) -> None:
    shell, transport = shell_at(*answers)
    found: object
    try:
        found = shell.is_alive(wait=WAIT)
    except RemotingError as error:
        found = error.symptom
    assert found == alive
    get, *more = transport.sent
    assert (get.phase, get.wait) == (Phase.ATTACH, WAIT)
    assert (get.request.action, get.request.resource_uri) == (f"{TRANSFER}/Get", SHELL)
    assert get.request.shell_id == ID
    assert [(each.request.action, each.wait) for each in more] == [
        (f"{SHELL}/Receive", SECOND) for _ in more
    ]


@pytest.mark.parametrize(
    ("state", "alive"), [("Connected", True), ("Disconnected", False), ("", True)]
)
def test_a_shell_that_somebody_let_go_is_not_alive(state: str, *, alive: bool) -> None:
    body = ET.Element("Body")
    ET.SubElement(ET.SubElement(body, f"{RSP}Shell"), f"{RSP}State").text = state
    shell, _ = shell_at(body)
    assert shell.is_alive() is alive


def test_a_shell_is_taken_over_by_a_new_client() -> None:
    answer = ET.Element("Body")
    ET.SubElement(answer, f"{PWSH}connectResponseXml").text = base64.b64encode(CAPABILITY).decode()
    shell, transport = shell_at(answer)
    small = transport.payload_limit
    shell.connect(wait=WAIT)
    (sent,) = transport.sent
    assert (sent.phase, sent.wait) == (Phase.ATTACH, WAIT)
    assert sent.request.action == f"{SHELL}/Connect"
    assert dict(sent.request.options) == {"protocolversion": "2.3"}
    assert sent.request.must_comply
    assert sent.request.body is not None
    assert sent.request.body.tag == f"{RSP}Connect"
    assert base64.b64decode(sent.request.body.findtext(f"{PWSH}connectXml") or "")
    assert transport.payload_limit > small


@pytest.mark.parametrize(
    ("first", "actions"),
    [
        (received(), ["Reconnect"]),
        (failure(Symptom.REPEATABLE, is_answer=True), ["Reconnect", "Connect", "Connect"]),
    ],
)
def test_a_shell_is_taken_back_as_the_same_client_or_as_another(
    first: ET.Element | RemotingError, actions: list[str]
) -> None:
    shell, transport = shell_at(first)
    shell.retake(COMMAND)
    assert [each.request.action.rpartition("/")[2] for each in transport.sent] == actions


@pytest.mark.parametrize(
    "refusal", [failure(Symptom.REPEATABLE), failure(Symptom.GONE, is_answer=True)]
)
def test_a_shell_that_is_gone_or_silent_is_not_taken_back(refusal: RemotingError) -> None:
    shell, transport = shell_at(refusal)
    with pytest.raises(RemotingError):
        shell.retake(COMMAND)
    assert len(transport.sent) == 1


def test_a_command_that_no_message_holds_is_refused() -> None:
    shell, transport = shell_at()
    size = transport.payload_limit
    with pytest.raises(InvalidValueError, match=rf"Set-CsX are \d+ bytes; .* holds {size}"):
        shell.pack(COMMAND, [("Set-CsX", {"Name": "x" * size})])
    assert len(shell.pack(COMMAND, [("Set-CsX", {"Name": "x"})])) <= size


class Waits(Transport):
    """Keeps how long the server may take over each request."""

    def __init__(self) -> None:
        super().__init__(
            Endpoint(url="https://fe1.contoso.com/wsman", auth=Auth.BASIC),
            Credentials(username="admin", password="geheim"),
            timeouts=Timeouts(connect=SECOND, logon=SECOND),
        )
        self.waits: list[int] = []

    def _invoke(self, request: Request) -> ET.Element:
        del request
        self.waits.append(self._wsman.operation_timeout)
        return ET.Element("Envelope")


def test_a_server_may_take_whole_seconds_and_one_at_least() -> None:
    transport = Waits()
    for wait in (SECOND / 5, SECOND, 1.5 * SECOND, 7 * SECOND, None):
        transport.send(Phase.RECEIVE, Request(action="", resource_uri=""), wait=wait)
    assert transport.waits == [1, 1, 2, 7, 20]
