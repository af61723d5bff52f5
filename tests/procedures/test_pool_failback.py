from __future__ import annotations

from datetime import timedelta

import attrs

from lyncops.deployment.model import EdgePool, PoolState, WindowsService
from lyncops.plan.conditions import (
    BackupModuleIs,
    EdgeNextHopIs,
    PoolIsAlive,
    PoolIsHome,
    StoreHasSingleMaster,
    StoreIsActiveOn,
)
from lyncops.plan.model import ManualStep, WaitStep
from lyncops.procedures.store import BAD_ENDS
from lyncops.values import Anywhere, Fqdn, Unread
from tests.deployments import EDGE1, EDGE2, P1, P2, changed, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell, refused_by, step

AWAY = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)


def with_next_hops(first: Fqdn, second: Fqdn) -> tuple[EdgePool, ...]:
    edges = two_sites().edges
    assert not isinstance(edges, Unread)
    return tuple(
        attrs.evolve(edge, next_hop=hop) for edge, hop in zip(edges, (first, second), strict=True)
    )


LED_AWAY = attrs.evolve(AWAY, edges=with_next_hops(P2, P2))


def test_users_come_home_and_then_their_conference_content_from_the_backup_pool() -> None:
    plan = ask("pool-failback", AWAY, P1, PLANNED, edges=())
    assert not plan.is_refused
    assert ids(plan) == ["pool-failback", "conference-sync", "conference-steady"]
    assert (
        powershell(plan, "pool-failback")
        == f"Invoke-CsPoolFailBack -PoolFqdn '{P1}' -Confirm:$false -Verbose"
    )
    assert (
        powershell(plan, "conference-sync")
        == f"Invoke-CsBackupServiceSync -PoolFqdn '{P2}' -BackupModule 'ConfServices.DataConf'"
    )
    wait = plan.steps[-1]
    assert isinstance(wait, WaitStep)
    assert wait.until == (BackupModuleIs(P2, "ConfServices.DataConf"),)
    assert plan.goal == (PoolIsHome(P1),)


def test_an_edge_of_the_same_site_is_led_home_again() -> None:
    plan = ask("pool-failback", LED_AWAY, P1, PLANNED)
    assert ids(plan)[2:4] == [f"edge-next-hop-{EDGE1}", f"edge-replicas-{P1}"]
    assert plan.goal == (PoolIsHome(P1), EdgeNextHopIs(EDGE1, P1))


def test_the_operator_can_name_the_edges_to_lead_home() -> None:
    both = ask("pool-failback", LED_AWAY, P1, PLANNED, edges=(EDGE1, EDGE2))
    assert {f"edge-next-hop-{EDGE1}", f"edge-next-hop-{EDGE2}"} <= set(ids(both))
    none = ask("pool-failback", LED_AWAY, P1, PLANNED, edges=())
    assert not any("edge" in step_id for step_id in ids(none))


def test_the_failback_happens_only_while_both_are_up() -> None:
    assert step(ask("pool-failback", AWAY, P1, PLANNED), "pool-failback").before == (
        PoolIsAlive(P1),
        PoolIsAlive(P2),
    )


def test_in_disaster_mode_the_backup_pool_is_gone_and_nothing_is_asked_of_it() -> None:
    gone = with_dead(with_state(two_sites(active_store=P1), P1, PoolState.FAILED_OVER), P2)
    plan = ask("pool-failback", gone, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert ids(plan) == ["pool-failback"]
    assert "-DisasterMode" in powershell(plan, "pool-failback")
    failback = step(plan, "pool-failback")
    assert failback.place == Anywhere(prefer=P1, avoid=P2)
    assert failback.before == (PoolIsAlive(P1),)
    assert any("conference-restore" in note for note in plan.notes)
    assert any("is lost" in note for note in plan.notes)


def test_a_store_that_died_with_the_backup_pool_comes_home_first() -> None:
    gone = with_dead(AWAY, P2)
    plan = ask("pool-failback", gone, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert ids(plan) == [
        "export-configuration",
        "store-failover",
        "store-replicas",
        "pool-failback",
        "store-replicas-rest",
    ]
    assert "-BackupSqlServerFqdn" in powershell(plan, "store-failover")
    assert step(plan, "pool-failback").before == (PoolIsAlive(P1), StoreHasSingleMaster())
    assert plan.goal == (PoolIsHome(P1), StoreIsActiveOn(P1))
    assert BAD_ENDS in plan.notes
    assert "export-configuration" not in ids(
        ask("pool-failback", gone, P1, DISASTER, accept_data_loss=True, export=False)
    )


def test_a_disaster_failback_wants_the_loss_accepted() -> None:
    gone = with_dead(with_state(two_sites(active_store=P1), P1, PoolState.FAILED_OVER), P2)
    assert refused_by(ask("pool-failback", gone, P1, DISASTER)) == {"data-loss-accepted"}


def test_a_pool_that_is_at_home_cannot_be_failed_back() -> None:
    plan = ask("pool-failback", AWAY, P2, PLANNED)
    assert refused_by(plan) == {"is-failed-over"}
    assert P1 in plan.refusals[0].remedy


def test_a_pool_that_does_not_exist_gets_a_plan_without_steps() -> None:
    plan = ask("pool-failback", two_sites(), Fqdn("pool9.contoso.com"), PLANNED)
    assert (refused_by(plan), plan.steps) == ({"pool-exists"}, ())


def test_a_stopped_edge_server_of_the_site_is_a_gate_before_the_pool() -> None:
    stopped = changed(AWAY, EDGE1, machines=two_sites_edge(running=False))
    plan = ask("pool-failback", stopped, P1, PLANNED)
    gate = plan.steps[0]
    assert isinstance(gate, ManualStep)
    assert gate.where == "edge1-a.contoso.com"
    assert gate.after
    assert ids(plan)[1] == "pool-failback"


def two_sites_edge(*, running: bool) -> tuple[object, ...]:
    pool = two_sites().pool(EDGE1)
    assert pool is not None
    services = (WindowsService(name="RTCSRV", status="Running" if running else "Stopped"),)
    return tuple(attrs.evolve(machine, services=services) for machine in pool.machines)


def test_an_edge_server_that_cannot_be_asked_is_only_a_note() -> None:
    silent = with_dead(AWAY, EDGE1)
    plan = ask("pool-failback", silent, P1, PLANNED)
    assert ids(plan)[0] == "pool-failback"
    assert any("Edge" in note for note in plan.notes)


def test_the_store_stays_and_the_plan_says_so() -> None:
    plan = ask("pool-failback", AWAY, P1, PLANNED)
    assert any(P2 in note and "stays" in note for note in plan.notes)
    assert not any("store" in step_id for step_id in ids(plan))


def test_the_estimate_grows_with_the_users_up_to_an_hour_for_twenty_thousand() -> None:
    def estimate(users: int | Unread) -> timedelta:
        return step(
            ask("pool-failback", changed(AWAY, P1, users=users), P1, PLANNED), "pool-failback"
        ).estimate

    assert estimate(20_000) == timedelta(hours=1)
    assert estimate(40_000) == timedelta(hours=2)
    assert estimate(10) == timedelta(minutes=15)
    assert estimate(Unread("users", "not asked")) == timedelta(hours=1)
