"""The other TCP ports of machines: they take connections while their machine runs, and swallow them
while it is off.

A port that merely closed would refuse, which a living machine does: the queue of a dead one is kept
full, so that nothing answers.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Self

import attrs

_LOOK: Final = 0.05
_QUEUE: Final = 8
_FILLING: Final = _QUEUE + 4  # more connections than the queue takes
_LOOPBACK: Final = "127.0.0.1"


@attrs.define(eq=False)
class _Door:
    machine: str
    sock: socket.socket
    held: list[socket.socket] = attrs.field(factory=list[socket.socket])

    @classmethod
    def open(cls, machine: str) -> Self:
        """Listen, on a port of its own."""
        sock = socket.create_server((_LOOPBACK, 0), backlog=_QUEUE)
        sock.setblocking(False)  # noqa: FBT003 - its name
        return cls(machine, sock)

    @property
    def address(self) -> tuple[str, int]:
        return _LOOPBACK, self.sock.getsockname()[1]

    def fill(self) -> None:
        """Accept no further connection."""
        for _ in range(_FILLING):
            one = socket.socket()
            one.setblocking(False)  # noqa: FBT003 - its name
            one.connect_ex(self.address)
            self.held.append(one)

    def drain(self) -> None:
        """Take those that wait, and let them go."""
        for one in self.held:
            one.close()
        self.held.clear()
        with contextlib.suppress(OSError):
            while True:
                self.sock.accept()[0].close()


class Doors:
    """The ports of many machines on one thread."""

    def __init__(
        self, machines: Iterable[str], ports: Iterable[int], *, is_down: Callable[[str], bool]
    ) -> None:
        """Open them all. `is_down`: whether a machine is off."""
        self._is_down = is_down
        self._lock = threading.Lock()
        numbers = tuple(ports)
        self._doors = {
            f"{machine}:{port}": _Door.open(machine) for machine in machines for port in numbers
        }
        self.synchronise()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="lab-doors", daemon=True)
        self._thread.start()

    def addresses(self) -> Mapping[str, str]:
        """`fe1.contoso.com:5061` to the address on loopback."""
        return {name: "{}:{}".format(*door.address) for name, door in self._doors.items()}

    def synchronise(self) -> None:
        """Let go who knocked, and see which machines have gone down or come back."""
        with self._lock:
            for door in self._doors.values():
                down = self._is_down(door.machine)
                if not down or not door.held:
                    door.drain()
                if down and not door.held:
                    door.fill()

    def _serve(self) -> None:
        while not self._closing.wait(_LOOK):
            self.synchronise()

    def close(self) -> None:
        """Close them."""
        self._closing.set()
        self._thread.join(5)
        for door in self._doors.values():
            for sock in (door.sock, *door.held):
                sock.close()
