"""Who works on which pools: one run at a time (promise 7).

Pure decisions; the journal keeps the rows.

A run that is paused keeps its lock, because its pools are half way; it is then `at rest`, without a
heartbeat. The lock goes when the run is over. Only its own run may take up the lock of a dead
process: one that is seen to be dead, or one that cannot be seen and whose heartbeat has been
missing for `STALE_AFTER`. That time passes on the database's clock, or while the lock is watched
from here: the clocks of two computers are never compared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.errors import RunLockedError
from lyncops.runs.process import Process
from lyncops.values import Fqdn

__all__ = [
    "HEARTBEAT",
    "STALE_AFTER",
    "Claim",
    "Lock",
    "LockLife",
    "Process",
    "Pulse",
    "TakeOver",
    "Taken",
    "give_up",
    "lost",
    "taken_by",
]

HEARTBEAT: Final = timedelta(seconds=20)
STALE_AFTER: Final = timedelta(minutes=2)

_given_up: Final[set[str]] = set()


def give_up(token: str) -> None:
    """Remember that this process works under `token` no more, in case the journal cannot
    record it.
    """
    _given_up.add(token)


Pulse = tuple[str, int, str]
"""What a heartbeat changes: the life that it belongs to, how often it beat, and when that was by
the holder's own clock."""


class LockLife(enum.StrEnum):
    """What is known of the process that holds a lock."""

    AT_REST = "at rest"  # it let go: its run is paused
    DEAD = "dead"
    GIVEN_UP = (  # this very process had it, and could not let it go when its run was cut off
        "given up"
    )
    STALE = "stale"  # its heartbeat has been missing for too long
    LIVE = "live"  # or nothing speaks against it


class TakeOver(enum.StrEnum):
    """Why a process may take a lock from another."""

    STOLEN = "stolen"  # on the operator's word (--steal-lock)
    DEAD_PROCESS = "dead_process"
    GIVEN_UP = "given_up"
    STALE = "stale"

    @property
    def in_words(self) -> str:
        """How a report says it."""
        words = {
            TakeOver.STOLEN: "the operator asked for it",
            TakeOver.DEAD_PROCESS: "its process is dead",
            TakeOver.GIVEN_UP: "it was given up",
            TakeOver.STALE: "no sign of life",
        }
        return words[self]


@attrs.frozen(slots=True, kw_only=True)
class Lock:
    """One pool's lock, as the journal keeps it. `heartbeat` is None while the run is at rest."""

    deployment: str
    pool: Fqdn
    run_id: str
    token: (
        str  # one life of one process in this run: a process with another token has lost the lock
    )
    owner: str
    process: Process
    reason: str
    taken_at: datetime
    heartbeat: datetime | None  # by the holder's clock: for people only
    beats: int = 0
    silence: timedelta | None = (
        None  # since the last heartbeat, by the database's own clock; None where it has none
    )

    @property
    def pulse(self) -> Pulse:
        """It stays the same as long as the holder gives no sign of life."""
        return self.token, self.beats, self.heartbeat.isoformat() if self.heartbeat else ""

    def life(self, watched: frozenset[Pulse] = frozenset()) -> LockLife:
        """What is known of its process.

        `watched` are the pulses that were seen unchanged for `STALE_AFTER`.
        """
        if self.heartbeat is None:
            return LockLife.AT_REST
        if self.token in _given_up:
            return LockLife.GIVEN_UP
        lives = self.process.lives()
        if lives is not None:
            return LockLife.LIVE if lives else LockLife.DEAD
        stood_still = self.silence is not None and self.silence > STALE_AFTER
        return LockLife.STALE if stood_still or self.pulse in watched else LockLife.LIVE

    @property
    def must_be_watched(self) -> bool:
        """Whether only watching can show that its process is dead: there is no other evidence, and
        the database has no clock of its own.
        """
        return (
            self.silence is None and self.life() is LockLife.LIVE and self.process.lives() is None
        )


@attrs.frozen(slots=True, kw_only=True)
class Claim:
    """A wish to lock pools.

    `steal` is the operator's explicit word to take them from their holder.
    """

    deployment: str
    pools: tuple[Fqdn, ...]
    run_id: str
    token: str
    owner: str
    process: Process
    reason: str
    at: datetime
    steal: bool = False
    watched: frozenset[Pulse] = frozenset()

    def locks(self) -> tuple[Lock, ...]:
        """The rows that it comes to."""
        return tuple(
            Lock(
                deployment=self.deployment,
                pool=pool,
                run_id=self.run_id,
                token=self.token,
                owner=self.owner,
                process=self.process,
                reason=self.reason,
                taken_at=self.at,
                heartbeat=self.at,
            )
            for pool in sorted(set(self.pools))
        )


