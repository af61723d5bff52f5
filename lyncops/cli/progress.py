"""A run while it goes on: a table that is drawn over on a terminal, a line with the time per event
in a pipe.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import attrs
from rich.console import Group
from rich.live import Live

from lyncops.cli.screen import Screen, drawn
from lyncops.plan.model import Plan
from lyncops.runs.events import Event, Observer
from lyncops.views.blocks import Text, Tone
from lyncops.views.live import LiveRun
from lyncops.views.progress import Narration


@contextmanager
def progress(screen: Screen, plan: Plan) -> Generator[Observer]:
    """An observer that shows the run of `plan` on the screen while the block lasts."""
    if not screen.is_terminal:
        yield Lines(screen, Narration(plan))
        return
    table = LiveTable(LiveRun(plan))
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

    _run: LiveRun

    def observe(self, event: Event) -> None:
        """Keep what is needed to draw the table."""
        self._run.observe(event)

    def render(self) -> Group:
        """The table as it is now, and how long it may still take."""
        now = datetime.now(UTC)
        return Group(
            drawn(self._run.table(now)),
            drawn(Text(self._run.headline(now), Tone.FAINT)),
            drawn(Text(self._run.about, Tone.STRONG)),
        )
