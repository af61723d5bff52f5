"""PSRP messages (MS-PSRP 2.2.1): what each is, whose it is, and its content."""

from __future__ import annotations

import enum
import struct
from typing import Final
from uuid import UUID

import attrs

_MESSAGE: Final = struct.Struct("<II16s16s")
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
    """One message from the server.

    `kind` is the bare number where it is not one that the client knows.
    """

    kind: int
    pipeline_id: UUID
    data: bytes


def write_message(
    kind: MessageType, xml: str, pool_id: UUID, pipeline_id: UUID | None = None
) -> bytes:
    """A message to the server."""
    return (
        _MESSAGE.pack(_TO_SERVER, kind, pool_id.bytes_le, (pipeline_id or _NO_ID).bytes_le)
        + xml.encode()
    )


def read_message(data: bytes) -> Message | None:
    """A message from the server; None where it is too short to be one."""
    if len(data) < _MESSAGE.size:
        return None
    _to, kind, _pool, pipeline = _MESSAGE.unpack_from(data)
    return Message(kind, UUID(bytes_le=pipeline), data[_MESSAGE.size :].removeprefix(_BOM))
