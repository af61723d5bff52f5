"""Nothing is lost unasked: whatever is overridden, in every procedure, mode and deployment."""

from __future__ import annotations

from typing import Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.checks.result import CheckResult
from lyncops.deployment.model import Deployment, PoolState
from lyncops.errors import InvalidValueError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.model import CmdletStep, ManualStep, Mode, Plan
from lyncops.plan.procedures import PROCEDURES, Procedure
from lyncops.procedures import make_plan
from lyncops.values import Unread
from lyncops.views.plan import plan_blocks
from tests.deployments import (
    P1,
    P2,
    deployments,
    two_sites,
    with_dead,
    with_state,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, powershell, refused_by, step
from tests.procedures.requests import requests

LOSES: Final = frozenset({"Force", "DisasterMode", "BackupSqlServerFqdn", "SkipDataVerification"})
"""Arguments that make a cmdlet go on without the data that it cannot get."""

DENIED: Final = with_store(
    two_sites(),
    active_master=Unread("the master of the store", "Access is denied."),
    file_transfer_agents=Unread("the file transfer agents", "Access is denied."),
)
UNREAD_EDGES: Final = attrs.evolve(
    two_sites(active_store=P2), edges=Unread("the Edge pools", "no answer")
)


@st.composite
def overridden(draw: st.DrawFn, name: str) -> tuple[Procedure, Plan, Plan]:
    """A procedure, its plan, and the plan with some of the overrides that the first one offers."""
    deployment: Deployment = draw(deployments(pairs=1))
    if draw(st.booleans()):
        deployment = attrs.evolve(
            deployment,
            central_management=with_store(
                DENIED, copies=deployment.central_management.copies
            ).central_management,
        )
    request = draw(requests(name))
    plan = make_plan(request, deployment)
    offered = [check.check_id for check in plan.refusals if check.overridable]
    chosen = (
        draw(st.sets(st.sampled_from(offered)) | st.just(set(offered))) if offered else set[str]()
    )
    reasons = dict.fromkeys(sorted(chosen), "seen by hand")
    return request, plan, make_plan(attrs.evolve(request, overrides=reasons), deployment)


def forms_that_lose(plan: Plan) -> list[str]:
    found = [
        step.cmdlet.to_powershell()
        for step in plan.steps
        if isinstance(step, CmdletStep) and LOSES & set(step.cmdlet.arguments())
    ]
    by_hand = (
        line for step in plan.steps if isinstance(step, ManualStep) for line in step.instructions
    )
    return [*found, *(line for line in by_hand if "-Force" in line or "-DisasterMode" in line)]


@pytest.mark.parametrize("name", sorted(PROCEDURES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_is_overridden_nothing_is_lost_unasked(name: str, data: st.DataObject) -> None:
    request, bare, plan = data.draw(overridden(name))
    for each in (bare, plan):
        loses_only_what_was_accepted(request, each)
    same_commands(bare, plan)
    tells_its_overrides(bare, plan)


def loses_only_what_was_accepted(request: Procedure, plan: Plan) -> None:
    accepted = getattr(request, "accept_data_loss", False)
    losing = forms_that_lose(plan)
    if request.mode is Mode.PLANNED or (request.mode is None and not accepted):
        assert not losing
    if losing and not accepted:
        assert not next(c for c in plan.refusals if c.check_id == "data-loss-accepted").overridable


def same_commands(bare: Plan, plan: Plan) -> None:
    """No override leads to another form of a command."""
    sent = {s.step_id: s.cmdlet for s in bare.steps if isinstance(s, CmdletStep)}
    assert {s.step_id: s.cmdlet for s in plan.steps if isinstance(s, CmdletStep)} == sent


def tells_its_overrides(bare: Plan, plan: Plan) -> None:
    """What an override changes is told beside it."""
    steps = zip(plan.steps, bare.steps, strict=True)
    dropped = {s.title for s, old in steps if s != old}
    told = " ".join(change for check in plan.checks for change in check.override_changes)
    assert all(title in told for title in dropped)
    for check in plan.checks:
        assert bool(check.override_changes) == bool(check.overridden_because)
    again = plan_from_json(plan_to_json(plan))
    assert again == attrs.evolve(plan, procedure=again.procedure)


@pytest.mark.parametrize("procedure", ["pool-failover", "management-store-failover"])
def test_where_the_stores_status_is_denied_a_planned_move_sends_the_planned_form(
    procedure: str,
) -> None:
    refused = ask(procedure, DENIED, P1, PLANNED)
    assert "store-agents" in refused_by(refused)
    plan = ask(
        procedure,
        DENIED,
        P1,
        PLANNED,
        overrides=dict.fromkeys(refused_by(refused), "seen in the shell"),
    )
    assert not plan.is_refused
    assert powershell(plan, "store-failover") == "Invoke-CsManagementServerFailover -Confirm:$false"
    assert plan.expected_loss.startswith("Nothing")


@pytest.mark.parametrize("procedure", ["pool-failover", "management-store-failover"])
def test_a_store_without_a_master_moves_in_disaster_mode_only(procedure: str) -> None:
    broken = with_store(two_sites(), active_master=None, file_transfer_agents=())
    assert "store-works" in refused_by(ask(procedure, broken, P1, PLANNED))
    with pytest.raises(InvalidValueError, match="store-works cannot be overridden"):
        ask(procedure, broken, P1, PLANNED, overrides={"store-works": "I want to"})


def overridden_check(plan: Plan) -> CheckResult:
    return next(check for check in plan.checks if check.overridden_because)


def test_what_an_override_changes_is_shown_beside_it() -> None:
    plan = ask(
        "pool-failover", UNREAD_EDGES, P1, PLANNED, overrides={"edge-next-hop": "there is none"}
    )
    assert not plan.is_refused
    failover = step(plan, "pool-failover")
    assert failover.before
    (change,) = overridden_check(plan).override_changes
    assert (
        change
        == f"{step(plan, 'pool-failover').title}: sent without first checking whether no Edge pool"
        f" has {P1} as its next hop."
    )
    shown = "\n".join(str(block) for block in plan_blocks(plan))
    assert change in shown


def test_an_override_that_changes_no_step_says_so() -> None:
    stopped = with_store(two_sites(active_store=P2), replicas=())
    plan = ask("pool-failover", stopped, P1, PLANNED, overrides={"replicas-up-to-date": "seen"})
    assert overridden_check(plan).override_changes == ("The plan is the same, and not refused.",)


def test_an_override_of_a_check_that_passed_changes_nothing() -> None:
    """The step looks all the same: nobody decided against it."""
    healthy = two_sites(active_store=P2)
    plan = ask("pool-failover", healthy, P1, PLANNED, overrides={"edge-next-hop": "just in case"})
    assert plan == attrs.evolve(
        ask("pool-failover", healthy, P1, PLANNED), procedure=plan.procedure
    )


def test_a_disaster_plan_loses_nothing_unless_it_was_accepted() -> None:
    gone = with_dead(with_state(two_sites(), P2, PoolState.ACTIVE), P1)
    assert "data-loss-accepted" in refused_by(ask("pool-failover", gone, P1, DISASTER))
