"""Plans of invented deployments, run on the lab's model: they reach their goal, and what must never
happen never does.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from lyncops.lab.model.summary import Summary
from lyncops.lab.model.switches import StoreBug
from lyncops.lab.scenarios.checks import check
from lyncops.lab.scenarios.scenario import Scenario
from lyncops.plan.model import CmdletStep, Plan, WaitStep
from lyncops.runs.model import RunState, StepState
from lyncops.values import Effect, Fqdn, Mode
from tests.procedures.model import Site
from tests.procedures.scenarios import P1, P2, scenarios

FOR_A_WHILE: Final = timedelta(minutes=20)
REACHED: Final = {RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS}
ON_MODEL: Final = settings(
    max_examples=settings().max_examples // 10,  # 5, and 15 with --all
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def run_whole(site: Site, plan: Plan) -> None:
    """Run it: it reaches its goal, and every change was really made once."""
    assert not plan.is_refused, plan.refusals
    before = site.world.executions.copy()
    run = site.run(plan)
    assert run.state in REACHED, f"{run.state}: {run.why}"
    truth = site.reached(plan)
    assert truth.holds, truth.evidence
    assert_served(site.world.summary())
    sent = Counter(
        record.step.cmdlet.NAME
        for record in run.steps
        if isinstance(record.step, CmdletStep)
        and record.step.cmdlet.effect is Effect.CHANGE
        and record.state is StepState.DONE
    )
    assert site.world.executions - before == sent


def assert_served(summary: Summary) -> None:
    """Nobody's users are served by a pool that is dead, and never are two stores active."""
    for name, pool in summary.pools.items():
        if pool.served_by is not None:
            assert summary.pools[pool.served_by].alive, (
                f"{name} is served by {pool.served_by}, which is dead"
            )
    assert len(summary.store_active) == 1


def changed(before: Summary, after: Summary) -> set[str]:
    """What differs, but for the store, which stays where it went, and the services that go
    with it.
    """
    return set(before.difference(after)) - {"store_active", "services_stopped", "lis_entries"}


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("name", ["two-sites", "standard-pair", "sfb2015", "sfb2019"])
def test_failover_and_failback_of_each_scenario_that_comes_with_lyncops(
    name: str, mode: Mode
) -> None:
    site = Site.of(name)
    site.pass_time(FOR_A_WHILE)
    target = site.read().front_end_pools[0].fqdn
    before = site.world.summary()
    if mode is Mode.DISASTER:
        site.world.crash(target)
        site.pass_time(FOR_A_WHILE)
    failover = site.plan("pool-failover", target, mode, accept_data_loss=True)
    run_whole(site, failover)
    site.world.recover(target)
    site.pass_time(FOR_A_WHILE)
    failback = site.plan("pool-failback", target, Mode.PLANNED)
    run_whole(site, failback)
    assert changed(before, site.world.summary()) == set()


def rescue(site: Site, switch: str = "", value: object = None) -> Plan:
    """A disaster on two-sites, with something of the lab changed, and the plan against it."""
    site.pass_time(FOR_A_WHILE)
    site.world.crash(P1)
    site.pass_time(FOR_A_WHILE)
    if switch:
        setattr(
            site.world.faults if hasattr(site.world.faults, switch) else site.world.switches,
            switch,
            value,
        )
    return site.plan("pool-failover", P1, Mode.DISASTER, accept_data_loss=True)


@pytest.mark.parametrize("bug", [StoreBug.BOTH_ACTIVE, StoreBug.NONE_ACTIVE])
def test_a_store_that_ends_badly_stops_the_run_before_the_pool(bug: StoreBug) -> None:
    site = Site.of("two-sites")
    run = site.run(rescue(site, "store_failover", bug))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert site.world.executions["Invoke-CsPoolFailOver"] == 0
    later = site.plan("pool-failover", P1, Mode.DISASTER, accept_data_loss=True)
    refusals = [check for check in later.refusals if check.check_id.startswith("store")]
    assert any(
        "Install-CsDatabase" in check.remedy or "install" in check.remedy for check in refusals
    )


def test_a_failover_that_ends_without_error_and_without_effect_is_no_success() -> None:
    site = Site.of("two-sites")
    run = site.run(rescue(site, "without_effect", frozenset({"Invoke-CsPoolFailOver"})))
    assert run.state is RunState.PAUSED_BY_FAILED_STEP
    assert site.world.summary().pools[P1].served_by is None


def test_a_broken_replica_of_the_living_site_does_not_keep_the_users_waiting() -> None:
    site = Site.of("two-sites")
    plan = rescue(site)
    site.world.machine_states[Fqdn("edge2a.contoso.com")].services["REPLICA"].status = "Stopped"
    run = site.run(plan)
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    begun = run.record("pool-failover").started_at
    assert begun is not None
    assert begun - run.created_at < timedelta(minutes=12)
    assert "edge2a.contoso.com" in run.record("store-replicas-rest").evidence_after


@pytest.mark.parametrize(
    ("switch", "value"),
    [("no_replication", True), ("denied", frozenset({"Export-CsConfiguration"}))],
    ids=["replicas", "export"],
)
def test_what_is_optional_does_not_stop_the_rescue_and_is_listed(
    switch: str, value: object
) -> None:
    site = Site.of("two-sites")
    run = site.run(rescue(site, switch, value))
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert run.exceptions
    assert site.world.summary().pools[P1].served_by == P2


