"""A runbook as a page to print: with boxes to tick."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.views.html.markup import Content, Markup, element, joined
from lyncops.views.html.page import listed, page, powershell, section
from lyncops.views.runbook import BEFORE_ANYTHING, Check, Item, Runbook

_BOX = "\N{BALLOT BOX} "


def runbook_page(runbook: Runbook) -> str:
    """The text of the .html."""
    title = f"Runbook: {runbook.title}"
    return page(title, element("h1", title), *_parts(runbook))


def _parts(runbook: Runbook) -> Iterator[Content]:
    yield listed(
        (
            f"Made {runbook.made_at} from plan {runbook.plan_id}",
            f"Duration: about {runbook.duration}",
            f"Expected data loss: {runbook.loss}",
            f"Nobody else may work on: {', '.join(runbook.locked)}",
        )
    )
    yield section("Before you begin", listed(BEFORE_ANYTHING))
    yield section("Warnings", listed(runbook.warnings))
    yield section("Notes", listed(runbook.notes))
    yield section("Steps", *map(_item, runbook.items))
    yield section("The goal", _checks("All of this must show:", runbook.goal))
    yield section("Still to do afterwards", listed(runbook.afterwards))


def _item(item: Item) -> Markup:
    return element("div", *_about(item), class_="lo-part")


def _about(item: Item) -> Iterator[Content]:
    optional = " (optional)" if item.optional else ""
    about = f", about {item.about}" if item.about else ""
    yield element("h3", f"{_BOX}{item.number}. {item.title}{optional}{about}")
    yield element("p", element("b", "Why: "), item.why)
    if item.where:
        yield element("p", element("b", "Where: "), item.where)
    yield _checks("Before, all of this must show:", item.before)
    if item.command:
        yield element("p", element("b", "Send once:"))
        yield powershell(item.command)
    if item.by_hand:
        yield element("p", element("b", "By hand:"))
        yield listed(tuple(f"{_BOX}{line}" for line in item.by_hand))
    within = f", within {item.within}" if item.within else ""
    yield _checks(f"After it, all of this must show{within}. If not, stop:", item.after)
    yield element("p", element("b", "Undone by: "), item.undo)
    yield listed(tuple(f"Source: {source}" for source in item.sources))


def _checks(title: str, checks: tuple[Check, ...]) -> Markup:
    if not checks:
        return joined(())
    rows = (
        element(
            "li",
            f"{_BOX}{check.what}",
            *((" ", element("code", check.reading)) if check.reading else ()),
        )
        for check in checks
    )
    return joined((element("p", element("b", title)), element("ul", *rows)))
