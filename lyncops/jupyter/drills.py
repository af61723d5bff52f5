"""The drill's matrix as a heat map: a row for each disaster, a word for each outcome."""

from __future__ import annotations

from typing import Final

from lyncops.drill.report import Comparison, DrillReport, loss_in_words
from lyncops.drill.showing import compared_blocks, report_blocks
from lyncops.drill.story import Drill, Outcome, Part
from lyncops.jupyter.shown import Bundle, bundle
from lyncops.text.durations import duration_in_words
from lyncops.views.blocks import Table
from lyncops.views.html.blocks import html_of
from lyncops.views.html.markup import Markup, element, joined

_SHADES: Final = {
    Outcome.DONE: ("--lo-good", 14),
    Outcome.EXCEPTIONS: ("--lo-careful", 18),
    Outcome.BY_HAND: ("--lo-careful", 26),
    Outcome.REFUSED: ("--lo-bad", 30),
    Outcome.FAILED: ("--lo-bad", 42),
}
"""The colour and how much of it: the worse, the darker, so that it can be read without colour."""
_COLUMNS: Final = ("disaster", "rescue", "loses", "by hand", "way back")


def bundle_of_drills(report: DrillReport) -> Bundle:
    """Both forms of a report: the heat map, with what prevented each rescue below it, and the
    tables.
    """
    told = tuple(report_blocks(report))
    first = next(at for at, block in enumerate(told) if isinstance(block, Table))
    return bundle(
        joined((html_of(told[:first]), _heat_map(report), html_of(told[first + 1 :]))), told
    )


def bundle_of_comparison(compared: Comparison) -> Bundle:
    """Both forms of what became worse since an earlier report."""
    told = tuple(compared_blocks(compared))
    return bundle(html_of(told), told)


def _heat_map(report: DrillReport) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in _COLUMNS))
    return element("table", element("thead", head), element("tbody", *map(_row, report.drills)))


def _row(drill: Drill) -> Markup:
    return element(
        "tr",
        element("th", drill.disaster, scope="row"),
        _cell(drill.rescue),
        element("td", loss_in_words(drill)),
        element("td", str(len(drill.rescue.by_hand) or "-")),
        _cell(drill.way_back),
    )


def _cell(part: Part | None) -> Markup:
    if part is None:
        return element("td", "-")
    name, amount = _SHADES[part.outcome]
    shade = f"background: color-mix(in srgb, var({name}) {amount}%, transparent); padding: 3px 10px"
    took = f", {duration_in_words(part.took)}" if part.took else ""
    return element("td", f"{part.outcome.value}{took}", style=shade)
