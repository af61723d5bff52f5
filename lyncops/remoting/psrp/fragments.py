"""Messages in fragments (MS-PSRP 2.2.4): cut for sending, put together again on arrival, with lost
ones noticed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import count
from typing import Final
from uuid import UUID

import attrs

from lyncops.remoting.psrp.messages import Message, MessageType, read_message, write_message

_FRAGMENT: Final = struct.Struct(">QQBI")
_START: Final = 1
_END: Final = 2


@attrs.define
class Outbox:
    """Turns messages into fragments, which count up per session. Safe from every thread."""

    pool_id: UUID
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    def pack(self, kind: MessageType, xml: str, pipeline_id: UUID | None = None) -> bytes:
        """One message as one fragment."""
        data = write_message(kind, xml, self.pool_id, pipeline_id)
        return _FRAGMENT.pack(next(self._numbers), 0, _START | _END, len(data)) + data


@attrs.define
class Inbox:
    """Puts fragments together again, however the server cuts what it sends, and notices what is
    missing.

    `gap`: the server's count of objects jumped, as it does when a reply was lost; the pool's own
    messages, which are not fetched while a command runs, make it jump too. `broken`: what arrived
    makes no sense, or ends in the middle of a fragment.
    """

    _expected: int | None = None
    _parts: dict[int, list[bytes]] = attrs.field(factory=dict[int, list[bytes]])
    _rest: bytes = b""
    gap: bool = False
    broken: bool = False
    taken: int = 0
    """How many bytes of the present command's output have come."""

    def forget(self) -> None:
        """Take whatever comes next as the beginning: output that is no longer wanted may have been
        dropped.
        """
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
        return read_message(b"".join(parts))


def _is_plausible(number: int, flags: int) -> bool:
    return flags <= _START | _END and bool(flags & _START) is (number == 0)
