from __future__ import annotations

import json
from datetime import timedelta

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.runs.events import AttemptPrepared, Event
from lyncops.runs.model import Run, RunState
from lyncops.runs.report import Report
from tests.runs.scene import START, A, B, C, Fate, Office, by_hand, failing_over, plan_of, waiting

OVERRIDDEN = CheckResult(
    check_id="replicas-up-to-date",
    question="q",
    verdict=Verdict.FAILED,
    evidence="e",
    overridden_because="they are *gone*",
)


def test_a_report_tells_what_was_done_and_what_was_seen(office: Office) -> None:
    office.scene.fates[A] = [Fate.FAILS_YET_DONE]
    office.scene.later(timedelta(minutes=2), lambda: office.scene.fail_over(C))
    plan = attrs.evolve(plan_of(failing_over(A), waiting(C), failing_over(B)), checks=(OVERRIDDEN,))
    run = office.start(plan)
    text = Report.of(run).text()
    for part in (
        "pool-failover of a.contoso.com (disaster): completed with exceptions",
        f"Run {run.run_id} on deployment contoso, by anna, begun 2013-11-21 03:00:00 UTC",
        "Reason: site 1 burns",
        "Expected loss, as announced before the run: Up to two minutes of presence.",
        "Check replicas-up-to-date was overridden: they are *gone*",
        "1. Fail a.contoso.com over: done, 2013-11-21 03:00:00 UTC, took 0 s",
        "2. Wait for c.contoso.com: done, 2013-11-21 03:00:00 UTC, took 2 min 0 s",
        "PowerShell: Invoke-CsPoolFailOver -PoolFqdn",
        (
            "Attempt 1 at 2013-11-21 03:00:00 UTC through https://fe1.contoso.com/OcsPowershell,"
            " command command-1"
        ),
        "Error: Cannot fail over.",
        "Warning: It takes a while.",
        "After: a.contoso.com is FailedOver",
        "Undone by: Invoke-CsPoolFailBack -PoolFqdn a.contoso.com",
        "Look into: Fail a.contoso.com over: The cmdlet failed",
        "Goal, as read from the servers: a.contoso.com is FailedOver; b.contoso.com is FailedOver",
    ):
        assert part in text
    markdown = Report.of(run).markdown()
    assert markdown.startswith("# pool-failover of a.contoso.com")
    assert "\n## Steps\n" in markdown
    assert "they are \\*gone\\*" in markdown
    assert "PowerShell: `Invoke-CsPoolFailOver" in markdown


def test_the_json_says_the_same(office: Office) -> None:
    office.scene.fates[A] = [Fate.LOST_NOT_STARTED]
    run = office.start(plan_of(failing_over(A), by_hand()))
    data = json.loads(Report.of(run).json())
    assert (data["run"], data["state"], data["mode"], data["plan"]) == (
        run.run_id,
        "pending_manual_step",
        "disaster",
        run.plan.content_id,
    )
    first, second = data["steps"]
    assert [
        (attempt["number"], attempt["sent"], attempt["outcome"]) for attempt in first["attempts"]
    ] == [
        (1, False, "failed"),
        (2, True, "succeeded"),
    ]
    assert second["powershell"] is None
    assert data["left_to_do"] == [
        f"Do the manual step, then: lyncops resume {run.run_id}",
        "Change DNS (at the DNS server): Point sip.contoso.com to pool2.",
    ]
    assert "never started at the server" in Report.of(run).text()


@pytest.mark.parametrize(
    ("state", "way"),
    [
        (RunState.UNKNOWN, "Check what the servers show"),
        (RunState.TIMED_OUT, "Fix what stopped it"),
        (RunState.PAUSED_BY_OPERATOR, "Continue with: lyncops resume r"),
        (
            RunState.FAILED,
            (
                "Make a new plan from what the servers show now: lyncops plan pool-failover"
                " a.contoso.com"
            ),
        ),
    ],
)
def test_a_report_says_how_to_go_on(state: RunState, way: str) -> None:
    run = Run.of(plan_of(failing_over(A)), run_id="r", operator="anna", reason="", created_at=START)
    report = Report.of(attrs.evolve(run, state=state))
    assert report.left_to_do[0].startswith(way)
    assert report.left_to_do[1:] == ("Fail a.contoso.com over",)
    assert report.data()["mode"] == "disaster"


def test_a_complete_run_leaves_nothing_to_do(office: Office) -> None:
    assert Report.of(office.start(plan_of(failing_over(A)))).left_to_do == ()


def test_a_run_under_way_can_be_told(office: Office) -> None:
    told: list[str] = []

    class Reader:
        def observe(self, event: Event) -> None:
            if isinstance(event, AttemptPrepared):
                told.append(Report.of(office.journal().load(event.run_id)).text())

    office.runner(None, Reader()).start(plan_of(failing_over(A)), operator="anna")
    assert "begun, since 2013-11-21 03:00:00 UTC" in told[0]
    assert "not known yet" in told[0]
