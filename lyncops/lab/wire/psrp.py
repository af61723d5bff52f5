"""PowerShell remoting messages: fragments, and what the server says (MS-PSRP; shapes as in pypsrp's
recordings).

Object ids count up per runspace pool, pipelines included; every document starts with a byte order
mark; no Running state is told; a pipeline is failed by its last message.
"""

from __future__ import annotations

import enum
import itertools
import struct
import uuid
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from lyncops.lab.wire.clixml import ExtendedObject, Int64, write
from lyncops.values import DotNetVersion

_FRAGMENT: Final = struct.Struct(">QQBI")
_MESSAGE: Final = struct.Struct("<II16s16s")
_TO_CLIENT: Final = 1
_BOM: Final = b"\xef\xbb\xbf"
_MAX_BLOB: Final = 32_768 - _FRAGMENT.size
_NOBODY: Final = uuid.UUID(int=0)


class MessageType(enum.IntEnum):
    """MS-PSRP 2.2.1."""

    SESSION_CAPABILITY = 0x00010002
    INIT_RUNSPACEPOOL = 0x00010004
    PUBLIC_KEY = 0x00010005
    CONNECT_RUNSPACEPOOL = 0x00010008
    RUNSPACEPOOL_INIT_DATA = 0x0002100B
    RESET_RUNSPACE_STATE = 0x0002100C
    SET_MAX_RUNSPACES = 0x00021002
    SET_MIN_RUNSPACES = 0x00021003
    RUNSPACE_AVAILABILITY = 0x00021004
    RUNSPACEPOOL_STATE = 0x00021005
    CREATE_PIPELINE = 0x00021006
    GET_AVAILABLE_RUNSPACES = 0x00021007
    APPLICATION_PRIVATE_DATA = 0x00021009
    GET_COMMAND_METADATA = 0x0002100A
    PIPELINE_INPUT = 0x00041002
    END_OF_PIPELINE_INPUT = 0x00041003
    PIPELINE_OUTPUT = 0x00041004
    ERROR_RECORD = 0x00041005
    PIPELINE_STATE = 0x00041006
    DEBUG_RECORD = 0x00041007
    VERBOSE_RECORD = 0x00041008
    WARNING_RECORD = 0x00041009
    PROGRESS_RECORD = 0x00041010
    INFORMATION_RECORD = 0x00041011


class PipelineState(enum.IntEnum):
    """The states that end a pipeline."""

    STOPPED = 3
    COMPLETED = 4
    FAILED = 5


class MalformedFragmentError(Exception):
    """The bytes are no PSRP fragments."""


@attrs.frozen(slots=True)
class Message:
    """One message of the client."""

    kind: int
    pipeline: uuid.UUID
    data: bytes


@attrs.define
class Defragmenter:
    """Puts a client's fragments together; one for each stream of fragments."""

    _parts: dict[int, bytearray] = attrs.field(factory=dict[int, bytearray])

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete.

        Raises:
            MalformedFragmentError: a header or a length is wrong.
        """
        at = 0
        while at < len(data):
            if len(data) - at < _FRAGMENT.size:
                raise MalformedFragmentError("A fragment ends within its header.")
            object_id, _, flags, length = _FRAGMENT.unpack_from(data, at)
            at += _FRAGMENT.size
            if len(data) - at < length:
                raise MalformedFragmentError("A fragment is shorter than it says.")
            blob = data[at : at + length]
            at += length
            parts = self._parts.setdefault(object_id, bytearray())
            if flags & 1:
                parts.clear()
            parts += blob
            if flags & 2:
                yield _message(bytes(self._parts.pop(object_id)))


def _message(data: bytes) -> Message:
    if len(data) < _MESSAGE.size:
        raise MalformedFragmentError("A message ends within its header.")
    _, kind, _, pipeline = _MESSAGE.unpack_from(data)
    return Message(kind, uuid.UUID(bytes_le=pipeline), data[_MESSAGE.size :])


class MessageWriter:
    """Writes the messages of one runspace pool; its callers hold the pool's lock."""

    def __init__(self, pool: uuid.UUID) -> None:
        self._pool = pool
        self._ids = itertools.count(1)

    def say(
        self,
        kind: MessageType,
        document: str,
        *,
        pipeline: uuid.UUID = _NOBODY,
        anonymous: bool = False,
    ) -> list[bytes]:
        """The fragments of one message; `anonymous` leaves the pool's id out, as the first answer
        of a new pool does.
        """
        pool = _NOBODY if anonymous else self._pool
        message = (
            _MESSAGE.pack(_TO_CLIENT, kind, pool.bytes_le, pipeline.bytes_le)
            + _BOM
            + document.encode()
        )
        object_id = next(self._ids)
        blobs = [message[at : at + _MAX_BLOB] for at in range(0, len(message), _MAX_BLOB)]
        last = len(blobs) - 1
        return [
            _FRAGMENT.pack(object_id, number, (number == 0) | (number == last) << 1, len(blob))
            + blob
            for number, blob in enumerate(blobs)
        ]


def _members(members: Mapping[str, object]) -> str:
    return write(ExtendedObject(members))


def session_capability(protocol: str) -> str:
    """SESSION_CAPABILITY: 2.1 is PowerShell 2, 2.2 is 3 and 4, 2.3 is 5."""
    versions = {
        "protocolversion": DotNetVersion.parse(protocol),
        "PSVersion": DotNetVersion((2, 0)),
    }
    return _members({**versions, "SerializationVersion": DotNetVersion((1, 1, 0, 1))})


_POWERSHELL: Final = {"2.1": "2.0", "2.2": "4.0", "2.3": "5.1.14393.2248"}


def application_private_data(protocol: str) -> str:
    """APPLICATION_PRIVATE_DATA: the server's PSVersionTable."""
    version = DotNetVersion.parse(_POWERSHELL.get(protocol, "2.0"))
    table = {
        "PSVersion": version,
        "PSRemotingProtocolVersion": DotNetVersion.parse(protocol),
        "WSManStackVersion": DotNetVersion((3, 0)),
    }
    return _members({"ApplicationPrivateData": {"PSVersionTable": table}})


def runspace_pool_opened() -> str:
    """RUNSPACEPOOL_STATE Opened."""
    return _members({"RunspaceState": 2})


def runspace_pool_init_data(least: int, most: int) -> str:
    """RUNSPACEPOOL_INIT_DATA, the answer to a Connect."""
    return _members({"MinRunspaces": least, "MaxRunspaces": most})


def runspace_availability(call: int, response: object) -> str:
    """RUNSPACE_AVAILABILITY, the answer to questions about the pool."""
    return _members({"SetMinMaxRunspacesResponse": response, "ci": Int64(call)})
