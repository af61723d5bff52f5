"""Databases, the Central Management store and Edge settings: by the command line, there and back
again.
"""

from __future__ import annotations

import pytest

from lyncops.values import Fqdn
from tests.e2e.conftest import Hire, Operator, assert_as_before

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
EDGE1, EDGE2 = "edge1.contoso.com", "edge2.contoso.com"


def active_copies(operator: Operator) -> list[str]:
    return [str(copy.pool) for copy in operator.lab.world.store.copies.values() if copy.active]


@pytest.mark.slow
def test_every_type_of_database_fails_over_and_back(operator: Operator) -> None:
    first = operator.look()
    databases = operator.lab.world.pools[Fqdn(POOL1)].databases
    kinds = {database.type for database in databases}
    assert kinds == {"User", "Application", "CentralMgmt"}
    for kind in sorted(kinds):
        operator.run("database-failover", POOL1, "--database-type", kind)
        assert {database.type for database in databases if database.principal_on_mirror} == {kind}
        operator.run("database-failover", POOL1, "--database-type", kind)
    assert_as_before(first, operator.look())
    assert operator.lab.executions("Invoke-CsDatabaseFailover") == 2 * len(kinds)


def test_databases_on_different_sides_need_the_side_named(operator: Operator) -> None:
    first = operator.look()
    one, *others = [d for d in operator.lab.world.pools[Fqdn(POOL1)].databases if d.type == "User"]
    one.principal_on_mirror = True
    refused = operator.run("database-failover", POOL1, expect=2)
    assert "mirror-side" in refused.err
    operator.run("database-failover", POOL1, "--principal", "primary")
    assert not any(d.principal_on_mirror for d in (one, *others))
    assert_as_before(first, operator.look())


def test_a_database_that_is_not_synchronised_stays_where_it_is(operator: Operator) -> None:
    operator.lab.world.pools[Fqdn(POOL1)].databases[0].synchronized = False
    paused = operator.run("database-failover", POOL1, expect=5)
    assert "SET PARTNER RESUME" in paused.out
    assert not operator.lab.world.executions


def test_databases_without_a_mirror_are_refused(hire: Hire) -> None:
    operator = hire("standard-pair")
    refused = operator.run("database-failover", "se1.contoso.com", expect=2)
    assert "mirrors-synchronized" in refused.err
    assert not operator.lab.world.executions


def test_2019_has_no_mirroring(hire: Hire) -> None:
    operator = hire("sfb2019")
    refused = operator.run("database-failover", POOL1, expect=2)
    assert "Always On" in refused.out
    assert not operator.lab.world.executions


@pytest.mark.slow
def test_a_pool_uses_another_edge_pool_for_media_and_back(operator: Operator) -> None:
    first = operator.look()
    operator.run("edge-association", POOL1, "--edge", EDGE2)
    services = [
        one
        for one in operator.lab.world.configuration.services.values()
        if one.pool == POOL1 and "EdgeServer" in one.properties
    ]
    assert {one.role for one in services} >= {"Registrar", "ConferencingServer", "MediationServer"}
    assert {one.properties["EdgeServer"] for one in services} == {f"EdgeServer:{EDGE2}"}
    operator.run("edge-association", POOL1, "--edge", EDGE1)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_an_edge_pool_leads_to_another_pool_and_back(operator: Operator) -> None:
    first = operator.look()
    operator.run("edge-next-hop", EDGE1, "--next-hop", POOL2)
    assert operator.look().edges != first.edges
    operator.run("edge-next-hop", EDGE1, "--next-hop", POOL1)
    assert_as_before(first, operator.look())
    operator.run("edge-next-hop", EDGE1, "--next-hop", EDGE2, expect=2)


def test_the_store_moves_and_comes_back(operator: Operator) -> None:
    first = operator.look()
    said = operator.run("management-store-failover", POOL2, "--mode", "planned").out
    assert "Nothing to do" in said  # pool1 has it alone
    assert active_copies(operator) == [POOL1]
    operator.run("management-store-failover", POOL1, "--mode", "planned")
    assert active_copies(operator) == [POOL2]
    operator.run("management-store-failover", POOL2, "--mode", "planned")
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_the_store_of_a_dead_pool_is_taken_over(operator: Operator) -> None:
    first = operator.look()
    operator.lab.crash(POOL1)
    operator.run("management-store-failover", POOL1, "--mode", "disaster", "--accept-data-loss")
    assert active_copies(operator) == [POOL2]
    operator.lab.recover(POOL1)
    operator.run("management-store-failover", POOL2, "--mode", "planned")
    assert_as_before(first, operator.look())
