"""Knocks at the ports of machines: side by side, with a short wait, beside whatever else
goes on.
"""

from __future__ import annotations

import errno
import queue
import selectors
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, Protocol

import attrs

from lyncops.deployment.witnesses import Door, Knock
from lyncops.values import Fqdn

_WORKERS: Final = 64
_REFUSALS: Final = (errno.ECONNREFUSED, errno.ECONNRESET)
Target = tuple[str, int]


class Knocking(Protocol):
    """Knocks on their way."""

    def answers(self) -> Mapping[Door, Knock]:
        """Their results; a port without a result in time counts as silent."""
        ...


class KnocksAtDoors(Protocol):
    """Tries ports of machines from here."""

    def begin(self, doors: Iterable[Door]) -> Knocking:
        """Begin at once, and do not wait."""
        ...


@attrs.frozen(slots=True, kw_only=True)
class Knocker:
    """Tries TCP connections. Implements `KnocksAtDoors`.

    `connect_to` maps a port of a machine to the address that is really connected to, as a tunnel or
    a laboratory needs; with `only_mapped` nothing else is tried, because names mean nothing from
    here.
    """

    connect_to: Mapping[Door, Target] = attrs.field(factory=dict[Door, Target])
    only_mapped: bool = False
    timeout: timedelta = timedelta(seconds=2)

    def begin(self, doors: Iterable[Door]) -> Knocking:
        """Begin at once, and do not wait."""
        return _Knocks(self, tuple(dict.fromkeys(doors)))


class _Knocks:
    """All doors of a machine are tried at once, and many machines side by side.

    Threads that a name server holds do not hold us.
    """

    def __init__(self, knocker: Knocker, doors: tuple[Door, ...]) -> None:
        self._knocker, self._doors = knocker, doors
        self._found: dict[Door, Knock] = {}
        self._hosts: queue.SimpleQueue[list[Door]] = queue.SimpleQueue()
        by_host: dict[Fqdn, list[Door]] = {}
        for door in doors:
            by_host.setdefault(door.host, []).append(door)
        for own in by_host.values():
            self._hosts.put(own)
        rounds = 1 + len(by_host) // _WORKERS
        self._until = time.monotonic() + knocker.timeout.total_seconds() * (rounds + 1)
        self._threads = [
            threading.Thread(target=self._work, name="lyncops-knock", daemon=True)
            for _ in range(min(_WORKERS, len(by_host)))
        ]
        for thread in self._threads:
            thread.start()

    def answers(self) -> Mapping[Door, Knock]:
        for thread in self._threads:
            thread.join(max(0.0, self._until - time.monotonic()))
        found = dict(self._found)
        return {door: found.get(door, Knock.NO_NAME) for door in self._doors}

    def _work(self) -> None:
        while True:
            try:
                doors = self._hosts.get_nowait()
            except queue.Empty:
                return
            targets = {door: target for door in doors if (target := self._target(door)) is not None}
            self._found.update(_knock(targets, self._knocker.timeout.total_seconds()))

    def _target(self, door: Door) -> Target | None:
        mapped = self._knocker.connect_to.get(door)
        if mapped is not None or self._knocker.only_mapped:
            return mapped
        try:
            found = socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM)
        except OSError:
            return None
        address = found[0][4]
        return str(address[0]), int(address[1])


def _knock(targets: Mapping[Door, Target], wait: float) -> dict[Door, Knock]:
    """Connect to all of them at once, and wait for what comes first of answers and time."""
    found: dict[Door, Knock] = {}
    sockets: dict[Door, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for door, target in targets.items():
            sock = socket.socket(
                socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_STREAM
            )
            sockets[door] = sock
            sock.setblocking(False)  # noqa: FBT003 - its name
            code = sock.connect_ex(target)
            if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
                selector.register(sock, selectors.EVENT_WRITE, door)
            else:
                found[door] = _meaning(code)
        until = time.monotonic() + wait
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                tried = sockets[key.data]
                found[key.data] = _meaning(tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
                selector.unregister(tried)
    for sock in sockets.values():
        sock.close()
    return {door: found.get(door, Knock.SILENT) for door in targets}


def _meaning(code: int) -> Knock:
    if code == 0:
        return Knock.OPEN
    return Knock.REFUSED if code in _REFUSALS else Knock.SILENT
