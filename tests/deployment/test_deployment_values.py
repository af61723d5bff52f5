from __future__ import annotations

import json
from datetime import timedelta
from typing import cast

import attrs
import pytest
from hypothesis import given

from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.codec import (
    FORMAT,
    deployment_from_dict,
    deployment_from_json,
    deployment_to_dict,
    deployment_to_json,
)
from lyncops.deployment.comparison import differences
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import BackupServiceSettings, Deployment, PoolState
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, Unread
from tests.deployments import (
    EDGE1,
    NOW,
    P1,
    P2,
    STEADY,
    changed,
    deployments,
    media,
    two_sites,
    with_dead,
    with_state,
    with_store,
)

MIRROR = DatabaseMirror(
    database="rtcxds",
    database_type="User",
    state_on_primary="Principal",
    state_on_mirror="Mirror",
    status_on_primary="Synchronized",
    status_on_mirror="synchronized",
)


@given(deployments())
def test_json_there_and_back_is_the_same(deployment: Deployment) -> None:
    assert deployment_from_json(deployment_to_json(deployment)) == deployment


def test_a_reading_saved_with_one_edge_pool_for_media_is_read_as_the_registrars() -> None:
    data = deployment_to_dict(changed(two_sites(), P1, media_edges=media(EDGE1)[:1]))
    pools = cast("list[dict[str, object]]", data["pools"])
    for pool in pools:
        pool["media_edge"] = EDGE1 if pool.pop("media_edges") else None
    assert deployment_from_dict({**data, "format": "lyncops-deployment/1"}) == deployment_from_dict(
        deployment_to_dict(changed(two_sites(), P1, media_edges=media(EDGE1)[:1]))
    )
    with pytest.raises(InvalidValueError, match="cannot be read"):
        deployment_from_dict({**data, "format": "lyncops-deployment/1", "pools": "none"})


def test_json_says_what_could_not_be_read() -> None:
    data = json.loads(deployment_to_json(with_dead(two_sites(), P1)))
    assert data["format"] == FORMAT
    pool = data["pools"][0]
    assert pool["fqdn"] == P1
    assert pool["machines"][0]["services"]["unread"] == "the services of pool1-fe1.contoso.com"
    assert pool["backup_modules"]["reason"]
    assert data["sites"][0]["federation_route"] == "EdgeServer:edge1.contoso.com"
    assert data["backup_service"]["sync_interval"] == 120.0
    assert data["read_at"] == NOW.isoformat()


def test_rich_values_survive_json() -> None:
    rich = changed(
        two_sites(),
        P1,
        mirrors=(MIRROR,),
        users=20_000,
        backup_modules=(attrs.evolve(STEADY[0], export="Odd"),),
    )
    assert deployment_from_dict(json.loads(json.dumps(deployment_to_dict(rich)))) == rich


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "other/1"}',
        f'{{"format": "{FORMAT}"}}',
        f'{{"format": "{FORMAT}", "name": 1, "x": 2}}',
    ],
)
def test_what_is_no_deployment_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"lyncops --json status"):
        deployment_from_json(text)


def test_the_same_deployment_does_not_differ_from_itself() -> None:
    later = attrs.evolve(
        two_sites(),
        read_at=NOW + timedelta(hours=1),
        read_through="elsewhere",
        from_local_store=True,
    )
    assert differences(two_sites(), later) == ()


def test_a_store_that_moved_is_told_and_nothing_else() -> None:
    found = differences(two_sites(), with_store(two_sites(), active_master=P2))
    assert found == (f"Central Management store, active master: {P1} became {P2}.",)


def test_a_pool_that_came_home_is_as_before() -> None:
    assert differences(two_sites(), with_state(two_sites(), P1, PoolState.FAILED_BACK)) == ()
    assert differences(two_sites(), with_state(two_sites(), P1, PoolState.FAILED_OVER)) == (
        f"{P1}, state: Active became FailedOver.",
    )


