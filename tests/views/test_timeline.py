from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import attrs
import pytest

from lyncops.plan.procedures import PoolFailover
from lyncops.runs.model import Run, RunState, StepState
from lyncops.runs.report import Report
from lyncops.testing import InMemory, in_memory
from lyncops.views.html.runs import report_html, run_html
from lyncops.views.html.timeline import timeline
from tests.deployments import P1
from tests.views.pages import Page


@pytest.fixture
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        yield made


def failed_over(deployment: InMemory) -> Run:
    client = deployment.client
    return client.run(client.plan(PoolFailover(pool=P1, mode="planned")), reason="patching")


def test_each_step_has_a_bar_between_its_begin_and_its_end(deployment: InMemory) -> None:
    run = failed_over(deployment)
    html = str(timeline(run))
    page = Page(html)
    assert page.tags.count("rect") == len(run.steps)
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([0-9.]+)"', html)]
    assert all(0 < width <= 520 for width in widths)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)", html))
    for number, record in enumerate(run.steps, start=1):
        assert f"{number}. {record.step.title}" in words
    assert max(len(record.step.title) for record in run.steps) > 50


@pytest.mark.parametrize(
    ("took", "ticks"),
    [
        (timedelta(seconds=2.2), ["+1 s", "+2 s"]),
        (timedelta(minutes=34), ["+10 min", "+20 min", "+30 min"]),
        (timedelta(days=9), ["+48 h", "+96 h", "+144 h", "+192 h"]),
    ],
)
def test_ticks_are_round_and_each_has_words_of_its_own(
    deployment: InMemory, took: timedelta, ticks: list[str]
) -> None:
    run = failed_over(deployment)
    one = attrs.evolve(
        run.steps[0],
        started_at=run.created_at,
        ended_at=run.created_at + took,
        attempts=(),
    )
    short = attrs.evolve(run, steps=(one,), changed_at=None)
    assert re.findall(r">(\+[^<]+)</text>", str(timeline(short))) == ticks


def test_a_run_that_has_not_begun_has_no_timeline(deployment: InMemory) -> None:
    run = failed_over(deployment)
    fresh = Run.of(run.plan, run_id="1", operator="anna", reason="", created_at=run.created_at)
    assert str(timeline(fresh)) == ""
    assert "pending" in Page(str(run_html(fresh))).text


def test_a_step_that_is_not_settled_has_a_broken_border_and_its_state_in_words(
    deployment: InMemory,
) -> None:
    run = failed_over(deployment)
    last = attrs.evolve(run.steps[-1], state=StepState.UNKNOWN, ended_at=None)
    stuck = attrs.evolve(run, state=RunState.UNKNOWN, steps=(*run.steps[:-1], last))
    assert "stroke-dasharray" not in str(timeline(run))
    assert str(timeline(stuck)).count("stroke-dasharray") == 1
    assert "unknown" in Page(str(timeline(stuck))).text


def test_a_report_tells_who_why_and_every_attempt(deployment: InMemory) -> None:
    run = failed_over(deployment)
    assert run.state is RunState.COMPLETED
    page = Page(str(report_html(Report.of(run))))
    for words in ("Reason: patching", run.operator, "Invoke-CsPoolFailOver", "Attempt 1 at"):
        assert words in page.text
