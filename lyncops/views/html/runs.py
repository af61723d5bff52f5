"""A run and its report as a page shows them: its state, its timeline, each step to unfold."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.runs.model import Run, StepRecord
from lyncops.runs.report import Code, Report, run_facts, step_facts
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Heading, Text, Tone
from lyncops.views.html.blocks import html_of, table, toned
from lyncops.views.html.markup import Content, Markup, element, joined, unfolding
from lyncops.views.html.timeline import timeline
from lyncops.views.run import STEP_TONES, state_of, to_do_blocks


def run_html(run: Run) -> Markup:
    """Its state and what to do now, the timeline, and the steps."""
    head = (Heading(f"Run {run.run_id}: {run.plan.procedure.title}"), state_of(run))
    return joined((html_of(head), html_of(to_do_blocks(run)), timeline(run), _steps(run)))


def report_html(report: Report) -> Markup:
    """What was done by whom and why, what is left to do, the timeline, and the steps."""
    return joined(_report(report))


def _report(report: Report) -> Iterator[Markup]:
    run = report.run
    yield html_of((Heading(report.headline),))
    yield element("ul", *(element("li", fact) for fact in run_facts(run)))
    for title, texts in (
        ("Exceptions", run.exceptions),
        ("Left to do", report.left_to_do),
        ("Notes", report.notes),
    ):
        if texts:
            yield element("h4", title)
            yield element("ul", *(element("li", words) for words in texts))
    yield timeline(run)
    yield _steps(run)


def _steps(run: Run) -> Markup:
    rows = (_row(number, record) for number, record in enumerate(run.steps, start=1))
    return table(("", "step", "state", "took", "seen"), rows)


def _row(number: int, record: StepRecord) -> Iterator[Content]:
    yield str(number)
    yield unfolding(record.step.title, *_facts(record))
    yield toned(record.state.value.replace("_", " "), STEP_TONES[record.state])
    start, end = record.started_at, record.ended_at
    yield duration(end - start) if start and end else ""
    yield record.why or record.evidence_after


def _facts(record: StepRecord) -> Iterator[Markup]:
    for fact in step_facts(record):
        if isinstance(fact, Code):
            yield element("p", element("b", f"{fact.label}: "), element("code", fact.powershell))
        else:
            yield html_of((Text(fact, Tone.PLAIN),))
