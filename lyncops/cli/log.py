"""What the library logs (retries, servers that do not answer), shown with --verbose."""

from __future__ import annotations

import logging
from typing import Final

from lyncops.cli.screen import say_aside
from lyncops.remoting.parts import EVENTS
from lyncops.text.harmless import harmless

_LOGGER: Final = logging.getLogger("lyncops")


class ToStandardError(logging.Handler):
    """Says each thing once on standard error, whatever standard error is at that time."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Say it, unless it was said, or is an event of a run, which the verb shows by itself."""
        if record.name == EVENTS:
            return
        text = " ".join(harmless(record.getMessage()).split())
        if text not in self._said:
            self._said.add(text)
            say_aside(f"{record.levelname.lower()}: {text}")


def quiet_log() -> None:
    """Show nothing: what matters in the end is said by the verb itself."""
    _LOGGER.handlers = [logging.NullHandler()]
    _LOGGER.propagate = False


def show_log() -> None:
    """Show what is logged."""
    _LOGGER.handlers = [ToStandardError()]
    _LOGGER.setLevel(logging.INFO)