@pytest.mark.parametrize(
    "switch",
    ["store_force_required", "master_is_pool", "failback_ends_as_active", "pool_state_global"],
)
def test_what_is_not_established_does_not_matter(switch: str) -> None:
    site = Site.of("two-sites")
    assert site.run(rescue(site, switch, value=True)).state is RunState.COMPLETED


@pytest.mark.parametrize("asked", [True, False])
def test_a_deployment_that_replicates_only_an_enabled_topology_needs_to_be_told(
    *, asked: bool
) -> None:
    site = Site.of("two-sites")
    site.world.switches.enable_topology_needed = True
    site.pass_time(FOR_A_WHILE)
    plan = site.plan("pool-failover", P1, Mode.PLANNED, enable_topology=asked)
    assert site.run(plan).state is (RunState.COMPLETED if asked else RunState.PAUSED_BY_FAILED_STEP)
    assert site.world.executions["Enable-CsTopology"] == asked
    if not asked:
        waits = (step for step in plan.steps if isinstance(step, WaitStep))
        assert any("--enable-topology" in wait.why for wait in waits)


@pytest.mark.parametrize("mode", list(Mode))
def test_where_the_configuration_has_no_pool_state_a_user_tells_what_became_of_the_pool(
    mode: Mode,
) -> None:
    site = Site.of("two-sites")
    site.world.switches.pool_state_present = False
    site.pass_time(FOR_A_WHILE)
    if mode is Mode.DISASTER:
        site.world.crash(P1)
        site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failover", P1, mode, accept_data_loss=True))
    site.world.recover(P1)
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failback", P1, Mode.PLANNED))


def test_where_nobody_tells_the_state_of_a_dead_pool_its_failover_ends_unknown() -> None:
    site = Site.of("two-sites")
    site.world.switches.pool_state_present = site.world.switches.user_info_follows_failover = False
    run = site.run(rescue(site))
    assert run.state is RunState.UNKNOWN
    assert "What it did could not be read." in run.why
    assert "no PoolState" in run.why
    assert "although its pool is not running" in run.why


def test_the_loss_of_a_whole_site_is_rescued_without_waiting_for_its_edge() -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    site.world.crash("site:Site1")
    site.pass_time(FOR_A_WHILE)
    plan = site.plan("pool-failover", P1, Mode.DISASTER, accept_data_loss=True)
    assert site.run(plan).state is RunState.COMPLETED
    assert site.world.summary().pools[P1].served_by == P2


@pytest.mark.parametrize("procedure", ["pool-failback", "evacuate"])
def test_a_backup_pool_that_dies_with_the_store_is_left_by_one_command(procedure: str) -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failover", P1, Mode.PLANNED))
    site.pass_time(FOR_A_WHILE)  # what was not replicated yet would be lost with the store
    site.world.crash(P2)
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan(procedure, P1, Mode.DISASTER, accept_data_loss=True))
    summary = site.world.summary()
    assert summary.pools[P1].served_by == P1
    assert summary.store_active == {P1}
    assert summary.pools[P2].served_by == (P1 if procedure == "evacuate" else None)


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
    run_whole(site, failover)
    assert site.world.summary().pools[target].served_by == failover.lock[1]
    site.world.recover(target)
    site.pass_time(FOR_A_WHILE)
    failback = site.plan("pool-failback", target, Mode.PLANNED)
    run_whole(site, failback)
    assert changed(before, site.world.summary()) == set()


@ON_MODEL
@given(scenarios(), st.sampled_from(list(Mode)))
def test_the_example_of_the_guide_plays_and_ends_with_everybody_on_one_pool(
    scenario: Scenario, mode: Mode
) -> None:
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    first = site.plan("pool-failover", P1, Mode.PLANNED)
    run_whole(site, first)
    wrong = site.plan("pool-failover", P2, Mode.PLANNED)
    assert "partner-not-failed-over" in {check.check_id for check in wrong.refusals}
    if mode is Mode.DISASTER:
        site.world.crash(P2)
        site.pass_time(FOR_A_WHILE)
    evacuation = site.plan("evacuate", P1, mode, accept_data_loss=True)
    event(f"{mode.value}: {', '.join(check.check_id for check in evacuation.refusals) or 'runs'}")
    if evacuation.is_refused:
        return
    run_whole(site, evacuation)
    served = {
        name: pool.served_by
        for name, pool in site.world.summary().pools.items()
        if name in (P1, P2)
    }
    assert served == {P1: P1, P2: P1}


@ON_MODEL
@given(
    scenarios(),
    st.sampled_from([P1, P2]),
    st.sampled_from(["pool-failover", "pool-failback", "evacuate"]),
    st.data(),
)
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
    plan = site.plan(
        procedure, target, data.draw(st.sampled_from(list(Mode))), accept_data_loss=True
    )
    event(f"{procedure}: {'refused' if plan.is_refused else 'runs'}")
    if plan.is_refused:
        assert before.difference(site.world.summary()) == {}
        assert sum(site.world.executions.values()) == 0
        assert all(refusal.remedy for refusal in plan.refusals)
        return
    run_whole(site, plan)
    pools = site.world.summary().pools
    for name in set(plan.lock) & pools.keys():  # Edge pools are locked too
        assert pools[name].served_by is not None
