"""What the wire does wrong on purpose: faults that strike requests, and the profile of a server."""

from __future__ import annotations

import enum
import itertools
import threading
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import attrs


class FaultKind(enum.Enum):
    """What happens to a request that a fault strikes.

    BEFORE: the server has not acted on it; AFTER: it has.
    """

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


MEANINGS: Final[Mapping[FaultKind, str]] = {
    FaultKind.DROP_BEFORE: "the connection is cut, and nothing has happened on the server",
    FaultKind.DROP_AFTER: "the connection is cut, and the server has done what was asked",
    FaultKind.LOSE_REPLY: (
        "the answer is lost with all output in it; the server has done what was asked"
    ),
    FaultKind.REPLAY_REPLY: "the answer is lost; a Receive that asks again gets the same output",
    FaultKind.STATUS_BEFORE: (
        "a bare HTTP status (status=500), and nothing has happened on the server"
    ),
    FaultKind.STATUS_AFTER: (
        "a bare HTTP status (status=500), and the server has done what was asked"
    ),
    FaultKind.HANG_BEFORE: "no answer ever, and nothing has happened on the server",
    FaultKind.HANG_AFTER: "no answer ever, and the server has done what was asked",
    FaultKind.TAKEN_OVER: "the fault for a session that another client has taken over",
    FaultKind.QUOTA: "the fault for a quota of shells that is used up",
}
"""What each kind does to a request (MS-WSMV 3.1.4, and requests of pypsrp that fail)."""

ACTIONS: Final = (
    "Create",
    "Command",
    "Receive",
    "Send",
    "Signal",
    "Disconnect",
    "Reconnect",
    "Connect",
    "Delete",
    "Enumerate",
    "Get",
)
"""What requests ask for: the last word of their WSMan action."""

_BEFORE: Final = frozenset(
    {
        FaultKind.DROP_BEFORE,
        FaultKind.STATUS_BEFORE,
        FaultKind.HANG_BEFORE,
        FaultKind.TAKEN_OVER,
        FaultKind.QUOTA,
    },
)


@attrs.define(slots=True, kw_only=True, eq=False)
class Fault:
    """One fault and its scope: None matches everything; `times` is how many requests it still
    strikes (None: all).
    """

    kind: FaultKind
    machine: str | None = None
    action: str | None = None
    cmdlet: str | None = None
    times: int | None = 1
    status: int = 500
    number: int = attrs.field(factory=itertools.count(1).__next__, init=False)
    struck: int = attrs.field(default=0, init=False)

    def __str__(self) -> str:
        """As it is written for `lyncops lab inject`, with what is left of its times."""
        scope = {"machine": self.machine, "action": self.action, "cmdlet": self.cmdlet}
        words = [
            self.kind.value,
            *(f"{name}={value}" for name, value in scope.items() if value is not None),
        ]
        if self.kind in {FaultKind.STATUS_BEFORE, FaultKind.STATUS_AFTER}:
            words.append(f"status={self.status}")
        return " ".join(
            (*words, f"times={'always' if self.times is None else self.times - self.struck}")
        )

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
            return tuple(
                one for one in self._waiting if one.times is None or one.struck < one.times
            )

    @contextmanager
    def during(self, fault: Fault) -> Generator[Fault]:
        """A fault for the time of a `with` block."""
        yield self.add(fault)
        self.remove(fault)

    def strike(
        self, machine: str, action: str, cmdlets: Collection[str], *, before: bool
    ) -> Fault | None:
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

    Quotas are those of WinRM; `idle_disconnect` turns a silent shell Disconnected (None: never).
    """

    protocol: str = attrs.field(default="2.3", metadata={"means": "PSRP protocol 2.1, 2.2 or 2.3"})
    disconnects: bool = attrs.field(
        default=True, metadata={"means": "a shell can be disconnected (from protocol 2.2 on)"}
    )
    full_language: bool = attrs.field(
        default=True,
        metadata={"means": "how script text is refused: in plain words, or as no-language"},
    )
    restricted: bool = attrs.field(
        default=False,
        metadata={
            "means": (
                "WinRM sessions are those of a JEA endpoint: Lync's cmdlets and eight proxies, no"
                " module to import"
            )
        },
    )
    hidden: frozenset[str] = attrs.field(
        default=frozenset(),
        metadata={"means": "cmdlets of Lync that do not exist in the session, with commas between"},
    )
    max_shells_per_user: int = attrs.field(
        default=30, metadata={"means": "the quota of shells; one more is refused"}
    )
    max_commands_per_shell: int = attrs.field(
        default=1000,
        metadata={
            "means": (
                "commands that a shell keeps until they are signalled; one more is refused, by no"
                " number"
            )
        },
    )
    max_processes_per_shell: int = attrs.field(
        default=2_147_483_647,
        metadata={"means": "the same as a quota of processes, refused by its number"},
    )
    idle_timeout: timedelta = attrs.field(
        default=timedelta(hours=2), metadata={"means": "a shell that is silent for so long goes"}
    )
    idle_disconnect: timedelta | None = attrs.field(
        default=None, metadata={"means": "a shell silent for so long turns Disconnected"}
    )
    allow_unencrypted: bool = attrs.field(
        default=False, metadata={"means": "messages over http need no encryption"}
    )
    untrusted_certificate: bool = attrs.field(
        default=False, metadata={"means": "the certificate comes from an untrusted CA"}
    )
    clock_ahead: timedelta = attrs.field(
        default=timedelta(0), metadata={"means": "how far its clock is ahead of real time"}
    )
    delay: timedelta = attrs.field(
        default=timedelta(0), metadata={"means": "every cmdlet takes so much longer, in real time"}
    )
    cmdlet_delays: dict[str, timedelta] = attrs.field(factory=dict[str, timedelta])

    @property
    def can_disconnect(self) -> bool:
        """Disconnect exists from protocol 2.2 on, and not on every plug-in."""
        return self.disconnects and self.protocol != "2.1"

    def delay_of(self, cmdlet: str) -> timedelta:
        """How long, in real time, the server takes over a cmdlet besides what the model does."""
        return self.cmdlet_delays.get(cmdlet.casefold(), self.delay)
