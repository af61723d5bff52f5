"""A run as people read it: its state, the outcome of every step, and what to do now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Final

from lyncops.plan.steps import ManualStep
from lyncops.runs.model import Run, RunState, RunSummary, StepRecord, StepState
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.plan import broken_blocks

STEP_TONES: Final = {
    StepState.PENDING: Tone.FAINT,
    StepState.RUNNING: Tone.STRONG,
    StepState.WAITING_FOR_PERSON: Tone.CAREFUL,
    StepState.DONE: Tone.GOOD,
    StepState.ALREADY_TRUE: Tone.GOOD,
    StepState.FAILED: Tone.BAD,
    StepState.TIMED_OUT: Tone.BAD,
    StepState.UNKNOWN: Tone.BAD,
    StepState.GIVEN_UP: Tone.CAREFUL,
}

_DONE: Final = frozenset({RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS})
_WENT_WRONG: Final = frozenset(
    {RunState.PAUSED_BY_FAILED_STEP, RunState.TIMED_OUT, RunState.UNKNOWN, RunState.FAILED}
)
"""States in which the plan's notes are shown once more: they describe the repair of what can go
wrong.
"""


def runs_blocks(runs: Iterable[RunSummary]) -> Iterator[Block]:
    """One row for each run."""
    rows = tuple(
        (
            run.run_id,
            run.procedure or "?",
            run.target or "?",
            run.mode or "-",
            (
                Text(run.state.value, _tone(run.state))
                if run.state
                else Text("cannot be read", Tone.BAD)
            ),
            run.operator,
            f"{run.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if run.created_at else "?",
        )
        for run in runs
    )
    if rows:
        yield Table(
            ("run", "procedure", "target", "mode", "state", "operator", "created (UTC)"), rows
        )
    else:
        yield Text("No runs yet.")


def run_blocks(run: Run) -> Iterator[Block]:
    """The run as it is now."""
    yield Heading(f"Run {run.run_id}: {run.plan.procedure.title}")
    yield Table(
        ("", "step", "state", "took", "seen"),
        tuple(_row(number, record) for number, record in enumerate(run.steps, 1)),
        remarks=True,
    )
    yield Text("")
    yield state_of(run)
    yield from to_do_blocks(run)


def state_of(run: Run) -> Text:
    """Its state, and why."""
    state = run.state.value.replace("_", " ")
    return Text(f"{state}: {run.why or run.goal_evidence or '-'}", _tone(run.state))


def to_do_blocks(run: Run) -> Iterator[Block]:
    """What is to be done now, what went other than planned, what stays broken, the way on."""
    plan = run.plan
    yield from _to_be_done(run)
    yield from (Text(f"exception: {exception}", Tone.CAREFUL) for exception in run.exceptions)
    told_before = plan.notes if run.state in _WENT_WRONG else ()
    yield from (Text(f"note: {note}") for note in (*told_before, *run.notes))
    yield from broken_blocks(run.left_broken)
    if run.state in _DONE and plan.procedure.way_back:
        yield Text("The way back, when it is time:", Tone.STRONG)
        yield Text(f"lyncops run {plan.procedure.way_back}", indent=4, verbatim=True)
    if run.state in _DONE:
        yield Text("What was done, to be filed:", Tone.STRONG)
        yield Text(f"lyncops runs report {run.run_id}", indent=4, verbatim=True)
    if run.state.is_at_rest or run.state is RunState.RUNNING:
        yield Text(f"Continue with: lyncops resume {run.run_id}", Tone.STRONG)


def _to_be_done(run: Run) -> Iterator[Block]:
    """What the run waits for a person to do."""
    step = run.current.step if run.current and run.state is RunState.PENDING_MANUAL_STEP else None
    if isinstance(step, ManualStep):
        yield from (Text(f"- {line}", indent=4) for line in step.instructions)
        yield Text(f"seen by: {step.how_to_see}", indent=4)


def _row(number: int, record: StepRecord) -> tuple[Text | str, ...]:
    took = (
        duration(record.ended_at - record.started_at)
        if record.started_at and record.ended_at
        else ""
    )
    state = Text(record.state.value.replace("_", " "), STEP_TONES[record.state])
    return str(number), record.step.title, state, took, record.why or record.evidence_after


def _tone(state: RunState) -> Tone:
    if state is RunState.COMPLETED:
        return Tone.GOOD
    return (
        Tone.BAD
        if state in (RunState.FAILED, RunState.UNKNOWN, RunState.TIMED_OUT)
        else Tone.CAREFUL
    )
