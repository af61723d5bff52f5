"""Next hops that are Directors, and what a dead pool does not say of the Edge servers in
its site.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import attrs
import pytest

from lyncops.checks.overview import overview
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.silence import silent_machines
from lyncops.deployment.central_management import Replica
from lyncops.deployment.model import Deployment, EdgePool, Machine, Pool, PoolKind, PoolState
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.lab.scenarios.reader import load_scenario
from lyncops.lab.scenarios.scenario import Kind, PoolSpec
from lyncops.lab.simulation import Simulation
from lyncops.plan.conditions import ReplicasUpToDate
from lyncops.plan.model import Plan, WaitStep
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread
from tests.deployments import (
    EDGE1,
    NOW,
    P1,
    P2,
    changed,
    front_end_pool,
    machine,
    silent,
    two_sites,
    with_dead,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, ids
from tests.procedures.model import Site

DIRECTOR, P3 = Fqdn("director.contoso.com"), Fqdn("pool3.contoso.com")
EDGE1A = Fqdn("edge1-a.contoso.com")
NO_WAY = Witness(Vantage.HERE, Says.UNASKED, "no route to it is known from here")
NO_ENDPOINT = Witness(Vantage.SERVER, Says.UNASKED, "no server could be asked")
KNOCKED = Witness(Vantage.HERE, Says.SILENT, "no answer, but no other machine answers there either")


def with_pool(deployment: Deployment, pool: Pool, *, next_hop: Fqdn | None = None) -> Deployment:
    """With another pool, to which the Edge pool of Redmond leads where that is asked for."""
    edges = cast("tuple[EdgePool, ...]", deployment.edges)
    if next_hop is not None:
        edges = tuple(
            attrs.evolve(edge, next_hop=next_hop) if edge.fqdn == EDGE1 else edge for edge in edges
        )
    return attrs.evolve(
        deployment, pools=(*cast("tuple[Pool, ...]", deployment.pools), pool), edges=edges
    )


def director(*machines: Machine, site: str = "Redmond") -> Pool:
    return Pool(
        fqdn=DIRECTOR,
        kind=PoolKind.DIRECTOR,
        site=SiteName(site),
        version=LyncVersion.V2013,
        machines=machines or (machine("dir1.contoso.com"),),
        services=(ServiceId("Director", DIRECTOR),),
    )


def edge_silent(deployment: Deployment, *witnesses: Witness) -> Deployment:
    """The Edge server of Redmond cannot be asked."""
    return changed(
        deployment, EDGE1, machines=(silent(EDGE1A, *(witnesses or (NO_ENDPOINT, NO_WAY))),)
    )


def replica_of(deployment: Deployment, computer: Fqdn, **changes: object) -> Deployment:
    replicas = cast("tuple[Replica, ...]", deployment.central_management.replicas)
    found = tuple(
        attrs.evolve(cast("Any", one), **changes) if one.computer == computer else one
        for one in replicas
    )
    return with_store(deployment, replicas=found)


def answer(plan: Plan, check_id: str) -> CheckResult:
    return next(check for check in plan.checks if check.check_id == check_id)


# Directors


def test_a_living_director_is_a_next_hop() -> None:
    deployment = with_pool(two_sites(), director())
    plan = ask("edge-next-hop", deployment, EDGE1, next_hop=DIRECTOR)
    assert not plan.is_refused
    assert answer(plan, "next-hop-target").verdict is Verdict.PASSED
    failover = ask("pool-failover", deployment, P1, PLANNED, next_hop=DIRECTOR)
    assert not failover.is_refused


def test_directors_are_asked_whether_they_run() -> None:
    scenario = load_scenario("two-sites")
    spec = PoolSpec(
        fqdn=DIRECTOR,
        kind=Kind.DIRECTOR,
        site=scenario.sites[0].name,
        machines=(Fqdn("dir1.contoso.com"),),
    )
    site = Site(Simulation(attrs.evolve(scenario, pools=(*scenario.pools, spec))))
    alive = site.read().pool(DIRECTOR)
    assert alive is not None
    assert (alive.kind, alive.is_alive) == (PoolKind.DIRECTOR, True)
    assert not site.plan("edge-next-hop", EDGE1, next_hop=DIRECTOR).is_refused
    site.world.crash("dir1.contoso.com")
    dead = site.read()
    assert "dir1.contoso.com" in silent_machines(dead)
    assert answer(ask("edge-next-hop", dead, EDGE1, next_hop=DIRECTOR), "next-hop-target").refuses


def test_a_dead_director_is_told_with_the_edge_pools_that_lead_to_it() -> None:
    dead = with_pool(two_sites(), director(silent("dir1.contoso.com")), next_hop=DIRECTOR)
    told = answer(ask("pool-failover", dead, P1, PLANNED), "next-hops-alive")
    assert told.verdict is Verdict.WARNING
    assert not told.refuses
    assert EDGE1 in told.evidence
    assert DIRECTOR in told.evidence
    assert f"lyncops run edge-next-hop {EDGE1} --next-hop {P2}" in told.remedy
    alive = with_pool(two_sites(), director(), next_hop=DIRECTOR)
    assert (
        answer(ask("pool-failover", alive, P1, PLANNED), "next-hops-alive").verdict
        is Verdict.PASSED
    )
    unproven = with_pool(
        two_sites(), director(silent("dir1.contoso.com", NO_ENDPOINT, NO_WAY)), next_hop=DIRECTOR
    )
    assert (
        answer(ask("pool-failover", unproven, P1, PLANNED), "next-hops-alive").verdict
        is Verdict.PASSED
    )
    gap = attrs.evolve(alive, edges=Unread("the Edge pools", "no answer"))
    assert (
        answer(ask("pool-failover", gap, P1, PLANNED), "next-hops-alive").verdict is Verdict.UNKNOWN
    )


def test_the_nearest_living_pool_is_proposed() -> None:
    third = front_end_pool(P3, partner=None, site="Redmond")
    deployment = with_pool(with_pool(two_sites(), third), director(site="Dublin"))
    behind = answer(ask("pool-failover", deployment, P1, PLANNED), "edge-next-hop")
    assert f"--next-hop {P3}" in behind.remedy
    wrong = answer(ask("pool-failover", deployment, P1, PLANNED, next_hop=P1), "next-hop-target")
    assert f"The nearest: {P3}, {DIRECTOR} and {P2}" in wrong.remedy
    assert (
        "--next-hop"
        not in answer(ask("pool-failover", two_sites(), P1, PLANNED), "edge-next-hop").remedy
    )


# Silence


def test_a_dead_pool_does_not_make_its_site_silent() -> None:
    dead = with_dead(two_sites(active_store=P2), P1)
    assert EDGE1A in silent_machines(edge_silent(dead)), (
        "nobody of its site gives a sign: a lost site is not waited for"
    )
    assert EDGE1A in silent_machines(edge_silent(dead, NO_ENDPOINT, KNOCKED)), (
        "and no machine of its site answers"
    )
    halted = changed(
        edge_silent(dead, NO_ENDPOINT, KNOCKED),
        P1,
        machines=(machine("pool1-fe1.contoso.com", up=False),),
    )
    assert EDGE1A not in silent_machines(halted), "its pool is stopped, and so the site has power"
    living = with_pool(edge_silent(dead, NO_ENDPOINT, KNOCKED), director())
    assert EDGE1A not in silent_machines(living), "the Director of its site runs"
    plan = ask("pool-failover", living, P1, DISASTER, accept_data_loss=True, export=False)
    wait = next(step for step in plan.steps if step.step_id == f"edge-replicas-{P2}")
    assert cast("WaitStep", wait).until == (ReplicasUpToDate(only=(EDGE1A,)),)
    assert not [note for note in plan.notes if "Not waited for" in note]


def test_a_replica_that_never_reported_is_not_waited_for() -> None:
    never = replica_of(
        two_sites(), EDGE1A, up_to_date=False, last_status_report=None, never_reported=True
    )
    assert f"edge-replicas-{P2}" not in ids(ask("edge-next-hop", never, EDGE1, next_hop=P2))
    moved = ask("management-store-failover", never, P1, PLANNED)
    waits = [
        condition for step in moved.steps if isinstance(step, WaitStep) for condition in step.until
    ]
    assert EDGE1A in cast("ReplicasUpToDate", waits[-1]).ignoring
    unread = replica_of(two_sites(), EDGE1A, up_to_date=False, last_status_report=None)
    assert f"edge-replicas-{P2}" in ids(ask("edge-next-hop", unread, EDGE1, next_hop=P2)), (
        "what was not understood may be one"
    )


# The gate of the failback

FAR = NOW - timedelta(hours=3)


def failback(deployment: Deployment) -> list[str]:
    away = changed(edge_silent(deployment), P1, state=PoolState.FAILED_OVER)
    return [
        step_id
        for step_id in ids(ask("pool-failback", away, P1, PLANNED))
        if step_id.startswith("edge-back")
    ]


@pytest.mark.parametrize("up_to_date", [True, False])
def test_an_edge_server_that_reports_is_not_waited_for(*, up_to_date: bool) -> None:
    assert failback(replica_of(two_sites(), EDGE1A, up_to_date=up_to_date)) == []


def test_an_edge_server_that_fell_silent_is_waited_for() -> None:
    assert failback(replica_of(two_sites(), EDGE1A, up_to_date=False, last_status_report=FAR)) == [
        f"edge-back-{EDGE1A}"
    ]


def test_no_false_gate_before_an_edge_server() -> None:
    never = replica_of(
        two_sites(), EDGE1A, up_to_date=False, last_status_report=None, never_reported=True
    )
    assert failback(never) == [], "it never reported, and never will"
    replicas = cast("tuple[Replica, ...]", two_sites().central_management.replicas)
    broken = tuple(attrs.evolve(one, up_to_date=False, last_status_report=FAR) for one in replicas)
    assert failback(with_store(two_sites(), replicas=broken)) == [], (
        "replication reaches nobody: that is no sign of this one"
    )
    overdue = replica_of(two_sites(), EDGE1A, up_to_date=False, last_status_report=FAR)
    away = changed(overdue, P1, state=PoolState.FAILED_OVER)
    lives = edge_silent(away, NO_ENDPOINT, Witness(Vantage.HERE, Says.ALIVE, "port 5061 is open"))
    assert "edge-back" not in str(ids(ask("pool-failback", lives, P1, PLANNED)))


def test_a_next_hop_that_is_not_in_the_topology_is_told() -> None:
    gone = with_pool(two_sites(), director(), next_hop=Fqdn("old.contoso.com"))
    told = answer(ask("pool-failover", gone, P1, PLANNED), "next-hops-alive")
    assert told.verdict is Verdict.WARNING
    assert f"The next hop of {EDGE1} is old.contoso.com, which is not in the topology" in (
        told.evidence
    )
    assert f"lyncops run edge-next-hop {EDGE1} --next-hop " in told.remedy
    assert [one.verdict for one in overview(gone).found] == [Verdict.FAILED]
    assert "which is not in the topology" in overview(gone).found[0].what


def test_a_dead_director_behind_an_edge_pool_is_in_the_overview() -> None:
    dead = with_pool(two_sites(), director(silent("dir1.contoso.com")), next_hop=DIRECTOR)
    seen = [one.what for one in overview(dead).found]
    assert any(f"The next hop of {EDGE1} is {DIRECTOR}" in what for what in seen), seen
