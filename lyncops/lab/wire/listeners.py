"""The listening sockets of a lab: one thread accepts for all, and opens and closes them as machines
come and go.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Mapping
from typing import Final

import attrs

from lyncops.lab.wire.http import cut
from lyncops.lab.wire.ports import LOOPBACK, HeldPort
from lyncops.lab.wire.server import MachineServer, Scheme

_LOOK: Final = 0.05
"""Seconds between two looks at which machines are down."""


@attrs.define(eq=False)
class _Listener:
    server: MachineServer
    scheme: Scheme
    port: HeldPort = attrs.field(factory=HeldPort)


class Listeners:
    """All listening sockets of a lab on one thread; addresses are opened when they are first asked
    for.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._listeners: dict[tuple[str, Scheme], _Listener] = {}
        self._selector = selectors.DefaultSelector()
        self._closing = False
        self._wake, woken = socket.socketpair()
        self._woken = woken
        self._selector.register(woken, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._accept, name="lab-accept", daemon=True)
        self._thread.start()

    def address(self, server: MachineServer, scheme: Scheme) -> tuple[str, int]:
        """Where a machine is reached."""
        with self._lock:
            listener = self._listeners.get((server.name, scheme))
            if listener is None:
                listener = self._listeners[server.name, scheme] = _Listener(server, scheme)
                self._register(listener)
                if server.is_down:
                    self._withdraw(listener)
            return listener.port.address

    def addresses(self) -> Mapping[tuple[str, Scheme], str]:
        """The addresses that are open, or closed only while their machine is down."""
        with self._lock:
            return {
                key: f"{LOOPBACK}:{listener.port.number}"
                for key, listener in self._listeners.items()
            }

    def _register(self, listener: _Listener) -> None:
        self._selector.register(listener.port.open(), selectors.EVENT_READ, listener)
        self._wake.send(b".")

    def _withdraw(self, listener: _Listener) -> None:
        if listener.port.listener is not None:
            self._selector.unregister(listener.port.listener)
            listener.port.close()

    def synchronise(self) -> None:
        """Close the sockets of machines that are down, open those of machines that came back."""
        with self._lock:
            for listener in self._listeners.values():
                down = listener.server.is_down
                is_open = listener.port.listener is not None
                if down and is_open:
                    self._withdraw(listener)
                    listener.server.crash()
                elif not down and not is_open:
                    self._register(listener)

    def _accept(self) -> None:
        looked = time.monotonic()
        while not self._closing:
            ready = self._selector.select(_LOOK)
            if time.monotonic() - looked >= _LOOK:
                self.synchronise()
                looked = time.monotonic()
            for key, _ in ready:
                if isinstance(key.data, _Listener):
                    self._accept_one(key.data)
                else:
                    self._woken.recv(4096)

    def _accept_one(self, listener: _Listener) -> None:
        with self._lock:
            if listener.port.listener is None:
                return
            try:
                sock, _ = listener.port.listener.accept()
            except OSError:
                return
        sock.settimeout(None)
        if listener.server.is_down:
            cut(sock)
            return
        listener.server.serve(sock, listener.scheme)

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        self._wake.send(b".")
        self._thread.join(5)
        with self._lock:
            for listener in self._listeners.values():
                self._withdraw(listener)
                listener.port.release()
        self._selector.close()
        self._wake.close()
        self._woken.close()
