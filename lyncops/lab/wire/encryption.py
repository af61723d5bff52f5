"""Messages encrypted by the security context of their connection: multipart/encrypted, as WinRM has
it.
"""

from __future__ import annotations

import re
import struct
from typing import Final, Protocol

_BOUNDARY: Final = "Encrypted Boundary"
_PART: Final = re.compile(rb"--\s*Encrypted Boundary\r\n")
_END: Final = re.compile(rb"--\s*Encrypted Boundary--\r\n$")
_LENGTH: Final = re.compile(rb"Length=(\d+)")
_STREAM_HEADER: Final = b"\tContent-Type: application/octet-stream\r\n"
_CREDSSP: Final = "application/HTTP-CredSSP-session-encrypted"
_CHUNK: Final = 16_384
_CREDSSP_CHUNK: Final = "multipart/x-multi-encrypted"


class UndecryptableError(Exception):
    """A message was not encrypted with this connection's context."""


class _Wrapped(Protocol):
    @property
    def header(self) -> bytes: ...
    @property
    def data(self) -> bytes: ...
    @property
    def padding_length(self) -> int: ...


class SecurityContext(Protocol):
    """The part of a pyspnego context that seals and opens messages."""

    def wrap_winrm(self, data: bytes) -> _Wrapped:
        """Seal."""
        ...

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Open."""
        ...


def is_encrypted(content_type: str) -> bool:
    """Whether a body of this type is encrypted."""
    return content_type.lower().startswith(("multipart/encrypted", _CREDSSP_CHUNK))


def protocol_of(content_type: str) -> str:
    """The protocol that a client named for its message."""
    match = re.search(r'protocol="([^"]+)"', content_type)
    return match[1] if match else "application/HTTP-SPNEGO-session-encrypted"


def decrypt(context: SecurityContext, body: bytes) -> bytes:
    """Open a message, of one part or several.

    Raises:
        UndecryptableError: it is malformed. What the context itself refuses is raised by pyspnego.
    """
    parts = [part for part in _PART.split(_END.sub(b"", body)) if part]
    if not parts or len(parts) % 2:
        raise UndecryptableError("The message is not multipart/encrypted.")
    opened = bytearray()
    for header, payload in zip(parts[::2], parts[1::2], strict=True):
        length, sealed = _LENGTH.search(header), payload.removeprefix(_STREAM_HEADER)
        if length is None or len(sealed) < 4:
            raise UndecryptableError("A part of the message has no length or no signature.")
        (size,) = struct.unpack("<i", sealed[:4])
        plain = context.unwrap_winrm(sealed[4 : 4 + size], sealed[4 + size :])
        if len(plain) != int(length[1]):
            raise UndecryptableError("A part of the message has another length than it says.")
        opened += plain
    return bytes(opened)


def encrypt(context: SecurityContext, body: bytes, protocol: str) -> tuple[str, bytes]:
    """Seal a message: its content type and body."""
    chunked = protocol == _CREDSSP and len(body) > _CHUNK
    chunks = [body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)] if chunked else [body]
    sealed = (
        b"".join(_seal(context, chunk, protocol) for chunk in chunks)
        + f"--{_BOUNDARY}--\r\n".encode()
    )
    kind = _CREDSSP_CHUNK if chunked else "multipart/encrypted"
    return f'{kind};protocol="{protocol}";boundary="{_BOUNDARY}"', sealed


def _seal(context: SecurityContext, chunk: bytes, protocol: str) -> bytes:
    wrapped = context.wrap_winrm(chunk)
    head = (
        f"--{_BOUNDARY}\r\n\tContent-Type: {protocol}\r\n\tOriginalContent:"
        " type=application/soap+xml;charset=UTF-8;"
        f"Length={len(chunk) + wrapped.padding_length}\r\n--{_BOUNDARY}\r\n"
    )
    return (
        head.encode()
        + _STREAM_HEADER
        + struct.pack("<i", len(wrapped.header))
        + wrapped.header
        + wrapped.data
    )
