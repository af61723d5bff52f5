"""Facts page 1.3, 3, 4.1, 4.2, 5, 11 and the IMPORTANT box of the recovery guide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.interface import Caller, MachineDiedError
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.lab.support import (
    FE1,
    FE4,
    P1,
    P2,
    Ran,
    fail_back,
    fail_over,
    move_next_hops,
    move_store,
    new_session,
    pool_state,
    run,
    run_in,
)

NEXT_HOP = (
    'This Front-end pool "pool1.contoso.com" is specified in topology as the next hop for the Edge'
    " server. Failing over this pool may cause External access/Federation/Split-domain/XMPP"
    " features to stop working. Please use Topology Builder to change the Edge internal next hop"
    " setting to point to a different Front-end pool,  before you proceed."
)
STORE_SQL = {
    "BackupSqlServerFqdn": "sql2.contoso.com",
    "BackupSqlInstanceName": "rtc",
    "BackupMirrorSqlServerFqdn": "sql2m.contoso.com",
    "BackupMirrorSqlInstanceName": "rtc",
}


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


def ready(world: Simulation, to: str = P2) -> Simulation:
    move_next_hops(world, to)
    return world


def dead_site(world: Simulation) -> Simulation:
    """Pool 1 is gone, and everything that must come before its failover is done."""
    world.clock.advance(timedelta(minutes=5))
    world.crash(P1)
    assert move_store(world, FE4, **STORE_SQL).succeeded
    return ready(world)


def test_next_hop_is_refused_word_for_word(world: Simulation) -> None:
    assert fail_over(world, P1).message == NEXT_HOP
    assert world.executions["Invoke-CsPoolFailOver"] == 0


def test_next_hop_refusal_may_be_non_terminating(world: Simulation) -> None:
    world.switches.next_hop_terminates = False
    ran = fail_over(world, P1)
    assert [e.message for e in ran.errors] == [NEXT_HOP]
    assert ran.terminating is None
    assert pool_state(world, P1) == "Active"


@pytest.mark.parametrize(("switch", "goes_on"), [(False, False), (True, True)])
def test_force_and_the_next_hop_are_a_switch(
    world: Simulation, *, switch: bool, goes_on: bool
) -> None:
    world.switches.force_passes_next_hop = switch
    assert fail_over(world, P1, Force=True).succeeded is goes_on


def test_planned_failover_moves_users_and_outputs_nothing(world: Simulation) -> None:
    ready(world)
    began = world.now()
    ran = fail_over(world, P1, FE4, Verbose=True)
    assert (ran.items, ran.errors, ran.terminating) == ([], [], None)
    assert world.summary().pools[Fqdn(P1)].served_by == P2
    assert world.summary().pools[Fqdn(P1)].homed == 20000
    assert pool_state(world, P1) == "FailedOver"
    assert timedelta(minutes=15) <= world.now() - began <= timedelta(minutes=20)
    assert not world.losses
    assert ran.percents == sorted(ran.percents)
    assert ran.percents[-1] == 100
    assert (
        ran.verbose_lines[0]
        == f'Performing the operation "Invoke-CsPoolFailOver" on target "{P1}".'
    )
    assert len(ran.verbose_lines) == 1 + len(placeholders.FAILOVER_STEPS)


def test_verbose_lines_need_the_switch(world: Simulation) -> None:
    assert fail_over(ready(world), P1).verbose_lines == []


def test_home_pool_does_not_change(world: Simulation) -> None:
    fail_over(ready(world), P1)
    assert run(world, FE4, "Get-CsUser", "alice").one.get("RegistrarPool") == P1


def without_pair(_world: Simulation) -> Ran:
    return fail_over(Simulation.load("everything-wrong"), "pool3.contoso.com", FE4)


def twice(world: Simulation) -> Ran:
    fail_over(ready(world), P1)
    return fail_over(world, P1)


def dead_without_disaster_mode(world: Simulation) -> Ran:
    return fail_over(dead_site(world), P1)


def sql_down_without_disaster_mode(world: Simulation) -> Ran:
    ready(world)
    move_store(world, FE4)
    world.crash("sql1.contoso.com")
    return fail_over(world, P1)


def backup_pool_gone(world: Simulation) -> Ran:
    ready(world)
    world.crash(P2)
    return fail_over(world, P1, FE1)


def step_two_before_step_one(world: Simulation) -> Ran:
    fail_over(ready(world), P1)
    move_next_hops(world, P1)
    return fail_over(world, P2)


def failback_of_the_other_pool(world: Simulation) -> Ran:
    fail_over(ready(world), P1)
    return fail_back(world, P2)


def failback_of_an_active_pool(world: Simulation) -> Ran:
    return fail_back(world, P1)


def failback_to_a_dead_pool(world: Simulation) -> Ran:
    fail_over(dead_site(world), P1, DisasterMode=True)
    return fail_back(world, P1)


def failback_with_a_dead_backup(world: Simulation) -> Ran:
    ready(world)
    fail_over(world, P1)
    world.crash(P2)
    return fail_back(world, P1, FE1)


def failback_without_store(world: Simulation) -> Ran:
    ready(world)
    fail_over(world, P1)
    run(world, FE1, "Stop-CsWindowsService", "MASTER")
    for machine in ("fe2.contoso.com", "fe3.contoso.com"):
        run(world, machine, "Stop-CsWindowsService", "MASTER")
    return fail_back(world, P1)


def store_dead(world: Simulation) -> Ran:
    world.crash(P1)
    return fail_over(world, P1, DisasterMode=True)


def two_stores(_world: Simulation) -> Ran:
    return fail_over(Simulation.load("everything-wrong"), P1, FE4)


def unknown_pool(world: Simulation) -> Ran:
    return fail_over(world, "pool9.contoso.com")


def edge_pool(world: Simulation) -> Ran:
    return fail_over(world, "edge1.contoso.com")


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (without_pair, "no backup pool"),
        (twice, "already failed over"),
        (dead_without_disaster_mode, "-DisasterMode"),
        (sql_down_without_disaster_mode, "-DisasterMode"),
        (backup_pool_gone, "backup pool"),
        (step_two_before_step_one, "Fail back pool"),
        (failback_of_the_other_pool, "not failed over"),
        (failback_of_an_active_pool, "not failed over"),
        (failback_to_a_dead_pool, "cannot be reached"),
        (failback_with_a_dead_backup, "backup pool"),
        (failback_without_store, "run the cmdlet again"),
        (store_dead, "SQL Server"),
        (two_stores, "run the cmdlet again"),
        (unknown_pool, "Cannot find pool"),
        (edge_pool, "does not host users"),
    ],
)
def test_refusals_change_nothing(
    world: Simulation, attempt: Callable[[Simulation], Ran], words: str
) -> None:
    ran = attempt(world)
    assert ran.terminating is not None
    assert words in ran.message


def test_a_refused_failover_leaves_the_state(world: Simulation) -> None:
    before = world.summary()
    fail_over(world, P1)
    fail_back(world, P1)
    assert world.summary().difference(before) == {}


def test_disaster_mode_loses_what_was_not_copied(world: Simulation) -> None:
    dead_site(world)
    lost = world.unsynced(P1)
    assert all(timedelta() < span <= timedelta(minutes=2) for span in lost.values())
    assert fail_over(world, P1, DisasterMode=True).succeeded
    (loss,) = [x for x in world.losses if x.cmdlet == "Invoke-CsPoolFailOver"]
    assert loss.unsynced == lost
    assert loss.items > 0


def test_disaster_mode_on_a_living_pool_warns_and_loses(world: Simulation) -> None:
    ready(world)
    world.clock.advance(timedelta(seconds=90))
    assert fail_over(world, P1, DisasterMode=True).warnings
    assert world.losses


def test_store_must_come_first_and_the_failover_can_be_run_again(world: Simulation) -> None:
    world.crash(P1)
    assert fail_over(world, P1, DisasterMode=True).terminating is not None
    assert move_store(world, FE4, **STORE_SQL).succeeded
    assert fail_over(ready(world), P1, DisasterMode=True).succeeded


def test_failback_takes_an_hour_for_twenty_thousand_users(world: Simulation) -> None:
    fail_over(ready(world), P1)
    began = world.now()
    ran = fail_back(world, P1, FE4, Verbose=True)
    assert ran.succeeded
    assert world.now() - began == timedelta(minutes=60)
    assert ran.verbose_lines
    assert pool_state(world, P1) == "FailedBack"
    assert world.summary().pools[Fqdn(P1)].served_by == P1


def test_failback_may_end_as_active(world: Simulation) -> None:
    world.switches.failback_ends_as_active = True
    fail_over(ready(world), P1)
    fail_back(world, P1)
    assert pool_state(world, P1) == "Active"


def test_failback_in_disaster_mode_loses_the_backup_pools_data(world: Simulation) -> None:
    ready(world)
    fail_over(world, P1)
    world.clock.advance(timedelta(minutes=10))
    run(world, FE1, "Get-CsSite")
    world.crash(P2)
    world.clock.advance(timedelta(minutes=10))
    assert fail_back(world, P1, FE1, DisasterMode=True).succeeded
    assert world.losses[-1].cmdlet == "Invoke-CsPoolFailBack"


def test_failback_in_disaster_mode_with_a_living_backup_warns(world: Simulation) -> None:
    fail_over(ready(world), P1)
    assert fail_back(world, P1, DisasterMode=True).warnings


def test_conference_content_stays_behind_until_it_is_synchronised_against_the_backup_pool(
    world: Simulation,
) -> None:
    before = world.summary()
    fail_over(ready(world), P1)
    world.clock.advance(timedelta(hours=1))
    fail_back(world, P1)
    assert world.summary().pools[Fqdn(P1)].conference_content_left_behind
    run(world, FE4, "Invoke-CsBackupServiceSync", PoolFqdn=P1, BackupModule="ConfServices.DataConf")
    world.clock.advance(timedelta(hours=1))
    assert world.summary().pools[Fqdn(P1)].conference_content_left_behind
    run(world, FE4, "Invoke-CsBackupServiceSync", PoolFqdn=P2, BackupModule="ConfServices.DataConf")
    world.clock.advance(timedelta(hours=1))
    assert world.summary().pools == before.pools


def test_the_three_steps_of_the_important_box(world: Simulation) -> None:
    fail_over(ready(world), P1)
    move_next_hops(world, P1)
    assert fail_over(world, P2).terminating is not None
    assert fail_back(world, P1).succeeded
    assert fail_over(world, P2).succeeded
    assert world.summary().pools[Fqdn(P2)].served_by == P1
    assert fail_back(world, P2).succeeded
    assert world.summary().pools[Fqdn(P2)].served_by == P2


def test_what_if_changes_nothing_and_checks(world: Simulation) -> None:
    assert run(world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1, WhatIf=True).message == NEXT_HOP
    ready(world)
    before = world.summary()
    ran = run(world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1, WhatIf=True)
    assert ran.succeeded
    assert world.executions["Invoke-CsPoolFailOver"] == 0
    assert world.summary() == before


@pytest.mark.parametrize("name", ["Invoke-CsPoolFailOver", "Invoke-CsPoolFailBack"])
def test_what_if_may_check_nothing(world: Simulation, name: str) -> None:
    world.switches.what_if_checks = False
    ran = run(world, FE4, name, PoolFqdn=P1, WhatIf=True)
    assert ran.succeeded


def test_a_prompt_fails_where_nobody_can_answer(world: Simulation) -> None:
    ran = run(ready(world), FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1)
    assert ran.terminating is not None
    assert ran.terminating.exception_type == "System.Management.Automation.Host.HostException"
    assert pool_state(world, P1) == "Active"


def test_a_cmdlet_can_end_without_error_and_have_done_nothing(world: Simulation) -> None:
    world.faults.without_effect = frozenset({"Invoke-CsPoolFailOver", "Invoke-CsPoolFailBack"})
    assert fail_over(ready(world), P1).succeeded
    assert world.executions["Invoke-CsPoolFailOver"] == 1
    assert pool_state(world, P1) == "Active"


def test_a_failure_midway_leaves_failing_over_and_can_be_run_again(world: Simulation) -> None:
    world.faults.midway = frozenset({"Invoke-CsPoolFailOver"})
    ready(world)
    assert fail_over(world, P1).terminating is not None
    assert pool_state(world, P1) == "FailingOver"
    assert world.summary().pools[Fqdn(P1)].served_by == P1
    move_next_hops(world, P1)
    assert fail_over(world, P2).terminating is not None
    move_next_hops(world, P2)
    world.faults.midway = frozenset()
    assert fail_over(world, P1).succeeded


def test_the_command_dies_with_its_machine(world: Simulation) -> None:
    world.faults.crash_midway = frozenset({"Invoke-CsPoolFailOver"})
    with pytest.raises(MachineDiedError):
        fail_over(ready(world), P1)
    assert pool_state(world, P1, "fe5.contoso.com") == "FailingOver"


def test_a_stop_leaves_the_state_where_it_was(world: Simulation) -> None:
    ready(world)
    session = new_session(world)

    def stop(_cmdlet: str, percent: int) -> None:
        if percent >= 60:
            session.stopped.set()

    world.watchers.append(stop)
    ran = run_in(session, world, FE4, "Invoke-CsPoolFailOver", PoolFqdn=P1, Confirm=False)
    assert ran.terminating is not None
    assert ran.terminating.error_id == "PipelineStopped"
    assert pool_state(world, P1) == "FailingOver"


@pytest.mark.parametrize(("victim", "state"), [(P2, "FailingOver"), (P1, "FailingOver")])
def test_a_pool_that_dies_meanwhile_ends_the_failover(
    world: Simulation, victim: str, state: str
) -> None:
    ready(world)
    move_store(world, FE4)
    machine = FE1 if victim == P2 else FE4
    if victim == P2:
        move_store(world, FE1)

    def crash(_cmdlet: str, percent: int) -> None:
        if percent == 70:
            world.crash(victim)

    world.watchers.append(crash)
    assert fail_over(world, P1, machine).terminating is not None
    assert pool_state(world, P1, machine) == state


def test_the_store_lost_meanwhile_ends_the_failover(world: Simulation) -> None:
    ready(world)

    def crash(_cmdlet: str, percent: int) -> None:
        if percent == 70:
            world.crash("sql1.contoso.com")

    world.watchers.append(crash)
    assert "run the cmdlet again" in fail_over(world, P1, FE4, DisasterMode=True).message


@pytest.mark.parametrize("fault", ["sync_stuck", "sync_error"])
def test_planned_failover_needs_the_final_state(world: Simulation, fault: str) -> None:
    ready(world)
    setattr(world.faults, fault, frozenset({P1}))
    assert "final state" in fail_over(world, P1).message
    assert pool_state(world, P1) == "Active"


def test_only_one_failover_of_a_pool_at_a_time(world: Simulation) -> None:
    ready(world)
    inner: list[Ran] = []

    def again(_cmdlet: str, percent: int) -> None:
        if percent >= 50 and not inner:
            inner.append(Ran())
            inner[0] = fail_over(world, P1, "fe5.contoso.com")

    world.watchers.append(again)
    assert fail_over(world, P1).succeeded
    assert "is running" in inner[0].message
    assert world.executions["Invoke-CsPoolFailOver"] == 1


def test_a_second_failover_that_slipped_in_is_refused_too(world: Simulation) -> None:
    fail_over(ready(world), P1)
    world.pools[Fqdn(P1)].moving = True
    assert "is running" in fail_back(world, P1).message
    world.pools[Fqdn(P1)].moving = False
    assert fail_back(world, P1).succeeded


@pytest.mark.parametrize("name", ["Invoke-CsPoolFailOver", "Invoke-CsPoolFailBack"])
def test_outsiders_may_not_move_pools(world: Simulation, name: str) -> None:
    outsider = new_session(world, Caller("CONTOSO\\helper"))
    assert (
        "Access is denied" in run_in(outsider, world, FE4, name, PoolFqdn=P1, Confirm=False).message
    )


def test_registrar_configuration_can_be_written_by_hand(world: Simulation) -> None:
    ran = run(
        world,
        FE4,
        "Set-CsRegistrarConfiguration",
        f"service:Registrar:{P1}",
        PoolState="FailedOver",
        MaxUserCount=5,
    )
    assert ran.succeeded
    one = run(world, FE4, "Get-CsRegistrarConfiguration", f"Service:Registrar:{P1}").one
    assert (pool_state(world, P1), one.get("MaxUserCount")) == ("FailedOver", 5)
    assert run(
        world, FE4, "Set-CsRegistrarConfiguration", "service:Registrar:x.y", PoolState="Active"
    ).terminating
    assert run(world, FE4, "Set-CsRegistrarConfiguration", f"Registrar:{P1}", WhatIf=True).succeeded
    assert run(
        world, FE4, "Set-CsRegistrarConfiguration", f"Registrar:{P1}", MaxUserCount=6
    ).succeeded


def test_pool_state_may_be_absent(world: Simulation) -> None:
    world.switches.pool_state_present = False
    assert all(
        "PoolState" not in item.properties
        for item in run(world, FE4, "Get-CsRegistrarConfiguration").objects
    )


def test_local_store_is_as_old_as_its_replica(world: Simulation) -> None:
    fail_over(ready(world), P1)
    name, identity = "Get-CsRegistrarConfiguration", f"Service:Registrar:{P1}"
    assert (
        str(run(world, FE4, name, Identity=identity, LocalStore=True).one.get("PoolState"))
        != "FailedOver"
    )
    world.clock.advance(timedelta(minutes=4))
    assert (
        str(run(world, FE4, name, Identity=identity, LocalStore=True).one.get("PoolState"))
        == "FailedOver"
    )


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("POOL_AND_BACKUP", ["PoolFqdn", "BackupPoolFqdn"]),
        ("PRIMARY_AND_BACKUP", ["PrimaryPoolFqdn", "BackupPoolFqdn"]),
        ("IDENTITY_AND_BACKUP", ["Identity", "BackupPool"]),
    ],
)
def test_backup_relation_has_several_shapes(
    world: Simulation, shape: str, names: list[str]
) -> None:
    world.switches.backup_relation = type(world.switches.backup_relation)[shape]
    one = run(world, FE4, "Get-CsPoolBackupRelationship", PoolFqdn=P1, LocalStore=True).one
    assert [(name, one.get(name)) for name in names] == [(names[0], P1), (names[1], P2)]


def test_backup_relation_may_be_a_string_or_absent(world: Simulation) -> None:
    world.switches.backup_relation = type(world.switches.backup_relation)["STRING"]
    assert run(world, FE4, "Get-CsPoolBackupRelationship", PoolFqdn=P1).items == [P2]
    other = Simulation.load("everything-wrong")
    assert run(other, FE4, "Get-CsPoolBackupRelationship", PoolFqdn="pool3.contoso.com").items == []
