"""A failback brings home what the failover moved: as the journal tells, else as the operator names,
else it asks.
"""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from lyncops.checks.result import Verdict
from lyncops.deployment.model import Deployment, EdgePool, PoolState
from lyncops.lab.simulation import Simulation
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailback, SiteFailback
from lyncops.procedures import make_plan
from lyncops.runs.led_away import edges_led_away
from lyncops.runs.model import RunState
from lyncops.values import Fqdn, Mode, Unread
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, refused_by
from tests.procedures.model import Site
from tests.procedures.test_on_model import FOR_A_WHILE

AWAY: Final = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)


def leading(deployment: Deployment, first: Fqdn, second: Fqdn) -> Deployment:
    edges = deployment.edges
    assert not isinstance(edges, Unread)
    moved = (
        attrs.evolve(edge, next_hop=hop) for edge, hop in zip(edges, (first, second), strict=True)
    )
    return attrs.evolve(deployment, edges=tuple(moved))


def moved(plan: Plan) -> list[str]:
    return [
        step_id.rpartition("/")[2].removeprefix("edge-next-hop-")
        for step_id in ids(plan)
        if "edge-next-hop-" in step_id
    ]


def hop(site: Site, edge: Fqdn) -> Fqdn | None:
    edges = site.read().edges
    assert not isinstance(edges, Unread)
    return next(one.next_hop for one in edges if one.fqdn == edge)


def three_pairs() -> Site:
    site = Site(Simulation.load("three-pairs"))
    site.pass_time(FOR_A_WHILE)
    return site


def test_an_edge_pool_of_another_site_comes_home_from_where_the_failover_put_it() -> None:
    site = three_pairs()
    edge, third = Fqdn("edge-us.contoso.com"), Fqdn("pool3.contoso.com")
    assert (
        site.run(site.plan("pool-failover", P1, PLANNED, next_hop=third)).state
        is RunState.COMPLETED
    )
    assert hop(site, edge) == third
    back = site.plan("pool-failback", P1, PLANNED)
    assert moved(back) == [edge]
    assert site.run(back).state is RunState.COMPLETED
    assert hop(site, edge) == P1


def test_an_edge_pool_that_always_led_to_the_partner_stays_and_is_named() -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    # Of P1's site, and long before any failover
    site.run(site.plan("edge-next-hop", EDGE1, next_hop=P2))
    site.run(site.plan("pool-failover", P1, PLANNED))
    back = site.plan("pool-failback", P1, PLANNED)
    assert not back.is_refused
    assert moved(back) == []
    assert {EDGE1, EDGE2} == {
        edge
        for edge in (EDGE1, EDGE2)
        if any(f"Edge pool {edge} keeps {P2}" in note for note in back.notes)
    }


def test_what_somebody_changed_after_the_failover_is_theirs() -> None:
    site = three_pairs()
    edge = Fqdn("edge-us.contoso.com")
    site.run(site.plan("pool-failover", P1, PLANNED))
    site.run(site.plan("edge-next-hop", edge, next_hop=Fqdn("pool5.contoso.com")))
    back = site.plan("pool-failback", P1, PLANNED)
    assert moved(back) == []
    assert any(f"Edge pool {edge} keeps pool5.contoso.com" in note for note in back.notes)


def test_what_somebody_gave_to_the_pool_after_the_other_pools_failback_comes_home_to_it() -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    site.run(site.plan("pool-failover", P2, PLANNED))  # leads EDGE2 to P1
    site.run(site.plan("pool-failback", P2, PLANNED))
    site.run(site.plan("edge-next-hop", EDGE2, next_hop=P1))
    site.run(site.plan("pool-failover", P1, PLANNED))
    assert hop(site, EDGE2) == P2
    assert moved(site.plan("pool-failback", P1, PLANNED)) == [EDGE1, EDGE2]


def test_a_failover_before_the_latest_failback_counts_no_more() -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    site.run(site.plan("pool-failover", P1, PLANNED))
    site.run(site.plan("pool-failback", P1, PLANNED))
    assert edges_led_away(site.journal, site.read(), P1) is None
    assert edges_led_away(site.journal, site.read(), P2) is None


