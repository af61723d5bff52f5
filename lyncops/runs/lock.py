"""Who works on which pools: one run at a time (promise 7). Pure decisions; the journal keeps the rows.

A run that is paused keeps its lock, because its pools are half way; it is then `at rest`, without a heartbeat. The lock goes
when the run is over. A lock whose process died goes stale; only its own run may then simply take it up again.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.errors import RunLockedError
from lyncops.values import Fqdn

HEARTBEAT: Final = timedelta(seconds=20)
STALE_AFTER: Final = timedelta(minutes=2)


@attrs.frozen(slots=True, kw_only=True)
class Process:
    """A process on a computer."""

    host: str
    pid: int

    @classmethod
    def current(cls) -> Process:
        """This one."""
        return cls(host=socket.gethostname(), pid=os.getpid())

    def is_gone(self) -> bool:
        """Whether it is certain that the process does not live any more; False where that cannot be known.

        Only POSIX has a signal that asks and does nothing; on Windows, and for another computer, the heartbeat decides.
        """
        if self.host != socket.gethostname() or os.name != "posix":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False  # it lives and belongs to somebody else
        return False


@attrs.frozen(slots=True, kw_only=True)
class Lock:
    """One pool's lock, as the journal keeps it. `heartbeat` is None while the run is at rest."""

    deployment: str
    pool: Fqdn
    run_id: str
    token: str  # one life of one process in this run: whoever holds another token has lost the lock
    owner: str
    process: Process
    reason: str
    taken_at: datetime
    heartbeat: datetime | None

    def is_stale(self, now: datetime) -> bool:
        """Whether its process died without letting go."""
        return self.heartbeat is not None and (now - self.heartbeat > STALE_AFTER or self.process.is_gone())

    def is_live(self, now: datetime) -> bool:
        """Whether a process works under it right now."""
        return self.heartbeat is not None and not self.is_stale(now)


@attrs.frozen(slots=True, kw_only=True)
class Claim:
    """A wish to lock pools. `steal` is the operator's explicit word to take them from whoever has them."""

    deployment: str
    pools: tuple[Fqdn, ...]
    run_id: str
    token: str
    owner: str
    process: Process
    reason: str
    at: datetime
    steal: bool = False

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


def displaced(held: Iterable[Lock], claim: Claim) -> tuple[Lock, ...]:
    """The locks of other runs (or of a live process of the same run) that the claim takes away.

    Raises:
        RunLockedError: there are some and the claim does not steal.
    """
    hindering = tuple(lock for lock in held if lock.run_id != claim.run_id or lock.is_live(claim.at))
    if hindering and not claim.steal:
        raise _locked(hindering[0], claim)
    return hindering


def lost(run_id: str) -> RunLockedError:
    """The error of a process that finds its lock taken away: it must not send anything any more."""
    return RunLockedError(
        f"Run {run_id} has lost the lock of its pools: somebody took it over. Nothing more was sent.",
        remedy="See `lyncops runs list` for who works on these pools now; resume this run only when that one is over.",
        run_id=run_id,
    )


def _locked(lock: Lock, claim: Claim) -> RunLockedError:
    since = f"since {lock.taken_at:%Y-%m-%d %H:%M} UTC, on {lock.process.host} (process {lock.process.pid})"
    reason = f", {lock.reason}" if lock.reason else ""
    if lock.run_id == claim.run_id:
        return RunLockedError(
            f"Run {lock.run_id} is being worked on right now by {lock.owner}, {since}.",
            remedy="Wait until it ends or pauses; if that process is certainly dead, resume again in two minutes.",
            run_id=lock.run_id,
        )
    if lock.heartbeat is None:
        state = "it is paused: resume it, or cancel it"
    elif lock.is_stale(claim.at):
        state = f"its process gave no sign of life since {lock.heartbeat:%H:%M:%S} UTC: resume it"
    else:
        state = "it is being worked on right now: wait for it"
    return RunLockedError(
        f"{lock.pool} is locked by run {lock.run_id} of {lock.owner}, {since}{reason}; {state}.",
        remedy=f"Look at it with `lyncops runs show {lock.run_id}`; taking the lock away must be asked for (--steal-lock).",
        run_id=lock.run_id,
    )
