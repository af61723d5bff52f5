"""Facts page 2.2, 2.3, 2.4, 5."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import FE1, FE4, P1, P2, run

GET, START, STOP = "Get-CsWindowsService", "Start-CsWindowsService", "Stop-CsWindowsService"


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def status(world: Simulation, machine: str, service: str = "RTCSRV") -> object:
    return run(world, machine, GET, service).column("Status")[0]


@pytest.mark.parametrize(
    ("scenario", "machine", "there", "absent"),
    [
        (
            "two-sites",
            FE1,
            {"MASTER", "FTA", "LYNCBACKUP", "RTCXMPPTGW", "FabricHostSvc"},
            {"RTCHA"},
        ),
        ("sfb2015", FE1, {"RTCHA", "RTCXMPPTGW"}, set[str]()),
        ("sfb2019", FE1, {"RTCHA"}, {"RTCXMPPTGW"}),
        ("three-pairs", "fe3a.contoso.com", {"LYNCBACKUP"}, {"MASTER", "FTA"}),
        ("everything-wrong", "fe7.contoso.com", {"RTCSRV"}, {"LYNCBACKUP", "MASTER"}),
        (
            "two-sites",
            "edge1a.contoso.com",
            {"RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY"},
            {"RTCIMMCU", "MASTER"},
        ),
    ],
)
def test_services_by_role_and_version(
    scenario: str, machine: str, there: set[str], absent: set[str]
) -> None:
    names = set(run(Simulation.load(scenario), machine, GET).column("Name"))
    assert there <= names
    assert not absent & names


def test_display_names_and_roles(world: Simulation) -> None:
    one = run(world, FE1, GET, "rtcsrv").one
    assert one.get("DisplayName") == "Lync Server Front-End"
    assert one.get("RoleName") == ["Registrar", "UserServer"]
    edge = run(world, "edge1a.contoso.com", GET, "RTCSRV", ExcludeActivityLevel=True).one
    assert edge.get("DisplayName") == "Lync Server Access Edge"
    assert edge.get("RoleName") == ["EdgeServer"]
    assert "ActivityLevel" not in edge.properties
    assert run(world, "edge1a.contoso.com", GET, "REPLICA").one.get("RoleName") == []
    assert (
        run(world, FE1, GET, "FabricHostSvc").one.get("DisplayName")
        == "Windows Fabric Host Service"
    )
    assert (
        run(Simulation.load("sfb2015"), FE1, GET, "RTCHA").one.get("DisplayName")
        == "Skype for Business Server Health Agent"
    )


def test_from_another_machine(world: Simulation) -> None:
    assert run(world, FE4, GET, "RTCSRV", ComputerName=FE1).column("Status") == ["Running"]
    assert run(world, FE4, GET, "RTCSRV", ComputerName="localhost").column("Status") == ["Running"]
    world.crash(FE1)
    for name in (FE1, "edge1a.contoso.com", "nobody.contoso.com"):
        assert (
            "Cannot open Service Control Manager" in run(world, FE4, GET, ComputerName=name).message
        )


def test_unknown_service(world: Simulation) -> None:
    assert "Service RTCX was not found on computer" in run(world, FE1, STOP, "RTCX").message


def test_stop_and_start(world: Simulation) -> None:
    ran = run(world, "edge1a.contoso.com", STOP)
    assert (ran.items, ran.succeeded) == ([], True)
    assert status(world, "edge1a.contoso.com") == "Stopped"
    assert run(world, "edge1a.contoso.com", START).succeeded
    assert world.summary().services_stopped == frozenset()
    assert world.executions == {STOP: 1, START: 1}
    assert run(world, "edge1a.contoso.com", START).percents == []


def test_no_wait_leaves_it_pending(world: Simulation) -> None:
    run(world, "edge1a.contoso.com", STOP, "RTCSRV", NoWait=True)
    assert status(world, "edge1a.contoso.com") == "StopPending"
    world.clock.advance(timedelta(seconds=30))
    assert status(world, "edge1a.contoso.com") == "Stopped"
    run(world, "edge1a.contoso.com", START, "RTCSRV", NoWait=True)
    assert status(world, "edge1a.contoso.com") == "StartPending"
    world.clock.advance(timedelta(seconds=30))
    assert status(world, "edge1a.contoso.com") == "Running"


def test_agents_can_be_left_running(world: Simulation) -> None:
    run(world, FE1, STOP, LeaveClsAgentRunning=True, LeaveWebServerRunning=True)
    assert (status(world, FE1, "RTCCLSAGT"), status(world, FE1, "W3SVC"), status(world, FE1)) == (
        "Running",
        "Running",
        "Stopped",
    )


def test_what_if_and_input_objects(world: Simulation) -> None:
    assert run(world, FE1, STOP, WhatIf=True).succeeded
    assert "does not simulate" in run(world, FE1, STOP, InputObject="x").message
    assert not world.executions


def test_front_end_service_stopped_everywhere_is_a_dead_pool(world: Simulation) -> None:
    for machine in ("fe1", "fe2", "fe3"):
        assert world.summary().pools[Fqdn(P1)].served_by == P1
        run(world, f"{machine}.contoso.com", STOP, "RTCSRV")
    assert world.summary().pools[Fqdn(P1)].served_by is None


def test_below_quorum_the_other_servers_stop(world: Simulation) -> None:
    world.crash(FE1)
    assert status(world, "fe2.contoso.com") == "Running"
    world.crash("fe2.contoso.com")
    assert status(world, "fe3.contoso.com") == "StartPending"
    assert status(world, "fe3.contoso.com", "RTCIMMCU") == "Stopped"
    assert not world.summary().pools[Fqdn(P1)].alive
    world.recover(FE1)
    # Three servers need three to start, although two keep running.
    assert status(world, FE1) == "StartPending"
    world.recover("fe2.contoso.com")
    assert [status(world, f"fe{n}.contoso.com") for n in (1, 2, 3)] == ["Running"] * 3


def test_a_stopped_fabric_host_counts_as_a_missing_server(world: Simulation) -> None:
    for machine in (FE1, "fe2.contoso.com"):
        run(world, machine, STOP)
    assert status(world, "fe3.contoso.com") == "StartPending"
    run(world, FE1, START)
    assert status(world, FE1) == "StartPending"
    run(world, "fe2.contoso.com", START)
    assert status(world, FE1) == "Running"


def test_a_service_stopped_by_hand_stays_stopped_after_a_crash(world: Simulation) -> None:
    run(world, FE1, STOP, "RTCRGS")
    world.crash(FE1)
    world.recover(FE1)
    assert (status(world, FE1, "RTCRGS"), status(world, FE1)) == ("Stopped", "Running")


def test_computer_failover() -> None:
    world = Simulation.load("sfb2015")
    assert run(world, FE1, "Invoke-CsComputerFailOver", WhatIf=True).succeeded
    assert status(world, FE1) == "Running"
    # Facts page 5: with -Force the -WhatIf is ignored and the failover really starts.
    assert run(world, FE4, "Invoke-CsComputerFailOver", FE1, WhatIf=True, Force=True).succeeded
    assert status(world, FE1) == "Stopped"
    assert run(world, FE1, "Invoke-CsComputerFailBack").succeeded
    assert status(world, FE1) == "Running"
    assert (
        "Invoke-CsComputerFailOver"
        in run(Simulation.load("two-sites"), FE1, "Invoke-CsComputerFailOver").message
    )


def test_a_pool_of_even_size_needs_its_sql_witness() -> None:
    from lyncops.lab.scenarios.generator import scenario_of_size

    world = Simulation(scenario_of_size(2, front_ends=4))
    world.crash("fe1-1.contoso.com")
    world.crash("fe1-2.contoso.com")
    assert world.summary().pools[Fqdn(P1)].alive
    run(
        world,
        "fe2-1.contoso.com",
        "Invoke-CsDatabaseFailover",
        PoolFqdn=P1,
        DatabaseType="User",
        NewPrincipal="Mirror",
        Confirm=False,
    )
    world.crash("sql1.contoso.com")
    assert not world.summary().pools[Fqdn(P1)].alive
    assert world.summary().pools[Fqdn(P2)].alive
