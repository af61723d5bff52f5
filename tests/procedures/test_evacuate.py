from __future__ import annotations

import attrs

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import PoolState
from lyncops.plan.conditions import PoolIsHome, PoolStateIs, StoreIsActiveOn
from lyncops.procedures.evacuate import merged
from lyncops.values import Fqdn
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell, refused_by

AWAY = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)


def test_the_example_of_the_guide_is_played_in_its_order() -> None:
    plan = ask("evacuate", AWAY, P1, PLANNED, export=False)
    assert not plan.is_refused
    assert ids(plan) == [
        "pool-failback",
        "conference-sync",
        "conference-steady",
        f"edge-next-hop-{EDGE2}",
        f"edge-replicas-{P1}",
        "store-failover",
        "store-replicas",
        "pool-failover",
    ]
    assert f"'{P1}'" in powershell(plan, "pool-failback")
    assert f"'{P2}'" in powershell(plan, "pool-failover")
    assert plan.goal[:2] == (PoolIsHome(P1), PoolStateIs(P2, PoolState.FAILED_OVER))


def test_an_edge_pool_that_was_led_away_comes_home_before_the_partners_own_are_led_here() -> None:
    """Else the failback of the partner, which leads back what its failover led away, would take it
    along.
    """
    deployment = with_state(two_sites(), P2, PoolState.FAILED_OVER)
    assert isinstance(deployment.edges, tuple)
    deployment = attrs.evolve(
        deployment, edges=tuple(attrs.evolve(edge, next_hop=P1) for edge in deployment.edges)
    )
    plan = ask("evacuate", deployment, P2, PLANNED, export=False)
    assert not plan.is_refused
    steps = ids(plan)
    assert len(set(steps)) == len(steps)
    order = [
        f"edge-next-hop-{EDGE2}",
        f"edge-replicas-{P2}-home",
        f"edge-next-hop-{EDGE1}",
        f"edge-replicas-{P2}",
        "pool-failover",
    ]
    assert [step for step in steps if step in order] == order
    assert steps.index("pool-failback") < steps.index(order[0])


def test_a_pool_that_is_at_home_takes_its_partners_users_at_once() -> None:
    plan = ask("evacuate", two_sites(), P2, PLANNED, export=False)
    assert "pool-failback" not in ids(plan)
    assert f"'{P1}'" in powershell(plan, "pool-failover")
    assert f"edge-next-hop-{EDGE1}" in ids(plan)


def test_who_serves_everybody_already_has_nothing_to_do() -> None:
    plan = ask("evacuate", AWAY, P2, PLANNED)
    assert (plan.is_refused, plan.steps) == (False, ())
    assert "Nothing to do" in plan.notes[0]


def test_a_dead_pool_serves_nobody_even_where_nobody_needs_to_move() -> None:
    assert refused_by(ask("evacuate", with_dead(AWAY, P2), P2, PLANNED)) == {"home-pool-healthy"}


def test_in_a_disaster_both_halves_know_that_the_partner_is_gone() -> None:
    gone = with_dead(with_state(two_sites(), P1, PoolState.FAILED_OVER), P2)
    plan = ask("evacuate", gone, P1, DISASTER, accept_data_loss=True, export=False)
    assert not plan.is_refused
    assert "-DisasterMode" in powershell(plan, "pool-failback")
    assert "-DisasterMode" in powershell(plan, "pool-failover")
    assert refused_by(ask("evacuate", gone, P1, DISASTER)) == {"data-loss-accepted"}


def test_a_store_that_died_with_the_partner_moves_once_and_before_everybody() -> None:
    plan = ask("evacuate", with_dead(AWAY, P2), P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert ids(plan)[:4] == [
        "export-configuration",
        "store-failover",
        "store-replicas",
        "pool-failback",
    ]
    assert ids(plan)[-2].startswith("edge-replicas")
    assert ids(plan)[-1] == "store-replicas-rest"
    assert len(ids(plan)) == len(set(ids(plan)))
    assert {PoolIsHome(P1), PoolStateIs(P2, PoolState.FAILED_OVER), StoreIsActiveOn(P1)} <= set(
        plan.goal
    )


def test_what_refuses_either_half_refuses_the_whole() -> None:
    dead = with_dead(AWAY, P1)
    assert refused_by(ask("evacuate", dead, P1, PLANNED)) & {"home-pool-healthy", "partner-healthy"}
    assert refused_by(ask("evacuate", two_sites(), Fqdn("pool9.contoso.com"), PLANNED)) == {
        "pool-exists"
    }


def test_every_check_is_answered_once() -> None:
    names = [check.check_id for check in ask("evacuate", AWAY, P1, PLANNED).checks]
    assert len(names) == len(set(names))


def test_of_two_answers_the_worse_one_counts() -> None:
    good = CheckResult(check_id="x", question="?", verdict=Verdict.PASSED, evidence="fine")
    bad = attrs.evolve(good, verdict=Verdict.FAILED, evidence="bad", first=("first",))
    law = attrs.evolve(bad, overridable=False, evidence="law")
    assert merged([good, bad]) == (bad,)
    assert merged([law, bad]) == (law,)
    assert merged([good, good]) == (good,)
    assert merged([good, attrs.evolve(good, evidence="also")])[0].evidence == "fine also"
    assert merged([bad, attrs.evolve(bad, evidence="worse", first=("second",))])[0].first == (
        "first",
        "second",
    )
