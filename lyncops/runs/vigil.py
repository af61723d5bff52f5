"""Watching a lock whose process cannot be seen: a heartbeat that does not change is the only proof
that it is dead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.remoting.clock import Clock
from lyncops.runs.journal import Journal
from lyncops.runs.lock import HEARTBEAT, STALE_AFTER, Claim, Lock, Pulse

PAUSE: Final = HEARTBEAT / 4


def watched(
    claim: Claim, journal: Journal, clock: Clock, tell: Callable[[str, datetime], None]
) -> Claim:
    """The claim with the pulses of its own run's locks that have been missing for
    `STALE_AFTER`; it takes as long as that.

    `tell` receives what is watched, and until when. It returns at once where there is nothing to
    watch, or where something moves. The time is counted in pauses that were really slept, so that
    neither another computer's clock nor a jump of this one's shortens it.
    """
    if claim.steal:
        return claim
    locks = tuple(
        lock for lock in journal.locks() if lock.run_id == claim.run_id and lock.must_be_watched
    )
    first = frozenset(lock.pulse for lock in locks)
    if locks:
        seconds = f"{STALE_AFTER.total_seconds():.0f} seconds"
        what = (
            f"The lock is {locks[0].process}'s, which cannot be seen from here: watching its "
            f"heartbeat for {seconds}."
        )
        tell(what, clock.now() + STALE_AFTER)
    passed = timedelta(0)
    while first and passed < STALE_AFTER:
        clock.sleep(PAUSE)
        passed += PAUSE
        if _pulses(journal.locks(), claim) != first:
            return claim
    return attrs.evolve(claim, watched=first)


def _pulses(locks: Iterable[Lock], claim: Claim) -> frozenset[Pulse]:
    return frozenset(
        lock.pulse for lock in locks if lock.run_id == claim.run_id and lock.must_be_watched
    )
