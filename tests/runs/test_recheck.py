from __future__ import annotations

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.errors import PlanRefusedError
from lyncops.plan.model import Plan
from lyncops.runs.recheck import compare, request_of
from lyncops.runs.runner import Runner
from lyncops.values import Mode
from tests.runs.scene import A, B, C, Office, failing_over, plan_of, waiting

PLAN = plan_of(failing_over(A), failing_over(B))
REFUSAL = CheckResult(check_id="pool-exists", question="q", verdict=Verdict.FAILED, evidence="There is none.", remedy="Look.")
REFUSED = attrs.evolve(PLAN, checks=(REFUSAL,))


def test_a_refused_plan_does_not_run(office: Office) -> None:
    with pytest.raises(PlanRefusedError, match=r"nothing was changed. \[pool-exists\] There is none. Look."):
        office.start(REFUSED)
    assert office.scene.sent == []
    assert office.journal().runs() == ()


def test_a_plan_that_would_be_refused_now_does_not_run(office: Office) -> None:
    def recheck(plan: Plan) -> None:
        compare(plan, REFUSED)

    runner: Runner = attrs.evolve(office.runner(), recheck=recheck)
    with pytest.raises(PlanRefusedError, match="pool-exists"):
        runner.start(PLAN, operator="anna")
    assert office.scene.sent == []
    assert office.journal().runs() == ()


def test_a_plan_that_lacks_what_is_needed_now_does_not_run() -> None:
    with pytest.raises(PlanRefusedError, match="would now also need: Fail c.contoso.com over"):
        compare(PLAN, plan_of(failing_over(A), failing_over(C), waiting(C)))


def test_a_plan_may_hold_more_than_is_needed_now() -> None:
    compare(PLAN, plan_of(failing_over(B)))


def test_a_request_is_found_again_in_its_plan() -> None:
    overridden = attrs.evolve(REFUSAL, check_id="replicas-up-to-date", overridden_because="they are gone")
    request = request_of(attrs.evolve(PLAN, checks=(overridden,)))
    assert (request.target, request.mode, request.accept_data_loss, request.export) == (A, Mode.DISASTER, True, False)
    assert request.overrides == {"replicas-up-to-date": "they are gone"}
