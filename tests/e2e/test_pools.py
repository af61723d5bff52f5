"""Failing over a pool, failing back a pool, and the guide's IMPORTANT box: by the command line,
there and back again.
"""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from lyncops.deployment.comparison import differences
from lyncops.lab.model.state import CONFERENCE, ServiceState
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.e2e.conftest import RATE, Hire, Operator, assert_as_before, until

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
DISASTER = ("--mode", "disaster", "--accept-data-loss")
PLANNED = ("--mode", "planned")


def serving(operator: Operator, pool: str) -> str:
    return str(operator.lab.world.pools[Fqdn(pool)].serving)


def bring_back(operator: Operator, what: str) -> None:
    """Repair what was crashed; a quarter of an hour later services run, replicas follow and copies
    are made again.
    """
    operator.lab.recover(what)
    operator.lab.inject("advance", "15m")


def store_failovers(operator: Operator) -> list[dict[str, object]]:
    """The arguments of the failovers of the store that really started, oldest first."""
    history = operator.lab.world.history
    return [
        dict(entry.arguments)
        for entry in history
        if entry.cmdlet == "Invoke-CsManagementServerFailover"
    ]


def moves(operator: Operator) -> list[str]:
    """The failovers and failbacks that really started, with their pools, oldest first."""
    history = operator.lab.world.history
    return [
        f"{entry.cmdlet} {entry.arguments['PoolFqdn']}"
        for entry in history
        if entry.cmdlet.startswith("Invoke-CsPool")
    ]


@pytest.mark.slow
def test_a_planned_failover_and_back_with_the_content_of_conferences(operator: Operator) -> None:
    first = operator.look()
    moved = operator.run("pool-failover", POOL1, *PLANNED, "--verify")
    assert serving(operator, POOL1) == POOL2
    assert "alice@contoso.com can sign in at pool2.contoso.com" in moved.out
    operator.run("conference-restore", POOL1, expect=2)
    users = ("--verify-user", "alice@contoso.com", "--verify-user", "anna@contoso.com")
    home = operator.run("pool-failback", POOL1, *PLANNED, *users)
    assert (
        "alice@contoso.com can send a message to anna@contoso.com at pool1.contoso.com" in home.out
    )
    assert serving(operator, POOL1) == POOL1
    content = operator.lab.world.pools[Fqdn(POOL1)].tracks[CONFERENCE]
    assert not content.left_behind
    content.left_behind = timedelta(minutes=20)  # as after a failback by hand
    operator.run("conference-restore", POOL1)
    assert not content.left_behind
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())
    asked_of = [
        entry.arguments["PoolFqdn"]
        for entry in operator.lab.world.history
        if entry.cmdlet == "Invoke-CsBackupServiceSync"
    ]
    assert asked_of == [POOL2, POOL2]