@attrs.frozen(slots=True, kw_only=True)
class Taken:
    """The locks that a claim takes from one process, and what gives it the right to."""

    run_id: str
    owner: str
    process: Process
    pools: tuple[Fqdn, ...]
    why: TakeOver
    evidence: str


def taken_by(claim: Claim, held: Iterable[Lock]) -> tuple[Taken, ...]:
    """What the claim takes from other processes.

    A lock at rest is its own run's to take up: nothing is taken from anybody.

    Raises:
        RunLockedError: some is another run's, or a live process' of the same run, and the claim
            does not steal.
    """
    found: dict[tuple[str, str], list[Lock]] = {}
    for lock in held:
        found.setdefault((lock.run_id, lock.token), []).append(lock)
    judged = (_judged(claim, tuple(locks)) for locks in found.values())
    return tuple(taken for taken in judged if taken is not None)


def _judged(claim: Claim, locks: tuple[Lock, ...]) -> Taken | None:
    lock = locks[0]
    life = lock.life(claim.watched)
    if lock.run_id != claim.run_id or life is LockLife.LIVE:
        if not claim.steal:
            raise _locked(lock, claim, life)
        why, evidence = (
            TakeOver.STOLEN,
            f"The operator asked for it (--steal-lock). {_seen(lock, life)}",
        )
    elif life is LockLife.AT_REST:
        return None
    else:
        why, evidence = _RIGHTS[life], _seen(lock, life)
    pools = tuple(sorted(one.pool for one in locks))
    return Taken(
        run_id=lock.run_id,
        owner=lock.owner,
        process=lock.process,
        pools=pools,
        why=why,
        evidence=evidence,
    )


_RIGHTS: Final = {
    LockLife.DEAD: TakeOver.DEAD_PROCESS,
    LockLife.GIVEN_UP: TakeOver.GIVEN_UP,
    LockLife.STALE: TakeOver.STALE,
}


def _seen(lock: Lock, life: LockLife) -> str:
    """What shows how the holder of a lock is."""
    match life:
        case LockLife.AT_REST:
            return "Its run was paused."
        case LockLife.DEAD:
            return (
                f"{str(lock.process).capitalize()} no longer exists: same computer, same boot, same"
                " process namespace."
            )
        case LockLife.GIVEN_UP:
            return (
                f"{str(lock.process).capitalize()} is this process, and no longer works on the run."
            )
        case LockLife.STALE if lock.silence is not None and lock.silence > STALE_AFTER:
            return (
                f"By the database's clock its last heartbeat was {lock.silence.total_seconds():.0f}"
                " seconds ago."
            )
        case LockLife.STALE:
            return (
                f"Its heartbeat was watched for {STALE_AFTER.total_seconds():.0f} seconds and did"
                " not change."
            )
        case LockLife.LIVE:
            return f"Nothing shows that {lock.process} is dead."


def lost(run_id: str, sent: str = "Nothing more was sent.") -> RunLockedError:
    """The error of a process that finds its lock taken away: it must not send anything any more.

    `sent` is what it did send.
    """
    return RunLockedError(
        f"Run {run_id} has lost the lock of its pools: somebody took it over. {sent}",
        remedy=(
            "`lyncops runs list` shows who is working on these pools now; resume this run only when"
            " that one is over."
        ),
        run_id=run_id,
    )


def _locked(lock: Lock, claim: Claim, life: LockLife) -> RunLockedError:
    since = (
        f"since {lock.taken_at:%Y-%m-%d %H:%M} UTC, on {lock.process.host} (process"
        f" {lock.process.pid})"
    )
    reason = f", {lock.reason}" if lock.reason else ""
    if lock.run_id == claim.run_id:
        return RunLockedError(
            f"Run {lock.run_id} is being worked on right now by {lock.owner}, {since}.",
            remedy=(
                "Wait until it ends or pauses. If that process is certainly dead, take its lock:"
                " --steal-lock."
            ),
            run_id=lock.run_id,
        )
    states = {
        LockLife.AT_REST: "it is paused: resume it, or cancel it",
        LockLife.DEAD: "its process is dead: resume it",
        LockLife.GIVEN_UP: "its process gave it up: resume it",
        LockLife.STALE: (
            f"its process has not renewed the lock for {STALE_AFTER.total_seconds():.0f} seconds:"
            " resume it"
        ),
        LockLife.LIVE: "it is being worked on right now: wait for it",
    }
    return RunLockedError(
        f"{lock.pool} is locked by run {lock.run_id} of {lock.owner}, {since}{reason};"
        f" {states[life]}.",
        remedy=(
            f"Look at it with `lyncops runs show {lock.run_id}`; --steal-lock takes the lock away."
        ),
        run_id=lock.run_id,
    )
