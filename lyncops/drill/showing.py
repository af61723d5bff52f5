"""A report of drills as people and programs see it: blocks, JSON, and a page to file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from cattrs import Converter
from cattrs.errors import BaseValidationError

from lyncops.drill.report import Comparison, DrillReport, loss_in_words
from lyncops.drill.story import Drill, Outcome, Part
from lyncops.errors import InvalidValueError
from lyncops.text.durations import duration_in_words
from lyncops.values import JsonValue
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.html.blocks import html_of
from lyncops.views.html.markup import element
from lyncops.views.html.page import page

FORMAT: Final = "lyncops-drill/1"
TONES: Final = {
    Outcome.DONE: Tone.GOOD,
    Outcome.EXCEPTIONS: Tone.CAREFUL,
    Outcome.BY_HAND: Tone.CAREFUL,
    Outcome.REFUSED: Tone.BAD,
    Outcome.FAILED: Tone.BAD,
}


def report_blocks(
    report: DrillReport, compared: Comparison | None = None, *, details: bool = False
) -> Iterator[Block]:
    """The verdict, a row for each disaster, then what prevented each."""
    rescued = sum(drill.is_rescued for drill in report.drills)
    yield Text(
        f"{report.deployment}: {rescued} of {len(report.drills)} disasters end with everybody"
        " served elsewhere.",
        TONES[report.outcome],
    )
    yield Text(
        f"Snapshot {report.snapshot[:12]} of {report.read_at:%Y-%m-%d %H:%M} UTC, played"
        f" {report.played_at:%Y-%m-%d %H:%M} UTC. Durations are the documented ones.",
        Tone.FAINT,
    )
    if compared is not None:
        yield from compared_blocks(compared)
    yield Table(
        ("disaster", "rescue", "takes", "loses", "by hand", "way back", "takes"),
        tuple(map(_row, report.drills)),
    )
    for drill in report.drills:
        yield from _details(drill, details=details)
    for title, sentences in (
        ("Assumed", report.assumed),
        ("Not simulated", report.missing),
    ):
        for sentence in sentences:
            yield Text(f"{title}: {sentence}", Tone.FAINT)


def compared_blocks(compared: Comparison) -> Iterator[Block]:
    """What became worse since the earlier report, or that nothing did."""
    earlier = f"the drill of {compared.since:%Y-%m-%d %H:%M} UTC"
    if not compared.worse:
        yield Text(f"Nothing became worse since {earlier}.", Tone.GOOD)
    for one in compared.worse:
        yield Text(f"Worse since {earlier}: {one}", Tone.BAD)
    for name in compared.not_compared:
        yield Text(f"Not compared, since {earlier} did not play it: {name}", Tone.CAREFUL)


def _row(drill: Drill) -> tuple[Text | str, ...]:
    back = drill.way_back
    return (
        drill.disaster,
        _ending(drill.rescue),
        _time(drill.rescue),
        loss_in_words(drill),
        str(len(drill.rescue.by_hand) or "-"),
        "-" if back is None else _ending(back),
        "-" if back is None else _time(back),
    )


def _ending(part: Part) -> Text:
    return Text(part.outcome.value, TONES[part.outcome])


def _time(part: Part) -> str:
    return duration_in_words(part.took) if part.took else "-"


def _details(drill: Drill, *, details: bool) -> Iterator[Block]:
    parts = [part for part in (drill.rescue, drill.way_back) if part is not None]
    lines = [(f"{part.procedure}: {why}", Tone.BAD) for part in parts for why in part.in_the_way]
    lines += [(f"By hand: {title}", Tone.CAREFUL) for part in parts for title in part.by_hand]
    lines += [(text, Tone.CAREFUL) for part in parts for text in part.exceptions]
    lines += [(str(one), Tone.PLAIN if one.harmless else Tone.BAD) for one in drill.mishaps]
    if details:
        lines += [(f"Readiness after the loss: {one}", Tone.PLAIN) for one in drill.seen]
        lines += [(text, Tone.PLAIN) for part in parts for text in part.verified]
        lines += [(f"Left broken: {text}", Tone.CAREFUL) for text in drill.left_broken]
        lines += [(f"Unlike before: {text}", Tone.PLAIN) for text in drill.unlike_before]
    if lines:
        yield Heading(drill.disaster)
        yield from (Text(text, tone, indent=2) for text, tone in lines)


def report_html(report: DrillReport, compared: Comparison | None = None) -> str:
    """One page with everything, to file."""
    title = f"Drills of {report.deployment}"
    return page(title, element("h1", title), html_of(report_blocks(report, compared, details=True)))


def report_data(report: DrillReport, compared: Comparison | None = None) -> JsonValue:
    """The report as JSON; `report_from_data` reads it."""
    data: dict[str, JsonValue] = _converter().unstructure(report)
    return {
        "format": FORMAT,
        **data,
        "outcome": report.outcome.value,
        "worse": [] if compared is None else [str(one) for one in compared.worse],
        "not_compared": [] if compared is None else list(compared.not_compared),
    }


def read_report(path: Path) -> DrillReport:
    """The report in a file that `lyncops drill all --out FILE` wrote.

    Raises:
        InvalidValueError: it is not one.
        OSError: the file cannot be read.
        ValueError: it is not JSON in UTF-8.
    """
    return report_from_data(json.loads(path.read_text(encoding="utf-8")))


def report_from_data(data: object) -> DrillReport:
    """The report that `report_data` wrote.

    Raises:
        InvalidValueError: it is not one.
    """
    fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if fields.get("format") != FORMAT:
        raise InvalidValueError(
            f"This is not a report of drills in the format {FORMAT}.",
            remedy="Write one with: lyncops drill all --out FILE.",
        )
    try:
        return _converter().structure(fields, DrillReport)
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise InvalidValueError(
            f"The report of drills cannot be read: {error}.",
            remedy="Write one with: lyncops drill all --out FILE.",
        ) from error


def _converter() -> Converter:
    converter = Converter()
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_unstructure_hook(timedelta, timedelta.total_seconds)
    converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))
    return converter
