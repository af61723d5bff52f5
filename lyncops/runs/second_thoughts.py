"""Why a saved plan is asked about once more before it runs: it was executed, or it is old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from lyncops.checks.words import age
from lyncops.errors import JournalError
from lyncops.plan.model import Plan
from lyncops.runs.journal import Journal
from lyncops.runs.model import Run


def second_thoughts(
    plan: Plan, journal: Journal, *, now: datetime, plan_age: timedelta
) -> tuple[str, ...]:
    """The reasons in sentences; none where the plan is young and never ran."""
    old = now - plan.created_at
    too_old = (
        f"This plan is {age(old)} old: it was made for what the servers said then (plan_age in"
        f" [deployment] is {age(plan_age)})."
    )
    return (*map(_told, _runs_of(plan, journal)), *((too_old,) if old > plan_age else ()))


def _runs_of(plan: Plan, journal: Journal) -> Iterator[Run]:
    """The runs of this very plan, newest first; one that cannot be read is ignored."""
    for summary in journal.runs():
        named = (summary.deployment, summary.procedure, summary.target)
        if named != (plan.deployment, plan.procedure.NAME, str(plan.target or "")):
            continue
        try:
            run = journal.load(summary.run_id)
        except JournalError:
            continue
        if (run.plan.created_at, run.plan.procedure) == (plan.created_at, plan.procedure):
            yield run


def _told(run: Run) -> str:
    state = run.state.value.replace("_", " ")
    began = f"This plan was executed already: run {run.run_id} is {state}."
    if run.state.is_final:
        return began
    return f"{began} To go on with that run: lyncops resume {run.run_id}."
