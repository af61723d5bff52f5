"""Users, fabric, exports, conference directories, response groups, roles and versions: facts page
2.2, 4.5, 4.6, 6.4, 7.1.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.lab.interface import Caller
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import (
    FE1,
    FE4,
    P1,
    P2,
    fail_over,
    move_next_hops,
    move_store,
    new_session,
    plain,
    run,
    run_in,
)


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def test_users_are_made_up_when_asked_for(world: Simulation) -> None:
    ran = run(world, FE1, "Get-CsUser", ResultSize=3, Filter=f'{{RegistrarPool -eq "{P2}"}}')
    assert ran.column("SipAddress") == [
        "sip:bob@contoso.com",
        "sip:berta@contoso.com",
        "sip:user00001.pool2@contoso.com",
    ]
    assert set(ran.column("RegistrarPool")) == {P2}
    small = Simulation.load("standard-pair")
    everybody = run(small, "se1.contoso.com", "Get-CsUser", ResultSize="Unlimited").column(
        "RegistrarPool"
    )
    assert (everybody.count("se1.contoso.com"), everybody.count("se2.contoso.com")) == (2500, 1500)
    assert "filter" in run(world, FE1, "Get-CsUser", Filter="Enabled -eq $true").message
    assert run(world, FE1, "Get-CsUser", "sip:user00007.pool1@contoso.com").column(
        "DisplayName"
    ) == ["user00007.pool1"]
    assert run(world, FE1, "Get-CsUser", "zoe").terminating is not None


def test_users_can_be_read_without_the_store(world: Simulation) -> None:
    world.crash(P1)
    assert run(world, FE4, "Get-CsUser", "alice").succeeded


def test_user_pool_info_shows_a_failover(world: Simulation) -> None:
    before = run(world, FE4, "Get-CsUserPoolInfo", "alice").one
    assert (before.get("PrimaryPoolFqdn"), before.get("BackupPoolFqdn")) == (P1, P2)
    assert before.get("PrimaryPoolPrimaryRegistrar")
    assert before.get("BackupPoolPrimaryRegistrar")
    move_next_hops(world, P2)
    fail_over(world, P1)
    after = run(world, FE4, "Get-CsUserPoolInfo", "alice").one
    assert after.get("PrimaryPoolPrimaryRegistrar") is None
    assert after.get("BackupPoolPrimaryRegistrar") == before.get("BackupPoolPrimaryRegistrar")


def test_user_pool_info_may_show_only_where_a_user_belongs(world: Simulation) -> None:
    world.switches.user_info_follows_failover = False
    before = run(world, FE4, "Get-CsUserPoolInfo", "alice").one
    move_next_hops(world, P2)
    fail_over(world, P1)
    after = run(world, FE4, "Get-CsUserPoolInfo", "alice").one
    for name in (
        "PrimaryPoolPrimaryRegistrar",
        "BackupPoolPrimaryRegistrar",
        "UserServicesPoolFqdn",
    ):
        assert after.get(name) == before.get(name) is not None


def test_user_pool_info_of_an_unpaired_pool() -> None:
    one = run(Simulation.load("everything-wrong"), FE4, "Get-CsUserPoolInfo", "user00001.pool3").one
    assert (one.get("BackupPoolFqdn"), one.get("BackupPoolPrimaryRegistrar")) == (None, None)


def test_registration(world: Simulation) -> None:
    assert run(world, FE4, "Test-CsRegistration", TargetFqdn=P2).terminating is not None, (
        "it does not know whom to take"
    )
    alice = {"UserSipAddress": "sip:alice@contoso.com"}
    assert run(world, FE4, "Test-CsRegistration", TargetFqdn=P1, **alice).column("Result") == [
        "Success"
    ]
    assert run(world, FE4, "Test-CsRegistration", TargetFqdn=P2, **alice).column("Result") == [
        "Failure"
    ]
    assert run(
        world, FE4, "Test-CsRegistration", TargetFqdn=P1, UserSipAddress="sip:no@one"
    ).column("Result") == ["Failure"]
    world.crash(P1)
    assert run(world, FE4, "Test-CsRegistration", TargetFqdn=P1, **alice).column("Result") == [
        "Failure"
    ]
    assert run(world, FE4, "Test-CsRegistration", TargetFqdn="x.y", **alice).terminating is not None


def test_test_users_are_taken_by_themselves_and_served_where_their_pool_is(
    world: Simulation,
) -> None:
    one = run(world, FE4, "Get-CsHealthMonitoringConfiguration").one
    assert (
        one.get("Identity"),
        one.get("FirstTestUserSipUri"),
        one.get("SecondTestUserSipUri"),
    ) == (
        P1,
        "sip:alice@contoso.com",
        "sip:anna@contoso.com",
    )
    for name in ("Test-CsRegistration", "Test-CsIM", "Test-CsPresence"):
        assert run(world, FE4, name, TargetFqdn=P1).column("Result") == ["Success"]
        assert run(world, FE4, name, TargetFqdn=P2).terminating is not None, (
            "pool2 has no test users of its own"
        )
    move_next_hops(world, P2)
    fail_over(world, P1)
    assert run(world, FE4, "Test-CsIM", TargetFqdn=P1).column("Result") == ["Failure"]
    both = {
        "SenderSipAddress": "sip:alice@contoso.com",
        "ReceiverSipAddress": "sip:anna@contoso.com",
    }
    assert run(world, FE4, "Test-CsIM", TargetFqdn=P2, **both).column("Result") == ["Success"]


def test_upgrade_readiness(world: Simulation) -> None:
    name = "Get-CsPoolUpgradeReadinessState"
    one = run(world, FE1, name).one
    assert plain(one.get("PoolUpgradeState")) == "Ready"
    assert (one.get("TotalFrontends"), one.get("TotalActiveFrontends")) == (3, 3)
    world.crash("fe2.contoso.com")
    assert plain(run(world, FE1, name).one.get("PoolUpgradeState")) == "InsufficientActiveFrontEnds"
    world.recover("fe2.contoso.com")
    assert plain(run(world, FE1, name).one.get("PoolUpgradeState")) == "Busy"
    world.clock.advance(timedelta(minutes=11))
    assert plain(run(world, FE1, name).one.get("PoolUpgradeState")) == "Ready"
    assert "PoolFqdn" in run(world, FE1, name, PoolFqdn=P1).message
    assert (
        "not a Front End" in run(Simulation.load("standard-pair"), "se1.contoso.com", name).message
    )


def test_upgrade_domains_replace_readiness_in_2019() -> None:
    world = Simulation.load("sfb2019")
    assert "is not recognized" in run(world, FE1, "Get-CsPoolUpgradeReadinessState").message
    assert plain(run(world, FE1, "Get-CsUpgradeDomainInfo").one.get("PoolUpgradeState")) == "Ready"


def test_fabric_state_is_text(world: Simulation) -> None:
    assert len(run(world, FE1, "Get-CsPoolFabricState", PoolFqdn=P2).items) == 4
    # `MCU` is a prefix of MCUFactory (facts page 1.1).
    (line,) = run(world, FE1, "Get-CsPoolFabricState", PoolFqdn=P2, Type="MCU").items
    assert str(line).startswith("MCUFactory: Primary")
    world.crash(P2)
    (line,) = run(world, FE1, "Get-CsPoolFabricState", PoolFqdn=P2, Type="LYSS").items
    assert line == "LYSS: no replica"
    two = Simulation.load("sfb2015")
    assert "does not simulate" in run(two, FE1, "Get-CsPoolFabricState", UserUri="alice").message


def test_registrar_state_can_be_reset_after_quorum_loss(world: Simulation) -> None:
    world.crash(FE1)
    world.crash("fe2.contoso.com")
    name = "Reset-CsPoolRegistrarState"
    assert "confirmation" in run(world, FE4, name, PoolFqdn=P1).message
    assert run(world, FE4, name, PoolFqdn=P1, Confirm=False).succeeded
    assert not world.summary().pools[Fqdn(P1)].alive
    assert run(world, FE4, name, PoolFqdn=P1, ResetType="Quorum", Confirm=False).succeeded
    assert world.summary().pools[Fqdn(P1)].alive


def test_configuration_export_and_import(world: Simulation) -> None:
    assert run(world, FE1, "Export-CsConfiguration", FileName="C:\\c.zip").items == []
    assert isinstance(
        run(world, FE1, "Export-CsConfiguration", AsBytes=True, LocalStore=True).items[0], bytes
    )
    run(world, FE1, "Set-CsSite", "Site1", Description="x")
    assert run(world, FE1, "Import-CsConfiguration", FileName="c:\\C.ZIP", Force=True).succeeded
    assert run(world, FE1, "Get-CsSite", "Site1").one.get("Description") == ""
    assert "Could not find file" in run(world, FE4, "Import-CsConfiguration", "C:\\c.zip").message
    assert "does not simulate" in run(world, FE4, "Import-CsConfiguration", ByteInput=b"x").message
    run(world, FE1, "Export-CsLisConfiguration", "C:\\l.zip")
    assert "does not contain" in run(world, FE1, "Import-CsConfiguration", "C:\\l.zip").message
    assert "does not contain" in run(world, FE1, "Import-CsLisConfiguration", "C:\\c.zip").message


def test_location_data_is_brought_over_by_hand(world: Simulation) -> None:
    assert b"40" in bytes(
        str(run(world, FE4, "Export-CsLisConfiguration", AsBytes=True).items[0]), "ascii"
    )
    run(world, FE4, "Export-CsLisConfiguration", "C:\\lis.zip")
    move_store(world, FE4)
    assert world.summary().lis_entries[Fqdn(P2)] == 0
    assert run(world, FE4, "Import-CsLisConfiguration", "C:\\lis.zip").succeeded
    assert world.summary().lis_entries[Fqdn(P2)] == 40
    world.faults.without_effect = frozenset({"Import-CsLisConfiguration", "Import-CsConfiguration"})
    run(world, FE4, "Export-CsConfiguration", "C:\\c.zip")
    assert run(world, FE4, "Import-CsLisConfiguration", "C:\\lis.zip").succeeded
    assert run(world, FE4, "Import-CsConfiguration", "C:\\c.zip").succeeded


def test_conference_directories(world: Simulation) -> None:
    ran = run(world, FE4, "Get-CsConferenceDirectory")
    assert ran.column("ServiceID") == [f"UserServer:{P1}", f"UserServer:{P2}"]
    assert run(world, FE4, "Get-CsConferenceDirectory", "1").column("Identity") == ["1"]
    move = "Move-CsConferenceDirectory"
    assert run(world, FE4, move, "9", TargetPool=P2).terminating is not None
    assert run(world, FE4, move, "1", TargetPool="edge1.contoso.com").terminating is not None
    assert run(world, FE4, move, "1", TargetPool=P2, WhatIf=True).succeeded
    move_store(world, FE4)
    world.crash(P1)
    assert "-Force" in run(world, FE4, move, "1", TargetPool=P2).message
    assert run(world, FE4, move, "1", TargetPool=P2, Force=True).succeeded
    assert world.summary().directories == {1: P2, 2: P2}


def test_response_groups_are_carried_over_by_hand(world: Simulation) -> None:
    source, target = f"service:ApplicationServer:{P1}", f"service:ApplicationServer:{P2}"
    export, import_ = "Export-CsRgsConfiguration", "Import-CsRgsConfiguration"
    before = world.summary()
    assert run(world, FE4, export, Source=source, FileName="C:\\r.zip").succeeded
    assert "already exists" in run(world, FE4, export, Source=source, FileName="C:\\r.zip").message
    assert run(world, FE4, import_, Destination=target, FileName="C:\\r.zip").succeeded
    groups = world.summary().pools[Fqdn(P2)].response_groups
    assert groups == {"Reception": P2, "Helpdesk": P1, "Sales": P1}
    ran = run(
        world,
        FE4,
        export,
        Source=target,
        Owner=source,
        FileName="C:\\b.zip",
        RemoveExportedConfiguration=True,
    )
    assert ran.succeeded
    assert run(
        world, FE4, import_, Destination=source, FileName="C:\\b.zip", OverwriteOwner=True
    ).succeeded
    assert world.summary().pools == before.pools


def test_response_groups_of_the_same_name_conflict() -> None:
    world = Simulation.load("everything-wrong")
    run(
        world,
        FE4,
        "Export-CsRgsConfiguration",
        Source=f"ApplicationServer:{P1}",
        FileName="C:\\r.zip",
    )
    named = {"Destination": f"service:ApplicationServer:{P2}", "FileName": "C:\\r.zip"}
    assert "already used" in run(world, FE4, "Import-CsRgsConfiguration", **named).message
    assert run(
        world, FE4, "Import-CsRgsConfiguration", ResolveNameConflicts=True, **named
    ).succeeded
    world.pools[Fqdn(P2)].response_groups["Helpdesk1"] = Fqdn(P2)
    assert run(
        world, FE4, "Import-CsRgsConfiguration", ResolveNameConflicts=True, **named
    ).succeeded
    assert {"Helpdesk", "Helpdesk1", "Helpdesk2", "Sales"} == set(
        world.pools[Fqdn(P2)].response_groups
    )


def test_refused_response_group_calls(world: Simulation) -> None:
    export, import_ = "Export-CsRgsConfiguration", "Import-CsRgsConfiguration"
    for source in (f"service:Registrar:{P1}", "service:ApplicationServer:x.y"):
        assert (
            "Cannot find service"
            in run(world, FE4, export, Source=source, FileName="C:\\x.zip").message
        )
    run(world, FE4, "Export-CsConfiguration", "C:\\c.zip")
    ran = run(
        world, FE4, import_, Destination=f"service:ApplicationServer:{P2}", FileName="C:\\c.zip"
    )
    assert "does not contain" in ran.message
    world.faults.without_effect = frozenset({export, import_})
    assert run(world, FE4, export, Source=f"ApplicationServer:{P2}", FileName="C:\\y.zip").succeeded
    assert "c:\\y.zip" not in world.machine(FE4).files
    world.faults.without_effect = frozenset({import_})
    run(world, FE4, export, Source=f"ApplicationServer:{P1}", FileName="C:\\y.zip")
    assert run(world, FE4, import_, Destination=P2, FileName="C:\\y.zip").succeeded
    assert world.pools[Fqdn(P2)].response_groups == {"Reception": P2}
    for machine in ("fe1", "fe2", "fe3"):
        run(world, f"{machine}.contoso.com", "Stop-CsWindowsService", "RTCSRV")
    assert (
        "cannot be reached"
        in run(world, FE4, export, Source=f"ApplicationServer:{P1}", FileName="C:\\z.zip").message
    )


def test_roles(world: Simulation) -> None:
    ran = run(world, FE4, "Get-CsAdminRole")
    assert "CsAdministrator" in ran.column("Identity")
    cmdlets = run(world, FE4, "Get-CsAdminRole", "CsHelpDesk").one.get("Cmdlets")
    assert "Name=Get-CsUser" in str(cmdlets)
    assert "Invoke-CsPoolFailOver" not in str(cmdlets)


@pytest.mark.parametrize(
    ("scenario", "text"),
    [
        ("two-sites", "Microsoft Lync Server 2013 (5.0.8308.0): Volume license key installed."),
        ("sfb2019", "Skype for Business Server 2019 (7.0.2046.0): Volume license key installed."),
    ],
)
def test_server_version(scenario: str, text: str) -> None:
    assert run(Simulation.load(scenario), "edge1a.contoso.com", "Get-CsServerVersion").items == [
        text
    ]


def test_2019_may_be_subscription_edition() -> None:
    name = "Skype for Business Server Subscription Edition"
    for scenario in ("sfb2019", "sfb2015"):
        world = Simulation.load(scenario)
        world.switches.subscription_edition = True
        version = run(world, FE4, "Get-CsServerVersion").items
        patches = run(world, FE4, "Get-CsServerPatchVersion").column("ComponentName")
        assert all(name in str(text) for text in (*version, *patches)) == (scenario == "sfb2019")


def test_patch_versions_came_with_2015() -> None:
    assert (
        run(Simulation.load("sfb2015"), FE1, "Get-CsServerPatchVersion").column("Version")
        == ["6.0.9319.0"] * 3
    )
    assert (
        "is not recognized"
        in run(Simulation.load("two-sites"), FE1, "Get-CsServerPatchVersion").message
    )


def test_outsiders_may_read(world: Simulation) -> None:
    assert run_in(new_session(world, Caller("x", delegated=True)), world, FE4, "Get-CsPool").items
