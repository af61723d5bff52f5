"""The WSMan service of one machine: what each action does to its shells."""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Final
from xml.etree import ElementTree as ET

import attrs

from lyncops.lab.interface import Caller, Session, SimulatedMachine
from lyncops.lab.wire import psrp, replies, runspace_pool, soap
from lyncops.lab.wire.clixml import MalformedClixmlError
from lyncops.lab.wire.commands import parse_pipeline
from lyncops.lab.wire.faults import Profile
from lyncops.lab.wire.pipelines import PipelineRunner
from lyncops.lab.wire.psrp import MalformedFragmentError, Message, MessageType
from lyncops.lab.wire.shells import Command, Shell, ShellState
from lyncops.lab.wire.soap import RSP, Request

_POWERSHELL_URI: Final = "http://schemas.microsoft.com/powershell/"
_REPLY_OVERHEAD: Final = 2_048
"""Characters of a Receive's reply besides its streams."""


@attrs.frozen(slots=True)
class Answer:
    """A reply; `undo` puts back what was taken for it, where that can be done."""

    body: bytes
    undo: Callable[[], None] | None = None


class WSManService:
    """Shells of one machine, for both of its endpoints."""

    def __init__(self, name: str, machine: SimulatedMachine, profile: Profile) -> None:
        self._name = name
        self._machine = machine
        self._profile = profile
        self._runner = PipelineRunner(name, machine, profile)
        self._lock = threading.Lock()
        self._shells: dict[str, Shell] = {}
        self._threads: list[threading.Thread] = []
        self._actions: dict[str, Callable[[Request, Caller, Callable[[], bool]], Answer]] = {
            "Create": self._create,
            "Command": self._command,
            "Receive": self._receive,
            "Send": self._send,
            "Signal": self._signal,
            "Disconnect": self._disconnect,
            "Reconnect": self._reconnect,
            "Connect": self._connect,
            "Delete": self._delete,
            "Enumerate": self._enumerate,
            "Get": self._get,
        }

    @property
    def actions(self) -> tuple[str, ...]:
        """What requests may ask for."""
        return tuple(self._actions)

    @property
    def shells(self) -> tuple[Shell, ...]:
        """The shells that live."""
        with self._lock:
            return tuple(self._shells.values())

    def handle(self, request: Request, caller: Caller, gone: Callable[[], bool]) -> Answer:
        """Do what a request asks for. `gone`: whether the client of a waiting Receive has left.

        Raises:
            WSManFaultError: the request is refused.
            ClientGoneError: the client of a Receive has left.
        """
        action = self._actions.get(request.verb)
        if action is None:
            raise soap.not_supported(request.action)
        self._expire()
        return action(request, caller, gone)

    def cmdlets_of(self, request: Request) -> tuple[str, ...]:
        """The names of the commands that a request is about; empty for others."""
        command_id = _command_id(request)
        if request.verb == "Command":
            try:
                fragments = psrp.Defragmenter().feed(_bytes(_text(request.body, "Arguments")))
                return tuple(
                    name for message in fragments for name in parse_pipeline(message.data).names
                )
            except (MalformedClixmlError, MalformedFragmentError, soap.WSManFaultError):
                return ()
        with self._lock:
            shell = self._shells.get(request.shell_id)
        command = None if shell is None else shell.commands.get(command_id)
        return () if command is None else command.names

    def restart(self) -> None:
        """All shells are gone, as after a restart of the service."""
        with self._lock:
            shells, self._shells = tuple(self._shells.values()), {}
        for shell in shells:
            shell.close()

    def disconnect_idle(self) -> int:
        """Turn every connected shell Disconnected, as after minutes of silence; how many there
        were.
        """
        connected = [shell for shell in self.shells if shell.state is ShellState.CONNECTED]
        for shell in connected:
            shell.disconnect()
        return len(connected)

    def close(self) -> None:
        """End all shells and wait for their commands."""
        self.restart()
        for thread in self._threads:
            thread.join(5)

    def _expire(self) -> None:
        limit = self._profile.idle_disconnect
        for shell in self.shells:
            if shell.silence > shell.idle_timeout:
                self._remove(shell)
            elif (
                limit is not None and shell.state is ShellState.CONNECTED and shell.silence > limit
            ):
                shell.disconnect()

    def _remove(self, shell: Shell) -> None:
        with self._lock:
            self._shells.pop(shell.name, None)
        shell.close()

    def _find(self, request: Request, caller: Caller) -> Shell:
        with self._lock:
            shell = self._shells.get(request.shell_id)
        if shell is None:
            raise soap.invalid_selectors()
        if shell.owner.user.casefold() != caller.user.casefold():
            raise soap.access_denied()
        return shell

    def _held(self, request: Request, caller: Caller) -> Shell:
        """The shell, when this client holds it."""
        shell = self._find(request, caller)
        if shell.state is ShellState.DISCONNECTED:
            raise soap.disconnected()
        if shell.session_id != request.session_id:
            raise soap.connected_elsewhere()
        shell.touch()
        return shell

    def _create(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        body = _body(request)
        if not request.resource_uri.lower().startswith(_POWERSHELL_URI):
            raise soap.unusable(
                f"The resource URI {request.resource_uri} names no session configuration."
            )
        timeout = body.findtext(f"{{{RSP}}}IdleTimeOut")
        shell = Shell(
            _shell_id(body.get("ShellId")),
            owner=caller,
            session_id=request.session_id,
            resource_uri=request.resource_uri,
            idle_timeout=soap.parse_duration(timeout) if timeout else self._profile.idle_timeout,
        )
        self._hear(shell, _bytes(body.findtext(f"{{{soap.PWSH}}}creationXml") or ""), None)
        with self._lock:
            if shell.name in self._shells:
                raise soap.already_exists()
            mine = sum(
                one.owner.user.casefold() == caller.user.casefold() for one in self._shells.values()
            )
            if mine >= self._profile.max_shells_per_user:
                raise soap.quota_exceeded(self._profile.max_shells_per_user)
            self._shells[shell.name] = shell
        self._machine.start_runspace(is_first=True)
        return Answer(soap.reply(request, replies.created(shell, self._name)))

    def _hear(self, shell: Shell, fragments: bytes, command: Command | None) -> None:
        """Act on what the client says over PSRP."""
        try:
            for message in shell.defragmenter.feed(fragments):
                if message.kind == MessageType.CREATE_PIPELINE and command is not None:
                    self._start(shell, command, message)
                else:
                    runspace_pool.answer(shell, message, self._profile.protocol)
        except (MalformedFragmentError, MalformedClixmlError) as error:
            raise soap.unusable(str(error)) from error

    def _start(self, shell: Shell, command: Command, message: Message) -> None:
        pipeline = parse_pipeline(message.data)
        command.names = pipeline.names
        command.session.caller = attrs.evolve(command.session.caller, has_host=pipeline.has_host)
        self._runner.start(shell, command, pipeline)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if command.thread is not None:
            self._threads.append(command.thread)

    def _command(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        shell, body = self._held(request, caller), _body(request)
        command_id = _shell_id(body.get("CommandId"))
        name = str(command_id).upper()
        command = Command(id=command_id, session=Session(caller=caller))
        with shell.lock:
            if name in shell.commands:
                raise soap.already_exists()
            self._require_room(shell)
            shell.commands[name] = command
        try:
            self._hear(shell, _bytes(_text(body, "Arguments")), command)
        except soap.WSManFaultError:
            shell.commands.pop(name)
            raise
        return Answer(
            soap.reply(
                request,
                f"<rsp:CommandResponse><rsp:CommandId>{name}</rsp:CommandId></rsp:CommandResponse>",
            )
        )

    def _require_room(self, shell: Shell) -> None:
        """Commands that the client never signalled count as much as those that run."""
        if len(shell.commands) >= self._profile.max_processes_per_shell:
            raise soap.too_many_processes(self._profile.max_processes_per_shell)
        if len(shell.commands) >= self._profile.max_commands_per_shell:
            raise soap.too_many_commands()

    def _receive(self, request: Request, caller: Caller, gone: Callable[[], bool]) -> Answer:
        shell, command_id = self._held(request, caller), _command_id(request)
        command = shell.find(command_id) if command_id else None
        limit = request.max_envelope - _REPLY_OVERHEAD
        received = shell.receive(command, request.operation_timeout, limit, gone)
        return Answer(
            soap.reply(request, replies.received(received, command_id)),
            lambda: shell.put_back(received),
        )

    def _send(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        shell, command_id = self._held(request, caller), _command_id(request)
        command = shell.find(command_id) if command_id else None
        self._hear(shell, _bytes(_text(request.body, "Stream")), command)
        return Answer(soap.reply(request, "<rsp:SendResponse/>"))

    def _signal(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        shell = self._held(request, caller)
        command = shell.find(_command_id(request))
        if not command.finished:
            command.session.stopped.set()
        if _text(request.body, "Code").lower().endswith("/terminate"):
            with shell.lock:
                shell.commands.pop(str(command.id).upper(), None)
        return Answer(soap.reply(request, "<rsp:SignalResponse/>"))

    def _disconnect(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        if not self._profile.can_disconnect:
            raise soap.disconnect_not_supported()
        shell = self._held(request, caller)
        timeout = _text(request.body, "IdleTimeOut")
        if timeout:
            shell.idle_timeout = soap.parse_duration(timeout)
        shell.disconnect()
        return Answer(soap.reply(request))

    def _reconnect(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        shell = self._find(request, caller)
        if not self._profile.can_disconnect:
            raise soap.disconnect_not_supported()
        if shell.session_id != request.session_id:
            raise (
                soap.connected_elsewhere()
                if shell.state is ShellState.CONNECTED
                else soap.reconnect_not_valid()
            )
        shell.touch()
        shell.connect(request.session_id)
        return Answer(soap.reply(request, "<rsp:ReconnectResponse/>"))

    def _connect(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        command_id = _command_id(request)
        if command_id:
            self._held(request, caller).find(command_id)
            return Answer(soap.reply(request, "<rsp:ConnectResponse/>"))
        shell = self._find(request, caller)
        if not self._profile.can_disconnect:
            raise soap.disconnect_not_supported()
        if shell.state is ShellState.CONNECTED and shell.session_id != request.session_id:
            raise soap.connected_elsewhere()
        shell.touch()
        shell.connect(request.session_id)
        return Answer(
            soap.reply(
                request, replies.connected(runspace_pool.connected(shell, self._profile.protocol))
            )
        )

    def _delete(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        self._remove(self._find(request, caller))
        return Answer(soap.reply(request))

    def _get(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        if request.resource_uri == soap.CONFIG_URI:
            return Answer(soap.reply(request, replies.CONFIGURATION))
        return Answer(soap.reply(request, replies.shell_description(self._find(request, caller))))

    def _enumerate(self, request: Request, caller: Caller, _gone: Callable[[], bool]) -> Answer:
        if request.resource_uri == soap.SHELL_URI:
            mine = (
                shell
                for shell in self.shells
                if shell.owner.user.casefold() == caller.user.casefold()
            )
            items: Iterable[str] = map(replies.shell_description, mine)
        elif request.resource_uri == soap.COMMAND_URI:
            selectors = () if request.body is None else request.body.iter(f"{{{soap.W}}}Selector")
            wanted = next((one.text or "" for one in selectors if one.get("Name") == "ShellId"), "")
            shell = self._find(attrs.evolve(request, selectors={"ShellId": wanted}), caller)
            with shell.lock:
                items = [
                    replies.command_description(one)
                    for one in shell.commands.values()
                    if not one.collected
                ]
        else:
            raise soap.unusable(f"The resource {request.resource_uri} cannot be enumerated.")
        return Answer(soap.reply(request, replies.enumerated(items)))


def _body(request: Request) -> ET.Element:
    if request.body is None:
        raise soap.unusable("The body is empty.")
    return request.body


def _text(body: ET.Element | None, name: str) -> str:
    return "" if body is None else body.findtext(f"{{{RSP}}}{name}") or ""


def _command_id(request: Request) -> str:
    if request.body is None:
        return ""
    ids = (one.get("CommandId") for one in request.body.iter())
    return next((one.upper() for one in ids if one), "")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise soap.unusable("The fragments are not base64.") from error


def _shell_id(text: str | None) -> uuid.UUID:
    if text is None:
        return uuid.uuid4()
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise soap.unusable(f"{text} is not an identifier.") from error
