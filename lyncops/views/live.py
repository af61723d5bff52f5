"""A run in progress: the state of each step, what it last wrote, how long it may take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from lyncops.checks.words import counted
from lyncops.plan.model import Plan, Step
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
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Table, Text, Tone
from lyncops.views.progress import TOLD_STREAMS, ending, reasons, record_line, with_why
from lyncops.views.run import STEP_TONES


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _label(state: StepState) -> Text:
    return Text(state.value.replace("_", " "), STEP_TONES[state])


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.define(slots=True)
class LiveRun:
    """Keeps of a run what is needed to show it. An observer; it may be read from another thread."""

    plan: Plan
    began_at: datetime = attrs.field(factory=_now, kw_only=True)
    run_id: str = attrs.field(default="", init=False)
    state: RunState = attrs.field(default=RunState.PENDING, init=False)
    about: str = attrs.field(default="", init=False)  # the last thing said about the run itself
    _states: dict[str, StepState] = attrs.field(factory=dict[str, StepState], init=False)
    _heard: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _lines: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _began: dict[str, datetime] = attrs.field(factory=dict[str, datetime], init=False)
    _ended: dict[str, datetime] = attrs.field(factory=dict[str, datetime], init=False)

    def observe(self, event: Event) -> None:  # noqa: C901 -- one branch a kind of event
        """Keep what is needed."""
        match event:
            case RunChanged():
                self.run_id, self.state = event.run_id, event.state
                self.about = with_why(f"run {event.run_id} is {event.state.value}", event.why)
            case StepChanged():
                self._change(event)
            case AttemptEnded():
                said = reasons(event) or f"the cmdlet {ending(event.outcome)}"
                self._heard[event.step_id] = said
            case AttemptPrepared():
                self._heard[event.step_id] = f"sending to {event.address.endpoint}"
            case Streamed():
                self._hear(event)
            case Polled():
                self._heard[event.step_id] = event.evidence
                self.about = self.about if event.step_id else event.evidence
            case GoalRead():
                self.about = f"read back: {event.evidence}"
            case Noted():
                self.about = event.text
            case LockTakenOver():
                self.about = str(event)
            case AttemptReleased():
                self._heard[event.step_id] = f"sent again at the request of {event.operator}"

    def _hear(self, event: Streamed) -> None:
        if event.record.kind in TOLD_STREAMS and event.record.text:
            self._lines[event.step_id] = record_line(event.record)

    def _change(self, event: StepChanged) -> None:
        self._states[event.step_id] = event.state
        self._began.setdefault(event.step_id, event.at)
        if event.state is not StepState.RUNNING:
            self._ended[event.step_id] = event.at
        known = self._heard.get(event.step_id, "")
        self._heard[event.step_id] = event.why or event.evidence or known

    def state_of(self, step_id: str) -> StepState:
        """The state of a step, as far as is known."""
        return self._states.get(step_id, StepState.PENDING)

    @property
    def running(self) -> int | None:
        """The number of the step that runs now, from 1."""
        steps = enumerate(self.plan.steps, start=1)
        found = (n for n, step in steps if self.state_of(step.step_id) is StepState.RUNNING)
        return next(found, None)

    def remaining(self, now: datetime) -> timedelta:
        """How long the steps that are not settled may still take, by the plan's own estimates."""
        left = timedelta(0)
        for step in self.plan.steps:
            if not self.state_of(step.step_id).is_settled:
                began = self._began.get(step.step_id)
                spent = timedelta(0) if began is None else now - began
                left += max(step.estimate - spent, timedelta(0))
        return left

    def headline(self, now: datetime) -> str:
        """Which step runs, how long the run has taken so far, and how long it may still take."""
        steps = len(self.plan.steps)
        number = self.running
        where = f"step {number} of {steps}" if number else counted(steps, "step")
        spent = f"{duration(max(now - self.began_at, timedelta(0)))} so far"
        left = self.remaining(now)
        if all(self.state_of(step.step_id).is_settled for step in self.plan.steps):
            return f"{where}, {spent}"
        rest = f"about {duration(left)} left" if left else "longer than estimated"
        return f"{where}, {spent}, {rest}"

    @classmethod
    def of(cls, run: Run) -> LiveRun:
        """A run as the journal tells it now, worked on by another process."""
        made = cls(run.plan, began_at=run.created_at)
        made.know(run)
        made.run_id, made.state = run.run_id, run.state
        made.about = with_why(f"run {run.run_id} is {run.state.value}", run.why)
        for record in run.steps:
            step_id, last = record.step.step_id, record.last_attempt
            if record.started_at is not None and not record.state.is_settled:
                made._states[step_id] = record.state
                made._began[step_id] = record.started_at
                made._heard[step_id] = record.why or record.evidence_before
            if last is not None and last.lines and last.ended_at is None:
                line = last.lines[-1]
                percent = f" ({line.percent} %)" if line.percent is not None else ""
                made._lines[step_id] = f"{line.stream.value}: {line.text}{percent}"
        return made

    def know(self, run: Run) -> None:
        """Begin with the state of a resumed run: its finished steps are finished."""
        for record in run.steps:
            step_id = record.step.step_id
            if record.state.is_settled:
                self._states[step_id] = record.state
                self._heard[step_id] = record.why or record.evidence_after
                if record.started_at is not None:
                    self._began[step_id] = record.started_at
                if record.ended_at is not None:
                    self._ended[step_id] = record.ended_at

    def tables(self, now: datetime) -> Iterator[Table]:
        """The same for smaller and smaller windows: all steps; those that are done in one row; then
        those that have not begun in one row too; then what goes on alone.

        A terminal is narrow: titles have its width, and what was heard of a step that goes on
        stands under it.
        """
        count = len(self.plan.steps)
        yield self._narrow(now, range(count))
        states = [self.state_of(step.step_id) for step in self.plan.steps]
        begin = next((n for n, state in enumerate(states) if not state.is_settled), count)
        yield self._narrow(now, range(begin, count), done=begin)
        for shown in (3, 1):
            end = min(begin + shown, count)
            yield self._narrow(now, range(begin, end), done=begin, to_come=count - end)

    def table(self, now: datetime) -> Table:
        """The steps, with the last thing heard of each."""
        rows = [row for index in range(len(self.plan.steps)) for row in self._rows(index, now)]
        return Table(("", "step", "state", "took", "last heard"), tuple(rows))

    def _narrow(self, now: datetime, steps: range, *, done: int = 0, to_come: int = 0) -> Table:
        rows = [row for index in steps for row in self._narrow_rows(index, now)]
        if done:
            label = Text("done", Tone.GOOD)
            rows.insert(0, (_span(1, done), f"{counted(done, 'step')} finished", label, ""))
        if to_come:
            count = len(self.plan.steps)
            label = Text("pending", Tone.FAINT)
            words = f"{counted(to_come, 'step')} to come"
            rows.append((_span(count - to_come + 1, count), words, label, ""))
        return Table(("", "step", "state", "took"), tuple(rows))

    def _narrow_rows(self, index: int, now: datetime) -> Iterator[tuple[Text | str, ...]]:
        step = self.plan.steps[index]
        state = self.state_of(step.step_id)
        yield (str(index + 1), step.title, _label(state), self._took(step, now))
        if not state.is_settled:
            heard = self._heard.get(step.step_id, "")
            expected = f"expected to take about {duration(step.estimate)}" if step.estimate else ""
            running = state is StepState.RUNNING
            said = "; ".join(filter(None, (expected if running else "", heard)))
            yield from ((Text(said, Tone.FAINT),),) if said else ()
            yield from self._written(step)

    def _rows(self, index: int, now: datetime) -> Iterator[tuple[Text | str, ...]]:
        """The step, and under a running one, across all columns, the last line that its cmdlet
        wrote.
        """
        step = self.plan.steps[index]
        state = self.state_of(step.step_id)
        took = self._took(step, now)
        if state is StepState.RUNNING and took and step.estimate:
            took = f"{took} of about {duration(step.estimate)}"
        heard = Text(self._heard.get(step.step_id, ""), Tone.FAINT)
        yield (str(index + 1), step.title, _label(state), took, heard)
        yield from self._written(step)

    def _took(self, step: Step, now: datetime) -> str:
        began = self._began.get(step.step_id)
        end = self._ended.get(step.step_id, now)
        return f"{max((end - began).total_seconds(), 0):.0f} s" if began else ""

    def _written(self, step: Step) -> Iterator[tuple[Text]]:
        if self.state_of(step.step_id) is StepState.RUNNING and step.step_id in self._lines:
            yield (Text(self._lines[step.step_id], Tone.FAINT),)
