"""A run while it goes on: a table that is drawn over on a terminal, a line with the time per event
in a pipe.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import attrs
from rich.console import Group
from rich.live import Live

from lyncops.cli.screen import Screen, drawn
from lyncops.plan.model import Plan
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
from lyncops.views.blocks import Table, Text, Tone
from lyncops.views.progress import (
    TOLD_STREAMS,
    Narration,
    ending,
    reasons,
    record_line,
    with_why,
)
from lyncops.views.run import STEP_TONES


@contextmanager
def progress(screen: Screen, plan: Plan) -> Generator[Observer]:
    """An observer that shows the run of `plan` on the screen while the block lasts."""
    if not screen.is_terminal:
        yield Lines(screen, Narration(plan))
        return
    table = LiveTable(plan)
    with Live(get_renderable=table.render, console=screen.console(), refresh_per_second=4):
        yield table


@attrs.define(slots=True)
class Lines:
    """Tells a run as lines, each with its time."""

    _screen: Screen
    _narration: Narration

    def observe(self, event: Event) -> None:
        """Say one line, or none where nothing new was seen."""
        if line := self._narration.line(event):
            self._screen.say(Text(line))


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
                self._about_run = with_why(f"run {event.run_id} is {event.state.value}", event.why)
            case StepChanged():
                self._change(event)
            case AttemptEnded():
                self._heard[event.step_id] = reasons(event) or f"the cmdlet {ending(event.outcome)}"
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
        if event.record.kind in TOLD_STREAMS and event.record.text:
            self._lines[event.step_id] = record_line(event.record)

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
