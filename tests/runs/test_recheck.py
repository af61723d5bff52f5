from __future__ import annotations

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets import DatabaseNameType
from lyncops.errors import PlanFormatError, PlanRefusedError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.model import Plan
from lyncops.procedures.request import ProcedureRequest
from lyncops.runs.recheck import compare
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
    assert office.runs() == ()


def test_a_plan_that_would_be_refused_now_does_not_run(office: Office) -> None:
    def recheck(plan: Plan) -> None:
        compare(plan, REFUSED)

    runner: Runner = attrs.evolve(office.runner(), recheck=recheck)
    with pytest.raises(PlanRefusedError, match="pool-exists"):
        runner.start(PLAN, operator="anna")
    assert office.scene.sent == []
    assert office.runs() == ()


def test_a_plan_that_lacks_what_is_needed_now_does_not_run() -> None:
    with pytest.raises(PlanRefusedError, match=r"would now also need: Fail c\.contoso\.com over"):
        compare(PLAN, plan_of(failing_over(A), failing_over(C), waiting(C)))


def test_a_plan_may_hold_more_than_is_needed_now_and_lack_what_is_optional() -> None:
    compare(PLAN, plan_of(failing_over(B), failing_over(C, optional=True)))


@pytest.mark.parametrize(
    "request_",
    [
        ProcedureRequest(target=A, mode=Mode.DISASTER, accept_data_loss=True, overrides={"replicas-up-to-date": "they are gone"}),
        ProcedureRequest(
            target=A, export=False, next_hop=B, edges=(C,), database_type=DatabaseNameType.MONITORING, to_mirror=False
        ),
        ProcedureRequest(target=A, edges=()),
    ],
)
def test_a_request_is_found_again_in_its_plan(request_: ProcedureRequest) -> None:
    overridden = tuple(
        attrs.evolve(REFUSAL, check_id=check_id, overridden_because=why) for check_id, why in request_.overrides.items()
    )
    plan = attrs.evolve(PLAN, mode=request_.mode, checks=overridden, choices=request_.choices)
    assert ProcedureRequest.of(plan_from_json(plan_to_json(plan))) == request_


@pytest.mark.parametrize("choice", ["edges=5", "edges=[", "edges", 'next_hop="no fqdn"'])
def test_choices_that_no_procedure_knows_are_refused(choice: str) -> None:
    with pytest.raises(PlanFormatError, match="choices cannot be read"):
        ProcedureRequest.of(attrs.evolve(PLAN, choices=(choice,)))
