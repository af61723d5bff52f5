"""HTTP for `server.py`: the standard library's server, one thread a connection, which knows its
caller.
"""

from __future__ import annotations

import contextlib
import gzip
import http.server
import select
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Protocol

import attrs

from tests.independent.logon import Logon
from tests.independent.manners import Manners

Alive = Callable[[], bool]


@attrs.frozen(slots=True, kw_only=True)
class Page:
    """An answer that is not WSMan's."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html"),)


class DropError(Exception):
    """Cut the connection."""


class Site(Protocol):
    """What answers the requests."""

    logon: Logon
    manners: Manners
    lock: threading.RLock
    logins: int
    refused: int  # log-ons with a wrong password
    connections: set[socket.socket]
    connected: threading.Condition

    def answer(self, path: str, text: str, alive: Alive) -> Page:
        """One envelope; `alive` says whether the caller is still there."""
        ...


class Http(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    wsman: Site
    context: ssl.SSLContext | None = None

    def handle_error(self, request: object, client_address: object) -> None:
        """Cut connections are no news."""


class Talking(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    @property
    def site(self) -> Http:
        """The server that this connection belongs to."""
        assert isinstance(self.server, Http)
        return self.server

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.site.context is not None:
            self.request = self.site.context.wrap_socket(self.request, server_side=True)
        super().setup()
        with self.site.wsman.connected:
            self.site.wsman.connections.add(self.request)
        self.talk = self.site.wsman.logon.connection()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.request.close()
        with self.site.wsman.connected:
            self.site.wsman.connections.discard(self.request)
            self.site.wsman.connected.notify_all()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._send(Page(status=405, body=b"<html><body>Method not allowed</body></html>"))

    def do_POST(self) -> None:
        server = self.site.wsman
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        header = self.headers.get("Authorization") or ""
        with server.lock:
            server.logins += bool(header)
        allowed, extra = self.talk.judge(header)
        if not allowed:
            with server.lock:
                server.refused += bool(header) and not extra
            offers = (
                (("WWW-Authenticate", extra),)
                if extra
                else tuple(("WWW-Authenticate", one) for one in server.manners.offers)
            )
            self._send(Page(status=401, headers=offers))
            return
        sealed = self.headers.get("Content-Type", "").startswith("multipart/encrypted")
        if not body:
            self._send(Page(status=200, headers=(("WWW-Authenticate", extra),) if extra else ()))
            return
        try:
            page = server.answer(
                self.path, (self.talk.open(body) if sealed else body).decode(), self._alive
            )
        except DropError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if extra:
            page = attrs.evolve(page, headers=(*page.headers, ("WWW-Authenticate", extra)))
        if sealed and page.body and any("soap" in value for _, value in page.headers):
            kind, body = self.talk.seal(page.body)
            page = attrs.evolve(page, body=body, headers=(("Content-Type", kind),))
        self._send(page)

    def _alive(self) -> bool:
        """A caller who waits for an answer says nothing: what can be read now is the end of the
        connection.
        """
        try:
            return not select.select([self.request], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def _send(self, page: Page) -> None:
        manners = self.site.wsman.manners
        body = gzip.compress(page.body) if manners.gzip and page.body else page.body
        self.send_response(page.status)
        for name, value in page.headers:
            self.send_header(name, value)
        if manners.gzip and page.body:
            self.send_header("Content-Encoding", "gzip")
        if manners.close:
            self.send_header("Connection", "close")
            self.close_connection = True
        if manners.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, len(body), 1000):
                piece = body[at : at + 1000]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        self.wfile.flush()
