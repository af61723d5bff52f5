"""Facts page 1.1, 1.3, 2.2, 3, 5."""

from __future__ import annotations

import attrs
import pytest

from lyncops.errors import ScenarioError
from lyncops.lab.scenarios.reader import load_scenario
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import FE1, FE4, P1, P2, Ran, new_session, run, run_in

MIRRORS = "Get-CsDatabaseMirrorState"
FAILOVER = "Invoke-CsDatabaseFailover"
NONE = "DatabaseInaccessibleOrMirroringNotEnabled"


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def sides(ran: Ran) -> dict[object, tuple[object, object]]:
    rows = zip(
        ran.column("DatabaseName"),
        ran.column("StateOnPrimary"),
        ran.column("StateOnMirror"),
        strict=True,
    )
    return {name: (primary, mirror) for name, primary, mirror in rows}


def move(world: Simulation, to: str, kind: str = "User", pool: str = P1, /, **named: object) -> Ran:
    return run(
        world,
        FE4,
        FAILOVER,
        PoolFqdn=pool,
        DatabaseType=kind,
        NewPrincipal=to,
        Confirm=False,
        **named,
    )


def test_one_object_per_database(world: Simulation) -> None:
    ran = run(world, FE4, MIRRORS, PoolFqdn=P1)
    expected = {"rtcab", "rtcshared", "rtcxds", "rgsconfig", "rgsdyn", "cpsdyn", "xds", "lis"}
    assert sides(ran) == dict.fromkeys(expected, ("Principal", "Mirror"))
    one = ran.objects[0]
    assert one.type_names[0] == "Microsoft.Rtc.Management.Deployment.DatabaseMirrorState"
    assert one.get("MirroringStatusOnMirror") == "synchronized"
    assert len(run(world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="app").items) == 3
    assert len(run(world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="CMS").items) == 2


def test_the_last_column_may_be_called_secondary(world: Simulation) -> None:
    world.switches.status_on_secondary = True
    one = run(world, FE4, MIRRORS, PoolFqdn=P1).objects[0]
    assert one.get("MirroringStatusOnSecondary") == "synchronized"
    assert one.get("MirroringStatusOnMirror") is None


def test_a_type_that_is_not_there_is_a_non_terminating_error(world: Simulation) -> None:
    ran = run(world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="PersistentChat")
    assert "is not present on pool" in ran.errors[0].message
    assert ran.terminating is None
    assert (
        run(
            world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="Lyss", ErrorAction="SilentlyContinue"
        ).errors
        == []
    )
    stopped = run(
        world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="Lyss", ErrorAction="Stop"
    ).terminating
    assert stopped is not None
    assert stopped.exception_type == "System.InvalidOperationException"


def test_without_mirror_both_sides_say_so() -> None:
    world = Simulation.load("standard-pair")
    ran = run(
        world, "se1.contoso.com", MIRRORS, PoolFqdn="se1.contoso.com", DatabaseType="CentralMgmt"
    )
    assert set(sides(ran).values()) == {(NONE, NONE)}
    assert ran.column("MirroringStatusOnPrimary") == ["", ""]


def test_a_server_that_is_down(world: Simulation) -> None:
    world.crash("sql2m.contoso.com")
    ran = run(world, FE4, MIRRORS, PoolFqdn=P2, DatabaseType="User")
    assert set(sides(ran).values()) == {("Principal", NONE)}
    assert set(ran.column("MirroringStatusOnPrimary")) == {"disconnected"}
    assert "sql2m" in move(world, "Mirror", "User", P2).message


def test_databases_of_one_type_can_be_on_both_sides() -> None:
    ran = run(Simulation.load("everything-wrong"), FE4, MIRRORS, PoolFqdn=P1, DatabaseType="User")
    assert sides(ran) == {
        "rtcab": ("Principal", "Mirror"),
        "rtcshared": ("Principal", "Mirror"),
        "rtcxds": ("Mirror", "Principal"),
    }
    assert ran.column("MirroringStatusOnPrimary")[0] == "suspended"


def test_failover_and_back(world: Simulation) -> None:
    ran = move(world, "Mirror")
    assert (ran.items, ran.succeeded) == ([], True)
    assert world.summary().pools[Fqdn(P1)].databases_on_mirror == {"rtcab", "rtcshared", "rtcxds"}
    assert move(world, "Mirror").succeeded
    assert move(world, "Primary").succeeded
    assert world.summary().pools[Fqdn(P1)].databases_on_mirror == frozenset()


