"""Readiness grows as the pools do: counted in instructions, so that no busy machine decides it."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.checks.edge import nearest_next_hops
from lyncops.checks.silence import silent_machines
from lyncops.deployment.model import Deployment, Machine
from lyncops.deployment.order import natural
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.plan.conditions.routes import leads_to
from lyncops.plan.procedures import PoolFailover
from lyncops.procedures.aftermath import of_lost_site
from lyncops.procedures.catalogue import make_plan
from lyncops.procedures.readiness import readiness, without_pool, without_site
from lyncops.values import Mode, SiteName, Unread
from tests.deployments import machine, silent
from tests.scale import deployment_of, growth, watched

SIZES = (8, 16, 32)
LINEAR = 1.02


def four_in_a_site(size: int) -> Deployment:
    return deployment_of(size, sites=size // 4)


def three_dead(size: int) -> Deployment:
    return deployment_of(size, dead=3)


def quarter_dead(size: int) -> Deployment:
    """As after the loss of a region."""
    return deployment_of(size, dead=size // 4)


def unclear(size: int) -> Deployment:
    """The answer of every pool leaves something open."""
    return deployment_of(size, unclear=size)


@pytest.mark.parametrize(
    "make",
    [
        deployment_of,
        four_in_a_site,
        three_dead,
        pytest.param(quarter_dead, marks=pytest.mark.slow),
        unclear,
    ],
)
def test_readiness_is_linear(make: Callable[[int], Deployment]) -> None:
    # A check names the first five dead next hops, however many there are
    sizes = (40, 80, 160) if make is quarter_dead else SIZES

    def asked(size: int) -> Callable[[], object]:
        deployment = make(size)
        readiness(deployment)  # what is made once per process

        def ask() -> object:
            return readiness(watched(deployment))  # nothing is known of it yet

        return ask

    assert growth(asked, sizes) <= LINEAR


def by_itself(deployment: Deployment) -> Deployment:
    """The same reading of which nothing is known yet."""
    return attrs.evolve(deployment)


@st.composite
def many_pools(draw: st.DrawFn) -> Deployment:
    """Some pairs, with machines in any condition, and next hops that lead anywhere."""
    found = deployment_of(
        draw(st.integers(1, 7)),
        sites=draw(st.integers(0, 3)),
        dead=draw(st.integers(0, 3)),
        unclear=draw(st.integers(0, 3)),
    )
    assert isinstance(found.pools, tuple)
    assert isinstance(found.edges, tuple)
    names = [pool.fqdn for pool in found.pools]
    hops = st.sampled_from([None, *names, *(m.fqdn for pool in found.pools for m in pool.machines)])
    conditions = st.sampled_from(["up", "up", "down", "silent", "no witness", "vouched"])
    return attrs.evolve(
        found,
        pools=tuple(
            attrs.evolve(pool, machines=tuple(_in(draw(conditions), m) for m in pool.machines))
            for pool in found.pools
        ),
        edges=tuple(attrs.evolve(edge, next_hop=draw(hops)) for edge in found.edges),
    )


def _in(condition: str, one: Machine) -> Machine:
    match condition:
        case "down":
            return machine(one.fqdn, up=False)
        case "silent":
            return silent(one.fqdn)
        case "no witness":
            return attrs.evolve(silent(one.fqdn), witnesses=())
        case "vouched":
            return silent(one.fqdn, Witness(Vantage.HERE, Says.ALIVE, "it answers at 443"))
        case _:
            return one


@given(many_pools())
def test_a_reading_without_a_pool_is_planned_for_as_if_nothing_had_been_gathered(
    deployment: Deployment,
) -> None:
    for pool in deployment.front_end_pools:
        gone = without_pool(deployment, pool)
        request = PoolFailover(pool=pool.fqdn, mode=Mode.DISASTER, accept_data_loss=True)
        assert make_plan(request, gone) == make_plan(request, by_itself(gone))
    for site in {str(pool.site) for pool in deployment.front_end_pools}:
        gone = without_site(deployment, SiteName(site))
        assert silent_machines(gone) == silent_machines(by_itself(gone))
        assert of_lost_site(gone, gone.front_end_pools, site) == of_lost_site(
            by_itself(gone), gone.front_end_pools, site
        )


@given(many_pools())
def test_what_is_gathered_is_what_looking_through_all_pools_finds(deployment: Deployment) -> None:
    pools, edges = deployment.pools, deployment.edges
    assert isinstance(pools, tuple)
    assert isinstance(edges, tuple)
    relations, signs = deployment.relations, deployment.signs
    stricken = {p.site for p in pools if p.kind.is_front_end and not p.is_alive}
    living = {
        p.site
        for p in pools
        if any(not isinstance(m.services, Unread) or m.vouched(Says.ALIVE) for m in p.machines)
    }
    for pool in pools:
        assert not isinstance(pool.site, Unread)
        assert signs.is_stricken(pool.site) is (pool.site in stricken)
        assert signs.is_living(pool.site) is (pool.site in living)
        behind = tuple(
            e for e in edges if e.next_hop and leads_to(deployment, e.next_hop, pool.fqdn)
        )
        assert relations.edges_behind(pool.fqdn) == behind
    for edge in edges:
        home = deployment.pool(edge.fqdn)
        assert home is not None
        here = home.site
        nearest = sorted(
            (p for p in pools if p.kind.takes_next_hop and p.is_alive and p.fqdn != edge.next_hop),
            key=lambda p: (p.site != here, natural(p.fqdn)),
        )
        found = nearest_next_hops(deployment, edge, edge.next_hop or edge.fqdn)
        assert tuple(found) == tuple(pool.fqdn for pool in nearest)


def test_of_two_pools_with_one_name_both_are_exchanged() -> None:
    """No answer should have them, and nothing may hang on which of them is meant."""
    deployment = deployment_of(2)
    assert isinstance(deployment.pools, tuple)
    twice = attrs.evolve(deployment, pools=(*deployment.pools, deployment.pools[0]))
    gone = without_pool(twice, deployment.pools[0])
    assert isinstance(gone.pools, tuple)
    assert not any(pool.is_alive for pool in gone.pools if pool.fqdn == deployment.pools[0].fqdn)
    assert silent_machines(gone) == silent_machines(by_itself(gone))
