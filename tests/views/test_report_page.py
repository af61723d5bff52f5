"""The report as one page: whole, harmless, and it loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import attrs
import pytest

from lyncops.plan.procedures import PoolFailover
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.runs.chain import examine
from lyncops.runs.lines import Line
from lyncops.runs.model import Run, RunState, StepRecord
from lyncops.runs.report import Report
from lyncops.runs.what_came import loss_seen
from lyncops.testing import InMemory, in_memory
from lyncops.views.html.report import report_page
from lyncops.views.html.timeline import timeline
from tests.deployments import P1, P2
from tests.views.pages import Page

EVIL = "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>"


@pytest.fixture(scope="module")
def deployment() -> Iterator[InMemory]:
    with in_memory() as made:
        yield made


@pytest.fixture(scope="module")
def report(deployment: InMemory) -> Report:
    client = deployment.client
    run = client.run(client.plan(PoolFailover(pool=P1, mode="planned")), reason="patching")
    return client.report(run.run_id)


def test_it_tells_all_that_an_auditor_asks(report: Report) -> None:
    run = report.run
    assert run.state is RunState.COMPLETED
    page = Page(report_page(report))
    for words in (
        "Reason: patching",
        run.operator,
        "Expected and actual",
        "none was seen: each step was read back as planned.",
        "Topology",
        "Timeline",
        "Attempt 1 at",
        "Read before:",
        "Read back:",
        "Checks before the run",
        "Undone by:",
        "entries are as they were written",
        report.chain.tip if report.chain else "no chain",
    ):
        assert words in page.text, words
    for record in run.steps:
        assert record.step.title in page.text
        assert record.step.why in page.text
    for command in ("Invoke-CsPoolFailOver",):
        assert command in page.text
    assert page.tags.count("svg") == 3  # before, after, timeline


def test_the_topologies_are_those_before_and_after(report: Report) -> None:
    before, after = report_page(report).split("<h3>After</h3>")
    served = f"The users of {P1} are served by {P2}."
    assert served not in before
    assert served in after


def test_it_is_one_file_that_loads_and_runs_nothing(report: Report) -> None:
    html = report_page(report)
    page = Page(html)  # no script, no image, no frame, no handler
    assert all(address.startswith("https://") for address in page.addresses)
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html
    assert not re.search(r"url\(|@import|src=", html)
    assert html.startswith("<!doctype html>")
    assert "@media print" in html
    assert "prefers-color-scheme: dark" in html
    assert "<details" not in html  # what is folded does not print
    printed = html.partition("@media print")[2].partition("</style>")[0]
    assert "color-scheme: light" in printed  # black on white also where the screen is dark
    assert re.search(r"h3[^{]*{ break-after: avoid", printed)
    assert re.search(r"tr, [^{]*svg[^{]*{ break-inside: avoid", printed)
    assert "attr(href)" in printed  # an address can be read on paper


def test_what_servers_and_people_wrote_is_words(report: Report) -> None:
    run = report.run

    def spoiled(record: StepRecord) -> StepRecord:
        attempts = tuple(
            attrs.evolve(
                attempt,
                reason=EVIL,
                lines=(Line(at=run.created_at, stream=StreamKind.VERBOSE, text=EVIL),),
            )
            for attempt in record.attempts
        )
        return attrs.evolve(
            record, evidence_before=EVIL, evidence_after=EVIL, why=EVIL, attempts=attempts
        )

    evil = attrs.evolve(
        run,
        reason=EVIL,
        operator=EVIL,
        notes=(EVIL,),
        goal_evidence=EVIL,
        steps=tuple(map(spoiled, run.steps)),
        topology_before=EVIL,
    )
    page = Page(report_page(Report.of(evil)))
    assert "alert('x')" in page.text
    assert "It cannot be drawn" in page.text


def test_each_bar_has_the_time_that_was_expected(report: Report) -> None:
    run = report.run
    drawn = str(timeline(run, expected=True))
    expected = [record for record in run.steps if record.step.estimate]
    assert expected
    assert drawn.count("expected: ") == len(expected)
    assert "expected: " not in str(timeline(run))
    ends = [float(x) for x in re.findall(r'd="M[0-9.]+ [0-9.]+H([0-9.]+)v', drawn)]
    assert all(330 <= end <= 850 for end in ends)


def test_a_run_that_is_not_over_says_what_is_left(report: Report) -> None:
    run = report.run
    open_run = attrs.evolve(
        run, state=RunState.UNKNOWN, topology_after="", why="nobody knows", goal_evidence=""
    )
    page = Page(report_page(Report.of(open_run)))
    assert "Left to do" in page.text
    assert f"lyncops resume {run.run_id}" in page.text
    assert "The journal has none." in page.text
    assert "Its hash chain was not followed" in page.text


@pytest.mark.parametrize(
    ("state", "mode", "told"),
    [
        (RunState.COMPLETED, "planned", "none was seen"),
        (RunState.COMPLETED, "disaster", "not measured"),
        (RunState.FAILED, "planned", "not known: the run ended as failed"),
        (RunState.UNKNOWN, "planned", "not known yet"),
    ],
)
def test_no_loss_is_claimed_that_nobody_measured(
    report: Report, state: RunState, mode: str, told: str
) -> None:
    run = report.run
    procedure = PoolFailover(pool=P1, mode=mode, accept_data_loss=mode == "disaster")
    plan = attrs.evolve(run.plan, procedure=procedure)
    assert loss_seen(attrs.evolve(run, state=state, plan=plan)).startswith(told)
    fresh = Run.of(plan, run_id="1", operator="a", reason="", created_at=run.created_at)
    assert loss_seen(fresh).startswith("nothing: no cmdlet")


def test_the_topologies_are_in_the_journal(deployment: InMemory, report: Report) -> None:
    stored = deployment.client.connection.journal.stored(report.run.run_id)
    kinds = [entry.kind for entry in stored.events]
    assert kinds.count("TopologyRead") == 2
    assert kinds.index("TopologyRead") < kinds.index("AttemptPrepared")
    assert kinds[-1] == "RunChanged"
    assert examine(stored).flaws == ()
    data = report.data()
    topology = data["topology"]
    assert isinstance(topology, dict)
    assert isinstance(topology["after"], dict)
    assert data["took_seconds"] is not None
    assert report.run.plan.estimate > timedelta(0)
