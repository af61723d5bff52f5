"""What a client can do with the journal alone: no server is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from lyncops.runs.connection import Connection

if TYPE_CHECKING:
    from lyncops.plan.model import Plan
    from lyncops.runs.chain import Chain
    from lyncops.runs.lock import Lock
    from lyncops.runs.model import Run, RunSummary
    from lyncops.runs.report import Report
    from lyncops.runs.transfer import Exported, Imported


@attrs.define(slots=True, eq=False)
class WithJournal:
    """The runs of one deployment, as its journal has them."""

    connection: Connection

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        """Summaries of runs, newest first: at most `limit`, and only older than the run `before`.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.connection.journal.runs(limit=limit, before=before)

    def export_runs(self, path: str | os.PathLike[str], run_ids: Sequence[str] = ()) -> Exported:
        """Write finished runs (those named, or all) into a new file, for another journal.

        Raises:
            JournalError: a run that was named is not over or not there, or the file exists or
                cannot be written.
        """
        from lyncops.runs.transfer import export_runs

        return export_runs(self.connection.journal, Path(path), run_ids)

    def import_runs(self, path: str | os.PathLike[str]) -> Imported:
        """Write the runs of such a file into the journal; what is there already is left as it is.

        Raises:
            JournalError: the file cannot be read, or one of its runs cannot be imported; those
                before it were.
        """
        from lyncops.runs.transfer import import_runs

        return import_runs(self.connection.journal, Path(path))

    def prunable_runs(self, before: datetime) -> tuple[RunSummary, ...]:
        """The runs that were over before then, oldest first.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.connection.journal.prunable(before)

    def prune_runs(self, before: datetime) -> tuple[RunSummary, ...]:
        """Delete the runs that finished before then; returns them.

        Raises:
            JournalError: the journal cannot be written.
        """
        return self.connection.journal.prune(before)

    def open_run_of(self, plan: Plan) -> Run | None:
        """The run that is not over and holds one of the plan's pools. Where what is asked for shows
        already, that may be half of what this run does.

        Raises:
            JournalError: the journal cannot be read.
        """
        for lock in self.locks():
            if lock.deployment == plan.deployment and lock.pool in plan.pools_to_lock:
                run = self.show(lock.run_id)
                if not run.state.is_final:
                    return run
        return None

    def show(self, run_id: str) -> Run:
        """One run, as the journal records it.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        return self.connection.journal.load(run_id)

    def follow(self, run_id: str, *, every: timedelta = timedelta(seconds=1)) -> Iterator[Run]:
        """A run that another process works on: as it is now, and after each change, until it is
        over or pauses.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        from lyncops.runs.watched import follow

        return follow(self.connection.journal, run_id, self.connection.clock, every)

    def locks(self) -> tuple[Lock, ...]:
        """Who works on which pools.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.connection.journal.locks()

    def report(self, run_id: str) -> Report:
        """The report of one run: renders as text, Markdown and JSON, with what its hash chain says.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        from lyncops.runs.report import Report

        return Report.of(self.show(run_id), chain=self.verify(run_id))

    def verify(self, run_id: str, *, kept: str = "") -> Chain:
        """Whether the journal's entries of a run are as they were written: its hash chain.

        `kept` is a hash of the run that was kept outside of the journal, as a report shows it.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        from lyncops.runs.chain import examine

        return examine(self.connection.journal.stored(run_id), kept=kept)
