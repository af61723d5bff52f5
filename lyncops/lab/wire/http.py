"""HTTP/1.1 on one connection, as far as WSMan needs it: requests read from a socket, answers
written in one piece.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import BinaryIO, Final

import attrs

_MAX_LINE: Final = 65_536
_MAX_BODY: Final = 64 * 1024 * 1024


class BadRequestError(Exception):
    """What came is not an HTTP request that this server reads."""


@attrs.frozen(slots=True)
class HttpRequest:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header, or empty."""
        return self.headers.get(name, "")


@attrs.frozen(slots=True)
class HttpAnswer:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/soap+xml;charset=UTF-8"
    headers: Sequence[tuple[str, str]] = ()


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_MAX_LINE)
    if line and not line.endswith(b"\n"):
        raise BadRequestError("A line is too long or incomplete.")
    return line.rstrip(b"\r\n")


def read_request(stream: BinaryIO) -> HttpRequest | None:
    """The next request; None when the client has closed the connection.

    Raises:
        BadRequestError: what came is not HTTP, or has no plain length.
    """
    first = stream.readline(_MAX_LINE)
    if not first:
        return None
    words = first.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError("The first line is not an HTTP request.")
    headers: dict[str, str] = {}
    while line := _line(stream):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError("A header has no colon.")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > _MAX_BODY:
        raise BadRequestError("The request has no usable Content-Length.")
    body = stream.read(int(length))
    if len(body) < int(length):
        return None
    return HttpRequest(words[0], words[1], headers, body)


def write_answer(sock: socket.socket, answer: HttpAnswer) -> None:
    """Send an answer in one piece: several small ones would wait for each other's
    acknowledgement.
    """
    reason = HTTPStatus(answer.status).phrase
    lines = [
        f"HTTP/1.1 {answer.status} {reason}",
        "Server: Microsoft-HTTPAPI/2.0",
        f"Content-Length: {len(answer.body)}",
    ]
    if answer.body:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)


def is_gone(sock: socket.socket) -> bool:
    """Whether the other side has closed the connection while this side was busy."""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            if not selector.select(0):
                return False
        # Past TLS to the bytes beneath: a client that waits for an answer sends nothing but the end
        # of its session.
        peeked = socket.socket.recv(sock, 1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True
    return not peeked or isinstance(sock, ssl.SSLSocket)


def cut(sock: socket.socket) -> None:
    """Close the connection at once, whatever is under way on it."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        sock.close()
