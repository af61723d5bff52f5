"""The client's side of one runspace pool: the bytes that it sends, and what the server's messages
say about the pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import attrs

from lyncops.remoting.psrp.decoding import decode_message
from lyncops.remoting.psrp.encoding import (
    CONNECT_RUNSPACE_POOL,
    SESSION_CAPABILITY,
    Commands,
    encode_pipeline,
    encode_refusal,
    init_runspace_pool,
)
from lyncops.remoting.psrp.fragments import Inbox, Outbox
from lyncops.remoting.psrp.messages import Message, MessageType
from lyncops.remoting.psrp.records import HostCall, error_record
from lyncops.values import RemoteEnum, RemoteObject

_OPENED = 2
_CLOSING = frozenset({3, 4, 5})  # Broken, Closing, Closed (MS-PSRP 2.2.3.4)


class PoolClosedError(Exception):
    """The server closed the pool; the text says why, as far as the server did."""


def _version(value: object) -> tuple[int, int]:
    numbers = [int(part) for part in str(value).split(".") if part.isdecimal()]
    return (numbers[0], numbers[1]) if len(numbers) > 1 else (2, 1)


@attrs.define
class Pool:
    """One runspace pool.

    `inbox` puts together what one connection receives; further connections need a pool `beside`
    this one.

    `runspaces` is how many pipelines may run side by side, `protocol` the version that the server
    speaks.
    """

    id: UUID
    protocol: tuple[int, int] = (2, 1)
    runspaces: int = 1
    inbox: Inbox = attrs.field(factory=Inbox)
    outbox: Outbox = attrs.field(
        default=attrs.Factory(lambda self: Outbox(self.id), takes_self=True)
    )

    def beside(self) -> Pool:
        """The same pool as another connection sees it: fragments go on counting, and what arrives
        there is put together there.
        """
        return Pool(self.id, self.protocol, self.runspaces, outbox=self.outbox)

    @property
    def takes_large_messages(self) -> bool:
        """Whether the server's PowerShell is 3 or later."""
        return self.protocol >= (2, 2)

    def open(self, runspaces: int) -> bytes:
        """The messages that open the pool on the server."""
        self.runspaces = runspaces
        hello = self.outbox.pack(MessageType.SESSION_CAPABILITY, SESSION_CAPABILITY)
        return hello + self.outbox.pack(
            MessageType.INIT_RUNSPACE_POOL, init_runspace_pool(runspaces)
        )

    def connect(self) -> bytes:
        """The messages by which a new client takes a disconnected pool over."""
        hello = self.outbox.pack(MessageType.SESSION_CAPABILITY, SESSION_CAPABILITY)
        return hello + self.outbox.pack(MessageType.CONNECT_RUNSPACE_POOL, CONNECT_RUNSPACE_POOL)

    def start(self, pipeline_id: UUID, commands: Commands, *, first: Commands = ()) -> bytes:
        """A pipeline as the one fragment that starts it; `first` is a statement that runs before
        it.

        Raises:
            InvalidValueError: an argument has no counterpart in PowerShell.
        """
        xml = encode_pipeline(commands, first=first, protocol=self.protocol)
        return self.outbox.pack(MessageType.CREATE_PIPELINE, xml, pipeline_id)

    def refuse(self, pipeline_id: UUID, call: HostCall) -> bytes:
        """The answer to a prompt: an error."""
        return self.outbox.pack(
            MessageType.PIPELINE_HOST_RESPONSE,
            encode_refusal(call.call_id, call.method),
            pipeline_id,
        )

    def take(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete with these bytes from the server."""
        return self.inbox.feed(data)

    def heed(self, message: Message) -> bool:
        """Learn from a message of the pool; True when it says that the pool is open.

        Raises:
            PoolClosedError: it says that the server has closed the pool.
        """
        value = decode_message(message.data)
        if not isinstance(value, RemoteObject):
            return False
        match message.kind:
            case MessageType.SESSION_CAPABILITY:
                self.protocol = _version(value.get("protocolversion"))
            case MessageType.RUNSPACE_POOL_INIT_DATA:
                granted = value.get("MaxRunspaces")
                if isinstance(granted, int) and granted > 0:
                    self.runspaces = min(self.runspaces, granted)
            case MessageType.RUNSPACE_POOL_STATE:
                return _is_open(value)
            case _:
                pass
        return False


def _is_open(value: RemoteObject) -> bool:
    state = value.get("RunspaceState")
    number = state.number if isinstance(state, RemoteEnum) else state
    if number in _CLOSING:
        said = value.get("ExceptionAsErrorRecord")
        raise PoolClosedError(
            "the server closed the session at once" if said is None else str(error_record(said))
        )
    return number == _OPENED
