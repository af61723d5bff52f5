"""A device that ends TLS and balances requests: each goes to the backend whose turn it is."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import itertools
import re
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, Self

_HOP: Final = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


class Balancer:
    """Until `balance` is called it leads every request to the first backend."""

    def __init__(self, ports: Sequence[int], context: ssl.SSLContext) -> None:
        self.ports = tuple(ports)
        self.context = context
        self.lock = threading.Lock()
        self.closes = False
        """Whether each answer ends its connection."""
        self.cookie = ""
        """The name of a cookie with which it leads its caller back to the same backend, where it
        has one."""
        self.led: Counter[int] = Counter()
        """How many requests each backend got."""
        self.several = threading.Event()
        """Set once it has more than one connection."""
        self._connections = 0
        self._turns: Iterator[int] = itertools.repeat(0)
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.balancer = self

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._http.server_address[1]}"

    def balance(self, turns: Sequence[int]) -> None:
        """From now on the requests go to the backends of these numbers, over and over."""
        with self.lock:
            self._turns = itertools.cycle(turns)

    def connected(self) -> None:
        """Somebody made a connection."""
        with self.lock:
            self._connections += 1
            if self._connections > 1:
                self.several.set()

    def backend(self, cookies: str) -> int:
        """The number of the backend whose turn it is, or which the caller was led to before."""
        with self.lock:
            known = (
                re.search(rf"(?:^|; ){self.cookie}=affinity-(\d+)", cookies)
                if self.cookie
                else None
            )
            number = int(known[1]) if known is not None else next(self._turns)
            self.led[number] += 1
            return number

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Http(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    balancer: Balancer

    def handle_error(self, request: object, client_address: object) -> None:
        """Cut connections are no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self) -> None:
        assert isinstance(self.server, _Http)
        self.request = self.server.balancer.context.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.balancer.connected()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.request.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""

    def do_POST(self) -> None:
        assert isinstance(self.server, _Http)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        balancer = self.server.balancer
        number = balancer.backend(self.headers.get("Cookie") or "")
        backend = http.client.HTTPConnection("127.0.0.1", balancer.ports[number], timeout=10)
        try:
            backend.request("POST", self.path, body, headers)
            answer = backend.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            if balancer.cookie:  # it knows its backends
                self.send_error(503)
            return
        finally:
            with contextlib.suppress(OSError):
                backend.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if balancer.cookie:
            self.send_header(
                "Set-Cookie", f"{balancer.cookie}=affinity-{number}; path=/; secure; HttpOnly"
            )
        if balancer.closes:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
