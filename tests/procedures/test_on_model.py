"""Plans of invented deployments, run on the lab's model: they reach their goal, and what must never happen never does."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from lyncops.lab.scenario import Scenario
from lyncops.lab.scenario_checks import check
from lyncops.lab.summary import Summary
from lyncops.plan.model import CmdletStep, Plan
from lyncops.runs.model import Run, RunState
from lyncops.values import Fqdn, Mode
from tests.procedures.model import Site
from tests.procedures.scenarios import P1, P2, scenarios

FOR_A_WHILE: Final = timedelta(minutes=20)
REACHED: Final = {RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS}
ON_MODEL: Final = settings(  # 10 examples, and 400 in the nightly profile
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def assert_reached(site: Site, plan: Plan, run: Run) -> None:
    assert run.state in REACHED, f"{run.state}: {run.why}"
    truth = site.reached(plan)
    assert truth.holds, truth.evidence
    assert_served(site.world.summary())
    counted = site.world.executions
    wanted = {step.cmdlet.NAME for step in plan.steps if isinstance(step, CmdletStep)}
    assert all(counted[name] <= 2 for name in wanted if name.startswith("Invoke-CsPool"))


def assert_served(summary: Summary) -> None:
    """Nobody's users are served by a pool that is dead, and never are two stores active."""
    for name, pool in summary.pools.items():
        if pool.served_by is not None:
            assert summary.pools[pool.served_by].alive, f"{name} is served by {pool.served_by}, which is dead"
    assert len(summary.store_active) == 1


def edges_moved(plan: Plan) -> tuple[Fqdn, ...]:
    return tuple(Fqdn(s.step_id.removeprefix("edge-next-hop-")) for s in plan.steps if s.step_id.startswith("edge-next-hop-"))


def changed(before: Summary, after: Summary) -> set[str]:
    """What differs, but for the store, which stays where it went, and the services that go with it."""
    return set(before.difference(after)) - {"store_active", "services_stopped", "lis_entries"}


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", ["two-sites", "standard-pair", "sfb2015", "sfb2019"])
def test_failover_and_failback_of_each_scenario_that_comes_with_lyncops(name: str, mode: Mode) -> None:
    site = Site.of(name)
    site.pass_time(FOR_A_WHILE)
    target = site.read().front_end_pools[0].fqdn
    before = site.world.summary()
    if mode is Mode.DISASTER:
        site.world.crash(target)
        site.pass_time(FOR_A_WHILE)
    failover = site.plan("pool-failover", target, mode, accept_data_loss=True)
    assert not failover.is_refused, failover.refusals
    assert_reached(site, failover, site.run(failover))
    site.world.recover(target)
    site.pass_time(FOR_A_WHILE)
    failback = site.plan("pool-failback", target, Mode.PLANNED, edges=edges_moved(failover))
    assert not failback.is_refused, failback.refusals
    assert_reached(site, failback, site.run(failback))
    assert changed(before, site.world.summary()) == set()


@ON_MODEL
@given(scenarios(), st.sampled_from([P1, P2]), st.sampled_from(list(Mode)))
def test_a_failover_that_is_not_refused_reaches_its_goal_and_its_failback_is_the_identity(
    scenario: Scenario, target: Fqdn, mode: Mode
) -> None:
    check(scenario, "invented")
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    before = site.world.summary()
    if mode is Mode.DISASTER:
        site.world.crash(target)
        site.pass_time(FOR_A_WHILE)
    failover = site.plan("pool-failover", target, mode, accept_data_loss=True)
    event(f"{mode.value}: {', '.join(check.check_id for check in failover.refusals) or 'runs'}")
    assert not failover.is_refused, failover.refusals
    assert_reached(site, failover, site.run(failover))
    assert site.world.summary().pools[target].served_by == failover.lock[1]
    site.world.recover(target)
    site.pass_time(FOR_A_WHILE)
    failback = site.plan("pool-failback", target, Mode.PLANNED, edges=edges_moved(failover))
    assert not failback.is_refused, failback.refusals
    assert_reached(site, failback, site.run(failback))
    assert changed(before, site.world.summary()) == set()


@ON_MODEL
@given(scenarios(), st.sampled_from(list(Mode)))
def test_the_example_of_the_guide_plays_and_ends_with_everybody_on_one_pool(scenario: Scenario, mode: Mode) -> None:
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    first = site.plan("pool-failover", P1, Mode.PLANNED)
    assert_reached(site, first, site.run(first))
    wrong = site.plan("pool-failover", P2, Mode.PLANNED)
    assert "partner-not-failed-over" in {check.check_id for check in wrong.refusals}
    if mode is Mode.DISASTER:
        site.world.crash(P2)
        site.pass_time(FOR_A_WHILE)
    evacuation = site.plan("evacuate", P1, mode, accept_data_loss=True)
    event(f"{mode.value}: {', '.join(check.check_id for check in evacuation.refusals) or 'runs'}")
    if evacuation.is_refused:
        return
    assert_reached(site, evacuation, site.run(evacuation))
    served = {name: pool.served_by for name, pool in site.world.summary().pools.items() if name in (P1, P2)}
    assert served == {P1: P1, P2: P1}


@ON_MODEL
@given(scenarios(), st.sampled_from([P1, P2]), st.sampled_from(["pool-failover", "pool-failback", "evacuate"]), st.data())
def test_users_always_have_a_living_pool_after_a_run_and_a_refused_plan_changes_nothing(
    scenario: Scenario, target: Fqdn, procedure: str, data: st.DataObject
) -> None:
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    mishap = data.draw(st.sampled_from(["", P1, P2, "site:North", "site:South"]))
    if mishap:
        site.world.crash(mishap)
        site.pass_time(FOR_A_WHILE)
    before = site.world.summary()
    plan = site.plan(procedure, target, data.draw(st.sampled_from(list(Mode))), accept_data_loss=True)
    event(f"{procedure}: {'refused' if plan.is_refused else 'runs'}")
    if plan.is_refused:
        assert before.difference(site.world.summary()) == {}
        assert sum(site.world.executions.values()) == 0
        assert all(refusal.remedy for refusal in plan.refusals)
        return
    assert_reached(site, plan, site.run(plan))
    for name in plan.lock:
        assert site.world.summary().pools[name].served_by is not None