def test_databases_can_be_excluded(world: Simulation) -> None:
    assert move(world, "Mirror", ExcludeDatabaseList=["RTCAB"]).succeeded
    assert world.summary().pools[Fqdn(P1)].databases_on_mirror == {"rtcshared", "rtcxds"}


def test_a_prompt_per_database(world: Simulation) -> None:
    ran = run(world, FE4, FAILOVER, PoolFqdn=P1, DatabaseType="User", NewPrincipal="Mirror")
    assert "rtcab" in ran.message
    assert "confirmation" in ran.message
    ran = run(
        world, FE4, FAILOVER, PoolFqdn=P1, DatabaseType="User", NewPrincipal="Mirror", WhatIf=True
    )
    assert ran.succeeded
    assert not world.executions


def test_refusals(world: Simulation) -> None:
    assert "no primary and mirror" in move(world, "Mirror", "PersistentChat").message
    wrong = Simulation.load("everything-wrong")
    assert "not synchronized" in move(wrong, "Mirror").message
    assert "no primary and mirror" in move(wrong, "Mirror", "User", "pool3.contoso.com").message
    session = new_session(world, attrs.evolve(world.caller, groups=frozenset[str]()))
    assert (
        "Access"
        in run_in(
            session, world, FE4, FAILOVER, PoolFqdn=P1, DatabaseType="User", NewPrincipal="Mirror"
        ).message
    )


def test_2019_has_no_mirrors_to_move() -> None:
    world = Simulation.load("sfb2019")
    assert "no primary and mirror" in move(world, "Mirror").message
    assert "PoolFqdn" in run(world, FE4, MIRRORS, PoolFqdn=P1).message
    assert "missing mandatory" in run(world, FE4, MIRRORS).message


def test_force_moves_databases_whose_principal_is_down(world: Simulation) -> None:
    move(world, "Mirror", "CentralMgmt", P1)
    world.crash("sql1.contoso.com")
    assert "sql1" in move(world, "Mirror").message
    assert move(world, "Mirror", Force=True).succeeded
    assert world.has_sql(world.pools[Fqdn(P1)])


def test_force_suspends_the_mirroring_until_people_resume_it(world: Simulation) -> None:
    move(world, "Mirror", "CentralMgmt", P1)
    world.crash("sql1.contoso.com")
    assert move(world, "Mirror", Force=True).succeeded
    world.recover("sql1.contoso.com")
    ran = run(world, FE4, MIRRORS, PoolFqdn=P1, DatabaseType="User")
    assert set(sides(ran).values()) == {("Mirror", "Principal")}
    assert set(ran.column("MirroringStatusOnPrimary")) == {"suspended"}
    assert "not synchronized" in move(world, "Primary").message
    world.outside.resume_mirroring(P1)
    assert set(run(world, FE4, MIRRORS, PoolFqdn=P1).column("MirroringStatusOnMirror")) == {
        "synchronized"
    }
    assert move(world, "Primary").succeeded


def test_mirroring_is_resumed_where_both_halves_answer(world: Simulation) -> None:
    world.crash("sql1.contoso.com")
    with pytest.raises(ScenarioError, match="sql1"):
        world.outside.resume_mirroring(P1)
    with pytest.raises(ScenarioError, match="has no mirror"):
        world.outside.resume_mirroring("edge1.contoso.com")


def test_with_a_witness_the_mirror_takes_over_by_itself() -> None:
    scenario = load_scenario("two-sites")
    pools = tuple(
        attrs.evolve(p, witness=Fqdn("sqlw.contoso.com")) if p.fqdn == P2 else p
        for p in scenario.pools
    )
    world = Simulation(attrs.evolve(scenario, pools=pools))
    world.crash("sql2.contoso.com")
    assert world.has_sql(world.pools[Fqdn(P2)])
    assert not world.losses


def test_user_database_state(world: Simulation) -> None:
    ran = run(world, FE4, "Get-CsUserDatabaseState")
    assert dict(zip(ran.column("Identity"), ran.column("Online"), strict=True)) == {
        "UserDatabase:sql1.contoso.com": True,
        "UserDatabase:sql2.contoso.com": True,
    }
    assert run(world, FE4, "Get-CsUserDatabaseState", RegistrarPool=P2).column("Online") == [True]
    assert run(world, FE1, "Get-CsUserDatabaseState", "UserDatabase:sql2.contoso.com").column(
        "Online"
    ) == [True]


def test_standard_edition_cannot_be_asked_from_elsewhere() -> None:
    ran = run(Simulation.load("standard-pair"), "se1.contoso.com", "Get-CsUserDatabaseState")
    assert ran.column("Identity") == ["UserDatabase:se1.contoso.com"]
    assert "se2" in ran.errors[0].message
