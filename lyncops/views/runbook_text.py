"""A runbook as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.text.markdown import markdown, markdown_code
from lyncops.views.runbook import BEFORE_ANYTHING, Check, Item, Runbook


def runbook_markdown(runbook: Runbook) -> str:
    """The text of the .md; `[ ]` is a box to tick."""
    return "\n".join(_lines(runbook)) + "\n"


def _lines(runbook: Runbook) -> Iterator[str]:
    yield f"# Runbook: {markdown(runbook.title)}"
    yield ""
    yield f"- Made {runbook.made_at} from plan `{runbook.plan_id}`"
    yield f"- Duration: about {runbook.duration}"
    yield f"- Expected data loss: {markdown(runbook.loss)}"
    yield f"- Nobody else may work on: {markdown(', '.join(runbook.locked))}"
    yield from _section("Before you begin", BEFORE_ANYTHING)
    yield from _section("Warnings", runbook.warnings)
    yield from _section("Notes", runbook.notes)
    for item in runbook.items:
        yield from _item(item)
    yield from ("", "## The goal", "")
    yield from _checks(runbook.goal)
    yield from _section("Still to do afterwards", runbook.afterwards)


def _section(title: str, texts: tuple[str, ...]) -> Iterator[str]:
    if texts:
        yield from ("", f"## {title}", "")
        yield from (f"- {markdown(text)}" for text in texts)


def _item(item: Item) -> Iterator[str]:
    optional = " (optional)" if item.optional else ""
    about = f", about {item.about}" if item.about else ""
    yield from ("", f"## Step {item.number}: {markdown(item.title)}{optional}{about}", "")
    yield f"Why: {markdown(item.why)}"
    if item.where:
        yield from ("", f"Where: {markdown(item.where)}")
    if item.before:
        yield from ("", "Before, all of this must show:", "")
        yield from _checks(item.before)
    if item.command:
        yield from ("", "Send once:", "", *_block(item.command))
    if item.by_hand:
        yield from ("", "By hand:", "", *(f"- [ ] {markdown(line)}" for line in item.by_hand))
    if item.after:
        within = f", within {item.within}" if item.within else ""
        yield from ("", f"After it, all of this must show{within}. If not, stop:", "")
        yield from _checks(item.after)
    yield from ("", f"Undone by: {markdown(item.undo)}")
    if item.sources:
        yield from ("", *(f"Source: {markdown(source)}" for source in item.sources))


def _checks(checks: tuple[Check, ...]) -> Iterator[str]:
    for check in checks:
        seen = f" ({markdown_code(check.reading)})" if check.reading else ""
        yield f"- [ ] {markdown(check.what)}{seen}"


def _block(command: str) -> Iterator[str]:
    fence = "```"
    while fence in command:
        fence += "`"
    yield from (f"{fence}powershell", command, fence)
