from __future__ import annotations

import attrs
from hypothesis import HealthCheck, given, settings

from lyncops.cmdlets import (
    InvokeCsBackupServiceSync,
    InvokeCsManagementServerFailover,
    InvokeCsPoolFailOver,
)
from lyncops.deployment.model import Deployment
from lyncops.plan.model import CmdletStep, Mode, Plan
from lyncops.plan.procedures import EdgeFederationFailover, PoolFailover
from lyncops.plan.rehearsal import rehearsal, rehearsed
from lyncops.procedures import make_plan
from lyncops.values import Effect
from tests.deployments import EDGE1, EDGE2, P1, P2, deployments, two_sites, with_dead
from tests.plan.plans import full_plan, plans


def test_a_rehearsal_never_has_force() -> None:
    forced = InvokeCsManagementServerFailover(backup_sql_server_fqdn=P2, force=True)
    rehearsal_of_it = rehearsed(forced)
    assert rehearsal_of_it is not None
    assert (
        rehearsal_of_it.to_powershell()
        == f"Invoke-CsManagementServerFailover -BackupSqlServerFqdn '{P2}' -WhatIf"
    )


def test_a_cmdlet_without_what_if_cannot_be_rehearsed() -> None:
    assert rehearsed(InvokeCsBackupServiceSync(pool_fqdn=P1)) is None


def test_explicit_confirmation_is_not_carried_into_the_rehearsal() -> None:
    quiet = rehearsed(InvokeCsPoolFailOver(pool_fqdn=P1, confirm=False))
    assert quiet == InvokeCsPoolFailOver(pool_fqdn=P1, what_if=True)


def test_every_step_is_told_in_order_and_nothing_is_waited_for() -> None:
    plan = full_plan()
    told = rehearsal(plan, two_sites())
    assert tuple(part.step for part in told) == plan.steps
    asked = [part.ask for part in told if part.ask is not None]
    assert [step.step_id for step in asked] == ["one", "two", "three"]
    assert [step.place for step in asked] == [
        step.place for step in plan.steps[:3] if isinstance(step, CmdletStep)
    ]
    assert not any(step.before or step.after for step in asked)
    assert [part.because for part in told[3:]] == ["it only waits", "it is done by hand"]


def test_a_step_that_needs_an_earlier_one_is_not_rehearsed() -> None:
    plan = make_plan(PoolFailover(pool=P1, mode=Mode.PLANNED), two_sites())
    *_, last = rehearsal(plan, two_sites())
    moves = next(
        n for n, step in enumerate(plan.steps, start=1) if step.step_id.startswith("edge-next-hop")
    )
    assert last.ask is None
    assert f"it depends on the result of step {moves}" in last.because
    assert f"{P1} is the next hop of {EDGE1}" in last.because


def test_the_step_is_named_that_brings_it_about_and_none_that_aims_at_something_alike() -> None:
    request = EdgeFederationFailover(edge_pool=EDGE1, other_edge=EDGE2)
    told = rehearsal(make_plan(request, two_sites()), two_sites())
    route = next(part for part in told if part.step.step_id.startswith("federation-route"))
    assert (
        f"it depends on the result of step 1: {EDGE2} is the one Edge pool with federation"
        in route.because
    )


def test_without_a_store_only_its_own_failover_is_rehearsed() -> None:
    dead = with_dead(two_sites(), P1)
    plan = make_plan(PoolFailover(pool=P1, mode=Mode.DISASTER, accept_data_loss=True), dead)
    told = {part.step.step_id: part for part in rehearsal(plan, dead)}
    assert [step_id for step_id, part in told.items() if part.ask is not None] == ["store-failover"]
    assert "the Central Management store" in told[f"edge-next-hop-{EDGE1}"].because


def test_a_step_is_rehearsed_once_what_it_needs_is_there() -> None:
    moved = attrs.evolve(two_sites(), edges=())
    *_, last = rehearsal(make_plan(PoolFailover(pool=P1, mode=Mode.PLANNED), two_sites()), moved)
    assert last.ask is not None


def test_what_no_earlier_step_mends_is_left_to_the_server_to_refuse() -> None:
    plan = make_plan(PoolFailover(pool=P1, mode=Mode.PLANNED), two_sites())
    alone = attrs.evolve(plan, steps=plan.steps[-1:])
    (only,) = rehearsal(alone, two_sites())
    assert only.ask is not None


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(plans(), deployments())
def test_the_rehearsal_of_any_plan_changes_nothing(plan: Plan, deployment: Deployment) -> None:
    for part in rehearsal(plan, deployment):
        assert (part.ask is None) == bool(part.because)
        if part.ask is not None:
            assert part.ask.cmdlet.effect is Effect.READ
            assert "-Force" not in part.ask.cmdlet.to_powershell()
