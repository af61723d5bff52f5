"""A shell as WSMan knows it, with its commands and the output that waits for a Receive.

A shell's lock guards everything in it. Fragments are made and queued under that lock, so that
object ids stay in order.
"""

from __future__ import annotations

import enum
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import attrs

from lyncops.lab.interface import Caller, Session
from lyncops.lab.wire import soap
from lyncops.lab.wire.psrp import Defragmenter, MessageType, MessageWriter
from lyncops.lab.wire.runspaces import Runspaces

_COALESCE: Final = 0.01
"""Seconds that a Receive waits for a command to end once output is there: one short cmdlet, one
reply."""
_LOOK: Final = 0.1
"""Seconds between two looks whether the client of a pending Receive is still there."""
_STREAM_OVERHEAD: Final = 120
"""Characters of a Stream element besides its base64."""


class ShellState(enum.Enum):
    """Whether a client holds the shell."""

    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"


class ClientGoneError(Exception):
    """The client of a pending Receive closed its connection; nothing was taken from the queue."""


@attrs.define(eq=False)
class Outbox:
    """Fragments that wait for a Receive."""

    fragments: list[bytes] = attrs.field(factory=list[bytes])
    size: int = 0

    def put(self, fragments: list[bytes]) -> None:
        """Queue fragments behind those that wait."""
        self.fragments += fragments
        self.size += sum(len(one) for one in fragments)

    def put_back(self, fragments: list[bytes]) -> None:
        """Queue fragments again before those that wait."""
        self.fragments[:0] = fragments
        self.size += sum(len(one) for one in fragments)

    def take(self, limit: int) -> list[bytes]:
        """As many fragments as fit into `limit` characters of reply, but at least one."""
        taken, room = 0, limit
        for one in self.fragments:
            room -= len(one) * 4 // 3 + _STREAM_OVERHEAD
            if room < 0 and taken:
                break
            taken += 1
        fragments, self.fragments = self.fragments[:taken], self.fragments[taken:]
        self.size -= sum(len(one) for one in fragments)
        return fragments


@attrs.define(eq=False, kw_only=True)
class Command:
    """One pipeline of a shell."""

    id: uuid.UUID
    session: Session
    outbox: Outbox = attrs.field(factory=Outbox)
    names: tuple[str, ...] = ()
    finished: bool = False
    collected: bool = False
    thread: threading.Thread | None = None


@attrs.frozen(slots=True)
class Received:
    """What a Receive took: fragments, and whether the command is done with them."""

    fragments: list[bytes]
    done: bool
    outbox: Outbox
    command: Command | None


@attrs.frozen(slots=True)
class _Wait:
    """What a pending Receive waits for, until when, and whether somebody waits for it."""

    command: Command | None
    outbox: Outbox
    deadline: float
    limit: int
    gone: Callable[[], bool]

    def is_over(self, seen_for: float | None) -> bool:
        """Whether to answer now; `seen_for` is how long output has been there."""
        if self.command is not None and self.command.finished:
            return True
        if seen_for is None:
            return False
        return self.command is None or self.outbox.size >= self.limit or seen_for >= _COALESCE


