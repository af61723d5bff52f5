"""A run while it goes on: a table that is drawn over on a terminal, a line with the time per event
in a pipe.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import attrs
from rich.console import Group
from rich.live import Live

from lyncops.cli.screen import Screen, drawn
from lyncops.plan.model import Plan
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    Event,
    GoalRead,
    LockTakenOver,
    Noted,
    Observer,
    Polled,
    RunChanged,
    StepChanged,
    Streamed,
)
from lyncops.runs.model import StepState
from lyncops.text.sentences import each_once
from lyncops.values import Outcome
from lyncops.views.blocks import Table, Text, Tone
from lyncops.views.run import STEP_TONES

_TOLD_STREAMS: Final = frozenset(StreamKind) - {StreamKind.OUTPUT, StreamKind.DEBUG}


@contextmanager
def progress(screen: Screen, plan: Plan) -> Generator[Observer]:
    """An observer that shows the run of `plan` on the screen while the block lasts."""
    if not screen.is_terminal:
        yield Lines(screen, plan)
        return
    table = LiveTable(plan)
    with Live(get_renderable=table.render, console=screen.console(), refresh_per_second=4):
        yield table


@attrs.define(slots=True)
class Lines:
    """Tells a run as lines, each with its time."""

    _screen: Screen
    _plan: Plan
    _evidence: str = attrs.field(default="", init=False)
    _words_before: str = attrs.field(default="", init=False)

    def observe(self, event: Event) -> None:
        """Say one line, or none where nothing new was seen."""
        words = self._words(event)
        if words and words != self._words_before:
            self._words_before = words
            self._screen.say(Text(f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}  {words}"))

    def _words(self, event: Event) -> str:
        match event:
            case RunChanged():
                return _with_why(f"run {event.run_id} is {event.state.value}", event.why)
            case StepChanged():
                return _with_why(
                    f"{self._step(event.step_id)}: {event.state.value}",
                    event.why or self._news(event.evidence),
                )
            case AttemptPrepared() | AttemptEnded() | AttemptReleased():
                return f"{self._step(event.step_id)}: {_of_attempt(event)}"
            case GoalRead():
                return f"read back: {event.evidence}"
            case Noted():
                return f"note: {event.text}"
            case LockTakenOver():
                return f"note: {event}"
            case Streamed():
                told = event.record.kind in _TOLD_STREAMS
                return (
                    f"{self._step(event.step_id)}: {_line(event.record)}"
                    if told and event.record.text
                    else ""
                )
            case Polled():
                news = self._news(event.evidence)
                return f"{self._step(event.step_id)}: {news}" if news else ""

    def _news(self, evidence: str) -> str:
        """The evidence, where it is not the same as the last time."""
        known, self._evidence = self._evidence, evidence or self._evidence
        return "" if evidence == known else evidence

    def _step(self, step_id: str) -> str:
        for number, step in enumerate(self._plan.steps, start=1):
            if step.step_id == step_id:
                return f"step {number}/{len(self._plan.steps)} {step_id}"
        return "goal"


def _of_attempt(event: AttemptPrepared | AttemptEnded | AttemptReleased) -> str:
    match event:
        case AttemptPrepared():
            return f"sending to {event.address.endpoint}"
        case AttemptEnded():
            return _with_why(f"the cmdlet {_ending(event.outcome)}", _reasons(event))
        case AttemptReleased():
            return f"sent again at the word of {event.operator}: {event.reason}"


@attrs.define(slots=True)
class LiveTable:
    """Shows a run as a table of its steps, with the last thing heard of each."""

    _plan: Plan
    _states: dict[str, StepState] = attrs.field(factory=dict[str, StepState], init=False)
    _heard: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _lines: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _began: dict[str, datetime] = attrs.field(factory=dict[str, datetime], init=False)
    _ended: dict[str, datetime] = attrs.field(factory=dict[str, datetime], init=False)
    _about_run: str = attrs.field(default="", init=False)

    def observe(self, event: Event) -> None:  # noqa: C901 - one branch a kind of event
        """Keep what is needed to draw the table."""
        match event:
            case RunChanged():
                self._about_run = _with_why(f"run {event.run_id} is {event.state.value}", event.why)
            case StepChanged():
                self._change(event)
            case AttemptEnded():
                self._heard[event.step_id] = (
                    _reasons(event) or f"the cmdlet {_ending(event.outcome)}"
                )
            case AttemptPrepared():
                self._heard[event.step_id] = f"sending to {event.address.endpoint}"
            case Streamed():
                self._hear(event)
            case Polled():
                self._heard[event.step_id] = event.evidence
                self._about_run = self._about_run if event.step_id else event.evidence
            case GoalRead():
                self._about_run = f"read back: {event.evidence}"
            case Noted():
                self._about_run = event.text
            case LockTakenOver():
                self._about_run = str(event)
            case AttemptReleased():
                self._heard[event.step_id] = f"sent again: {event.operator} says so"

    def _hear(self, event: Streamed) -> None:
        if event.record.kind in _TOLD_STREAMS and event.record.text:
            self._lines[event.step_id] = _line(event.record)

    def _change(self, event: StepChanged) -> None:
        self._states[event.step_id] = event.state
        self._began.setdefault(event.step_id, event.at)
        if event.state is not StepState.RUNNING:
            self._ended[event.step_id] = event.at
        self._heard[event.step_id] = (
            event.why or event.evidence or self._heard.get(event.step_id, "")
        )

    def render(self) -> Group:
        """The table as it stands now."""
        rows = tuple(row for index in range(len(self._plan.steps)) for row in self._rows(index))
        table = Table(("", "step", "state", "took", "last heard"), rows)
        return Group(drawn(table), drawn(Text(self._about_run, Tone.STRONG)))

    def _rows(self, index: int) -> Iterator[tuple[Text | str, ...]]:
        """The step, and under a running one the last line that its cmdlet wrote."""
        yield self._row(index)
        step_id = self._plan.steps[index].step_id
        if self._states.get(step_id) is StepState.RUNNING and step_id in self._lines:
            yield "", Text(f"  {self._lines[step_id]}", Tone.FAINT), "", "", ""

    def _row(self, index: int) -> tuple[Text | str, ...]:
        step = self._plan.steps[index]
        state = self._states.get(step.step_id, StepState.PENDING)
        began = self._began.get(step.step_id)
        end = self._ended.get(step.step_id, datetime.now(UTC))
        took = f"{max((end - began).total_seconds(), 0):.0f} s" if began else ""
        label = Text(state.value.replace("_", " "), STEP_TONES[state])
        return (
            str(index + 1),
            step.title,
            label,
            took,
            Text(self._heard.get(step.step_id, ""), Tone.FAINT),
        )


def _line(record: StreamRecord) -> str:
    percent = f" ({record.percent} %)" if record.percent is not None else ""
    return f"{record.kind.value}: {record.text}{percent}"


def _ending(outcome: Outcome) -> str:
    return "may or may not have run" if outcome is Outcome.UNKNOWN else outcome.value


def _reasons(event: AttemptEnded) -> str:
    return each_once((*map(str, event.errors), *event.warnings, event.reason), between="; ")


def _with_why(words: str, why: str) -> str:
    return f"{words} ({why})" if why else words
