"""Topologies that the lab cannot hold: each is copied as far as it goes, and the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import cast

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.deployment.central_management import CentralManagement, StoreCopy
from lyncops.deployment.model import Deployment, Machine, MediaEdge, Pool, PoolKind, PoolState
from lyncops.drill import Outcome, drill, loss_of_pool
from lyncops.drill.copying import Copy
from lyncops.drill.showing import report_blocks, report_data, report_html
from lyncops.drill.story import disasters
from lyncops.drill.unlike import told_copy
from lyncops.values import Fqdn, JsonValue, LyncVersion, ServiceId, SiteName, Unread
from lyncops.views.blocks import plain_lines
from tests.deployments import deployments
from tests.drill.test_copying import read

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
P1, P2, P3 = (Fqdn(f"pool{number}.contoso.com") for number in (1, 2, 3))
OTHER = Fqdn("other.fabrikam.com")
UNREAD = Unread("it", "nobody answered")


@cache
def three_pairs() -> Deployment:
    return read("three-pairs")


def pools_of(deployment: Deployment) -> tuple[Pool, ...]:
    return cast("tuple[Pool, ...]", deployment.pools)


def pool_with(fqdn: Fqdn, change: Callable[[Pool], Pool]) -> Callable[[Deployment], Deployment]:
    def changed(deployment: Deployment) -> Deployment:
        return attrs.evolve(
            deployment,
            pools=tuple(change(one) if one.fqdn == fqdn else one for one in pools_of(deployment)),
        )

    return changed


def store_with(
    change: Callable[[CentralManagement], CentralManagement],
) -> Callable[[Deployment], Deployment]:
    return lambda one: attrs.evolve(one, central_management=change(one.central_management))


def _copies(store: CentralManagement) -> tuple[StoreCopy, ...]:
    return cast("tuple[StoreCopy, ...]", store.copies)


def third_copy(store: CentralManagement) -> CentralManagement:
    third = attrs.evolve(_copies(store)[0], pool=P3, active=False)
    return attrs.evolve(store, copies=(*_copies(store), third))


def strange_copy(store: CentralManagement) -> CentralManagement:
    return attrs.evolve(
        store, copies=(attrs.evolve(_copies(store)[0], pool=OTHER), *_copies(store)[1:])
    )


def other_media(pool: Pool) -> Pool:
    own = pool.media_edges
    other = MediaEdge(own[1].service, Fqdn("edge2.contoso.com"))
    return attrs.evolve(pool, media_edges=(own[0], other, *own[2:]))


def beside(role: str) -> Callable[[Deployment], Deployment]:
    name = Fqdn(f"{role.casefold()}.contoso.com")
    machine = Machine(fqdn=name, services=Unread("it", "not asked", asked=False))

    def added(deployment: Deployment) -> Deployment:
        new = Pool(
            fqdn=name,
            kind=PoolKind.OTHER,
            site=pools_of(deployment)[0].site,
            version=LyncVersion.V2013,
            machines=(machine,),
            services=(ServiceId(role, name),),
        )
        return attrs.evolve(deployment, pools=(*pools_of(deployment), new))

    return added


def twins(deployment: Deployment) -> Deployment:
    return attrs.evolve(deployment, pools=(*pools_of(deployment), pools_of(deployment)[0]))


def shared_machine(deployment: Deployment) -> Deployment:
    first = next(one for one in pools_of(deployment) if one.fqdn == P1)
    return pool_with(P2, lambda one: attrs.evolve(one, machines=first.machines))(deployment)


def without_sites(deployment: Deployment) -> Deployment:
    return attrs.evolve(
        deployment,
        sites=UNREAD,
        pools=tuple(attrs.evolve(one, site=UNREAD) for one in pools_of(deployment)),
    )


def route_outside(deployment: Deployment) -> Deployment:
    assert not isinstance(deployment.sites, Unread)
    gone = ServiceId("EdgeServer", OTHER)
    return attrs.evolve(
        deployment,
        sites=tuple(attrs.evolve(site, federation_route=gone) for site in deployment.sites),
    )


def both_over(deployment: Deployment) -> Deployment:
    for name in (P1, P2):
        deployment = pool_with(name, lambda one: attrs.evolve(one, state=PoolState.FAILED_OVER))(
            deployment
        )
    return deployment


def all_dark(deployment: Deployment) -> Deployment:
    dark = tuple(
        attrs.evolve(
            pool,
            machines=tuple(
                attrs.evolve(
                    one,
                    services=tuple(
                        attrs.evolve(service, status="Stopped") for service in one.services
                    )
                    if not isinstance(one.services, Unread)
                    else one.services,
                )
                for one in pool.machines
            ),
        )
        for pool in pools_of(deployment)
    )
    return attrs.evolve(deployment, pools=dark)


ODD: dict[str, tuple[Callable[[Deployment], Deployment], str]] = {
    "no site was read": (without_sites, "was not read: Site1 is assumed"),
    "three copies of the store": (store_with(third_copy), "third copy"),
    "a copy of the store elsewhere": (store_with(strange_copy), OTHER),
    "no store": (store_with(lambda one: attrs.evolve(one, copies=())), "Management store"),
    "a partner outside": (
        pool_with(P1, lambda one: attrs.evolve(one, backup_pool=OTHER)),
        "pool1.contoso.com has no backup pool: other.fabrikam.com",
    ),
    "a partner with another partner": (
        pool_with(P1, lambda one: attrs.evolve(one, backup_pool=P3)),
        "it names pool3.contoso.com, but",
    ),
    "its own partner": (
        pool_with(P1, lambda one: attrs.evolve(one, backup_pool=P1)),
        "it names itself",
    ),
    "a pair of 2010": (
        pool_with(P1, lambda one: attrs.evolve(one, version=LyncVersion.V2010)),
        "Lync Server 2010 has no pool pairs",
    ),
    "both of a pair failed over": (both_over, "are both failed over"),
    "failed over to nobody": (
        pool_with(P1, lambda one: attrs.evolve(one, backup_pool=None, state=PoolState.FAILED_OVER)),
        "failed over without a backup pool",
    ),
    "a route outside": (route_outside, "The federation route of site"),
    "two Edge pools for media": (pool_with(P1, other_media), "edge2.contoso.com for media"),
    "no machines": (pool_with(P1, lambda one: attrs.evolve(one, machines=())), "fe1.pool1"),
    "one machine in two pools": (shared_machine, ": in the copy it is in"),
    "a pool twice": (twins, "more than once"),
    "another site than any": (
        pool_with(P1, lambda one: attrs.evolve(one, site=SiteName("Atlantis"))),
        "The site Atlantis was not read",
    ),
    "everything stopped": (all_dark, "cannot be read"),
    "an archiving server": (beside("ArchivingServer"), "archivingserver.contoso.com"),
    "a gateway that names nobody": (beside("PstnGateway"), "pstngateway.contoso.com"),
    "a Persistent Chat pool": (beside("PersistentChatServer"), "persistentchatserver.contoso.com"),
    "an application pool": (beside("TrustedApplicationPool"), "trustedapplicationpool.contoso.com"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_topology_is_copied_and_the_rest_is_named(name: str) -> None:
    change, word = ODD[name]
    copy = told_copy(change(three_pairs()))
    assert any(word in sentence for sentence in said(copy)), said(copy)


def said(copy: Copy) -> tuple[str, ...]:
    return (*copy.assumed, *copy.missing)


@pytest.mark.parametrize("name", [n for n in ODD if n not in ("no store", "everything stopped")])
def test_the_common_copy_says_nothing_of_it(name: str) -> None:
    _change, word = ODD[name]
    assert not any(word in sentence for sentence in said(told_copy(three_pairs())))


def test_what_is_missing_is_in_every_form_of_the_report() -> None:
    odd = ODD["two Edge pools for media"][0](three_pairs())
    report = drill(odd, [], played_at=WHEN)
    text = "\n".join(line for block in report_blocks(report) for line in plain_lines(block))
    data = cast("dict[str, JsonValue]", report_data(report))
    assert "edge2.contoso.com for media" in text
    assert "edge2.contoso.com for media" in str(data["missing"])
    assert "edge2.contoso.com for media" in report_html(report)


def test_a_counted_pool_without_users_has_none_in_the_copy() -> None:
    change = pool_with(P1, lambda one: attrs.evolve(one, users=0))
    copy = told_copy(change(three_pairs()))
    assert next(pool.users for pool in copy.scenario.pools if pool.fqdn == P1) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_every_drill_of_an_odd_topology_comes_to_an_end(name: str) -> None:
    odd = ODD[name][0](three_pairs())
    some = (*disasters(odd)[:1], *disasters(odd)[-1:])  # a pool and a site: of each kind one
    report = drill(odd, some, played_at=WHEN)
    assert report.outcome in Outcome
    assert len(report.drills) == len(some)


def test_where_nothing_runs_the_rescue_is_refused() -> None:
    report = drill(all_dark(three_pairs()), [loss_of_pool(P1)], played_at=WHEN)
    assert report.outcome is Outcome.REFUSED
    assert report.drills[0].rescue.in_the_way


@given(st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_invented_deployment_is_copied(data: st.DataObject) -> None:
    told_copy(data.draw(deployments(pairs=2)))
