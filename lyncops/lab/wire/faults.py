"""What the wire does wrong on purpose: faults that strike requests, and the profile of a server."""

from __future__ import annotations

import enum
import itertools
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import attrs


class FaultKind(enum.Enum):
    """What happens to a request that a fault strikes. BEFORE: the server has not acted on it; AFTER: it has."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    LOSE_REPLY = "lose-reply"
    REPLAY_REPLY = "replay-reply"
    STATUS_BEFORE = "status-before"
    STATUS_AFTER = "status-after"
    HANG_BEFORE = "hang-before"
    HANG_AFTER = "hang-after"
    TAKEN_OVER = "taken-over"
    QUOTA = "quota"

    @property
    def strikes_before(self) -> bool:
        """Whether the server refuses to act on the request."""
        return self in _BEFORE


_BEFORE: Final = frozenset(
    {FaultKind.DROP_BEFORE, FaultKind.STATUS_BEFORE, FaultKind.HANG_BEFORE, FaultKind.TAKEN_OVER, FaultKind.QUOTA},
)


@attrs.define(slots=True, kw_only=True, eq=False)
class Fault:
    """One fault and its scope: None matches everything; `times` is how many requests it still strikes (None: all)."""

    kind: FaultKind
    machine: str | None = None
    action: str | None = None
    cmdlet: str | None = None
    times: int | None = 1
    status: int = 500
    number: int = attrs.field(factory=itertools.count(1).__next__, init=False)
    struck: int = attrs.field(default=0, init=False)

    def matches(self, machine: str, action: str, cmdlets: Collection[str]) -> bool:
        """Whether the fault strikes such a request."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.machine is not None and self.machine.casefold() != machine.casefold():
            return False
        if self.action is not None and self.action.casefold() != action.casefold():
            return False
        return self.cmdlet is None or self.cmdlet.casefold() in {one.casefold() for one in cmdlets}


class Faults:
    """The faults that wait for requests. Safe from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Let a fault wait for requests."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault back; nothing happens when it is no longer there."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one is not fault]

    def clear(self) -> None:
        """Take all faults back."""
        with self._lock:
            self._waiting.clear()

    @property
    def waiting(self) -> tuple[Fault, ...]:
        """The faults that can still strike."""
        with self._lock:
            return tuple(one for one in self._waiting if one.times is None or one.struck < one.times)

    @contextmanager
    def during(self, fault: Fault) -> Generator[Fault]:
        """A fault for the time of a `with` block."""
        yield self.add(fault)
        self.remove(fault)

    def strike(self, machine: str, action: str, cmdlets: Collection[str], *, before: bool) -> Fault | None:
        """The first fault that strikes this request at this point, now counted."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.kind.strikes_before is before and fault.matches(machine, action, cmdlets):
                    fault.struck += 1
                    return fault
        return None


@attrs.define(slots=True, kw_only=True)
class Profile:
    """What kind of server this is. One for the whole lab, or one of a machine's own.

    Quotas are those of WinRM (remoting facts, section 3); `idle_disconnect` turns a silent shell Disconnected (None: never).
    """

    protocol: str = "2.3"
    disconnects: bool = True
    full_language: bool = True
    max_shells_per_user: int = 30
    idle_timeout: timedelta = timedelta(hours=2)
    idle_disconnect: timedelta | None = None
    allow_unencrypted: bool = False
    untrusted_certificate: bool = False
    delay: timedelta = timedelta(0)
    cmdlet_delays: dict[str, timedelta] = attrs.field(factory=dict[str, timedelta])

    @property
    def can_disconnect(self) -> bool:
        """Disconnect exists from protocol 2.2 on, and not on every plug-in."""
        return self.disconnects and self.protocol != "2.1"

    def delay_of(self, cmdlet: str) -> timedelta:
        """How long, in real time, the server takes over a cmdlet besides what the model does."""
        return self.cmdlet_delays.get(cmdlet.casefold(), self.delay)
