"""A run in the cell that runs it: drawn over while it goes on, and folded when it is over."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Final, Protocol, cast

import attrs

from lyncops.jupyter.shown import Bundle, bundle
from lyncops.plan.model import Plan
from lyncops.runs.events import Event, Observer
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Block, Heading, Text, Tone
from lyncops.views.html.blocks import html_of
from lyncops.views.html.markup import joined, unfolding
from lyncops.views.live import LiveRun

_TICK: Final = 1.0
"""Seconds after which it is drawn again although nothing happened: the time goes on."""
_PAUSE: Final = 0.25
"""Seconds between two drawings at least."""
_LOG: Final = logging.getLogger(__name__)


class Handle(Protocol):
    """What IPython gives for a display that can be drawn over."""

    def update(self, obj: Bundle, *, raw: bool) -> None:
        """Draw this in its place."""
        ...


Display = Callable[[Bundle], Handle]


def display_bundle(shown: Bundle) -> Handle:
    """Show it in the cell that runs now."""
    display = importlib.import_module("IPython.display").display
    return cast("Handle", display(shown, raw=True, display_id=True))


@contextmanager
def live(plan: Plan, display: Display = display_bundle) -> Generator[Observer]:
    """An observer that shows the run of `plan` in the cell while the block lasts."""
    cell = LiveCell(LiveRun(plan), display)
    drawing = threading.Thread(
        target=copy_context().run, args=(cell.draw,), name="lyncops-live", daemon=True
    )
    drawing.start()
    try:
        yield cell
    finally:
        cell.end()
        drawing.join(timeout=5)
        cell.show(cell.ended())


@attrs.define(slots=True)
class LiveCell:
    """Follows a run, and shows it from a thread of its own: the run never waits for the browser."""

    progress: LiveRun
    _display: Display
    _handle: Handle | None = attrs.field(default=None, init=False)
    _news: threading.Event = attrs.field(factory=threading.Event, init=False)
    _over: threading.Event = attrs.field(factory=threading.Event, init=False)

    def observe(self, event: Event) -> None:
        """One thing happened."""
        self.progress.observe(event)
        self._news.set()

    def draw(self) -> None:
        """Show it again and again until it is over."""
        while not self._over.is_set():
            self._news.clear()
            self.show(self.now())
            self._news.wait(_TICK)
            self._over.wait(_PAUSE)

    def end(self) -> None:
        """The run is over, or has stopped."""
        self._over.set()
        self._news.set()

    def now(self) -> Bundle:
        """Its state."""
        at = datetime.now(UTC)
        progress = self.progress
        title = f"Run {progress.run_id}: {progress.plan.procedure.title}".replace("Run :", "Run:")
        blocks: tuple[Block, ...] = (
            Heading(title),
            Text(progress.headline(at), Tone.STRONG),
            progress.table(at),
            Text(progress.about, Tone.FAINT),
        )
        return bundle(html_of(blocks), blocks)

    def ended(self) -> Bundle:
        """How it ended, in one line; the steps are folded."""
        at = datetime.now(UTC)
        took = duration(at - self.progress.began_at)
        headline = Text(f"{self.progress.about or 'nothing was begun'}, after {took}", Tone.STRONG)
        table = self.progress.table(at)
        folded = unfolding("its steps", html_of((table,)))
        return bundle(joined((html_of((headline,)), folded)), (headline, table))

    def show(self, shown: Bundle) -> None:
        """Show this in the cell; where that fails, the run goes on unseen."""
        try:
            if self._handle is None:
                self._handle = self._display(shown)
            else:
                self._handle.update(shown, raw=True)
        except Exception:  # noqa: BLE001 -- whatever a front end does, the run goes on
            _LOG.exception("A run could not be shown in its cell; it goes on.")
            self._over.set()
