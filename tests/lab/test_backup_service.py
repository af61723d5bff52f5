"""Facts page 2.2, 3, 4.2, 5."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from lyncops.lab.interface import Caller
from lyncops.lab.model.switches import NestedShape
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn, RemoteObject
from tests.lab.support import (
    FE1,
    FE4,
    P1,
    P2,
    Ran,
    fail_back,
    fail_over,
    move_next_hops,
    new_session,
    plain,
    run,
    run_in,
)

STATUS = "Get-CsBackupServiceStatus"
SYNC = "Invoke-CsBackupServiceSync"


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def modules(
    world: Simulation, pool: str, machine: str = FE4, /, **named: object
) -> dict[object, tuple[object, object]]:
    world.switches.nested = NestedShape.EXPANDED
    listed = run(world, machine, STATUS, PoolFqdn=pool, **named).one.get("BackupModules")
    assert isinstance(listed, list)
    rows = [item for item in cast("list[object]", listed) if isinstance(item, RemoteObject)]
    return {
        row.get("Identity"): (plain(row.get("ExportStatus")), plain(row.get("ImportStatus")))
        for row in rows
    }


def test_status_of_both_directions(world: Simulation) -> None:
    assert modules(world, P1) == {
        "UserServices.PresenceFocus": ("SteadyState", "NormalState"),
        "ConfServices.DataConf": ("SteadyState", "NormalState"),
        "CentralMgmt.CMSMaster": ("FinalState", "NormalState"),
    }
    # NotInitialized on the pool that is not the active master is normal.
    assert modules(world, P2)["CentralMgmt.CMSMaster"] == ("NotInitialized", "NormalState")


@pytest.mark.parametrize(
    ("category", "names"),
    [
        ("CMS", {"CentralMgmt.CMSMaster"}),
        ("User", {"UserServices.PresenceFocus", "ConfServices.DataConf"}),
        ("RGS", set[str]()),
    ],
)
def test_categories(world: Simulation, category: str, names: set[str]) -> None:
    assert set(modules(world, P1, Category=category)) == names


def test_a_change_of_the_store_is_steady_until_it_is_copied(world: Simulation) -> None:
    run(world, FE4, "Set-CsSite", "Site1", Description="x")
    assert modules(world, P1)["CentralMgmt.CMSMaster"][0] == "SteadyState"
    run(world, FE4, SYNC, PoolFqdn=P1, BackupModule="CentralMgmt.CMSMaster")
    assert modules(world, P1)["CentralMgmt.CMSMaster"][0] == "FinalState"


def test_a_pool_without_users_is_in_the_final_state() -> None:
    from lyncops.lab.scenarios.generator import scenario_of_size

    world = Simulation(scenario_of_size(4, users=0))
    world.clock.advance(timedelta(minutes=10))
    assert (
        modules(world, "pool1.contoso.com", "fe1-1.contoso.com")["UserServices.PresenceFocus"][0]
        == "FinalState"
    )
    assert (
        modules(world, "pool3.contoso.com", "fe1-1.contoso.com")["CentralMgmt.CMSMaster"][0]
        == "NotInitialized"
    )


def test_a_stuck_service_builds_a_backlog(world: Simulation) -> None:
    world.faults.sync_stuck = frozenset({P1})
    world.clock.advance(timedelta(minutes=30))
    assert modules(world, P1)["UserServices.PresenceFocus"][0] == "NonSteadyState"
    assert modules(world, P1)["CentralMgmt.CMSMaster"][0] == "ErrorState"
    assert world.unsynced(P1)["UserServices.PresenceFocus"] >= timedelta(minutes=28)
    assert "did not finish" in run(world, FE4, SYNC, PoolFqdn=P1).message
    world.faults.sync_stuck = frozenset()
    world.clock.advance(timedelta(minutes=10))
    assert modules(world, P1)["UserServices.PresenceFocus"][0] == "SteadyState"


def test_error_state(world: Simulation) -> None:
    world.faults.sync_error = frozenset({P1})
    assert modules(world, P1)["ConfServices.DataConf"] == ("ErrorState", "NormalState")
    assert modules(world, P2)["ConfServices.DataConf"] == ("SteadyState", "ErrorState")


def test_the_other_side_gone_is_an_error(world: Simulation) -> None:
    world.crash(P2)
    assert modules(world, P1, FE1)["UserServices.PresenceFocus"][0] == "ErrorState"
    assert modules(world, P1, FE1)["CentralMgmt.CMSMaster"][0] == "ErrorState"
    assert "not running" in run(world, FE1, STATUS, PoolFqdn=P2).message


def test_overall_status_may_be_there(world: Simulation) -> None:
    world.switches.overall_backup_status = True
    one = run(world, FE4, STATUS, PoolFqdn=P1).one
    assert (plain(one.get("OverallExportStatus")), plain(one.get("OverallImportStatus"))) == (
        "SteadyState",
        "NormalState",
    )


@pytest.mark.parametrize("name", [STATUS, SYNC])
def test_access_is_refused_without_the_group(world: Simulation, name: str) -> None:
    helper = Caller("CONTOSO\\helper", frozenset({"Users"}), delegated=True)
    outsider = new_session(world, helper)
    detail = run_in(outsider, world, FE4, name, PoolFqdn=P1).terminating
    assert detail is not None
    assert detail.category == "PermissionDenied"
    by_role = new_session(world, Caller("x", frozenset({"CsAdministrator"}), ocs=True))
    assert run_in(by_role, world, FE4, name, PoolFqdn=P1).succeeded


def test_the_authorised_groups_can_be_changed(world: Simulation) -> None:
    run(
        world,
        FE4,
        "Set-CsBackupServiceConfiguration",
        AuthorizedUniversalGroups=["Others"],
        Confirm=False,
    )
    assert run(world, FE4, STATUS, PoolFqdn=P1).terminating is not None
    one = run(world, FE4, "Get-CsBackupServiceConfiguration").one
    assert one.get("AuthorizedUniversalGroups") == ["Others"]


def test_an_uninitialised_direction_is_initialised_by_a_sync() -> None:
    world = Simulation.load("everything-wrong")
    assert modules(world, P2)["UserServices.PresenceFocus"][0] == "NotInitialized"
    assert run(world, FE4, SYNC, PoolFqdn=P2).succeeded
    assert modules(world, P2)["UserServices.PresenceFocus"][0] == "SteadyState"


def test_sync_returns_nothing_and_counts(world: Simulation) -> None:
    world.clock.advance(timedelta(seconds=100))
    ran = run(world, FE4, SYNC, PoolFqdn=P1, BackupModule="userservices.presencefocus")
    assert (ran.items, ran.succeeded) == ([], True)
    assert world.executions[SYNC] == 1
    lag = world.unsynced(P1)
    assert lag["UserServices.PresenceFocus"] < lag["ConfServices.DataConf"]
    world.faults.without_effect = frozenset({SYNC})
    assert run(world, FE4, SYNC, PoolFqdn=P1).succeeded


@pytest.mark.parametrize(
    "short", ["All", "PresenceFocus", "DataConf", "CMSMaster", "ApplicationServer.RGSDataStore"]
)
def test_short_module_names_of_the_procedure_page_are_refused(
    world: Simulation, short: str
) -> None:
    assert "backup module" in run(world, FE4, SYNC, PoolFqdn=P1, BackupModule=short).message
    assert not world.executions


def test_sync_of_an_unpaired_pool() -> None:
    assert (
        "no backup pool"
        in run(Simulation.load("everything-wrong"), FE4, SYNC, PoolFqdn="pool3.contoso.com").message
    )


def test_rgs_modules_of_2019() -> None:
    world = Simulation.load("sfb2019")
    assert len(modules(world, P1)) == 3
    assert run(
        world, FE4, SYNC, PoolFqdn=P1, BackupModule="ApplicationServer.RGSDataStore"
    ).succeeded
    run(world, FE4, "Set-CsBackupServiceConfiguration", EnableRgsBackupService=True, Confirm=False)
    assert modules(world, P1)["ApplicationServer.RGSDataStore"] == ("SteadyState", "NormalState")


def test_conference_content_left_behind_is_not_steady(world: Simulation) -> None:
    move_next_hops(world, P2)
    fail_over(world, P1)
    world.clock.advance(timedelta(hours=1))
    fail_back(world, P1)
    assert modules(world, P2)["ConfServices.DataConf"][0] == "NonSteadyState"
    assert modules(world, P1)["ConfServices.DataConf"][0] == "SteadyState"
    run(world, FE4, SYNC, PoolFqdn=P2, BackupModule="ConfServices.DataConf")
    assert modules(world, P2)["ConfServices.DataConf"][0] == "NonSteadyState"
    world.clock.advance(timedelta(minutes=20))
    assert modules(world, P2)["ConfServices.DataConf"][0] == "SteadyState"


def test_configuration(world: Simulation) -> None:
    one = run(world, FE4, "Get-CsBackupServiceConfiguration", "Global").one
    assert one.get("SyncInterval") == timedelta(minutes=2)
    assert one.get("MaxConcurrentCalls") == 10
    assert "EnableRgsBackupService" not in one.properties
    ran = run(
        world, FE4, "Set-CsBackupServiceConfiguration", SyncInterval="00:10:00", Confirm=False
    )
    assert ran.succeeded
    world.clock.advance(timedelta(minutes=9))
    assert world.unsynced(P1)["ConfServices.DataConf"] > timedelta(minutes=8)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"SyncInterval": "00:00:04"}, "SyncInterval must be"),
        ({"SyncInterval": "03:00:01"}, "SyncInterval must be"),
        ({"Identity": "site:Site1"}, "Cannot find"),
    ],
)
def test_refused_configurations(world: Simulation, named: dict[str, object], words: str) -> None:
    assert words in run(world, FE4, "Set-CsBackupServiceConfiguration", **named).message
    assert run(
        world, FE4, "Set-CsBackupServiceConfiguration", MaxConcurrentCalls=5, WhatIf=True
    ).succeeded
    assert not world.executions


def test_stores_can_be_compared(world: Simulation) -> None:
    world.clock.advance(timedelta(seconds=90))
    ran: Ran = run(world, FE4, "Debug-CsInterPoolReplication", PoolFqdn=P1)
    assert [str(line).rpartition(" ")[2] for line in ran.items] == ["different", "different"]
    assert (
        len(
            run(
                world, FE4, "Debug-CsInterPoolReplication", PoolFqdn=P1, BackupModule="DataConf"
            ).items
        )
        == 1
    )


def test_a_failed_over_pool_exports_nothing_of_its_own(world: Simulation) -> None:
    move_next_hops(world, P2)
    fail_over(world, P1)
    assert modules(world, P1)["UserServices.PresenceFocus"][0] == "FinalState"
    assert world.pools[Fqdn(P1)].serving == P2
