"""The timeline of a run: a bar for each step, with the moments at which a cmdlet was sent, and
under it a thin line as long as the step was expected to take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from lyncops.runs.model import Run, StepRecord, StepState
from lyncops.text.durations import duration_in_words as duration
from lyncops.text.wrapping import wrapped
from lyncops.views.blocks import Tone
from lyncops.views.html.blocks import CLASSES
from lyncops.views.html.markup import NOTHING, Markup, element
from lyncops.views.run import STEP_TONES

_ROW: Final = 24
_LINE: Final = 14  # what a second line of a title adds to every row
_BAR: Final = 13
_TITLES: Final = 330.0  # the width that the titles have
_BARS: Final = 520.0
_STATES: Final = 210.0  # room for words behind the last bar
_LETTERS: Final = 50
_PARTS: Final = 5  # the axis has so many at most
_ROUND: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_QUIET: Final = frozenset({StepState.DONE})
"""States that need no words: the bar shows them."""


@attrs.frozen(slots=True)
class _Scale:
    """From time to place."""

    begin: datetime
    span: timedelta
    row: int  # how high each is

    @classmethod
    def of(cls, run: Run, moments: Sequence[datetime]) -> _Scale:
        begin = min(run.created_at, *moments)
        lines = max(len(_title(row, record)) for row, record in enumerate(run.steps))
        return cls(begin, max(max(moments) - begin, _SECOND), _ROW + _LINE * (lines - 1))

    def x(self, moment: datetime) -> float:
        return round(_TITLES + _BARS * ((moment - self.begin) / self.span), 1)


def timeline(run: Run, *, expected: bool = False) -> Markup:
    """The picture; nothing where no step has begun.

    `expected`: with the duration that the plan announced under each bar.
    """
    moments = tuple(_moments(run, expected=expected))
    if not moments:
        return NOTHING
    scale = _Scale.of(run, moments)
    height = _ROW + scale.row * len(run.steps) + 14
    width = _TITLES + _BARS + _STATES
    return element(
        "svg",
        *_axis(scale, height),
        *(
            drawn
            for row, record in enumerate(run.steps)
            for drawn in _step(row, record, scale, expected=expected)
        ),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        aria_label=f"Timeline of run {run.run_id}. The table of its steps says the same.",
    )


def _moments(run: Run, *, expected: bool) -> Iterator[datetime]:
    for record in run.steps:
        if expected and record.started_at is not None:
            yield record.started_at + record.step.estimate
        for moment in (record.started_at, record.ended_at):
            if moment is not None:
                yield moment
        for attempt in record.attempts:
            yield attempt.prepared_at
            if attempt.ended_at is not None:
                yield attempt.ended_at
    if run.changed_at is not None and any(record.started_at for record in run.steps):
        yield run.changed_at


def _axis(scale: _Scale, height: float) -> Iterator[Markup]:
    step = _between_ticks(scale.span)
    for tick in range(scale.span // step + 1):
        part = step * tick
        x = scale.x(scale.begin + part)
        yield element("line", x1=x, y1=_ROW - 4, x2=x, y2=height - 10, stroke="var(--lo-line)")
        label = f"{scale.begin.astimezone(UTC):%H:%M:%S} UTC" if tick == 0 else f"+{duration(part)}"
        yield element("text", label, x=x, y=12, text_anchor="middle", class_="lo-faint")


def _between_ticks(span: timedelta) -> timedelta:
    """A round duration, so that no two ticks have the same words."""
    least = span / _PARTS
    return next((one for one in _ROUND if one >= least), _DAY * -(-least // _DAY))


def _step(row: int, record: StepRecord, scale: _Scale, *, expected: bool) -> Iterator[Markup]:
    top = _ROW + scale.row * row + 4
    baseline = top + _BAR - 2
    for line, words in enumerate(_title(row, record)):
        yield element("text", words, x=0, y=baseline + _LINE * line)
    end = record.ended_at or scale.begin + scale.span
    if record.started_at is None:
        yield _words(_TITLES + 6, baseline, record)
        return
    x1 = scale.x(record.started_at)
    x2 = max(scale.x(end), x1 + 3)
    yield _bar(record, x1, top, x2 - x1)
    words = duration(end - record.started_at)
    if expected and record.step.estimate:
        yield _expected(record, x1, top, scale.x(record.started_at + record.step.estimate))
        words = f"{words} of {duration(record.step.estimate)}"
    for attempt in record.attempts:
        x = scale.x(attempt.prepared_at)
        yield element(
            "line",
            x1=x,
            y1=top - 3,
            x2=x,
            y2=top + _BAR + 3,
            stroke="var(--lo-ink)",
            stroke_width=2,
        )
    yield _words(x2 + 6, baseline, record, words)


def _title(row: int, record: StepRecord) -> list[str]:
    """Its lines: whole, however long it is."""
    return wrapped(f"{row + 1}. {record.step.title}", _LETTERS)


def _expected(record: StepRecord, x1: float, top: float, x2: float) -> Markup:
    """A line under the bar; it ends where the step was expected to end."""
    y = top + _BAR + 3
    return element(
        "path",
        element("title", f"expected: {duration(record.step.estimate)}"),
        d=f"M{x1:g} {y:g}H{max(x2, x1 + 1):g}v-3",
        fill="none",
        stroke="var(--lo-link)",
        stroke_width=2,
    )


def _bar(record: StepRecord, x: float, top: float, width: float) -> Markup:
    """Full where the step is settled, with a broken border where it is not."""
    settled = record.state.is_settled
    return element(
        "rect",
        element("title", f"{record.step.title}: {record.state.value.replace('_', ' ')}"),
        x=x,
        y=top,
        width=round(width, 1),
        height=_BAR,
        rx=2,
        fill="var(--lo-faint)" if settled else "var(--lo-paper)",
        fill_opacity=0.55 if settled else 1,
        stroke="var(--lo-ink)",
        stroke_dasharray=None if settled else "4 3",
    )


def _words(x: float, y: float, record: StepRecord, took: str = "") -> Markup:
    state = "" if record.state in _QUIET else record.state.value.replace("_", " ")
    said = ", ".join(word for word in (took, state) if word)
    return element(
        "text",
        said,
        x=round(x, 1),
        y=y,
        class_=CLASSES[STEP_TONES[record.state]] if state else CLASSES[Tone.PLAIN],
    )
