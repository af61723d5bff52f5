"""The parts of the work (a run, a step, a cmdlet, an HTTP request), for logs and traces.

Spans are made where OpenTelemetry's API is installed (extra `otel`). Without it nothing is made.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

EXTRAS: Final = ("run_id", "step_id", "cmdlet", "endpoint")
"""What every log record of lyncops has: the part that it comes from, "" where there is none."""

EVENTS: Final = "lyncops.runs.events"
"""The logger of the events of runs."""


class Part:
    """One part of the work, as long as it goes on."""

    __slots__ = ("_span", "facts")

    def __init__(self, facts: dict[str, str], span: Span | None) -> None:
        self.facts = facts
        self._span = span

    def know(self, **facts: str) -> None:
        """Add what is only known by now: to the log records that follow, and to the span."""
        self.facts.update(facts)
        for name, value in facts.items():
            self.measure(f"lyncops.{name}", value)

    def measure(self, name: str, value: str | int) -> None:
        """Add an attribute to the span."""
        if self._span is not None:
            self._span.set_attribute(name, value)

    def fail(self, why: str) -> None:
        """Mark the span: this part did not do what it was to do."""
        if self._span is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, why))


_AROUND: ContextVar[Part | None] = ContextVar("lyncops_part", default=None)


@contextmanager
def part(name: str, *, is_request: bool = False, **facts: str) -> Generator[Part]:
    """A part of the work begins, within the one that goes on already; it ends with the block."""
    outside = _AROUND.get()
    around = {**(outside.facts if outside else {}), **facts}
    with _spanned(name, facts, is_request=is_request, is_inside=outside is not None) as span:
        begun = Part(around, span)
        token = _AROUND.set(begun)
        try:
            yield begun
        finally:
            _AROUND.reset(token)


def know(**facts: str) -> None:
    """Add what is only known by now of the part that goes on, where one does."""
    going_on = _AROUND.get()
    if going_on is not None:
        going_on.know(**facts)


@contextmanager
def _spanned(
    name: str, facts: Mapping[str, str], *, is_request: bool, is_inside: bool
) -> Generator[Span | None]:
    making = tracer()
    if making is None or (is_request and not is_inside):
        yield None  # to close a session belongs to nothing that anybody asked for
        return
    from opentelemetry.trace import SpanKind, StatusCode

    with making.start_as_current_span(
        name,
        kind=SpanKind.CLIENT if is_request else SpanKind.INTERNAL,
        attributes={f"lyncops.{fact}": value for fact, value in facts.items()},
        record_exception=False,  # the part itself logs what went wrong, without a stack
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


@functools.cache
def tracer() -> Tracer | None:
    """OpenTelemetry's tracer of lyncops, where its API is installed."""
    try:
        from opentelemetry.trace import get_tracer
    except ImportError:
        return None
    return get_tracer("lyncops")


class _Whereabouts(logging.Filter):
    """Gives each record the extras of the part that it comes from."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        going_on = _AROUND.get()
        around = going_on.facts if going_on else {}
        for name in EXTRAS:
            if not hasattr(record, name):
                setattr(record, name, around.get(name, ""))
        return True


_WHEREABOUTS: Final = _Whereabouts()


def logger(name: str) -> logging.Logger:
    """The standard library's logger of that name, whose records have the `EXTRAS`.

    It shows nothing unless the program configures logging.
    """
    logging.getLogger("lyncops").addHandler(_silence())
    found = logging.getLogger(name)
    found.addFilter(_WHEREABOUTS)
    return found


@functools.cache
def _silence() -> logging.Handler:
    return logging.NullHandler()
