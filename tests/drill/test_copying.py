"""The copy answers as the deployment did of which the snapshot was taken."""

from __future__ import annotations

import attrs
import pytest

from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.drill.copying import copy_of
from lyncops.drill.unlike import told_copy
from lyncops.errors import InvalidValueError
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.scenarios.scenario import Product
from lyncops.lab.simulation import Simulation
from lyncops.testing import in_memory
from lyncops.values import Fqdn, Unread

FULL = EVERYTHING | Scope.of(Facet.USERS)
SCENARIOS = ("two-sites", "three-pairs", "standard-pair", "sfb2015", "sfb2019")


def read(world: str | Simulation, scope: Scope = EVERYTHING) -> Deployment:
    with in_memory(world) as lab:
        return lab.client.status(scope)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_reading_the_copy_gives_the_snapshot_back(scenario: str) -> None:
    snapshot = read(scenario)
    assert differences(snapshot, read(Simulation(copy_of(snapshot).scenario))) == ()


@pytest.mark.parametrize("version", [Product.V2013, Product.V2015, Product.V2019])
@pytest.mark.parametrize("standard", [False, True])
def test_reading_the_copy_of_an_invented_deployment_gives_it_back(
    version: Product, *, standard: bool
) -> None:
    snapshot = read(Simulation(scenario_of_size(5, version=version, standard=standard)))
    assert differences(snapshot, read(Simulation(copy_of(snapshot).scenario))) == ()


def test_the_copy_of_subscription_edition_is_called_so() -> None:
    world = Simulation.load("sfb2019")
    world.switches.subscription_edition = True
    snapshot = read(world)
    copied = read(Simulation(copy_of(snapshot).scenario))
    assert copied.own_product == "Skype for Business Server Subscription Edition"
    assert differences(snapshot, copied) == ()


def test_users_that_were_counted_are_copied() -> None:
    snapshot = read(Simulation(scenario_of_size(2, users=300)), FULL)
    copy = copy_of(snapshot)
    assert [pool.users for pool in copy.scenario.pools if pool.kind.homes_users] == [300, 300]
    assert copy.assumed == ()


def test_a_pool_that_is_failed_over_is_failed_over_in_the_copy() -> None:
    with in_memory(Simulation(attrs.evolve(scenario_of_size(2)))) as lab:
        import lyncops

        client = lab.client
        client.run(client.plan(lyncops.PoolFailover(pool="pool2.contoso.com", mode="planned")))
        snapshot = client.status()
    copied = read(Simulation(copy_of(snapshot).scenario))
    pool = copied.pool(Fqdn("pool2.contoso.com"))
    assert pool is not None
    assert pool.state == "FailedOver"


def test_everything_wrong_is_wrong_in_the_copy_too_and_the_rest_is_named() -> None:
    snapshot = read("everything-wrong")
    copy = told_copy(snapshot)
    found = differences(snapshot, read(Simulation(copy.scenario)))
    assert all("CentralMgmt.CMSMaster" in one for one in found)
    assert any("edge1b.contoso.com did not answer" in one for one in copy.assumed)
    assert any("CentralMgmt.CMSMaster" in one for one in copy.missing)


def test_what_was_not_read_is_assumed_and_said() -> None:
    snapshot = read("two-sites")
    pool = snapshot.front_end_pools[0]
    unread = Unread("it", "nobody answered")
    found = attrs.evolve(pool, state=unread, backup_pool=unread, mirrors=unread, version=unread)
    copy = copy_of(attrs.evolve(snapshot.with_pool(found), backup_service=unread, version=unread))
    for word in ("state", "backup pool", "mirrors", "version", "interval"):
        assert any(word in one for one in copy.assumed), word


def test_a_snapshot_without_a_topology_cannot_be_copied() -> None:
    snapshot = attrs.evolve(read("two-sites"), pools=Unread("the pools", "nobody answered"))
    with pytest.raises(InvalidValueError, match="no topology"):
        copy_of(snapshot)
