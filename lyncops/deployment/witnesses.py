"""Witnesses: independent sources for whether a machine lives.

Refused is not silent, and silent is not dead.

A living server's word counts for a third machine only where that server names a network error, or
has reached some other machine: without delegation it says of a machine that runs what it says of
one that is off. Silence seen from here counts only at a port at which another machine answers from
here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from lyncops.values import Fqdn


class Says(enum.StrEnum):
    """What a witness says."""

    ALIVE = "alive"
    DEAD = "dead"
    SILENT = "silent"  # nothing answered it, which proves nothing
    DENIED = "denied"  # it was not let in, or may not ask
    UNASKED = "not asked"


class Vantage(enum.StrEnum):
    """Where a witness looks from."""

    SERVER = "a living server"
    HERE = "here"
    ITSELF = "the machine itself"


@attrs.frozen(slots=True)
class Witness:
    """One source, what it says of a machine, and what that rests on."""

    vantage: Vantage
    testimony: Says
    evidence: str

    def __str__(self) -> str:
        return f"{self.vantage.value}: {self.testimony.value}, {self.evidence}"


class Knock(enum.Enum):
    """What came of a TCP connection to a port of a machine."""

    OPEN = "open"
    REFUSED = "refused"
    SILENT = "silent"
    NO_NAME = "no name"  # its name does not resolve, or no route to it is known from here

    @property
    def answered(self) -> bool:
        """Whether something at that address answered."""
        return self in (Knock.OPEN, Knock.REFUSED)


@attrs.frozen(slots=True)
class Door:
    """A port of a machine."""

    host: Fqdn
    port: int


PORTS: Final = (5061, 443, 5985, 5986, 135)
"""SIP, the web services and OcsPowershell, WinRM, and the RPC endpoint mapper."""

# https://learn.microsoft.com/windows/win32/debug/system-error-codes, and Windows Sockets' error
# codes.
_ACCESS_DENIED: Final = frozenset({5, 1326, 1331, 2221})
_NO_ANSWER: Final = frozenset(
    {51, 53, 64, 67, 121, 1231, 1722, 10050, 10051, 10060, 10064, 10065, 11001}
)
_REFUSED: Final = frozenset({1225, 10054, 10061})


class Word(enum.Enum):
    """What came of the question to a server about a machine."""

    ANSWERED = "answered"
    REFUSED = "the machine refuses the connection"
    NO_ANSWER = "no answer on the network"  # by the number of an error beneath: the server did try
    DENIED = "access denied"
    FAILED = "failed"  # in words that fit a machine that is off and a server that may not ask
    UNASKED = "not asked"


def word_of_error(codes: Iterable[int], *, denied: bool) -> Word:
    """What a failed question means, by the numbers of the exceptions beneath it; words are
    translated and prove nothing.
    """
    numbers = frozenset(codes)
    if numbers & _ACCESS_DENIED or denied:
        return Word.DENIED
    if numbers & _REFUSED:
        return Word.REFUSED
    return Word.NO_ANSWER if numbers & _NO_ANSWER else Word.FAILED


@attrs.frozen(slots=True, kw_only=True)
class Statement:
    """What a server said of a machine, or the machine of itself."""

    machine: Fqdn
    word: Word
    by: str = ""  # the host that was asked
    reason: str = ""
    of_itself: bool = False


class Hearing:
    """All statements and knocks of a reading, and what they come to."""

    def __init__(
        self, statements: Iterable[Statement], knocks: Mapping[Door, Knock] | None
    ) -> None:
        """Hear them."""
        self._statements = {statement.machine: statement for statement in statements}
        self._knocks = knocks
        self._reached: dict[str, set[Fqdn]] = {}
        for one in self._statements.values():
            if one.word in (Word.ANSWERED, Word.REFUSED) and not one.of_itself:
                self._reached.setdefault(one.by, set()).add(one.machine)
        self._answering: dict[int, set[Fqdn]] = {}
        self._doors: dict[Fqdn, list[tuple[int, Knock]]] = {}
        for door, knock in (knocks or {}).items():
            self._doors.setdefault(door.host, []).append((door.port, knock))
            if knock.answered:
                self._answering.setdefault(door.port, set()).add(door.host)

    def of(self, machine: Fqdn) -> tuple[Witness, ...]:
        """The witnesses of a machine."""
        return self._of_server(machine), self._from_here(machine)

    def _of_server(self, machine: Fqdn) -> Witness:
        said = self._statements.get(machine, Statement(machine=machine, word=Word.UNASKED))
        vantage = Vantage.ITSELF if said.of_itself else Vantage.SERVER
        by = said.by or "no server"
        told = f"{by} says: {said.reason}" if said.reason else f"{by} could not be asked"
        match said.word:
            case Word.ANSWERED | Word.REFUSED:
                return Witness(
                    vantage,
                    Says.ALIVE,
                    f"it {'answers' if said.word is Word.ANSWERED else 'refuses'} {by}",
                )
            case Word.DENIED:
                return Witness(vantage, Says.DENIED, told)
            case Word.UNASKED:
                return Witness(vantage, Says.UNASKED, told)
            case Word.NO_ANSWER if not said.of_itself:
                return Witness(vantage, Says.DEAD, told)
            case _:
                if not said.of_itself and self.reaches_others(said.by):
                    return Witness(vantage, Says.DEAD, f"{told} It reaches other machines.")
                unproven = "It has reached no other machine, so it may lack rights or delegation."
                return Witness(
                    vantage, Says.SILENT, told if said.of_itself else f"{told} {unproven}"
                )

    def reaches_others(self, server: str) -> bool:
        """Whether the server has reached a machine other than itself.

        Behind the name of a pool it may be any of two.
        """
        reached = self._reached.get(server, set())
        return len(reached - {server}) > (0 if server in self._statements else 1)

    def _from_here(self, machine: Fqdn) -> Witness:
        doors = sorted(self._doors.get(machine, ()), key=lambda door: door[0])
        tried = [(port, knock) for port, knock in doors if knock is not Knock.NO_NAME]
        if not tried:
            why = (
                "no port was tried"
                if self._knocks is None or not doors
                else "no route to it is known from here"
            )
            return Witness(Vantage.HERE, Says.UNASKED, why)
        answered = next(((port, knock) for port, knock in tried if knock.answered), None)
        if answered is not None:
            return Witness(Vantage.HERE, Says.ALIVE, f"port {answered[0]} is {answered[1].value}")
        counting = [port for port, _ in tried if self._answering.get(port, set()) - {machine}]
        ports = ", ".join(str(port) for port, _ in tried)
        if counting:
            other = min(self._answering[counting[0]] - {machine})
            return Witness(
                Vantage.HERE,
                Says.DEAD,
                f"no answer at ports {ports}; {other} answers at {counting[0]}",
            )
        return Witness(
            Vantage.HERE,
            Says.SILENT,
            f"no answer at ports {ports}, but no other machine answers there either",
        )