class Shell:
    """One runspace pool."""

    def __init__(
        self,
        shell_id: uuid.UUID,
        *,
        owner: Caller,
        session_id: str,
        resource_uri: str,
        idle_timeout: timedelta,
    ) -> None:
        self.id = shell_id
        self.owner = owner
        self.session_id = session_id
        self.resource_uri = resource_uri
        self.idle_timeout = idle_timeout
        self.lock = threading.Condition()
        self.state = ShellState.CONNECTED
        self.closed = False
        self.outbox = Outbox()
        self._later: list[bytes] = []
        self.speaker = MessageWriter(shell_id)
        self.defragmenter = Defragmenter()
        self.commands: dict[str, Command] = {}
        self.min_runspaces = 1
        self.runspaces = Runspaces()
        self.started = self.last_activity = time.monotonic()
        self._receiving = 0
        self._epoch = 0

    @property
    def name(self) -> str:
        """The shell's id as WSMan writes it."""
        return str(self.id).upper()

    @property
    def silence(self) -> timedelta:
        """How long no request has come; nothing while a Receive is pending."""
        return timedelta(seconds=0 if self._receiving else time.monotonic() - self.last_activity)

    def touch(self) -> None:
        """A request has come."""
        self.last_activity = time.monotonic()

    def say(
        self,
        kind: MessageType,
        document: str,
        command: Command | None = None,
        *,
        anonymous: bool = False,
    ) -> None:
        """Queue a message for the client. The caller holds no lock, or this shell's."""
        with self.lock:
            if self.closed:
                return
            outbox = self.outbox if command is None else command.outbox
            pipeline = uuid.UUID(int=0) if command is None else command.id
            was_empty = not outbox.fragments
            outbox.put(self.speaker.say(kind, document, pipeline=pipeline, anonymous=anonymous))
            if was_empty or outbox.size > _WAKE_AT:
                self.lock.notify_all()

    def say_later(self, kind: MessageType, document: str) -> None:
        """Queue a message behind the next Receive of the pool: Windows sends Opened in a second
        reply [recording].
        """
        with self.lock:
            self._later += self.speaker.say(kind, document)

    def finish(self, command: Command) -> None:
        """The command's last message is queued."""
        with self.lock:
            command.finished = True
            self.lock.notify_all()

    def find(self, command_id: str) -> Command:
        """A command that the client can still ask for.

        Raises:
            WSManFaultError: there is none with this id.
        """
        command = self.commands.get(command_id.upper())
        if command is None:
            raise soap.invalid_selectors()
        return command

    def receive(
        self, command: Command | None, timeout: timedelta, limit: int, gone: Callable[[], bool]
    ) -> Received:
        """Wait for output and take it.

        Raises:
            WSManFaultError: nothing came in time; or the wait was ended by a Disconnect, Connect or
                Delete.
            ClientGoneError: no client waits for the answer any more.
        """
        outbox = self.outbox if command is None else command.outbox
        deadline = time.monotonic() + timeout.total_seconds()
        wait = _Wait(command, outbox, deadline, limit, gone)
        with self.lock:
            if command is not None and command.collected:
                raise soap.invalid_selectors()
            self._receiving += 1
            try:
                self._wait(wait, self._epoch)
            finally:
                self._receiving -= 1
                self.touch()
            fragments = outbox.take(limit)
            if command is None:
                self.outbox.put(self._later)
                self._later = []
            done = command is not None and command.finished and not outbox.fragments
            if done and command is not None:
                command.collected = True
            return Received(fragments, done, outbox, command)

    def _wait(self, wait: _Wait, epoch: int) -> None:
        first_seen: float | None = None
        while True:
            if self.closed:
                raise soap.invalid_selectors()
            if self._epoch != epoch:
                raise soap.aborted()
            now = time.monotonic()
            if wait.outbox.fragments and first_seen is None:
                first_seen = now
            if wait.is_over(None if first_seen is None else now - first_seen):
                if wait.gone():
                    raise ClientGoneError
                return
            if now >= wait.deadline:
                raise soap.timed_out()
            self.lock.wait(_COALESCE if first_seen is not None else min(_LOOK, wait.deadline - now))
            if first_seen is None and wait.gone():
                raise ClientGoneError

    def put_back(self, received: Received) -> None:
        """Undo a Receive: its reply never reached the client, and the next Receive gets it
        again.
        """
        with self.lock:
            received.outbox.put_back(received.fragments)
            if received.command is not None:
                received.command.collected = False
            self.lock.notify_all()

    def disconnect(self) -> None:
        """Let go of the client; commands go on."""
        with self.lock:
            self.state = ShellState.DISCONNECTED
            self._abort_receives()

    def connect(self, session_id: str) -> None:
        """A client takes the shell; pending Receives of its former client end."""
        with self.lock:
            self.state = ShellState.CONNECTED
            self.session_id = session_id
            self._abort_receives()

    def _abort_receives(self) -> None:
        self._epoch += 1
        self.lock.notify_all()

    def close(self) -> None:
        """End the shell and ask its commands to stop."""
        with self.lock:
            self.closed = True
            for command in self.commands.values():
                command.session.stopped.set()
            self.lock.notify_all()


_WAKE_AT: Final = 100_000
"""Queued bytes from which on a pending Receive is woken for each message."""
