"""The timeline of a run: a bar for each step, with the moments at which a cmdlet was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from lyncops.runs.model import Run, StepRecord, StepState
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Tone
from lyncops.views.html.blocks import CLASSES
from lyncops.views.html.markup import NOTHING, Markup, element
from lyncops.views.run import STEP_TONES

_ROW: Final = 24
_BAR: Final = 13
_TITLES: Final = 330.0  # the width that the titles have
_BARS: Final = 520.0
_STATES: Final = 210.0  # room for words behind the last bar
_LETTERS: Final = 50
_TICKS: Final = 5
_SECOND: Final = timedelta(seconds=1)
_QUIET: Final = frozenset({StepState.DONE})
"""States that need no words: the bar shows them."""


@attrs.frozen(slots=True)
class _Scale:
    """From time to place."""

    begin: datetime
    span: timedelta

    @classmethod
    def of(cls, run: Run, moments: Sequence[datetime]) -> _Scale:
        begin = min(run.created_at, *moments)
        return cls(begin, max(max(moments) - begin, _SECOND))

    def x(self, moment: datetime) -> float:
        return round(_TITLES + _BARS * ((moment - self.begin) / self.span), 1)


def timeline(run: Run) -> Markup:
    """The picture; nothing where no step has begun."""
    moments = tuple(_moments(run))
    if not moments:
        return NOTHING
    scale = _Scale.of(run, moments)
    height = _ROW * (len(run.steps) + 1) + 14
    width = _TITLES + _BARS + _STATES
    return element(
        "svg",
        *_axis(scale, height),
        *(drawn for row, record in enumerate(run.steps) for drawn in _step(row, record, scale)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        aria_label=f"Timeline of run {run.run_id}. The table of its steps says the same.",
    )


def _moments(run: Run) -> Iterator[datetime]:
    for record in run.steps:
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
    for tick in range(_TICKS):
        part = scale.span * tick / (_TICKS - 1)
        x = round(_TITLES + _BARS * tick / (_TICKS - 1), 1)
        yield element("line", x1=x, y1=_ROW - 4, x2=x, y2=height - 10, stroke="var(--lo-line)")
        label = f"{scale.begin.astimezone(UTC):%H:%M:%S} UTC" if tick == 0 else f"+{duration(part)}"
        yield element("text", label, x=x, y=12, text_anchor="middle", class_="lo-faint")


def _step(row: int, record: StepRecord, scale: _Scale) -> Iterator[Markup]:
    top = _ROW * (row + 1) + 4
    title = f"{row + 1}. {record.step.title}"
    cut = title if len(title) <= _LETTERS else f"{title[: _LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    baseline = top + _BAR - 2
    yield element("text", cut, element("title", title), x=0, y=baseline)
    end = record.ended_at or scale.begin + scale.span
    if record.started_at is None:
        yield _words(_TITLES + 6, baseline, record)
        return
    x1 = scale.x(record.started_at)
    x2 = max(scale.x(end), x1 + 3)
    yield _bar(record, x1, top, x2 - x1)
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
    yield _words(x2 + 6, baseline, record, duration(end - record.started_at))


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
