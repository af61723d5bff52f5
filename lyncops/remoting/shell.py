"""A session on a server as WSMan sees it: one shell with one runspace pool, its commands, and the
way back to it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final, Self
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import attrs

from lyncops.errors import InvalidValueError
from lyncops.remoting.execution import CommandAddress, Fence
from lyncops.remoting.failures import Phase, RemotingError, Symptom
from lyncops.remoting.psrp.encoding import Commands
from lyncops.remoting.psrp.messages import Message
from lyncops.remoting.psrp.pool import Pool, PoolClosedError
from lyncops.remoting.psrp.records import HostCall
from lyncops.remoting.transport import Request, Transport

_RSP: Final = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
_PWSH: Final = "{http://schemas.microsoft.com/powershell}"
_SELECTOR: Final = "{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}Selector"
_SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_STOP: Final = "powershell/signal/ctrl_c"
_TERMINATE: Final = f"{_SHELL}/signal/Terminate"
_PROTOCOL: Final = {"protocolversion": "2.3"}
_KEEP_ALIVE: Final = {"WSMAN_CMDSHELL_OPTION_KEEPALIVE": "True"}
_OPENING_REPLIES: Final = 1000
"""How many Receives may bring the messages of a session that opens, and how many of them may bring
nothing in time."""
_OPENING_WAITS: Final = 3


@attrs.frozen(slots=True)
class Reply:
    """What one Receive brought: whole messages, and whether the server says that the command is
    done.
    """

    messages: tuple[Message, ...]
    done: bool


def _element(tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.Element(f"{_RSP}{tag}", attributes)
    element.text = text
    return element


def _guid(text: str | None) -> UUID | None:
    try:
        return UUID((text or "").removeprefix("uuid:"))
    except ValueError:
        return None


class Shell:
    """One runspace pool on one server, as one connection sees it.

    It belongs to one thread at a time; `through` gives other threads the same pool over connections
    of their own. Every method may raise RemotingError, whose symptom says what to do.
    """

    def __init__(
        self, transport: Transport, *, shell_id: str | None = None, resource_uri: str | None = None
    ) -> None:
        self.transport = transport
        pool_id = _guid(shell_id) or uuid4()
        self.id = shell_id or str(pool_id).upper()
        self.resource_uri = resource_uri or transport.endpoint.resource_uri
        self.created = shell_id is not None
        """Whether the server has said that it has the shell."""
        self.pool = Pool(pool_id)

    @classmethod
    def at(cls, address: CommandAddress, transport: Transport) -> Self:
        """The shell of a command that this or another process sent."""
        return cls(transport, shell_id=address.shell_id, resource_uri=address.resource_uri)

    def through(self, transport: Transport) -> Shell:
        """The same pool over another connection, which must carry the same WSMan SessionId."""
        other = Shell(transport, shell_id=self.id, resource_uri=self.resource_uri)
        other.pool = self.pool.beside()
        if self.pool.takes_large_messages:
            transport.allow_large_messages()
        return other

    def address_of(self, command_id: str) -> CommandAddress:
        """What another process needs to find a command of this shell."""
        return CommandAddress(
            endpoint=self.transport.endpoint.url,
            session_id=self.transport.session_id,
            shell_id=self.id,
            command_id=command_id,
            resource_uri=self.resource_uri,
            logon=self.transport.logon,
            affinity=self.transport.key.affinity,
        )

    def _request(
        self, verb: str, body: ET.Element | None = None, options: Mapping[str, str] | None = None
    ) -> Request:
        return Request(
            action=f"{_SHELL}/{verb}",
            resource_uri=self.resource_uri,
            body=body,
            shell_id=self.id,
            options=options or {},
        )

    def open(self, *, runspaces: int = 1, wait: timedelta | None = None) -> None:
        """Create the shell and wait until its runspace pool is open; `runspaces` is how many
        pipelines may run side by side.
        """
        body = _element("Shell", ShellId=self.id)
        body.append(_element("InputStreams", "stdin pr"))
        body.append(_element("OutputStreams", "stdout"))
        content = ET.SubElement(body, f"{_PWSH}creationXml")
        content.text = base64.b64encode(self.pool.open(runspaces)).decode()
        request = Request(
            action=f"{_TRANSFER}/Create",
            resource_uri=self.resource_uri,
            body=body,
            options=_PROTOCOL,
            must_comply=True,
        )
        answer = self.transport.send(Phase.CREATE, request, wait=wait)
        self.created = True
        told = (each.text for each in answer.iter(_SELECTOR) if each.get("Name") == "ShellId")
        # As the server spells it: only Windows is known to find a shell whatever the letter case.
        self.id = next(
            (
                name.strip()
                for name in (*told, answer.findtext(f".//{_RSP}ShellId"))
                if name and name.strip()
            ),
            self.id,
        )
        patience = _OPENING_WAITS
        for _ in range(_OPENING_REPLIES):
            try:
                reply = self._take(Phase.CREATE, None, wait)
            except RemotingError as failure:
                patience -= 1
                if failure.symptom is not Symptom.NOTHING_YET:
                    raise
                if not patience:
                    raise RemotingError(
                        Symptom.CREATE_HANGS, Phase.CREATE, "the new session does not open"
                    ) from failure
                continue
            if any(self._greet(message) for message in reply.messages):
                return
        raise RemotingError(
            Symptom.NOT_SERVED, Phase.CREATE, "the server does not say that the session is open"
        )

    def _greet(self, message: Message) -> bool:
        """Learn from a message of the pool; True when it says that the pool is open."""
        try:
            is_open = self.pool.heed(message)
        except PoolClosedError as closed:
            raise RemotingError(Symptom.REFUSED, Phase.CREATE, str(closed)) from closed
        if self.pool.takes_large_messages:
            self.transport.allow_large_messages()
        return is_open

    def pack(self, command_id: str, commands: Commands, *, first: Commands = ()) -> bytes:
        """A pipeline as the one fragment that starts it; `first` is a statement that runs before
        it.

        Raises:
            InvalidValueError: an argument has no counterpart in PowerShell, or all together are too
                large for one message. A second message whose answer is lost could not be repeated.
        """
        fragment = self.pool.start(UUID(command_id), commands, first=first)
        if len(fragment) > self.transport.payload_limit:
            raise InvalidValueError(
                f"The arguments of {commands[0][0]} are {len(fragment)} bytes; one message holds"
                f" {self.transport.payload_limit}.",
                remedy="Give a file name in place of the content, where the cmdlet takes one.",
            )
        return fragment

    def command(self, command_id: str, fragment: bytes, *, fence: Fence | None = None) -> None:
        """Start a command; `fence` is asked before its first byte leaves."""
        body = _element("CommandLine", CommandId=command_id)
        body.append(_element("Command", ""))
        body.append(_element("Arguments", base64.b64encode(fragment).decode()))
        request = self._request("Command", body, {"WINRS_SKIP_CMD_SHELL": "False"})
        self.transport.send(Phase.COMMAND, attrs.evolve(request, must_not_repeat=True), fence=fence)

    def receive(self, command_id: str | None, *, wait: timedelta | None = None) -> Reply:
        """Take what a command (or the pool) has written; wait for it up to `wait`."""
        return self._take(Phase.RECEIVE, command_id, wait)

    def _take(self, phase: Phase, command_id: str | None, wait: timedelta | None) -> Reply:
        body = _element("Receive")
        stream = _element("DesiredStream", "stdout")
        if command_id is not None:
            stream.set("CommandId", command_id)
        body.append(stream)
        answer = self.transport.send(phase, self._request("Receive", body, _KEEP_ALIVE), wait=wait)
        state = answer.find(f".//{_RSP}CommandState")
        messages: list[Message] = []
        for part in answer.iter(f"{_RSP}Stream"):
            try:
                messages += self.pool.take(base64.b64decode(part.text or ""))
            except ValueError:
                self.pool.inbox.broken = True
        if self.pool.inbox.taken > (limit := self.transport.endpoint.answer_limit):
            raise RemotingError(
                Symptom.OUT_OF_BOUNDS, phase, f"more than {limit / 1024 / 1024:g} MB of output"
            )
        done = state is not None and state.get("State", "").endswith("/Done")
        if done:
            self.pool.inbox.end()
        return Reply(tuple(messages), done)

    def refuse(self, command_id: str, call: HostCall) -> None:
        """Answer a prompt with an error."""
        answer = self.pool.refuse(UUID(command_id), call)
        body = _element("Send")
        body.append(
            _element("Stream", base64.b64encode(answer).decode(), Name="pr", CommandId=command_id)
        )
        self.transport.send(Phase.SEND, self._request("Send", body))

    def stop(self, command_id: str, *, wait: timedelta | None = None) -> None:
        """Ask the server to stop a command."""
        self._signal(command_id, _STOP, wait)

    def terminate(self, command_id: str, *, wait: timedelta | None = None) -> None:
        """Ask the server to forget a command; one that it does not know is GONE."""
        self._signal(command_id, _TERMINATE, wait)

    def _signal(self, command_id: str, code: str, wait: timedelta | None) -> None:
        body = _element("Signal", CommandId=command_id)
        body.append(_element("Code", code))
        self.transport.send(Phase.SIGNAL, self._request("Signal", body), wait=wait)

    def delete(self, *, wait: timedelta | None = None) -> None:
        """Close the shell with all its commands."""
        request = Request(
            action=f"{_TRANSFER}/Delete", resource_uri=self.resource_uri, shell_id=self.id
        )
        self.transport.send(Phase.DELETE, request, wait=wait)

    def is_alive(self, *, wait: timedelta | None = None) -> bool:
        """Whether the server knows the shell and holds it for this client."""
        request = Request(action=f"{_TRANSFER}/Get", resource_uri=_SHELL, shell_id=self.id)
        try:
            answer = self.transport.send(Phase.ATTACH, request, wait=wait)
        except RemotingError as failure:
            if failure.symptom is not Symptom.REFUSED:
                raise
            return self._answers_receive()
        return (answer.findtext(f".//{_RSP}State") or "Connected") != "Disconnected"

    def _answers_receive(self) -> bool:
        """The same question to a server that does not list its shells: an empty-handed
        Receive says that it knows it.
        """
        try:
            self.receive(None, wait=timedelta(seconds=1))
        except RemotingError as failure:
            if failure.symptom is Symptom.NOTHING_YET:
                return True
            raise
        return True

    def disconnect(self, *, wait: timedelta | None = None) -> None:
        """Let go of the shell: it lives on at the server until this client or another takes it back
        (MS-WSMV, 3.1.4.13).
        """
        self.transport.send(
            Phase.ATTACH, self._request("Disconnect", _element("Disconnect")), wait=wait
        )

    def reconnect(self, *, wait: timedelta | None = None) -> None:
        """Take a shell of the same WSMan session back; Receives that still wait for a dead client
        end.
        """
        self.transport.send(Phase.ATTACH, self._request("Reconnect"), wait=wait)

    def connect(self, *, wait: timedelta | None = None) -> None:
        """Take a disconnected shell over as a new client."""
        body = _element("Connect")
        content = ET.SubElement(body, f"{_PWSH}connectXml")
        content.text = base64.b64encode(self.pool.connect()).decode()
        request = attrs.evolve(self._request("Connect", body, _PROTOCOL), must_comply=True)
        answer = self.transport.send(Phase.ATTACH, request, wait=wait)
        said = answer.findtext(f".//{_PWSH}connectResponseXml")
        for message in self.pool.take(base64.b64decode(said or "")):
            self._greet(message)

    def connect_command(self, command_id: str, *, wait: timedelta | None = None) -> None:
        """Take one command of a shell that was taken over."""
        self.transport.send(
            Phase.ATTACH,
            self._request("Connect", _element("Connect", CommandId=command_id)),
            wait=wait,
        )

    def retake(self, command_id: str) -> None:
        """Take the shell back with one command: as the same client, else as a new one.

        That the same WSMan SessionId suffices is measured on other servers; else the shell turns
        Disconnected after about a minute of silence and an ordinary Connect works (pypsrp issues 21
        and 53). A server without Disconnect (protocol 2.1) refuses both, and lets the same
        SessionId receive.
        """
        try:
            self.reconnect()
        except RemotingError as failure:
            if not failure.is_answer or failure.symptom is Symptom.GONE:
                raise
            with suppress(RemotingError):
                self.connect()
                self.connect_command(command_id)
