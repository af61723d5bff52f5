"""The journal: what was attempted and the outcome.

Append-only; every write is durable before the method returns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from lyncops.configuration.journal_url import TIMEOUT
from lyncops.runs.events import JournalEvent, LockTakenOver
from lyncops.runs.exchange import StoredRun
from lyncops.runs.lock import Claim, Lock
from lyncops.runs.model import Run, RunSummary


class Journal(Protocol):
    """Keeps runs, their events and the locks of pools.

    Every method raises JournalError when the store does not work.
    """

    def begin(self, run: Run, claim: Claim) -> tuple[LockTakenOver, ...]:
        """Take the locks and write the new run down, both or neither.

        Answers what it wrote into the run: each taking over.

        Raises:
            RunLockedError: another run has one of the pools.
        """
        ...

    def take_up(self, claim: Claim) -> tuple[LockTakenOver, ...]:
        """Take the locks for a run that exists; what it wrote into the run.

        Raises:
            RunLockedError: another run has one of the pools, or a live process has this one.
        """
        ...

    def append(self, event: JournalEvent, *, token: str) -> None:
        """Write an event down, and a heartbeat with it, if the locks are still held under `token`.

        The end of a run drops them.

        Raises:
            RunLockedError: they are not: somebody took them over.
        """
        ...

    def heartbeat(self, run_id: str, token: str, at: datetime) -> bool:
        """Renew the heartbeat; False when the locks are not held under `token` any more."""
        ...

    def holds(self, run_id: str, token: str) -> bool:
        """Whether the locks are held under `token` right now. Cheap, and writes nothing."""
        ...

    def release(self, run_id: str, token: str) -> None:
        """End this process's hold: locks that there still are stay, at rest."""
        ...

    def load(self, run_id: str) -> Run:
        """A run, rebuilt from its events.

        Raises:
            JournalError: there is none of that name, or its plan was altered.
        """
        ...

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        """The runs in short, newest first: at most `limit`, and those that are older than the run
        `before`.
        """
        ...

    def locks(self) -> tuple[Lock, ...]:
        """All locks."""
        ...

    def stored(self, run_id: str) -> StoredRun:
        """A run as it is stored, to be exported."""
        ...

    def store(self, run: StoredRun) -> bool:
        """Write a run of another journal down; False where it is there already.

        Raises:
            JournalError: it is not over, was altered, or is there with a different history.
        """
        ...

    def prunable(self, before: datetime) -> tuple[RunSummary, ...]:
        """The runs that were over before then, oldest first."""
        ...

    def prune(self, before: datetime) -> tuple[RunSummary, ...]:
        """Delete them, each with all of its events; which they were."""
        ...

    def close(self) -> None:
        """Let the store go."""
        ...


def open_journal(url: str, timeout: timedelta = TIMEOUT) -> Journal:
    """Open (and create where it does not exist) the journal at a database url,
    `sqlite:///lyncops.db`.

    Raises:
        JournalError: it cannot be opened, created or written.
    """
    from lyncops.runs.sql_journal import SqlJournal

    return SqlJournal.open(url, timeout)
