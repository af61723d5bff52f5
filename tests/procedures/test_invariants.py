"""What holds for every plan of every invented deployment."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.checks.result import Verdict
from lyncops.cmdlets import (
    InvokeCsManagementServerFailover,
    InvokeCsPoolFailBack,
    InvokeCsPoolFailOver,
    SetCsEdgeServer,
)
from lyncops.deployment.model import Deployment, PoolState
from lyncops.plan.model import CmdletStep, Mode, Plan
from lyncops.plan.procedures import Procedure, TwoModes
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.deployments import EDGE1, P1, P2, deployments
from tests.plan.plans import plans
from tests.procedures.asking import asked

THOROUGHLY = settings(
    max_examples=settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Planned = tuple[Deployment, Procedure, Plan]


@st.composite
def moves(
    draw: st.DrawFn, procedures: tuple[str, ...] = ("pool-failover", "pool-failback", "evacuate")
) -> Planned:
    """A deployment, and a plan to move users in it."""
    deployment = draw(deployments())
    request = asked(
        draw(st.sampled_from(procedures)),
        draw(st.sampled_from([P1, P2, Fqdn("pool3.contoso.com"), EDGE1])),
        mode=draw(st.sampled_from(list(Mode))),
        accept_data_loss=draw(st.booleans() | st.just(value=True)),
    )
    return deployment, request, make_plan(request, deployment)


def places(plan: Plan, kind: type[object]) -> list[int]:
    return [
        place
        for place, step in enumerate(plan.steps)
        if isinstance(step, CmdletStep) and isinstance(step.cmdlet, kind)
    ]


def home_after(deployment: Deployment, plan: Plan) -> None:
    """Plays the plan on paper: no pool may take users while its own are away, which is the order
    rule.
    """
    away = {
        pool.fqdn
        for pool in deployment.front_end_pools
        if pool.state in (PoolState.FAILED_OVER, PoolState.FAILING_OVER)
    }
    for step in plan.steps:
        cmdlet = step.cmdlet if isinstance(step, CmdletStep) else None
        if isinstance(cmdlet, InvokeCsPoolFailBack):
            assert cmdlet.pool_fqdn in away
            away.discard(Fqdn(cmdlet.pool_fqdn))
        if isinstance(cmdlet, InvokeCsPoolFailOver):
            pool = deployment.pool(Fqdn(cmdlet.pool_fqdn))
            assert pool is not None
            assert pool.backup_pool not in away
            away.add(pool.fqdn)


@THOROUGHLY
@given(moves())
def test_no_plan_that_may_run_breaks_the_order_rule(planned: Planned) -> None:
    deployment, _, plan = planned
    if not plan.is_refused:
        home_after(deployment, plan)


@THOROUGHLY
@given(moves(("pool-failover", "evacuate")))
def test_store_and_next_hops_always_come_before_the_pool(planned: Planned) -> None:
    _, _, plan = planned
    pools = places(plan, InvokeCsPoolFailOver)
    for earlier in (
        *places(plan, InvokeCsManagementServerFailover),
        *places(plan, SetCsEdgeServer),
    ):
        assert all(earlier < pool for pool in pools)


@THOROUGHLY
@given(moves(("pool-failover",)))
def test_a_pool_is_never_failed_over_with_the_store_or_an_edge_still_on_it(
    planned: Planned,
) -> None:
    deployment, request, plan = planned
    if plan.is_refused or isinstance(deployment.edges, Unread):
        return
    moved = {
        step.cmdlet.identity
        for step in plan.steps
        if isinstance(step, CmdletStep) and isinstance(step.cmdlet, SetCsEdgeServer)
    }
    assert moved == {
        f"EdgeServer:{edge.fqdn}" for edge in deployment.edges if edge.next_hop == request.target
    }
    copies = deployment.central_management.copies
    assert not isinstance(copies, Unread)
    on_target = any(copy.pool == request.target and copy.active is True for copy in copies)
    # A store without a standby copy
    by_hand = any(step.step_id == "store-move" for step in plan.steps)
    assert (bool(places(plan, InvokeCsManagementServerFailover)) or by_hand) == on_target


@THOROUGHLY
@given(plans())
def test_a_refused_plan_names_the_check_and_the_remedy(plan: Plan) -> None:
    for check in plan.refusals:
        assert check.check_id
        assert check.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
        assert check.evidence
        assert check.remedy
        assert check.sources


@THOROUGHLY
@given(plans())
def test_the_steps_of_a_plan_have_names_reasons_and_cmdlets_that_a_server_would_take(
    plan: Plan,
) -> None:
    names = [step.step_id for step in plan.steps]
    assert len(names) == len(set(names))
    for step in plan.steps:
        assert all((step.title, step.why, step.sources))
        if isinstance(step, CmdletStep) and not plan.is_refused:
            step.cmdlet.require_version(plan.version or LyncVersion.V2013)


@THOROUGHLY
@given(moves())
def test_the_same_deployment_and_request_give_the_same_plan(planned: Planned) -> None:
    deployment, request, plan = planned
    again = make_plan(request, deployment)
    assert again.content_id == plan.content_id
    assert again == plan


@THOROUGHLY
@given(moves())
def test_nothing_is_lost_in_disaster_mode_unless_the_operator_accepted_it(planned: Planned) -> None:
    _, request, plan = planned
    assert isinstance(request, TwoModes)
    if request.mode is Mode.DISASTER and plan.steps and not request.accept_data_loss:
        assert plan.is_refused
        accepted = attrs.evolve(
            plan, checks=tuple(c for c in plan.checks if c.check_id != "data-loss-accepted")
        )
        assert {check.check_id for check in plan.refusals} - {
            check.check_id for check in accepted.refusals
        } == {"data-loss-accepted"}
