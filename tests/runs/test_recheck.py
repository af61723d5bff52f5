from __future__ import annotations

import json
from datetime import timedelta

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.errors import PlanFormatError, PlanRefusedError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    BackupServiceSet,
    BackupServiceSync,
    DatabaseFailover,
    EdgeFederationFailover,
    PoolFailback,
    PoolFailover,
    Procedure,
    XmppFailback,
)
from lyncops.runs.recheck import compare
from lyncops.runs.runner import Runner
from tests.runs.scene import A, B, C, Office, failing_over, plan_of, waiting

PLAN = plan_of(failing_over(A), failing_over(B))
REFUSAL = CheckResult(
    check_id="pool-exists",
    question="q",
    verdict=Verdict.FAILED,
    evidence="There is none.",
    remedy="Look.",
)
REFUSED = attrs.evolve(PLAN, checks=(REFUSAL,))


def test_a_refused_plan_does_not_run(office: Office) -> None:
    with pytest.raises(
        PlanRefusedError, match=r"nothing was changed. \[pool-exists\] There is none. Look."
    ):
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
    "asked",
    [
        PoolFailover(
            pool=A,
            mode="disaster",
            accept_data_loss=True,
            overrides={"replicas-up-to-date": "they are gone"},
        ),
        PoolFailover(pool=A, mode="planned", export=False, next_hop=B),
        PoolFailback(pool=A, mode="planned", edges=(C,)),
        PoolFailback(pool=A, mode="planned", edges=()),
        DatabaseFailover(pool=A, database_type="Monitoring", principal="primary"),
        EdgeFederationFailover(edge_pool=A, other_edge=B, sites=("Site 1", "Dublin")),
        XmppFailback(edge_pool=A, domains=("contoso.com",), xmpp_host="x.contoso.com"),
        BackupServiceSet(sync_interval=timedelta(minutes=1), authorized_groups=("G",)),
        BackupServiceSync(pool=A, modules=("ConfServices.DataConf",)),
    ],
    ids=str,
)
def test_what_was_asked_for_is_found_again_in_its_plan(asked: Procedure) -> None:
    overridden = tuple(
        attrs.evolve(REFUSAL, check_id=check_id, overridden_because=why)
        for check_id, why in asked.overrides.items()
    )
    plan = attrs.evolve(PLAN, procedure=asked, checks=overridden)
    assert plan_from_json(plan_to_json(plan)).procedure == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"edges": 5}},
        {"options": {"next_hop": "no fqdn"}},
        {"options": {"colour": "red"}},
        {"options": 5},
        {"procedure": "pool-failovr"},
        {"procedure": None},
        {"mode": "sideways"},
        {"mode": None},
        {"target": None},
    ],
    ids=str,
)
def test_a_procedure_that_is_not_understood_is_refused(changes: dict[str, object]) -> None:
    plan = attrs.evolve(PLAN, procedure=PoolFailback(pool=A, mode="planned"))
    data = json.loads(plan_to_json(plan))
    data["plan"].update(changes)
    with pytest.raises(PlanFormatError):
        plan_from_json(json.dumps(data))
