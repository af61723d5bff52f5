"""Facts page 1.3, 2.1, 2.2, 4.4, 6.2, 8."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import EDGE1, FE1, FE4, P1, P2, Ran, run


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def test_sites(world: Simulation) -> None:
    ran = run(world, FE1, "Get-CsSite")
    assert ran.column("Identity") == ["Site:Site1", "Site:Site2"]
    one = ran.objects[0]
    assert one.type_names[0] == "Microsoft.Rtc.Management.Deploy.Internal.Site+CentralSite"
    assert one.get("FederationRoute") == "EdgeServer:edge1.contoso.com"
    assert isinstance(one.get("Pools"), list)
    assert run(world, FE1, "Get-CsSite", "Site2").column("Identity") == ["Site:Site2"]
    assert run(world, FE1, "Get-CsSite", Identity="site:site2").column("DisplayName") == ["Site2"]
    assert "Cannot find site" in run(world, FE1, "Get-CsSite", "Site9").message


def test_pools(world: Simulation) -> None:
    ran = run(world, FE1, "Get-CsPool")
    one = next(item for item in ran.objects if item.get("Fqdn") == P1)
    assert one.get("Computers") == ["fe1.contoso.com", "fe2.contoso.com", "fe3.contoso.com"]
    services = one.get("Services")
    assert isinstance(services, list)
    assert f"Registrar:{P1}" in services
    assert one.get("Site") == "Site:Site1"
    assert "sql1.contoso.com" in ran.column("Identity")
    assert run(world, FE1, "Get-CsPool", P2).column("Fqdn") == [P2]


def test_pools_of_a_site_by_display_name() -> None:
    world = Simulation.load("everything-wrong")
    assert P1 in run(world, FE1, "Get-CsPool", Site="headquarters").column("Fqdn")
    assert "Cannot find site" in run(world, FE1, "Get-CsPool", Site="Site:Site1").message


def test_computers(world: Simulation) -> None:
    ran = run(world, FE1, "Get-CsComputer", Pool=P2)
    assert ran.column("Fqdn") == ["fe4.contoso.com", "fe5.contoso.com", "fe6.contoso.com"]
    assert set(ran.column("Pool")) == {P2}
    assert run(world, FE1, "Get-CsComputer", Local=True).column("Identity") == [FE1]
    assert run(world, FE1, "Get-CsComputer", "nobody.contoso.com").terminating
    assert run(world, FE1, "Get-CsComputer", Pool="x.y").terminating
    assert run(world, FE1, "Get-CsComputer", Filter="edge*").column("Identity") == [
        "edge1a.contoso.com",
        "edge1b.contoso.com",
        "edge2a.contoso.com",
        "edge2b.contoso.com",
    ]


def test_services_of_a_role(world: Simulation) -> None:
    ran = run(world, FE1, "Get-CsService", CentralManagement=True)
    assert [(item.get("PoolFqdn"), item.get("Active")) for item in ran.objects] == [
        (P1, True),
        (P2, False),
    ]
    edge = run(world, FE1, "Get-CsService", EdgeServer=True).objects[0]
    assert edge.get("Registrar") == f"Registrar:{P1}"
    assert edge.get("AccessEdgeExternalSipPort") == 5061
    assert edge.get("Version") == 6
    assert edge.get("SiteId") == "Site:Site1"
    assert edge.type_names[0] == "Microsoft.Rtc.Management.Xds.DisplayEdgeServer"
    assert f"Registrar:{P1}" in str(edge.get("DependentServiceList"))
    assert (
        run(world, FE1, "Get-CsService", ConferenceServer=True).column("Role")
        == ["ConferencingServer"] * 2
    )


def test_services_of_a_pool_or_one(world: Simulation) -> None:
    assert set(run(world, FE1, "Get-CsService", PoolFqdn=P1).column("PoolFqdn")) == {P1}
    one = run(world, FE1, "Get-CsService", Identity=f"registrar:{P1}", Verbose=True).one
    assert one.get("BackupRegistrar") == f"Registrar:{P2}"
    assert one.get("FailureDetectionInterval") == timedelta(minutes=5)
    assert run(world, FE1, "Get-CsService", Identity="Registrar:x.y").terminating


def test_skype_for_business_edges_have_a_search_port() -> None:
    world = Simulation.load("sfb2019")
    edge = run(world, FE1, "Get-CsService", EdgeServer=True).objects[0]
    assert (edge.get("SkypeSearchProxyPort"), edge.get("Version")) == (4443, 8)


def test_director_pools(world: Simulation) -> None:
    from lyncops.lab.scenarios.reader import parse_scenario
    from tests.lab.test_scenarios import GOOD

    text = (
        GOOD + '[[pool]]\nfqdn = "dir.c.d"\nkind = "director"\nsite = "S1"\nmachines ='
        ' ["dir1.c.d"]\nmedia_edge = "e1.c.d"\n'
    )
    other = Simulation(parse_scenario(text, "x.toml"))
    one = run(other, "a.c.d", "Get-CsService", Director=True).one
    assert one.get("EdgeServer") == "EdgeServer:e1.c.d"
    assert run(other, "dir1.c.d", "Get-CsWindowsService").column("Name") == [
        "W3SVC",
        "REPLICA",
        "RTCCLSAGT",
        "RTCSRV",
    ]
    assert run(other, "a.c.d", "Set-CsDirector", "dir.c.d", EdgeServer="").succeeded
    assert run(world, FE1, "Get-CsService", Director=True).objects == []


def test_topology(world: Simulation) -> None:
    assert run(world, FE1, "Get-CsTopology").one.get("Identity") == "Global"
    (text,) = run(world, FE1, "Get-CsTopology", AsXml=True, LocalStore=True).items
    assert isinstance(text, str)
    assert "Topology" in text


@pytest.mark.parametrize(
    "name",
    [
        "Get-CsService",
        "Get-CsPool",
        "Get-CsSite",
        "Get-CsComputer",
        "Get-CsPoolBackupRelationship",
        "Set-CsSite",
    ],
)
def test_without_the_store_reads_and_changes_fail(world: Simulation, name: str) -> None:
    world.crash(P1)
    named = {"PoolFqdn": P1} if name == "Get-CsPoolBackupRelationship" else {}
    ran = run(world, FE4, name, **named)
    assert ran.terminating is not None
    assert ran.terminating.category == "ConnectionError"


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("Get-CsTopology", {}),
        ("Get-CsPoolBackupRelationship", {"PoolFqdn": P1}),
        ("Get-CsRegistrarConfiguration", {}),
        ("Get-CsConferenceDirectory", {}),
        ("Get-CsBackupServiceConfiguration", {}),
        ("Get-CsDatabaseMirrorState", {"PoolFqdn": P2}),
        ("Get-CsUserPoolInfo", {"Identity": "alice"}),
        ("Get-CsAdminRole", {}),
    ],
)
def test_local_store_reads_work_without_the_store(
    world: Simulation, name: str, named: dict[str, object]
) -> None:
    world.crash(P1)
    assert run(world, FE4, name, **named).terminating is not None
    assert run(world, FE4, name, LocalStore=True, **named).items


def test_without_an_active_store_nothing_can_be_changed(world: Simulation) -> None:
    world.store.copies[Fqdn(P1)].active = False
    assert run(world, FE4, "Get-CsSite").succeeded
    assert (
        "No server holds the active"
        in run(world, FE4, "Set-CsSite", "Site1", DisplayName="x").message
    )


def test_routes_of_a_site(world: Simulation) -> None:
    assert run(
        world, FE1, "Set-CsEdgeServer", "edge2.contoso.com", AccessEdgeExternalSipPort=5061
    ).succeeded
    ran = run(world, FE1, "Set-CsSite", "Site2", FederationRoute="EdgeServer:edge2.contoso.com")
    assert "Federation is not enabled" in ran.message
    world.switches.port_enables_federation = True
    run(world, FE1, "Set-CsEdgeServer", "edge2.contoso.com", AccessEdgeExternalSipPort=5061)
    route = "EdgeServer:edge2.contoso.com"
    assert run(
        world,
        FE1,
        "Set-CsSite",
        "Site2",
        FederationRoute=route,
        XmppFederationRoute=route,
        Description="",
    ).succeeded
    one = run(world, FE1, "Get-CsSite", "Site2").one
    assert (one.get("FederationRoute"), one.get("XmppFederationRoute"), one.get("Description")) == (
        route,
        route,
        None,
    )
    assert world.executions["Set-CsSite"] == 1
    assert run(world, FE1, "Set-CsSite", "Site2", FederationRoute="").succeeded
    assert run(world, FE1, "Get-CsSite", "Site2").one.get("FederationRoute") is None


def test_set_cs_site_wants_the_bare_name_and_a_service(world: Simulation) -> None:
    assert (
        "Cannot find site" in run(world, FE1, "Set-CsSite", "site:Site2", DisplayName="x").message
    )
    assert (
        "Cannot find service"
        in run(world, FE1, "Set-CsSite", "Site2", FederationRoute=EDGE1).message
    )
    assert (
        "Cannot find service"
        in run(world, FE1, "Set-CsSite", "Site2", XmppFederationRoute=f"Registrar:{P1}").message
    )
    assert run(world, FE1, "Set-CsSite", "Site2", DisplayName="x", WhatIf=True).succeeded
    assert world.executions["Set-CsSite"] == 0


def test_next_hop(world: Simulation) -> None:
    assert run(
        world,
        FE4,
        "Set-CsEdgeServer",
        Identity="EdgeServer:edge1.contoso.com",
        Registrar=f"registrar:{P2}",
    ).succeeded
    assert world.summary().next_hops[Fqdn(EDGE1)] == f"Registrar:{P2}"
    assert run(world, FE4, "Set-CsEdgeServer", Identity=EDGE1, Registrar=P1).succeeded
    assert world.summary().next_hops[Fqdn(EDGE1)] == f"Registrar:{P1}"


@pytest.mark.parametrize(
    ("name", "named", "words"),
    [
        # Facts page 1.1: the wrong form of Microsoft's page of 2014-02.
        (
            "Set-CsEdgeServer",
            {"Identity": f"EdgeServer:{P1}", "Registrar": f"Registrar:{P2}"},
            f"EdgeServer:{P1}",
        ),
        ("Set-CsEdgeServer", {"Registrar": f"Registrar:{P2}"}, "Cannot find service"),
        ("Set-CsEdgeServer", {"Identity": EDGE1, "Registrar": "Registrar:x.y"}, "Registrar:x.y"),
        ("Set-CsEdgeServer", {"Identity": EDGE1, "Registrar": f"UserServer:{P1}"}, "UserServer"),
        ("Set-CsRegistrar", {"Identity": f"UserServer:{P1}", "EdgeServer": EDGE1}, "UserServer"),
    ],
)
def test_wrong_services_are_refused(
    world: Simulation, name: str, named: dict[str, object], words: str
) -> None:
    ran = run(world, FE4, name, **named)
    assert words in ran.message
    assert not world.executions


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Set-CsRegistrar", "Registrar"),
        ("Set-CsConferenceServer", "ConferencingServer"),
        ("Set-CsMediationServer", "MediationServer"),
    ],
)
def test_media_association(world: Simulation, name: str, role: str) -> None:
    assert run(
        world, FE4, name, f"{role}:{P1}", EdgeServer="EdgeServer:edge2.contoso.com"
    ).succeeded
    assert world.summary().media_edges[f"{role}:{P1}"] == "EdgeServer:edge2.contoso.com"
    assert run(world, FE4, name, f"{role}:{P1}", EdgeServer=EDGE1, WhatIf=True).succeeded
    assert world.executions[name] == 1


def test_the_only_service_of_a_role_needs_no_identity() -> None:
    world = Simulation.load("standard-pair")
    ran = run(
        world,
        "se1.contoso.com",
        "Set-CsEdgeServer",
        Registrar="se2.contoso.com",
        SkypeSearchProxyPort=1,
    )
    assert "SkypeSearchProxyPort" in ran.message
    assert run(world, "se1.contoso.com", "Set-CsEdgeServer", Registrar="se2.contoso.com").succeeded


def up_to_date(world: Simulation) -> set[object]:
    return set(run(world, FE4, "Get-CsManagementStoreReplicationStatus").column("UpToDate"))


def test_enable_topology_may_be_needed(world: Simulation) -> None:
    world.switches.enable_topology_needed = True
    run(world, FE4, "Set-CsEdgeServer", EDGE1, Registrar=P2)
    world.clock.advance(timedelta(hours=1))
    assert up_to_date(world) == {False}
    assert run(world, FE4, "Enable-CsTopology", WhatIf=True).succeeded
    assert run(world, FE4, "Enable-CsTopology", Confirm=False).succeeded
    world.clock.advance(timedelta(minutes=4))
    assert up_to_date(world) == {True}


def test_reports_are_complete_without_being_successes(world: Simulation) -> None:
    world.faults.report_with_errors = True
    ran = run(world, FE4, "Enable-CsTopology", Confirm=False, Report="C:\\r.html")
    assert ran.errors
    text = str(world.machine(FE4).files["c:\\r.html"])
    assert "Command run is complete." in text
    assert "<Error" in text


def test_a_terminating_error_leaves_no_closing_line(world: Simulation) -> None:
    world.faults.midway = frozenset({"Invoke-CsManagementServerFailover"})
    ran: Ran = run(world, FE4, "Invoke-CsManagementServerFailover", Confirm=False)
    assert ran.terminating is not None
    (path,) = world.machine(FE4).files
    assert path.startswith("c:\\users\\admin\\appdata\\local\\temp\\")
    text = str(world.machine(FE4).files[path])
    assert "An error occurred:" in text
    assert "is complete" not in text
