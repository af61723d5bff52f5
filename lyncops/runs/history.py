"""From events to a run: a pure fold, used for the live run and for one read from the
journal alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from lyncops.errors import JournalError
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    GoalRead,
    JournalEvent,
    LinesHeard,
    LockTakenOver,
    Moment,
    Noted,
    RunChanged,
    StepChanged,
    TopologyRead,
)
from lyncops.runs.model import Attempt, Run, StepRecord, StepState
from lyncops.values import Outcome


def apply(run: Run, event: JournalEvent) -> Run:
    """The run after `event`.

    Raises:
        JournalError: the event cannot follow (a transition that the state machine does not know, a
            step that the plan has not).
    """
    match event:
        case RunChanged():
            if not run.state.may_become(event.state):
                raise JournalError(
                    f"Run {run.run_id} cannot go from {run.state.value} to {event.state.value}.",
                    remedy="A run that is over stays over: make a new plan.",
                )
            return attrs.evolve(run, state=event.state, changed_at=event.at, why=event.why)
        case StepChanged():
            return _on_step(run, event.step_id, lambda record: _change(record, event))
        case AttemptPrepared() | LinesHeard() | AttemptEnded() | AttemptReleased():
            return _on_step(run, event.step_id, lambda record: _attempt(record, event))
        case GoalRead():
            return attrs.evolve(run, goal_evidence=event.evidence)
        case TopologyRead(moment=Moment.BEFORE):
            return attrs.evolve(run, topology_before=event.deployment)
        case TopologyRead():
            return attrs.evolve(run, topology_after=event.deployment)
        case Noted():
            return attrs.evolve(run, notes=(*run.notes, event.text))
        case LockTakenOver():
            return attrs.evolve(run, notes=(*run.notes, str(event)))


def replay(run: Run, events: Iterable[JournalEvent]) -> Run:
    """The run after all of `events`."""
    for event in events:
        run = apply(run, event)
    return run


def _on_step(run: Run, step_id: str, change: Callable[[StepRecord], StepRecord]) -> Run:
    if all(record.step.step_id != step_id for record in run.steps):
        raise JournalError(
            f"The journal of run {run.run_id} contains a step {step_id!r} that its plan does not"
            " have.",
            remedy=(
                "The journal was altered; do not resume this run, make a new plan from what the"
                " servers show."
            ),
        )
    steps = tuple(
        change(record) if record.step.step_id == step_id else record for record in run.steps
    )
    return attrs.evolve(run, steps=steps)


def _change(record: StepRecord, event: StepChanged) -> StepRecord:
    if event.state is StepState.RUNNING:
        return attrs.evolve(
            record,
            state=event.state,
            started_at=record.started_at or event.at,
            evidence_before=event.evidence,
            why=event.why,
        )
    return attrs.evolve(
        record,
        state=event.state,
        started_at=record.started_at or event.at,
        ended_at=event.at if event.state is not StepState.PENDING else None,
        evidence_after=event.evidence,
        why=event.why,
        exceptions=event.exceptions,
    )


def _attempt(
    record: StepRecord, event: AttemptPrepared | LinesHeard | AttemptEnded | AttemptReleased
) -> StepRecord:
    match event:
        case AttemptPrepared():
            return _prepare(record, event)
        case LinesHeard():
            return _hear(record, event)
        case AttemptEnded():
            return _end(record, event)
        case AttemptReleased():
            return _release(record, event)


def _prepare(record: StepRecord, event: AttemptPrepared) -> StepRecord:
    attempt = Attempt(number=event.number, prepared_at=event.at, address=event.address)
    return attrs.evolve(record, attempts=(*record.attempts, attempt))


def _hear(record: StepRecord, event: LinesHeard) -> StepRecord:
    return _on_attempt(
        record,
        event.number,
        lambda attempt: attrs.evolve(attempt, lines=(*attempt.lines, *event.lines), heard=True),
    )


def _end(record: StepRecord, event: AttemptEnded) -> StepRecord:
    return _on_attempt(record, event.number, lambda attempt: _ended(attempt, event))


def _ended(attempt: Attempt, event: AttemptEnded) -> Attempt:
    """What is known now.

    Of a command that a server has said anything about, nothing proves that it never started.
    """
    is_contradicted = attempt.heard and event.proof is not None
    return attrs.evolve(
        attempt,
        ended_at=event.at,
        outcome=Outcome.UNKNOWN if is_contradicted else event.outcome,
        proof=None if is_contradicted else event.proof,
        heard=attempt.heard or event.heard,
        errors=event.errors,
        warnings=event.warnings,
        reason=event.reason,
        lines=(*attempt.lines, *event.lines),
        lines_left_out=attempt.lines_left_out + event.lines_left_out,
    )


def _release(record: StepRecord, event: AttemptReleased) -> StepRecord:
    why = f"{event.operator}: {event.reason}"
    return _on_attempt(record, event.number, lambda attempt: attrs.evolve(attempt, released=why))


def _on_attempt(
    record: StepRecord, number: int, change: Callable[[Attempt], Attempt]
) -> StepRecord:
    attempts = tuple(
        change(attempt) if attempt.number == number else attempt for attempt in record.attempts
    )
    return attrs.evolve(record, attempts=attempts)
