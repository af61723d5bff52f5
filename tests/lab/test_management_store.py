"""Facts page 1.3, 2.2, 4.1, 6."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from lyncops.lab.interface import Caller
from lyncops.lab.model.switches import StoreBug
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import (
    FE1,
    FE4,
    P1,
    P2,
    Ran,
    fail_over,
    move_next_hops,
    move_store,
    new_session,
    run,
    run_in,
)

STATUS = "Get-CsManagementStoreReplicationStatus"
SQL2 = {
    "BackupSqlServerFqdn": "sql2.contoso.com",
    "BackupSqlInstanceName": "rtc",
    "BackupMirrorSqlServerFqdn": "sql2m.contoso.com",
    "BackupMirrorSqlInstanceName": "rtc",
}


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def store_status(world: Simulation, machine: str = FE4) -> tuple[object, object]:
    one = run(world, machine, STATUS, CentralManagementStoreStatus=True).one
    return one.get("ActiveMasterFQDN"), one.get("ActiveFileTransferAgents")


def active(world: Simulation) -> list[object]:
    return run(world, FE4, "Get-CsService", CentralManagement=True).column("Active")


def states(world: Simulation, machine: str = FE4) -> dict[object, object]:
    ran = run(world, machine, STATUS)
    return dict(zip(ran.column("ReplicaFqdn"), ran.column("UpToDate"), strict=True))


def test_healthy_store(world: Simulation) -> None:
    assert store_status(world) == (FE1, [FE1])
    assert active(world) == [True, False]
    one = run(world, FE4, STATUS, "edge1a.contoso.com").one
    assert one.type_names[0] == "Microsoft.Rtc.Management.Xds.ReplicaState"
    assert one.get("UpToDate") is True
    assert isinstance(one.get("LastStatusReport"), datetime)
    assert isinstance(one.get("LastUpdateCreation"), datetime)
    assert one.get("ProductVersion") == "5.0.8308.0"
    assert set(states(world)) == set(world.machines)


def test_replica_fqdn_is_a_computer(world: Simulation) -> None:
    assert run(world, FE4, STATUS, ReplicaFqdn=P1).terminating is not None


def test_the_master_may_be_named_by_its_pool(world: Simulation) -> None:
    world.switches.master_is_pool = True
    world.switches.heartbeats = False
    assert store_status(world) == (P1, [P1])
    assert (
        "ActiveReplicas"
        not in run(world, FE4, STATUS, CentralManagementStoreStatus=True).one.properties
    )


def test_the_next_machine_is_master_when_the_first_is_down(world: Simulation) -> None:
    world.crash(FE1)
    assert store_status(world)[0] == "fe2.contoso.com"


def test_a_dead_store_has_empty_names_and_no_replicas(world: Simulation) -> None:
    world.crash(P1)
    assert store_status(world) == ("", [])
    assert run(world, FE4, STATUS).items == []


def test_front_ends_gone_and_sql_alive_is_readable_without_master(world: Simulation) -> None:
    for machine in ("fe1", "fe2", "fe3"):
        world.crash(f"{machine}.contoso.com")
    assert store_status(world) == ("", [])
    assert run(world, FE4, "Get-CsSite").succeeded
    assert states(world)[FE1] is False


def test_the_status_may_be_empty(world: Simulation) -> None:
    world.faults.no_replication_status = True
    assert run(world, FE4, STATUS).items == []


def test_replicas_turn_false_after_a_change_and_true_within_three_minutes(
    world: Simulation,
) -> None:
    assert set(states(world).values()) == {True}
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    assert set(states(world).values()) == {False}
    world.clock.advance(timedelta(minutes=1, seconds=55))
    assert set(states(world).values()) == {False}
    world.clock.advance(timedelta(minutes=1, seconds=6))
    assert set(states(world).values()) == {True}


def test_a_machine_that_is_down_stays_false_with_an_old_report(world: Simulation) -> None:
    world.crash("fe6.contoso.com")
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    world.clock.advance(timedelta(hours=2))
    one = run(world, FE4, STATUS, "fe6.contoso.com").one
    report = one.get("LastStatusReport")
    assert one.get("UpToDate") is False
    assert isinstance(report, datetime)
    assert world.now() - report > timedelta(hours=1)
    up = run(world, FE4, STATUS, "fe5.contoso.com").one.get("LastStatusReport")
    assert isinstance(up, datetime)
    assert world.now() - up < timedelta(minutes=10)
    world.recover("fe6.contoso.com")
    world.clock.advance(timedelta(minutes=4))
    assert states(world)["fe6.contoso.com"] is True


def test_replication_can_be_asked_for_without_being_put_off(world: Simulation) -> None:
    name = "Invoke-CsManagementStoreReplication"
    assert run(world, FE4, name).succeeded
    assert set(states(world).values()) == {False}
    for _ in range(4):
        world.clock.advance(timedelta(minutes=1))
        run(world, FE4, "Get-CsSite")
        assert run(world, FE4, name, ReplicaFqdn="fe5.contoso.com").succeeded
    assert states(world)[FE1] is True
    assert run(world, FE4, name, "nobody.contoso.com").terminating is not None
    outsider = new_session(world, Caller("x"))
    assert "Access is denied" in run_in(outsider, world, FE4, name).message
    world.faults.without_effect = frozenset({name})
    world.clock.advance(timedelta(minutes=5))
    run(world, FE4, name)
    assert set(states(world).values()) == {True}


def test_replication_may_be_broken(world: Simulation) -> None:
    world.faults.no_replication = True
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    world.clock.advance(timedelta(hours=2))
    assert set(states(world).values()) == {False}


def test_planned_failover_of_the_store(world: Simulation) -> None:
    began = world.now()
    ran = move_store(world, FE4, Verbose=True)
    assert ran.succeeded
    assert ran.items == []
    assert ran.verbose_lines
    assert store_status(world) == (FE4, [FE4])
    assert active(world) == [False, True]
    assert world.now() - began == timedelta(minutes=5)
    assert set(states(world).values()) == {False}
    world.clock.advance(timedelta(minutes=4))
    assert set(states(world).values()) == {True}
    assert world.summary().lis_entries == {Fqdn(P1): 40, Fqdn(P2): 0}
    assert move_store(world, FE1).succeeded
    assert active(world) == [True, False]


def test_planned_failover_waits_for_replication(world: Simulation) -> None:
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    began = world.now()
    assert move_store(world, FE4).succeeded
    assert world.now() - began > timedelta(minutes=7)
    assert run(world, FE4, "Get-CsSite", "Site1").one.get("Description") == "x"


def test_planned_failover_gives_up_when_replication_does_not_finish(world: Simulation) -> None:
    run(world, FE1, "Stop-CsWindowsService", "REPLICA")
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    assert FE1 in move_store(world, FE4).message
    assert active(world) == [True, False]
    assert move_store(world, FE4, Force=True, **SQL2).succeeded


def test_disaster_failover_of_the_store_and_its_loss(world: Simulation) -> None:
    world.clock.advance(timedelta(minutes=3))
    run(world, FE4, "Set-CsSite", "Site1", Description="young")
    world.clock.advance(timedelta(seconds=30))
    world.crash(P1)
    assert move_store(world, FE4, Force=True, **SQL2).succeeded
    assert store_status(world) == (FE4, [FE4])
    assert run(world, FE4, "Get-CsSite", "Site1").one.get("Description") != "young"
    assert world.losses[-1].unsynced.keys() == {"CentralMgmt.CMSMaster"}


def test_what_the_backup_service_copied_survives(world: Simulation) -> None:
    run(world, FE4, "Set-CsSite", "Site1", Description="old enough")
    world.clock.advance(timedelta(minutes=3))
    world.crash(P1)
    assert move_store(world, FE4, **SQL2).succeeded
    assert run(world, FE4, "Get-CsSite", "Site1").one.get("Description") == "old enough"
    assert not world.losses


def on_the_active_pool(world: Simulation) -> Ran:
    return move_store(world, FE1)


def on_another_pool(_world: Simulation) -> Ran:
    return move_store(Simulation.load("three-pairs"), "fe3a.contoso.com")


def planned_with_a_dead_source(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(world, FE4)


def another_sql_server(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(world, FE4, **{**SQL2, "BackupSqlServerFqdn": "sql9.contoso.com"})


def another_instance(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(world, FE4, **{**SQL2, "BackupSqlInstanceName": ""})


def the_mirror_alone(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(
        world, FE4, BackupSqlServerFqdn="sql2m.contoso.com", BackupSqlInstanceName="rtc"
    )


def without_the_mirror(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(
        world, FE4, BackupSqlServerFqdn="sql2.contoso.com", BackupSqlInstanceName="rtc"
    )


def another_mirror(world: Simulation) -> Ran:
    world.crash(P1)
    return move_store(world, FE4, **{**SQL2, "BackupMirrorSqlServerFqdn": "sql9.contoso.com"})


def a_dead_principal(world: Simulation) -> Ran:
    world.crash(P1)
    world.crash("sql2.contoso.com")
    return move_store(world, FE4, Force=True, **SQL2)


def force_required(world: Simulation) -> Ran:
    world.switches.store_force_required = True
    world.crash(P1)
    return move_store(world, FE4, **SQL2)


def by_an_outsider(world: Simulation) -> Ran:
    return run_in(
        new_session(world, Caller("x")),
        world,
        FE4,
        "Invoke-CsManagementServerFailover",
        Confirm=False,
    )


def two_active(_world: Simulation) -> Ran:
    return move_store(Simulation.load("everything-wrong"), FE4)


def nothing_to_restore(world: Simulation) -> Ran:
    return move_store(world, FE4, Restore=True)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (on_the_active_pool, "already hosts"),
        (on_another_pool, "does not belong"),
        (planned_with_a_dead_source, "cannot be reached"),
        (another_sql_server, "not the Central Management database"),
        (another_instance, "not the Central Management database"),
        (the_mirror_alone, "not the Central Management database"),
        (without_the_mirror, "is mirrored"),
        (another_mirror, "not the Central Management database"),
        (a_dead_principal, "cannot be reached"),
        (force_required, "-Force is required"),
        (by_an_outsider, "Access is denied"),
        (two_active, "not available"),
        (nothing_to_restore, "no incomplete failover"),
    ],
)
def test_refused_store_failovers(
    world: Simulation, attempt: Callable[[Simulation], Ran], words: str
) -> None:
    assert words in attempt(world).message
    assert world.executions["Invoke-CsManagementServerFailover"] == 0


def test_the_mirror_may_be_the_principal(world: Simulation) -> None:
    for kind in ("CentralMgmt",):
        ran = run(
            world,
            FE4,
            "Invoke-CsDatabaseFailover",
            PoolFqdn=P2,
            DatabaseType=kind,
            NewPrincipal="Mirror",
            Confirm=False,
        )
        assert ran.succeeded
    world.crash(P1)
    assert move_store(world, FE4, **SQL2).succeeded


def test_a_cmdlet_that_does_not_insist_on_the_mirror(world: Simulation) -> None:
    world.switches.store_mirror_required = False
    assert without_the_mirror(world).succeeded


def test_what_if_finds_the_store(world: Simulation) -> None:
    ran = run(world, FE4, "Invoke-CsManagementServerFailover", WhatIf=True)
    assert ran.succeeded
    assert not world.executions


def test_bug_both_active(world: Simulation) -> None:
    world.faults.store_failover = StoreBug.BOTH_ACTIVE
    assert move_store(world, FE4).succeeded
    assert active(world) == [True, True]
    world.clock.advance(timedelta(hours=1))
    assert set(states(world).values()) == {False}
    move_next_hops(world, P2)
    assert "run the cmdlet again" in fail_over(world, P1).message


def test_bug_none_active_shows_when_services_restart(world: Simulation) -> None:
    world.faults.store_failover = StoreBug.NONE_ACTIVE
    assert move_store(world, FE4).succeeded
    assert active(world) == [False, False]
    assert store_status(world) == ("", [])
    assert set(states(world).values()) == {False}
    run(world, FE1, "Stop-CsWindowsService", "MASTER")
    ran = run(world, FE1, "Start-CsWindowsService", "MASTER")
    assert ran.errors
    assert "failed to start" in ran.warnings[0]
    world.crash("fe2.contoso.com")
    world.recover("fe2.contoso.com")
    services = run(world, "fe2.contoso.com", "Get-CsWindowsService", "MASTER")
    assert services.column("Status") == ["Stopped"]
    world.faults.store_failover = StoreBug.NONE
    assert move_store(world, FE4, Restore=True).succeeded
    assert active(world) == [False, True]


def test_a_disaster_failover_takes_the_role_that_nobody_has(world: Simulation) -> None:
    world.faults.store_failover = StoreBug.NONE_ACTIVE
    move_store(world, FE4)
    world.faults.store_failover = StoreBug.NONE
    assert move_store(world, FE4, Force=True, **SQL2).succeeded
    assert store_status(world)[0] == FE4


def test_standard_edition_pair() -> None:
    world = Simulation.load("standard-pair")
    world.crash("se1.contoso.com")
    sql = {"BackupSqlServerFqdn": "se2.contoso.com", "BackupSqlInstanceName": "RTC"}
    assert move_store(world, "se2.contoso.com", **sql).succeeded
    assert store_status(world, "se2.contoso.com")[0] == "se2.contoso.com"


@pytest.mark.parametrize("name", ["Move-CsManagementServer"])
def test_move_needs_a_local_session(world: Simulation, name: str) -> None:
    assert run(world, FE4, name).message.startswith("Move-CsManagementServer must be run locally")


@pytest.mark.parametrize(("anew", "stays"), [(P1, P2), (P2, P1)])
def test_a_copy_that_is_installed_anew_leaves_the_other_to_serve(
    world: Simulation, anew: str, stays: str
) -> None:
    world.faults.store_failover = StoreBug.BOTH_ACTIVE
    move_store(world, FE4)
    world.outside.reinstall_store(anew)
    assert {copy.pool for copy in world.store.claimants} == {stays}
    assert world.machines[Fqdn(str(store_status(world)[0]))].pool == stays
    world.clock.advance(timedelta(minutes=10))
    assert set(states(world).values()) == {True}
