"""While servers are read: which one is asked, and since when. Nothing is worse than a blank
screen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import attrs
from rich.live import Live
from rich.text import Text as RichText

from lyncops.cli.screen import Screen
from lyncops.remoting.at_work import asked_now
from lyncops.text.harmless import harmless

_SHOWN: Final = 3
_TICK: Final = 0.1


@contextmanager
def reading(screen: Screen) -> Generator[None]:
    """Show what is asked, on a terminal, while the block lasts; afterwards no trace of it."""
    if not screen.is_terminal:
        yield
        return
    over = threading.Event()
    drawing = threading.Thread(target=_draw, args=(screen, over), name="reading", daemon=True)
    drawing.start()
    try:
        yield
    finally:
        over.set()
        drawing.join()


def _draw(screen: Screen, over: threading.Event) -> None:
    """Nothing is drawn before a server is asked: until then a password may be asked for there."""
    shown = Reading(width=screen.console().width)
    while not asked_now():
        if over.wait(_TICK):
            return
    with Live(
        get_renderable=shown.render,
        console=screen.console(),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        over.wait()


@attrs.define(slots=True)
class Reading:
    """The words of the moment, in one line."""

    width: int = 80
    began: float = attrs.field(factory=time.monotonic)

    def render(self) -> RichText:
        """The line as it is now."""
        words = self.words(time.monotonic())
        return RichText(words, style="dim", overflow="ellipsis", no_wrap=True)

    def words(self, now: float) -> str:
        """`Reading the servers, 3 s: asks pool1-fe1.contoso.com (2 s)`."""
        asked = asked_now()
        said = [f"{harmless(one.host)} ({now - one.since:.0f} s)" for one in asked[:_SHOWN]]
        head = f"Reading the servers, {now - self.began:.0f} s"
        while said:
            more = len(asked) - len(said)
            line = f"{head}: asks {', '.join(said)}{f' and {more} more' if more else ''}"
            if len(line) <= self.width:
                return line
            said.pop()
        return head
