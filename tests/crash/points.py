"""The moments at which a client can die: a write of the journal, or a request at the server.

A write of the journal is struck before it is committed, or after it. A request is struck when the
server has it and has not acted on it, or when it has acted and not answered.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection
from typing import Final

import attrs

READS: Final = ("Get-", "Test-", "Import-Module")
"""How the cmdlets begin that change nothing; what changes something begins otherwise."""


class Moment(enum.StrEnum):
    """On which side of what happens the client dies."""

    BEFORE = "before"
    AFTER = "after"


@attrs.frozen(slots=True)
class Write:
    """The `number`th write of the journal; heartbeats do not count."""

    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} write {self.number}"


@attrs.frozen(slots=True)
class Request:
    """The `number`th request of its kind.

    `verb` is what is asked for (Command, Receive, ...), of which cmdlet ("" for those of the
    session itself), and `phase` is how many cmdlets that change something were sent before.
    """

    verb: str
    cmdlet: str
    phase: int
    number: int
    moment: Moment

    @property
    def is_change(self) -> bool:
        """Whether it is about a cmdlet that changes something."""
        return changes(self.cmdlet)

    @property
    def kind(self) -> tuple[str, int]:
        """What distinguishes the requests of readings that are struck: their kind and phase."""
        return self.verb, self.phase

    def __str__(self) -> str:
        what = f"{self.verb} of {self.cmdlet}" if self.cmdlet else self.verb
        return f"{self.moment} {what} (phase {self.phase}, number {self.number})"


Point = Write | Request


def changes(cmdlet: str) -> bool:
    """Whether a cmdlet of this name changes something."""
    return bool(cmdlet) and not cmdlet.startswith(READS)


@attrs.define
class Requests:
    """Names the requests at the servers as they come."""

    phase: int = 0
    _seen: Counter[tuple[str, str, int, Moment]] = attrs.field(
        factory=Counter[tuple[str, str, int, Moment]]
    )

    def name(self, verb: str, cmdlets: Collection[str], moment: Moment) -> Request:
        """The point that this is."""
        cmdlet = next((one for one in cmdlets if changes(one)), next(iter(cmdlets), ""))
        if verb == "Command" and changes(cmdlet) and moment is Moment.BEFORE:
            self.phase += 1
        key = (verb, cmdlet, self.phase, moment)
        self._seen[key] += 1
        return Request(verb, cmdlet, self.phase, self._seen[key], moment)


def for_every_change(points: Collection[Point]) -> tuple[Point, ...]:
    """Those that are struck by `scripts/test.py --all`; `scripts/crash.py` strikes all.

    Every write of the journal, once it is committed; of every cmdlet that changes something the
    requests that send it and let it go on both sides, and of those that wait for its output the
    first, not acted on, and the last, not answered; of readings one request per kind and phase.
    """
    last = _last_receives(points)
    kinds: set[tuple[str, int]] = set()
    chosen: list[Point] = []
    for point in points:
        if isinstance(point, Write):
            wanted = point.moment is Moment.AFTER
        elif not point.is_change:
            wanted = point.moment is Moment.AFTER and point.kind not in kinds
            kinds |= {point.kind} if wanted else set()
        elif point.verb == "Receive":
            first = point.number == 1 and point.moment is Moment.BEFORE
            wanted = first or point in last
        else:
            wanted = True
        if wanted:
            chosen.append(point)
    return tuple(chosen)


def _last_receives(points: Collection[Point]) -> frozenset[Point]:
    found: dict[tuple[str, int], Request] = {}
    for point in points:
        if isinstance(point, Request) and point.verb == "Receive" and point.moment is Moment.AFTER:
            found[point.cmdlet, point.phase] = point
    return frozenset(found.values())
