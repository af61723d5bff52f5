"""Both pools of a pair died one after the other: the store is older than the failover."""

from __future__ import annotations

from typing import Final

import pytest

from lyncops.checks.result import Verdict
from lyncops.errors import InvalidValueError
from lyncops.plan.model import Plan
from lyncops.plan.procedures import PoolFailback
from lyncops.values import Fqdn, Mode
from tests.procedures.asking import ids, powershell, refused_by
from tests.procedures.model import Site
from tests.procedures.test_on_model import FOR_A_WHILE, run_whole

FIRST: Final = Fqdn("se1.contoso.com")
SECOND: Final = Fqdn("se2.contoso.com")


def both_died() -> Site:
    """The first pool was rescued by the second, which is gone now; the first is up again."""
    site = Site.of("standard-pair")
    site.pass_time(FOR_A_WHILE)
    site.world.crash(FIRST)
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failover", FIRST, Mode.DISASTER, accept_data_loss=True))
    site.world.crash(SECOND)
    site.world.recover(FIRST)
    site.pass_time(FOR_A_WHILE)
    return site


def homeward(site: Site, *, told: bool) -> Plan:
    request = PoolFailback(
        pool=FIRST, mode=Mode.DISASTER, accept_data_loss=True, store_is_older=told
    )
    return site.made(request)


@pytest.mark.parametrize("store_first", [True, False])
def test_its_users_are_served_again_at_home(*, store_first: bool) -> None:
    site = both_died()
    if store_first:
        store = "management-store-failover"
        run_whole(site, site.plan(store, SECOND, Mode.DISASTER, accept_data_loss=True))
    assert site.world.summary().pools[FIRST].served_by is None
    refused = homeward(site, told=False)
    assert refused_by(refused) == {"is-failed-over"}
    assert "cannot sign in now" in refused.refusals[0].remedy
    assert "--store-is-older" in refused.refusals[0].remedy
    plan = homeward(site, told=True)
    assert "-PoolState FailedOver" in powershell(plan, "pool-state").replace("'", "")
    (word,) = (check for check in plan.checks if check.check_id == "is-failed-over")
    assert word.verdict is Verdict.WARNING
    assert "The journal has its failover." in word.evidence
    run_whole(site, plan)
    assert site.world.summary().pools[FIRST].served_by == FIRST


def test_a_store_that_knows_of_the_failover_is_not_written_to() -> None:
    site = Site.of("standard-pair")
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failover", FIRST, Mode.PLANNED))
    site.pass_time(FOR_A_WHILE)
    site.world.crash(SECOND)
    site.pass_time(FOR_A_WHILE)
    assert "pool-state" not in ids(homeward(site, told=True))


def test_it_is_refused_while_the_backup_pool_lives_and_cannot_be_asked_for_in_planned_mode() -> (
    None
):
    site = Site.of("standard-pair")
    site.pass_time(FOR_A_WHILE)
    assert "mode-fits" in refused_by(homeward(site, told=True))
    with pytest.raises(InvalidValueError, match="died with the newer store"):
        PoolFailback(pool=FIRST, mode=Mode.PLANNED, store_is_older=True)


def test_no_override_writes_the_state() -> None:
    site = both_died()
    with pytest.raises(InvalidValueError, match="cannot be overridden"):
        site.plan(
            "pool-failback",
            FIRST,
            Mode.DISASTER,
            accept_data_loss=True,
            overrides={"is-failed-over": "I think so"},
        )