def test_copies_and_services_are_named() -> None:
    swapped = differences(two_sites(), two_sites(active_store=P2))
    assert f"Central Management store, copy on {P1}, active: True became False." in swapped
    assert f"{P1}, CentralMgmt.CMSMaster, export: SteadyState became NotInitialized." in swapped


def test_a_final_state_is_as_good_as_a_steady_one() -> None:
    final = changed(
        two_sites(),
        P1,
        backup_modules=tuple(attrs.evolve(m, export=ExportState.FINAL) for m in STEADY),
    )
    steady = changed(
        two_sites(),
        P1,
        backup_modules=tuple(attrs.evolve(m, export=ExportState.STEADY) for m in STEADY),
    )
    assert differences(final, steady) == ()


def test_what_appears_and_disappears_is_told() -> None:
    pools = two_sites().front_end_pools
    fewer = attrs.evolve(two_sites(), pools=pools[:1])
    assert f"{P2}: is gone." in differences(two_sites(), fewer)
    assert f"{P2}: is new." in differences(fewer, two_sites())


def test_what_became_unreadable_is_told_with_the_reason() -> None:
    blind = attrs.evolve(two_sites(), edges=Unread("the Edge pools", "timed out"))
    (line,) = differences(two_sites(), blind)
    assert line.endswith(
        "Edge pool edge1.contoso.com, Edge pool edge2.contoso.com became not readable (timed out)."
    )
    assert (
        differences(
            two_sites(), attrs.evolve(blind, edges=Unread("the Edge pools", "no", asked=False))
        )
        == ()
    )


def test_routes_settings_and_empty_values_read_well() -> None:
    slower = attrs.evolve(
        two_sites(), backup_service=BackupServiceSettings(sync_interval=timedelta(hours=1))
    )
    assert differences(two_sites(), slower) == (
        "Backup Service configuration, sync interval: 0:02:00 became 1:00:00.",
    )
    sites = two_sites().sites
    assert isinstance(sites, tuple)
    unrouted = attrs.evolve(
        two_sites(), sites=tuple(attrs.evolve(site, federation_route=None) for site in sites)
    )
    assert differences(two_sites(), unrouted) == (
        "site Redmond, federation route: EdgeServer:edge1.contoso.com became nothing.",
    )


def test_a_name_is_found_as_pool_or_machine() -> None:
    deployment = two_sites()
    assert (
        deployment.pool_of(P1)
        == deployment.pool_of(Fqdn("pool1-fe3.contoso.com"))
        == deployment.pool(P1)
    )
    assert deployment.pool_of(Fqdn("nobody.contoso.com")) is None
    assert attrs.evolve(deployment, pools=Unread("the pools", "no")).pool_of(P1) is None


def test_unread_things_are_listed_once_and_only_when_asked_for() -> None:
    twice = Unread("the store", "gone")
    deployment = with_store(
        two_sites(),
        active_master=twice,
        file_transfer_agents=twice,
        replicas=Unread("x", "y", asked=False),
    )
    assert [one for one in deployment.unread if one.what == "the store"] == [twice]
    assert "x" not in {one.what for one in deployment.unread}


def test_mirrors_and_machines_tell_their_state() -> None:
    assert (MIRROR.is_mirrored, MIRROR.mirror_is_principal, MIRROR.is_synchronized) == (
        True,
        False,
        True,
    )
    pool = two_sites().pool(P1)
    assert pool is not None
    assert len(pool.machines_up) == 3
    dead = with_dead(two_sites(), P1).pool(P1)
    assert dead is not None
    assert not dead.is_alive


def test_scopes_add_up() -> None:
    one, two = Scope.of(Facet.STORE, pools=[P1]), Scope.of(Facet.REPLICAS, pools=[P2])
    assert one | two == Scope.of(Facet.STORE, Facet.REPLICAS, pools=[P1, P2])
    assert (one | Scope.of(Facet.REPLICAS)).pools == frozenset()
    assert Facet.USERS not in EVERYTHING.facets
