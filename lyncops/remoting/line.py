"""The TCP connection beneath HTTP: whether it is still the same one, whether content left on it,
and a last question before.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Final, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from lyncops.errors import LyncOpsError
from lyncops.remoting.execution import Fence


class HeldBackError(Exception):
    """The fence said no, and what was to leave did not."""

    def __init__(self, reason: LyncOpsError) -> None:
        super().__init__(str(reason))
        self.reason: Final = reason


class StaleConnectionError(Exception):
    """The connection on which this client had logged on is gone.

    Nothing was sent on the new one.
    """

    def __init__(self) -> None:
        super().__init__("the server closed the connection")


class Line:
    """What is known of the connections of one transport, which has one at a time."""

    def __init__(self) -> None:
        self.made = 0
        """How many connections have been made: while it stays the same, so does the connection."""
        self.carried = False
        """Whether content may have left since `begin`. The legs of a log-on have none, or carry the
        message along."""
        self.is_bound = False
        """Whether this client has logged on, which another connection knows nothing of."""
        self.certificate: bytes | None = None
        """The server's certificate (DER), where there is TLS."""
        self._sock: socket.socket | None = None
        self._fence: Fence | None = None

    def connected(self, sock: socket.socket | None) -> None:
        """A connection was made.

        Raises:
            StaleConnectionError: what was to be sent means nothing on a new connection.
        """
        self.made += 1
        self._sock = sock
        self.certificate = (
            sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
        )
        if self.is_bound:
            raise StaleConnectionError

    def cut(self) -> None:
        """End the connection at once: a wait for an answer on it fails."""
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def begin(self, fence: Fence | None) -> None:
        """Another message is about to be sent."""
        self.carried = False
        self._fence = fence

    def ask(self) -> None:
        """The connection is there, and the first byte is next.

        Raises:
            HeldBackError: the fence said no.
        """
        if self._fence is not None:
            try:
                self._fence()
            except LyncOpsError as reason:
                raise HeldBackError(reason) from reason


class _Told(HTTPConnection):
    """A connection that reports to its line what happens to it.

    urllib3 sends the headers first, and the content after them.
    """

    line: Line
    is_past_headers = False

    def connect(self) -> None:
        super().connect()
        self.line.connected(self.sock)

    def endheaders(self, message_body: object = None, *, encode_chunked: bool = False) -> None:
        if self.sock is None:
            self.connect()
        self.line.ask()
        self.is_past_headers = False
        super().endheaders(cast("bytes | None", message_body), encode_chunked=encode_chunked)
        self.is_past_headers = True

    def send(self, data: object) -> None:
        self.line.carried |= self.is_past_headers
        super().send(cast("bytes", data))


class _ToldOverTls(_Told, HTTPSConnection):
    """The same over TLS."""


def tell(pool: HTTPConnectionPool, line: Line) -> HTTPConnectionPool:
    """Make the connections of the pool report to `line`; the pool has made none yet, or
    such ones.
    """
    kind = _ToldOverTls if isinstance(pool, HTTPSConnectionPool) else _Told
    # The pool's own annotation knows its two classes only.
    vars(pool)["ConnectionCls"] = type(kind.__name__, (kind,), {"line": line})
    return pool
