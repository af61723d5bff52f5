"""A relay between client and servers: it can balance connections over several servers, and make the
way long.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

import attrs

Address = tuple[str, int]
_SIZE = 65_536


def address(text: str) -> Address:
    """`127.0.0.1:40001` as a socket wants it."""
    host, _, port = text.rpartition(":")
    return host, int(port)


@attrs.define(eq=False)
class _Side:
    """One of the two ends of a connection."""

    sock: socket.socket
    other: _Side | None = None


class Relay:
    """Hands each connection to the next of its targets in turn, and every byte on after `delay`, in
    both directions.
    """

    def __init__(self, targets: Sequence[Address], *, delay: timedelta = timedelta()) -> None:
        self._targets = itertools.cycle(targets)
        self._delay = delay.total_seconds()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, _Side, bytes]] = []
        self._order = itertools.count()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._sides: list[_Side] = []
        self.connections = 0
        self.several = threading.Event()
        """Set once there was more than one connection."""

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._thread.join(5)
        self._selector.close()
        self._listener.close()
        for side in self._sides:
            side.sock.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else 1.0
            for key, _ in self._selector.select(wait):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.data)
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, side, data = heapq.heappop(self._due)
                self._deliver(side, data)

    def _accept(self) -> None:
        here, _ = self._listener.accept()
        if self._closing.is_set():
            here.close()
            return
        self.connections += 1
        if self.connections > 1:
            self.several.set()
        ends = _Side(here), _Side(socket.create_connection(next(self._targets)))
        ends[0].other, ends[1].other = ends[1], ends[0]
        for side in ends:
            side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sides.append(side)
            self._selector.register(side.sock, selectors.EVENT_READ, side)

    def _read(self, side: _Side) -> None:
        try:
            data = side.sock.recv(_SIZE)
        except OSError:
            data = b""
        if not data:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(side.sock)
        if side.other is not None:
            heapq.heappush(
                self._due, (time.monotonic() + self._delay, next(self._order), side.other, data)
            )

    def _deliver(self, side: _Side, data: bytes) -> None:
        with contextlib.suppress(OSError):
            if data:
                self.pass_on(side.sock, data)
                return
            side.sock.shutdown(socket.SHUT_WR)

    def pass_on(self, sock: socket.socket, data: bytes) -> None:
        """Hand bytes on."""
        sock.sendall(data)
