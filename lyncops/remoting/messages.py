"""PSRP messages (MS-PSRP 2.2.1) in fragments (2.2.4): cut for sending, put together again on arrival, with lost ones noticed."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from itertools import count
from typing import Final
from uuid import UUID

import attrs

_FRAGMENT: Final = struct.Struct(">QQBI")
_MESSAGE: Final = struct.Struct("<II16s16s")
_START: Final = 1
_END: Final = 2
_TO_SERVER: Final = 2
_NO_ID: Final = UUID(int=0)
_BOM: Final = b"\xef\xbb\xbf"


class MessageType(enum.IntEnum):
    """What a message is (MS-PSRP 2.2.1)."""

    SESSION_CAPABILITY = 0x00010002
    INIT_RUNSPACE_POOL = 0x00010004
    CONNECT_RUNSPACE_POOL = 0x00010008
    RUNSPACE_POOL_STATE = 0x00021005
    CREATE_PIPELINE = 0x00021006
    APPLICATION_PRIVATE_DATA = 0x00021009
    RUNSPACE_POOL_INIT_DATA = 0x0002100B
    RUNSPACE_POOL_HOST_CALL = 0x00021100
    PIPELINE_OUTPUT = 0x00041004
    ERROR_RECORD = 0x00041005
    PIPELINE_STATE = 0x00041006
    DEBUG_RECORD = 0x00041007
    VERBOSE_RECORD = 0x00041008
    WARNING_RECORD = 0x00041009
    PROGRESS_RECORD = 0x00041010
    INFORMATION_RECORD = 0x00041011
    PIPELINE_HOST_CALL = 0x00041100
    PIPELINE_HOST_RESPONSE = 0x00041101


@attrs.frozen(slots=True)
class Message:
    """One message from the server. `kind` is the bare number where it is not one that the client knows."""

    kind: int
    pipeline_id: UUID
    data: bytes


@attrs.define
class Outbox:
    """Turns messages into fragments, which count up per session. Safe from every thread."""

    pool_id: UUID
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    def pack(self, kind: MessageType, xml: str, pipeline_id: UUID | None = None) -> bytes:
        """One message as one fragment."""
        head = _MESSAGE.pack(_TO_SERVER, kind, self.pool_id.bytes_le, (pipeline_id or _NO_ID).bytes_le)
        data = head + xml.encode()
        return _FRAGMENT.pack(next(self._numbers), 0, _START | _END, len(data)) + data


@attrs.define
class Inbox:
    """Puts fragments together again, however the server cuts what it sends, and notices what is missing.

    `gap`: the server's count of objects jumped, as it does when a reply was lost; the pool's own messages, which nobody fetches
    while a command runs, make it jump too. `broken`: what arrived makes no sense, or ends in the middle of a fragment.
    """

    _expected: int | None = None
    _parts: dict[int, list[bytes]] = attrs.field(factory=dict[int, list[bytes]])
    _rest: bytes = b""
    gap: bool = False
    broken: bool = False
    taken: int = 0
    """How many bytes of the present command's output have come."""

    def forget(self) -> None:
        """Take whatever comes next as the beginning: output that nobody wants any more may have been given up."""
        self._expected = None
        self._parts.clear()
        self.begin()

    def begin(self) -> None:
        """Another command's output begins."""
        self._rest = b""
        self.gap = self.broken = False
        self.taken = 0

    def end(self) -> None:
        """No more comes: what is left over is a fragment whose end was lost."""
        self.broken |= bool(self._rest)
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete now."""
        self.taken += len(data)
        waiting = self._rest + data
        self._rest = b""
        offset = 0
        while offset + _FRAGMENT.size <= len(waiting):
            object_id, number, flags, length = _FRAGMENT.unpack_from(waiting, offset)
            if not _is_plausible(number, flags):
                self.broken = True
                return
            start = offset + _FRAGMENT.size
            if start + length > len(waiting):
                break
            offset = start + length
            message = self._fragment(object_id, number, flags, waiting[start:offset])
            if message is not None:
                yield message
        self._rest = waiting[offset:]

    def _fragment(self, object_id: int, number: int, flags: int, part: bytes) -> Message | None:
        if flags & _START:
            if self._expected is not None and object_id > self._expected:
                self.gap = True
            self._expected = object_id + 1
            self._parts[object_id] = []
        parts = self._parts.get(object_id)
        if parts is None or number != len(parts):
            self.broken = True
            return None
        parts.append(part)
        if not flags & _END:
            return None
        del self._parts[object_id]
        return _message(b"".join(parts))


def _is_plausible(number: int, flags: int) -> bool:
    return flags <= _START | _END and bool(flags & _START) is (number == 0)


def _message(data: bytes) -> Message | None:
    if len(data) < _MESSAGE.size:
        return None
    _to, kind, _pool, pipeline = _MESSAGE.unpack_from(data)
    return Message(kind, UUID(bytes_le=pipeline), data[_MESSAGE.size :].removeprefix(_BOM))
