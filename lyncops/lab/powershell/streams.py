"""Sinks between a cmdlet and the wire: what passes through them, and what they change."""

from __future__ import annotations

from lyncops.lab.cmdlets.shapes import serialised
from lyncops.lab.interface import ErrorDetail, Sink
from lyncops.lab.model.switches import Switches


class PassingSink:
    """Hands everything on; a subclass changes one stream."""

    def __init__(self, to: Sink) -> None:
        self._to = to

    def output(self, item: object) -> None:
        """Hand an object on."""
        self._to.output(item)

    def error(self, detail: ErrorDetail) -> None:
        """Hand an error on."""
        self._to.error(detail)

    def warning(self, text: str) -> None:
        """Hand a warning on."""
        self._to.warning(text)

    def verbose(self, text: str) -> None:
        """Hand a verbose line on."""
        self._to.verbose(text)

    def debug(self, text: str) -> None:
        """Hand a debug line on."""
        self._to.debug(text)

    def information(self, text: str) -> None:
        """Hand an information record on."""
        self._to.information(text)

    def progress(self, activity: str, status: str, percent: int) -> None:
        """Hand a progress record on."""
        self._to.progress(activity, status, percent)


class SerialisingSink(PassingSink):
    """The end of a pipeline: objects leave it as deep as PowerShell serialises them."""

    def __init__(self, to: Sink, switches: Switches) -> None:
        super().__init__(to)
        self._switches = switches

    def output(self, item: object) -> None:
        """Hand an object on, with what it holds flattened as the switch `nested` says."""
        self._to.output(serialised(item, self._switches.nested))
