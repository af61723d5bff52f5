"""A run that another process works on, followed in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from lyncops.remoting.clock import Clock
from lyncops.runs.journal import Journal
from lyncops.runs.model import Run, RunState, StepRecord
from lyncops.text.harmless import harmless


def follow(journal: Journal, run_id: str, clock: Clock, every: timedelta) -> Iterator[Run]:
    """The run now and after each change, until it is over or at rest.

    Raises:
        JournalError: there is no such run, or the journal cannot be read.
    """
    run = journal.load(run_id)
    yield run
    while run.state in (RunState.PENDING, RunState.RUNNING):
        clock.sleep(every)
        now = journal.load(run_id)
        if now != run:
            run = now
            yield run


def changes(before: Run | None, now: Run) -> Iterator[str]:
    """What is new in the run, a line for each thing."""
    known = {one.step.step_id: one for one in before.steps} if before else {}
    count = len(now.steps)
    for number, record in enumerate(now.steps, start=1):
        for words in _of_step(known.get(record.step.step_id), record):
            yield f"step {number}/{count} {record.step.step_id}: {words}"
    if before is None or before.state is not now.state:
        why = f" ({harmless(now.why)})" if now.why else ""
        yield f"run {now.run_id} is {now.state.value}{why}"


def _of_step(before: StepRecord | None, now: StepRecord) -> Iterator[str]:
    is_new = before is None or before.state is not now.state
    old, last = before.last_attempt if before else None, now.last_attempt
    said = len(old.lines) if old and last and old.number == last.number else 0
    if last is not None:
        yield from (harmless(line.text) for line in last.lines[said:])
    if is_new and now.started_at is not None:
        seen = now.why or now.evidence_after or now.evidence_before
        yield f"{now.state.value}{f' ({harmless(seen)})' if seen else ''}"