def test_a_run_that_stopped_after_the_next_hops_is_remembered_whatever_became_of_the_users() -> (
    None
):
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    site.world.faults.without_effect = frozenset({"Invoke-CsPoolFailOver"})
    assert site.run(site.plan("pool-failover", P1, PLANNED)).state is RunState.PAUSED_BY_FAILED_STEP
    assert edges_led_away(site.journal, site.read(), P1) == (EDGE1,)
    site.world.faults.without_effect = frozenset()
    run_id = site.journal.runs()[0].run_id
    assert site.resumed(run_id).state is RunState.COMPLETED
    assert edges_led_away(site.journal, site.read(), P1) == (EDGE1,)


def test_the_failover_of_a_site_is_remembered_for_each_of_its_pools() -> None:
    site = Site.of("two-sites")
    site.pass_time(FOR_A_WHILE)
    site.world.crash("site:Site1")
    site.pass_time(FOR_A_WHILE)
    site.run(site.plan("evacuate", P2, DISASTER, accept_data_loss=True))
    site.world.recover("site:Site1")
    site.pass_time(FOR_A_WHILE)
    assert moved(site.made(SiteFailback(site="Site1", mode=PLANNED))) == [EDGE1]


@pytest.mark.parametrize("edges", [(EDGE1,), (EDGE1, EDGE2), ()])
def test_without_a_journal_the_operator_is_asked_and_can_tell(edges: tuple[Fqdn, ...]) -> None:
    led = leading(AWAY, P2, P2)
    silent = ask("pool-failback", led, P1, PLANNED)
    assert refused_by(silent) == {"edges-known"}
    (asked,) = silent.refusals
    assert asked.verdict is Verdict.UNKNOWN
    assert "--edge" in asked.remedy
    told = ask("pool-failback", led, P1, PLANNED, edges=edges)
    assert not told.is_refused
    assert moved(told) == list(edges)


def test_overridden_those_of_its_own_site_come_home_and_the_rest_is_named() -> None:
    plan = ask(
        "pool-failback",
        leading(AWAY, P2, P2),
        P1,
        PLANNED,
        overrides={"edges-known": "edge2 was always here"},
    )
    assert moved(plan) == [EDGE1]
    assert any(
        f"Edge pool {EDGE2} keeps {P2}" in note and "edge-next-hop" in note for note in plan.notes
    )


def test_in_a_disaster_it_asks_and_does_not_stand_in_the_way() -> None:
    gone = with_dead(with_state(two_sites(active_store=P1), P1, PoolState.FAILED_OVER), P2)
    plan = ask("pool-failback", gone, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert (
        next(check.verdict for check in plan.checks if check.check_id == "edges-known")
        is Verdict.WARNING
    )


def test_the_operator_is_believed_before_the_journal() -> None:
    led = leading(AWAY, P2, P2)
    request = PoolFailback(pool=P1, mode=Mode.PLANNED, edges=(EDGE2,))
    assert moved(make_plan(request, led, led_away={P1: (EDGE1,)})) == [EDGE2]


def test_where_no_edge_pool_leads_to_the_partner_nothing_is_asked() -> None:
    edges = (EdgePool(fqdn=EDGE1, next_hop=P1, external_sip_port=5061),)
    plan = ask("pool-failback", attrs.evolve(AWAY, edges=edges), P1, PLANNED)
    assert "edges-known" not in {check.check_id for check in plan.checks}


def test_after_the_steps_of_the_important_box_each_edge_pool_leads_where_it_led() -> None:
    """Both pools are failed over once; the Edge pool that came home by evacuating was not led away
    by it.
    """
    site = Site(Simulation.load("two-sites"))
    site.pass_time(FOR_A_WHILE)
    before = {edge: hop(site, edge) for edge in (EDGE1, EDGE2)}
    assert before == {EDGE1: P1, EDGE2: P2}
    for name, pool in (("pool-failover", P2), ("evacuate", P2), ("pool-failback", P1)):
        assert site.run(site.plan(name, pool, PLANNED)).state is RunState.COMPLETED
        site.pass_time(FOR_A_WHILE)
    assert {edge: hop(site, edge) for edge in before} == before