@pytest.mark.slow
def test_a_lost_site_whose_partner_has_the_store_on_the_mirror_is_rescued_and_failed_back(
    operator: Operator,
) -> None:
    store = ("database-failover", POOL2, "--database-type", "CentralMgmt")
    first = operator.look()
    operator.run(*store)
    operator.lab.crash("site:Site1")
    operator.run("pool-failover", POOL1, *PLANNED, expect=2)
    operator.run("pool-failover", POOL1, *DISASTER)
    assert serving(operator, POOL1) == POOL2
    sent = store_failovers(operator)[-1]
    assert (sent["BackupSqlServerFqdn"], sent["BackupMirrorSqlServerFqdn"]) == (
        "sql2.contoso.com",
        "sql2m.contoso.com",
    )
    bring_back(operator, "site:Site1")
    operator.run("pool-failback", POOL1, *PLANNED)
    operator.run("management-store-failover", POOL2, *PLANNED)
    operator.run(*store)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_standard_edition_names_its_own_instance(hire: Hire) -> None:
    operator = hire("standard-pair")
    first = operator.look()
    operator.lab.crash("se1.contoso.com")
    operator.run("pool-failover", "se1.contoso.com", *DISASTER)
    sent = store_failovers(operator)[-1]
    assert (sent["BackupSqlServerFqdn"], sent["BackupSqlInstanceName"]) == (
        "se2.contoso.com",
        "rtc",
    )
    bring_back(operator, "se1.contoso.com")
    operator.run("pool-failback", "se1.contoso.com", *PLANNED)
    operator.run("management-store-failover", "se2.contoso.com", *PLANNED)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_subscription_edition_goes_there_and_back_under_its_own_name(hire: Hire) -> None:
    world = Simulation.load("sfb2019", rate=RATE)
    world.switches.subscription_edition = True
    operator = hire(world)
    first = operator.look()
    assert "Subscription Edition" in operator("status").out
    operator.run("pool-failover", POOL1, *PLANNED)
    assert serving(operator, POOL1) == POOL2
    operator.run("pool-failback", POOL1, *PLANNED)
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_a_failback_without_the_backup_pool_says_what_is_lost(operator: Operator) -> None:
    first = operator.look()
    operator.run("pool-failover", POOL1, *PLANNED)
    operator.lab.crash(POOL2)
    operator.run("pool-failback", POOL1, *PLANNED, expect=2)
    operator.run("management-store-failover", POOL2, *DISASTER)
    told = operator.run("pool-failback", POOL1, *DISASTER)
    assert "is lost" in told.out
    bring_back(operator, POOL2)
    # The Backup Service has more to copy than usual
    until(operator, lambda: not differences(first, operator.look()))


@pytest.mark.slow
def test_a_stopped_edge_of_the_site_comes_back_before_the_pool(operator: Operator) -> None:
    first = operator.look()
    operator.run("pool-failover", POOL2, *PLANNED)
    services = operator.lab.world.machine_states[Fqdn("edge2a.contoso.com")].services
    services["RTCSRV"] = ServiceState("Stopped", wanted=False)
    paused = operator.run("pool-failback", POOL2, *PLANNED, expect=5)
    assert "Start-CsWindowsService" in paused.out
    run = operator.latest_run()
    operator("resume", run, expect=5)
    assert operator.lab.executions("Invoke-CsPoolFailBack") == 0
    services["RTCSRV"] = ServiceState("Running")
    operator("resume", run)
    assert_as_before(first, operator.look())


def test_the_three_steps_of_the_important_box_and_the_same_as_one_plan(operator: Operator) -> None:
    first = operator.look()
    # "all users homed on a pool P1 were failed over to P2"
    operator.run("pool-failover", POOL1, *PLANNED)
    refused = operator.run("pool-failover", POOL2, *PLANNED, expect=2)  # step 2 before step 1
    assert f"lyncops run pool-failback {POOL1}" in refused.out
    assert moves(operator) == [f"Invoke-CsPoolFailOver {POOL1}"]
    operator.run("pool-failback", POOL1, *PLANNED)
    operator.run("pool-failover", POOL2, *PLANNED)
    assert serving(operator, POOL1) == serving(operator, POOL2) == POOL1
    operator.run("evacuate", POOL2, *PLANNED)  # the same the other way round
    assert serving(operator, POOL1) == serving(operator, POOL2) == POOL2
    assert moves(operator)[-2:] == [
        f"Invoke-CsPoolFailBack {POOL2}",
        f"Invoke-CsPoolFailOver {POOL1}",
    ]
    operator.run("pool-failback", POOL1, *PLANNED)
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert_as_before(first, operator.look())


def test_a_killed_client_goes_on_where_it_was(hire: Hire) -> None:
    # A failover takes four seconds: time to be killed in
    world = Simulation.load("two-sites", rate=300.0)
    operator = hire(world)
    begun = threading.Event()
    world.watchers.append(
        lambda cmdlet, _percent: begun.set() if cmdlet == "Invoke-CsPoolFailOver" else None
    )
    client = operator.begin("run", "pool-failover", POOL1, *PLANNED, "--yes")
    assert begun.wait(60.0)
    client.kill()
    client.wait()
    assert world.configuration.pool_states[Fqdn(POOL1)] == "FailingOver"
    operator("resume", operator.latest_run())
    assert operator.lab.executions("Invoke-CsPoolFailOver") == 1
    assert serving(operator, POOL1) == POOL2
