"""What came of a run beside what was expected: the data that was lost, the time that it took."""

from __future__ import annotations

from datetime import timedelta

from lyncops.runs.model import Run, RunState
from lyncops.values import Mode


def loss_seen(run: Run) -> str:
    """What is known of the data that was really lost, in a sentence.

    No cmdlet counts it: what a lost pool had not copied, only that pool knows.
    """
    if not run.has_changed:
        return "nothing: no cmdlet that changes something was sent."
    if run.plan.mode is Mode.DISASTER:
        return (
            "not measured. No cmdlet counts what had not been copied: it shows when the lost pool"
            " is back, or by what its users miss."
        )
    if run.state is RunState.COMPLETED:
        return "none was seen: each step was read back as planned."
    if run.state.is_final:
        return f"not known: the run ended as {run.state.value.replace('_', ' ')}."
    return "not known yet: the run is not over."


def took(run: Run) -> timedelta | None:
    """From the begin of a run to its end; None while it is not over."""
    if run.changed_at is None or not run.state.is_final:
        return None
    return run.changed_at - run.created_at
