"""A run while it goes on: a table that is drawn over on a terminal, a line with the time per event
in a pipe.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import attrs
from rich.console import Console, Group
from rich.live import Live

from lyncops.cli.screen import Screen, drawn
from lyncops.plan.model import Plan
from lyncops.runs.events import Event, Observer
from lyncops.runs.model import Run
from lyncops.views.blocks import Text, Tone
from lyncops.views.live import LiveRun
from lyncops.views.progress import Narration


@contextmanager
def progress(screen: Screen, plan: Plan, before: Run | None = None) -> Generator[Observer]:
    """An observer that shows the run of `plan` on the screen while the block lasts; `before` is
    what there is of a run that is resumed.
    """
    if not screen.is_terminal:
        yield Lines(screen, Narration(plan))
        return
    run = LiveRun(plan)
    if before is not None:
        run.know(before)
    console = screen.console()
    table = LiveTable(run, console)
    with Live(get_renderable=table.render, console=console, refresh_per_second=4):
        yield table


@attrs.define(slots=True)
class Lines:
    """Shows a run as lines, each with its time."""

    _screen: Screen
    _narration: Narration

    def observe(self, event: Event) -> None:
        """Say one line, or none where nothing new was seen."""
        if line := self._narration.line(event):
            self._screen.say(Text(line))


@attrs.define(slots=True)
class LiveTable:
    """Shows a run as a table of its steps, with the last thing heard of each.

    What does not fit the window is left out of it: first the steps that are done, then those that
    have not begun.
    """

    _run: LiveRun
    _console: Console

    def observe(self, event: Event) -> None:
        """Keep what is needed to draw the table."""
        self._run.observe(event)

    def show(self, run: LiveRun) -> None:
        """Show this from now on."""
        self._run = run

    def render(self) -> Group:
        """The table as it is now, and how long it may still take."""
        now = datetime.now(UTC)
        headline = drawn(Text(self._run.headline(now), Tone.FAINT))
        about = drawn(Text(self._run.about, Tone.STRONG))
        shown = Group(headline, about)
        for table in self._run.tables(now):
            shown = Group(drawn(table), headline, about)
            lines = self._console.render_lines(shown, self._console.options)
            if len(lines) < self._console.height:
                break
        return shown
