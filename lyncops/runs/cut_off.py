"""A run whose journal went away: what runs where, and how to come back to it."""

from __future__ import annotations

from lyncops.errors import JournalError, RunCutOffError
from lyncops.plan.steps import CmdletStep
from lyncops.runs.events import AttemptEnded, JournalEvent
from lyncops.runs.model import Attempt, Run, StepRecord
from lyncops.values import Effect


def cut_off(run: Run, unwritten: JournalEvent | None, error: JournalError) -> RunCutOffError:
    """The error of a run that stops because `unwritten` could not be journalled."""
    record = run.current
    attempt = _open_change(record)
    if isinstance(unwritten, AttemptEnded) and unwritten.proof is not None:
        attempt = None  # nothing was sent
    if record is None or attempt is None:
        done = sum(each.state.is_settled for each in run.steps)
        state = f"No command is running on a server; {done} of {len(run.steps)} steps are done."
        way_on = "lyncops reads the servers' state and continues from there."
    else:
        state = _running(record, attempt, unwritten)
        way_on = "lyncops looks for the command and its effect; it is not sent a second time."
    return RunCutOffError(
        f"Run {run.run_id} stopped: its journal became unavailable. {error.what} {state}",
        remedy=(
            f"{error.remedy} When the journal is back: lyncops resume {run.run_id};"
            f" {way_on}".strip()
        ),
        run_id=run.run_id,
        is_unknown=attempt is not None,
    )


def _open_change(record: StepRecord | None) -> Attempt | None:
    """The attempt that may still run at a server, or whose end is not known."""
    if (
        record is None
        or not isinstance(record.step, CmdletStep)
        or record.step.cmdlet.effect is not Effect.CHANGE
    ):
        return None
    attempt = record.last_attempt
    return attempt if attempt is not None and attempt.is_open else None


def _running(record: StepRecord, attempt: Attempt, unwritten: JournalEvent | None) -> str:
    cmdlet = (
        record.step.cmdlet.to_powershell()
        if isinstance(record.step, CmdletStep)
        else record.step.title
    )
    sent = (
        f"`{cmdlet}` was sent to {attempt.address.endpoint} at {attempt.prepared_at:%H:%M:%S} UTC"
    )
    if isinstance(unwritten, AttemptEnded):
        return f"{sent}. It ended ({unwritten.outcome.value}), but that could not be recorded."
    return f"{sent} and is still running there; its result is not recorded."
