"""What a topology has beside its pools, pools of Lync Server 2010, and a store that people move."""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from lyncops.errors import ScenarioError
from lyncops.lab.scenarios.checks import check
from lyncops.lab.scenarios.reader import load_scenario, parse_scenario
from lyncops.lab.scenarios.scenario import (
    Kind,
    PoolSpec,
    Product,
    Role,
    Scenario,
    ServiceSpec,
    StoreSpec,
)
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import FE4, P1, P2, plain, run

OLD: Final = Fqdn("old.contoso.com")
GATEWAY: Final = "gw.contoso.com"


def beside(*services: ServiceSpec) -> Simulation:
    return Simulation(attrs.evolve(load_scenario("two-sites"), services=services))


def service(role: Role, fqdn: str = GATEWAY, *, told: bool = True) -> ServiceSpec:
    return ServiceSpec(fqdn=Fqdn(fqdn), role=role, site="Site2", leads_to=Fqdn(P1), told=told)


@pytest.mark.parametrize(
    ("role", "identity", "name", "needs"),
    [
        (Role.GATEWAY, "PstnGateway", "MediationServer", f"MediationServer:{P1}"),
        (Role.PERSISTENT_CHAT, "PersistentChatServer", "Registrar", f"Registrar:{P1}"),
        (Role.APPLICATION, "TrustedApplicationPool", "Registrar", f"Registrar:{P1}"),
        (Role.BRANCH, "Registrar", "UserServer", f"UserServer:{P1}"),
    ],
)
def test_each_names_the_pool_that_it_needs(
    role: Role, identity: str, name: str, needs: str
) -> None:
    for told, wanted in ((True, needs), (False, None)):
        world = beside(service(role, told=told))
        found = run(world, FE4, "Get-CsService", f"{identity}:{GATEWAY}").one
        assert plain(found.get(name)) == wanted
        pool = run(world, FE4, "Get-CsPool", GATEWAY).one
        assert plain(pool.get("Site")) == "Site:Site2"
        replicas = run(world, FE4, "Get-CsManagementStoreReplicationStatus")
        assert GATEWAY not in replicas.column("ReplicaFqdn")


def test_a_scenario_file_has_them() -> None:
    text = """
[[site]]
name = "One"
[[pool]]
fqdn = "se1.contoso.com"
kind = "standard"
site = "One"
machines = ["se1.contoso.com"]
[[service]]
fqdn = "chat.contoso.com"
role = "Persistent Chat"
site = "One"
leads_to = "se1.contoso.com"
[central_management]
copies = ["se1.contoso.com"]
active = ["se1.contoso.com"]
"""
    (found,) = parse_scenario(text, "x.toml").services
    assert found.role is Role.PERSISTENT_CHAT
    with pytest.raises(ScenarioError, match=r"leads_to se2.contoso.com is not a Front End pool"):
        parse_scenario(text.replace('leads_to = "se1', 'leads_to = "se2'), "x.toml")


def with_old_store() -> Scenario:
    """Beside the pair a pool of Lync Server 2010, which holds the only copy of the store."""
    scenario = load_scenario("two-sites")
    old = PoolSpec(
        fqdn=OLD,
        kind=Kind.STANDARD,
        site="Site1",
        machines=(OLD,),
        version=Product.V2010,
        users=50,
    )
    return attrs.evolve(
        scenario,
        pools=(*scenario.pools, old),
        central_management=StoreSpec(copies=(OLD,), active=(OLD,)),
    )


def test_a_pool_of_2010_says_so_and_has_no_pair() -> None:
    scenario = with_old_store()
    check(scenario, "x")
    world = Simulation(scenario)
    assert plain(run(world, FE4, "Get-CsService", f"Registrar:{OLD}").one.get("Version")) == 5
    assert not run(world, FE4, "Get-CsPoolBackupRelationship", OLD).items
    paired = attrs.evolve(scenario.pools[-1], backup_pool=Fqdn(P1))
    with pytest.raises(ScenarioError, match="has no pool pairs"):
        check(attrs.evolve(scenario, pools=(*scenario.pools[:-1], paired)), "x")


def test_a_store_that_people_move_is_there_alone_and_works() -> None:
    world = Simulation(with_old_store())
    world.crash(OLD)
    assert not world.store_works
    with pytest.raises(ScenarioError, match="does not run"):
        world.outside.move_store(OLD)
    world.outside.move_store(P2)
    assert world.store_works
    stores = run(world, FE4, "Get-CsService", CentralManagement=True)
    assert stores.column("PoolFqdn") == [P2]
    assert stores.column("Active") == [True]
    status = run(
        world, FE4, "Get-CsManagementStoreReplicationStatus", CentralManagementStoreStatus=True
    )
    assert plain(status.one.get("ActiveMasterFQDN")) == FE4
    database = "CentralManagementDatabase:sql2.contoso.com"
    assert run(world, FE4, "Get-CsService", database).succeeded
