"""The report of a run as one page: what an auditor files."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.deployment.codec import deployment_from_json
from lyncops.errors import InvalidValueError
from lyncops.plan.steps import CmdletStep, ManualStep
from lyncops.runs.model import Attempt, Run, StepRecord
from lyncops.runs.report import (
    Report,
    attempt_facts,
    chain_facts,
    identity_facts,
)
from lyncops.runs.what_came import loss_seen, took
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.chain import TONES as CHAIN_TONES
from lyncops.views.html.blocks import table, toned
from lyncops.views.html.checks import linked
from lyncops.views.html.markup import Content, Markup, element, joined
from lyncops.views.html.page import listed, page, powershell, section
from lyncops.views.html.timeline import timeline
from lyncops.views.html.topology import topology_html
from lyncops.views.plan import TONES
from lyncops.views.run import STEP_TONES, state_of


def report_page(report: Report) -> str:
    """The report as the text of an HTML file."""
    return page(f"{report.headline} ({report.run.run_id})", *_parts(report))


def _parts(report: Report) -> Iterator[Content]:
    run = report.run
    state = state_of(run)
    yield element("h1", report.headline)
    yield element("p", toned(state.text, state.tone))
    yield listed(tuple(identity_facts(run)))
    yield section("Expected and actual", _compared(run))
    yield section("Left to do", listed(report.left_to_do))
    yield section("Exceptions", listed(run.exceptions))
    yield section("Overridden checks", _overrides(run))
    yield section("Topology", _topologies(run))
    yield section("Timeline", timeline(run, expected=True), _key())
    yield section("Steps", *map(_step, range(1, len(run.steps) + 1), run.steps))
    yield section("Checks before the run", _checks(run))
    yield section("Notes", listed(report.notes))
    yield section("Journal", _journal(report))


def _compared(run: Run) -> Markup:
    spent = took(run)
    actual = "not over yet" if spent is None else duration(spent)
    expected = duration(run.plan.estimate) if run.plan.estimate else "not estimated"
    return table(
        ("", "expected", "actual"),
        (
            ("duration", expected, actual),
            ("data loss", run.plan.expected_loss or "none", loss_seen(run)),
            (
                "goal",
                "; ".join(map(str, run.plan.goal)),
                run.goal_evidence or "not read",
            ),
        ),
    )


def _overrides(run: Run) -> Markup:
    rows = [
        (
            element("span", check.check_id, class_="lo-short"),
            check.evidence,
            check.overridden_because,
            " ".join(check.override_changes) or "nothing else",
        )
        for check in run.plan.checks
        if check.overridden_because
    ]
    columns = ("check", "what it found", "overridden because", "what that changes")
    return table(columns, rows) if rows else joined(())


def _topologies(run: Run) -> Markup:
    return joined(
        (
            element("h3", "Before"),
            _topology(run.topology_before),
            element("h3", "After"),
            _topology(run.topology_after),
        )
    )


def _topology(text: str) -> Markup:
    if not text:
        return element("p", "The journal has none.", class_="lo-faint")
    try:
        deployment = deployment_from_json(text)
    except InvalidValueError as error:
        return element("p", f"It cannot be drawn: {error.what}", class_="lo-careful")
    read = f"As read at {deployment.read_at:%Y-%m-%d %H:%M:%S %Z}"
    drawn = topology_html(deployment, folded=False)
    if not drawn.html:
        return element("p", f"{read}: no pool could be read.", class_="lo-careful")
    return joined((element("p", f"{read}:", class_="lo-faint"), drawn))


def _key() -> Markup:
    return element(
        "p",
        "Bar: how long it took. Thin line under it: how long the plan expected. Upright lines: a"
        " cmdlet was sent.",
        class_="lo-faint",
    )


def _step(number: int, record: StepRecord) -> Markup:
    return element("div", *_about(number, record), class_="lo-part")


def _about(number: int, record: StepRecord) -> Iterator[Content]:
    step = record.step
    state = toned(record.state.value.replace("_", " "), STEP_TONES[record.state])
    yield element("h3", f"{number}. {step.title}: ", state)
    yield element("p", _times(record), class_="lo-faint")
    yield element("p", element("b", "Why: "), step.why)
    if step.sources:
        yield element("p", element("b", "Source: "), linked(step.sources))
    if isinstance(step, CmdletStep):
        yield powershell(step.cmdlet.to_powershell())
    if isinstance(step, ManualStep):
        yield element("p", f"By hand, at {step.where}:")
        yield listed(step.instructions)
    if record.evidence_before:
        yield element("p", element("b", "Read before: "), record.evidence_before)
    yield from map(_attempt, record.attempts)
    if record.evidence_after:
        yield element("p", element("b", "Read back: "), record.evidence_after)
    if record.why:
        yield element("p", toned(record.why, STEP_TONES[record.state]))
    yield listed(record.exceptions)
    if record.attempts:
        yield element("p", element("b", "Undone by: "), step.undo or "nothing")


def _times(record: StepRecord) -> str:
    expected = f"expected {duration(record.step.estimate)}" if record.step.estimate else ""
    start, end = record.started_at, record.ended_at
    began = f"begun {start:%Y-%m-%d %H:%M:%S %Z}" if start else "not begun"
    spent = f"took {duration(end - start)}" if start and end else ""
    return ", ".join(filter(None, (began, spent, expected)))


def _attempt(attempt: Attempt) -> Markup:
    first, *rest = attempt_facts(attempt)
    streams = [
        (
            f"{line.at:%H:%M:%S}",
            line.stream.value,
            line.text + (f" ({line.percent} %)" if line.percent is not None else ""),
        )
        for line in attempt.lines
    ]
    left_out = f"{attempt.lines_left_out} more lines were not kept."
    return element(
        "div",
        element("p", element("b", first)),
        listed(tuple(rest)),
        table(("time (UTC)", "stream", "what it wrote"), streams) if streams else "",
        element("p", left_out, class_="lo-faint") if attempt.lines_left_out else "",
    )


def _checks(run: Run) -> Markup:
    rows = [
        (
            toned(check.verdict.value, TONES[check.verdict]),
            element("span", check.check_id, class_="lo-short"),
            check.evidence or check.question,
        )
        for check in run.plan.checks
    ]
    return table(("verdict", "check", "evidence"), rows) if rows else joined(())


def _journal(report: Report) -> Markup:
    chain = report.chain
    if chain is None:
        return element("p", "Its hash chain was not followed for this report.", class_="lo-faint")
    first, *rest = chain_facts(chain)
    return joined((element("p", toned(first, CHAIN_TONES[chain.state])), listed(tuple(rest))))
