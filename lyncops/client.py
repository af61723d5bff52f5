"""The client: everything that lyncops can do with one deployment, as typed methods. The command line calls nothing else."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from lyncops.errors import InvalidValueError
from lyncops.planner import Planner, Rehearsal

if TYPE_CHECKING:
    from lyncops.plan.model import Plan
    from lyncops.runs.events import Observer
    from lyncops.runs.lock import Lock
    from lyncops.runs.model import Run, RunSummary
    from lyncops.runs.report import Report
    from lyncops.runs.runner import Runner

__all__ = ["FRESH", "Client", "Rehearsal"]

FRESH: Final = timedelta(minutes=5)
"""A plan that is younger and was made by this client is not checked anew before it runs."""


@attrs.define(slots=True, kw_only=True, eq=False)
class Client(Planner):
    """Everything that lyncops can do with one deployment: read, judge, plan and run.

    Not to be shared between threads; close it in the end, or use it in a `with` block.
    """

    def run(
        self, plan: Plan, *, operator: str = "", reason: str = "", observers: Sequence[Observer] = (), steal_lock: bool = False
    ) -> Run:
        """Execute a plan until it is over or stops; its state says which. `operator` defaults to this account's name.

        Raises:
            InvalidValueError: the plan is another deployment's.
            PlanRefusedError: a check refuses the plan, or would refuse it now. Nothing was changed.
            RunLockedError: another run has one of the pools, or took them away while this one ran.
            JournalError: the journal cannot be written. Nothing more was sent.
            EndpointError: no server could be reached to check an older plan anew.
        """
        self._require_own(plan)
        return self._runner(observers).start(plan, operator=operator or _account(), reason=reason, steal_lock=steal_lock)

    def resume(self, run_id: str, *, operator: str = "", observers: Sequence[Observer] = (), steal_lock: bool = False) -> Run:
        """Go on with a run that stopped, or whose process died. Coming back to a manual step says that it was done.

        Raises:
            InvalidValueError: the run is another deployment's.
            RunLockedError: it is being worked on right now, or another run has one of the pools.
            JournalError: there is no such run, or the journal cannot be written.
        """
        self._require_own(self.show(run_id).plan)
        return self._runner(observers).resume(run_id, operator=operator or _account(), steal_lock=steal_lock)

    def cancel(self, run_id: str, *, reason: str, operator: str = "", observers: Sequence[Observer] = ()) -> Run:
        """Give a run up and free its pools. Nothing is undone and nothing is stopped at a server.

        Raises:
            RunLockedError: it is being worked on right now.
            JournalError: there is no such run, it is over, or the journal cannot be written.
        """
        return self._runner(observers).cancel(run_id, operator=operator or _account(), reason=reason)

    def runs(self, *, limit: int | None = None, before: str = "") -> tuple[RunSummary, ...]:
        """The runs of the journal in short, newest first: at most `limit`, and those that are older than the run `before`.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.journal.runs(limit=limit, before=before)

    def show(self, run_id: str) -> Run:
        """One run, as the journal tells it.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        return self.journal.load(run_id)

    def locks(self) -> tuple[Lock, ...]:
        """Who works on which pools.

        Raises:
            JournalError: the journal cannot be read.
        """
        return self.journal.locks()

    def report(self, run_id: str) -> Report:
        """One run told to people: renders as text, Markdown and JSON.

        Raises:
            JournalError: there is no such run, or the journal cannot be read.
        """
        from lyncops.runs.report import Report

        return Report.of(self.journal.load(run_id))

    def _require_own(self, plan: Plan) -> None:
        if plan.deployment != self.name:
            raise InvalidValueError(
                f"The plan is for the deployment {plan.deployment!r}; this client is connected to {self.name!r}.",
                remedy="Use the configuration of that deployment, or make the plan again with this one.",
            )

    def _runner(self, observers: Sequence[Observer]) -> Runner:
        from lyncops.runs.runner import Runner

        return Runner(
            sessions=self.sessions,
            clock=self.clock,
            journal=self.journal,
            read=self.status,
            observers=observers,
            poll=self.poll_interval,
            settle=self.settle or timedelta.max,
            recheck=self._recheck,
        )

    def _recheck(self, plan: Plan) -> None:
        """Refuse a plan that the servers do not call for any more; one that this client has just made is fresh enough."""
        from lyncops.procedures.catalogue import procedure_named
        from lyncops.procedures.request import ProcedureRequest
        from lyncops.runs.recheck import compare

        if plan.content_id in self._made and abs(self.clock.now() - plan.created_at) < FRESH:
            return
        compare(plan, procedure_named(plan.procedure).plan(self.status(), ProcedureRequest.of(plan)))


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError):
        return "unknown"
