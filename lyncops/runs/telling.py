"""The events of a run as log records, for log collectors."""

from __future__ import annotations

import logging
from typing import Final

from lyncops.plan.steps import CmdletStep
from lyncops.remoting.parts import EVENTS, logger
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    Event,
    GoalRead,
    LockTakenOver,
    Noted,
    Polled,
    RunChanged,
    StepChanged,
    Streamed,
)
from lyncops.runs.model import Run, RunState, StepState
from lyncops.text.harmless import harmless
from lyncops.values import Outcome

_log: Final = logger(EVENTS)
_BAD: Final = frozenset(
    {
        RunState.PAUSED_BY_FAILED_STEP,
        RunState.UNKNOWN,
        RunState.TIMED_OUT,
        RunState.FAILED,
        StepState.FAILED,
        StepState.TIMED_OUT,
        StepState.UNKNOWN,
        StepState.GIVEN_UP,
    }
)


def log_event(event: Event, run: Run) -> None:
    """Log it: what is bad as a warning, what is only seen on the way for debugging."""
    level = _level(event)
    if not _log.isEnabledFor(level):
        return
    step_id = (
        "" if isinstance(event, RunChanged | GoalRead | Noted | LockTakenOver) else event.step_id
    )
    step = next((record.step for record in run.steps if record.step.step_id == step_id), None)
    extra = {
        "run_id": event.run_id,
        "step_id": step_id,
        "cmdlet": step.cmdlet.NAME if isinstance(step, CmdletStep) else "",
        "event": type(event).__name__,
    }
    if isinstance(event, AttemptPrepared):
        extra["endpoint"] = event.address.endpoint
    where = f"run {event.run_id}, step {step_id}" if step_id else f"run {event.run_id}"
    _log.log(level, "%s: %s", where, harmless(_words(event, extra["cmdlet"])), extra=extra)


def _level(event: Event) -> int:
    match event:
        case Streamed() | Polled():
            return logging.DEBUG
        case RunChanged() | StepChanged() if event.state in _BAD:
            return logging.WARNING
        case AttemptEnded() if event.outcome is not Outcome.SUCCEEDED:
            return logging.WARNING
        case _:
            return logging.INFO


def _words(event: Event, cmdlet: str) -> str:
    match event:
        case RunChanged() | StepChanged():
            return " ".join(
                filter(
                    None,
                    (event.state.replace("_", " "), event.why or getattr(event, "evidence", "")),
                )
            )
        case AttemptPrepared():
            return f"sending {cmdlet} to {event.address.endpoint}"
        case AttemptEnded():
            return f"{cmdlet} {event.outcome} {event.reason}".strip()
        case AttemptReleased():
            return f"{cmdlet} is sent again at the request of {event.operator}: {event.reason}"
        case GoalRead() | Polled():
            return event.evidence
        case Noted():
            return event.text
        case LockTakenOver():
            return str(event)
        case Streamed():
            return f"{cmdlet} {event.record.kind}: {event.record.text}"
