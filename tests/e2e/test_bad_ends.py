"""The known bad ends of a failover of the Central Management store (facts page 6.3): seen, told
with their repair, left again.
"""

from __future__ import annotations

from typing import Final

import pytest

import lyncops
from lyncops.cmdlets import InvokeCsManagementServerFailover
from lyncops.values import Fqdn, OnPool, Outcome
from tests.e2e.conftest import Answer, Hire, Operator

POOL1, POOL2 = "pool1.contoso.com", "pool2.contoso.com"
PLANNED: Final = ("--mode", "planned")
DISASTER: Final = ("--mode", "disaster", "--accept-data-loss")
BOTH, NONE = "both-active", "none-active"
SEEN: Final = {BOTH: "active on pool1.contoso.com and pool2.contoso.com", NONE: "active on no pool"}
CHECKED: Final = {
    BOTH: "Two pools claim to hold the active store",
    NONE: "No pool claims to hold the active store",
}


@pytest.fixture
def operator(hire: Hire) -> Operator:
    """An operator who does not wait long for an effect that never comes."""
    operator = hire()
    text = operator.config.read_text("utf-8")
    impatient = text.replace('settle = "5s"', 'settle = "1s"')
    assert impatient != text
    operator.config.write_text(impatient, encoding="utf-8")
    return operator


def ends_as(operator: Operator, bug: str) -> None:
    """How a failover of the store ends from now on."""
    operator.lab.inject("model-fault", f"store_failover={bug}")


def claims(operator: Operator) -> set[str]:
    return {str(copy.pool) for copy in operator.lab.world.store.claimants}


def failovers(operator: Operator) -> tuple[int, int]:
    """How often the store was failed over, and how often a pool."""
    return operator.lab.executions("Invoke-CsManagementServerFailover"), operator.lab.executions(
        "Invoke-CsPoolFailOver"
    )


def assert_told(answer: Answer, bug: str) -> None:
    """Its last words, after the table of steps, name the bad end and the documented repair."""
    *_, last_words = answer.out.split("paused by failed step:")
    assert SEEN[bug] in last_words
    assert "a known bad end" in last_words
    assert "Install-CsDatabase" in last_words


def assert_detected(operator: Operator, bug: str) -> None:
    """Everybody who asks is told what it is and what to do, and no other failover is begun."""
    before = failovers(operator)
    for question in (
        ("check", POOL1, *PLANNED),
        ("readiness",),
        ("plan", "pool-failover", POOL2, *PLANNED),
    ):
        answer = operator(*question, expect=2)
        assert CHECKED[bug] in answer.out
        assert (
            "Install-CsDatabase" in answer.out
            or "Invoke-CsManagementServerFailover -BackupSqlServerFqdn" in answer.out
        )
    assert failovers(operator) == before


def take_the_role_by_hand(operator: Operator) -> None:
    """The documented repair where no copy is active: the disaster form, on a Front End of the pool
    that shall hold it.
    """
    cmdlet = InvokeCsManagementServerFailover(
        backup_sql_server_fqdn=Fqdn("sql2.contoso.com"),
        backup_sql_instance_name="rtc",
        backup_mirror_sql_server_fqdn=Fqdn("sql2m.contoso.com"),
        backup_mirror_sql_instance_name="rtc",
        force=True,
    )
    with lyncops.connect(operator.config) as client:
        assert (
            client.connection.open_sessions().run(cmdlet, place=OnPool(Fqdn(POOL2))).outcome
            is Outcome.SUCCEEDED
        )


@pytest.mark.parametrize("bug", [BOTH, pytest.param(NONE, marks=pytest.mark.slow)])
def test_a_pool_failover_stops_at_a_bad_end_and_goes_on_after_its_repair(
    operator: Operator, bug: str
) -> None:
    ends_as(operator, bug)
    assert_told(operator.run("pool-failover", POOL1, *PLANNED, expect=3), bug)
    run = operator.latest_run()
    report = operator("runs", "report", run).out
    assert SEEN[bug] in report
    assert "Install-CsDatabase" in report.partition("Notes")[2]
    assert failovers(operator) == (1, 0)
    assert_detected(operator, bug)

    assert "nothing was sent" in operator("resume", run, expect=3).out
    assert failovers(operator) == (1, 0)

    ends_as(operator, "none")
    if bug == BOTH:
        operator.lab.inject("store", "reinstall", POOL1)
    else:
        take_the_role_by_hand(operator)
    operator("resume", run)
    assert claims(operator) == {POOL2}
    assert operator.lab.world.pools[Fqdn(POOL1)].serving == POOL2
    assert failovers(operator) == (1 if bug == BOTH else 2, 1)


@pytest.mark.slow
def test_a_store_that_was_repaired_where_it_was_before_is_moved_by_the_same_run(
    operator: Operator,
) -> None:
    ends_as(operator, BOTH)
    assert_told(operator.run("management-store-failover", POOL1, *PLANNED, expect=3), BOTH)
    ends_as(operator, "none")
    operator.lab.inject("store", "reinstall", POOL2)
    operator("resume", operator.latest_run())
    assert claims(operator) == {POOL2}
    assert failovers(operator) == (2, 0)


@pytest.mark.slow
def test_a_store_that_nobody_held_is_moved_by_a_new_run_after_its_repair(
    operator: Operator,
) -> None:
    ends_as(operator, NONE)
    assert_told(operator.run("management-store-failover", POOL1, *PLANNED, expect=3), NONE)
    ends_as(operator, "none")
    take_the_role_by_hand(operator)
    operator("runs", "cancel", operator.latest_run(), "--reason", "repaired by hand")
    operator.run("management-store-failover", POOL2, *PLANNED)
    assert claims(operator) == {POOL1}


@pytest.mark.parametrize("bug", [BOTH, pytest.param(NONE, marks=pytest.mark.slow)])
def test_a_rescue_does_not_go_on_over_a_bad_end(operator: Operator, bug: str) -> None:
    operator.lab.crash(POOL1)
    ends_as(operator, bug)
    assert_told(operator.run("pool-failover", POOL1, *DISASTER, expect=3), bug)
    assert failovers(operator) == (1, 0)
    ends_as(operator, "none")
    if bug == BOTH:
        operator.lab.inject("store", "reinstall", POOL1)
    operator("resume", operator.latest_run())
    assert claims(operator) == {POOL2}
    assert failovers(operator) == (1 if bug == BOTH else 2, 1)
