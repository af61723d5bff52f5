"""Checks as a table: verdict and evidence at once; what to do, on which source, to unfold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import counted
from lyncops.sources import Sources
from lyncops.text.sentences import GLANCE, at_a_glance
from lyncops.views.blocks import Tone
from lyncops.views.html.blocks import html_of, table, toned
from lyncops.views.html.markup import Content, Markup, element, joined, link, unfolding
from lyncops.views.plan import TONES, verdict_blocks


def checks_html(title: str, checks: Iterable[CheckResult]) -> Markup:
    """The verdict of all, then each check; those that passed are folded."""
    checks = tuple(checks)
    return joined((html_of(verdict_blocks(title, checks)), checks_table(checks)))


def checks_table(checks: Iterable[CheckResult]) -> Markup:
    """Those that did not pass or were overridden; then, folded, those that passed."""
    checks = tuple(checks)
    loud = [check for check in checks if not _is_quiet(check)]
    quiet = [check for check in checks if _is_quiet(check)]
    return joined(_tables(loud, quiet))


def _tables(loud: list[CheckResult], quiet: list[CheckResult]) -> Iterator[Markup]:
    if loud:
        yield _table(loud)
    if quiet:
        yield unfolding(f"{counted(len(quiet), 'check')} passed", _table(quiet))


def _is_quiet(check: CheckResult) -> bool:
    return check.verdict is Verdict.PASSED and not check.overridden_because


def _table(checks: Iterable[CheckResult]) -> Markup:
    return table(("verdict", "check", "evidence"), map(_row, checks))


def _row(check: CheckResult) -> Iterator[Content]:
    yield toned(check.verdict.value, TONES[check.verdict])
    yield element("span", check.check_id, class_="lo-short")
    said = check.evidence or check.question
    yield unfolding(at_a_glance(said), *_details(check), is_open=check.refuses)


def _details(check: CheckResult) -> Iterator[Markup]:
    """The whole of what was seen, if it is long; then what to do: that is why a reader unfolds
    it.
    """
    if len(check.evidence) > GLANCE:
        yield element("p", element("b", "Seen: "), check.evidence)
    if check.remedy:
        yield element("p", element("b", "Remedy: "), check.remedy)
    for command in check.first:
        yield element("p", element("b", "First: "), element("code", command))
    if check.overridden_because:
        because = f"Overridden because: {check.overridden_because}"
        yield element("p", toned(because, Tone.CAREFUL))
        yield from (element("p", toned(change, Tone.CAREFUL)) for change in check.override_changes)
    yield element("p", element("b", "Asks: "), check.question)
    if check.sources:
        yield element("p", element("b", "Source: "), linked(check.sources))


def linked(sources: Sources) -> Markup:
    """Sources as links, one after the other."""
    links = [link(source.url, source.title) for source in sources]
    between: list[Content] = ["; "] * (2 * len(links) - 1)
    between[::2] = links
    return joined(between)
