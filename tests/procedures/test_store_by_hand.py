from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.deployment.central_management import StoreCopy
from lyncops.deployment.model import Deployment, PoolKind, PoolState
from lyncops.plan.conditions import StoreHasSingleMaster, StoreIsActiveOn
from lyncops.plan.model import ManualStep, Plan
from lyncops.plan.procedures import BackupServiceSet
from lyncops.procedures import make_plan
from lyncops.procedures.store import place_by_hand
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.deployments import (
    EDGE1,
    P1,
    P2,
    front_end_pool,
    silent,
    two_sites,
    with_dead,
    with_state,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, refused_by, step

OLD = Fqdn("old.contoso.com")
BY_HAND = ["store-install", "store-move", "store-setup", "store-replicas"]


def on_2010(*, alive: bool = False) -> Deployment:
    """Two paired pools of 2013, one of them gone, with the store still on a pool of 2010."""
    healthy = two_sites()
    old = front_end_pool(
        OLD, partner=None, site="Old", kind=PoolKind.STANDARD, version=LyncVersion.V2010
    )
    gone = attrs.evolve(
        old, machines=(silent(OLD),), backup_modules=Unread("the status", "no answer")
    )
    pools = healthy.pools if not isinstance(healthy.pools, Unread) else ()
    store = attrs.evolve(
        healthy.central_management,
        copies=(StoreCopy(pool=OLD, active=True, version=LyncVersion.V2010, sql_instance="rtc"),),
        active_master=OLD if alive else None,
        file_transfer_agents=(OLD,) if alive else (),
    )
    return attrs.evolve(healthy, pools=(*pools, old if alive else gone), central_management=store)


def rescue() -> Plan:
    return ask(
        "pool-failover", with_dead(on_2010(), P1), P1, DISASTER, accept_data_loss=True, export=False
    )


def test_a_lost_store_of_2010_is_moved_by_hand_before_the_pool() -> None:
    plan = rescue()
    assert refused_by(plan) == set()
    steps = ids(plan)
    assert steps[: len(BY_HAND)] == BY_HAND
    assert steps.index("pool-failover") > steps.index("store-replicas")
    assert StoreIsActiveOn(P2) in plan.goal


def test_the_documented_cmdlets_stand_in_the_gates() -> None:
    gates = {step.step_id: step for step in rescue().steps if isinstance(step, ManualStep)}
    command, *_ = gates["store-install"].instructions
    assert command.startswith("Install-CsDatabase -CentralManagementDatabase -Clean ")
    assert command.endswith(" -SqlServerFqdn pool2-sql.contoso.com -SqlInstanceName rtc")
    move = gates["store-move"]
    forced = [
        line
        for line in move.instructions
        if line.startswith("Move-CsManagementServer ") and line.endswith(" -Force")
    ]
    assert len(forced) == 1
    assert move.after == (StoreIsActiveOn(P2),)
    assert "pool2-fe1.contoso.com" in move.where
    assert [line.partition(":")[0] for line in gates["store-setup"].instructions] == [
        "On pool2-fe2.contoso.com",
        "On pool2-fe3.contoso.com",
    ]


def test_the_gates_are_told_as_warnings() -> None:
    told = {
        check.check_id: check.evidence for check in rescue().checks if "by hand" in check.evidence
    }
    assert set(told) == {"store-not-on-failed-pool", "store-agents"}


def test_a_store_of_2010_that_works_stays_where_it_is() -> None:
    plan = ask("pool-failover", on_2010(alive=True), P1, PLANNED, export=False)
    assert refused_by(plan) == set()
    assert not set(ids(plan)) & set(BY_HAND)


def newer(deployment: Deployment) -> Deployment:
    """The store on the third pool is of 2013, and has no standby copy."""
    return with_store(
        deployment, copies=(StoreCopy(pool=OLD, active=True, version=LyncVersion.V2013),)
    )


def alone(deployment: Deployment, holder: Fqdn = P1) -> Deployment:
    """The store is on one pool of the pair, and the other has no copy."""
    return with_store(
        deployment, copies=(StoreCopy(pool=holder, active=True, version=LyncVersion.V2013),)
    )


def test_a_lost_store_without_a_standby_on_a_third_pool_is_installed_by_hand_before_the_pool() -> (
    None
):
    plan = ask(
        "pool-failover", newer(with_dead(on_2010(), P1)), P1, DISASTER, accept_data_loss=True
    )
    assert refused_by(plan) == set()
    assert [step for step in ids(plan) if step.startswith("store-")] == [
        *BY_HAND,
        "store-replicas-rest",
    ]
    assert (
        ids(plan).index("store-replicas")
        < ids(plan).index("pool-failover")
        < ids(plan).index("store-replicas-rest")
    )
    assert "store-sql-server" not in {check.check_id for check in plan.checks}


def test_a_store_that_died_with_a_pair_without_a_standby_is_installed_on_the_partner() -> None:
    plan = ask(
        "pool-failover", with_dead(alone(two_sites()), P1), P1, DISASTER, accept_data_loss=True
    )
    assert refused_by(plan) == set()
    assert "store-failover" not in ids(plan)
    assert [step for step in ids(plan) if step.startswith("store-")] == [
        *BY_HAND,
        "store-replicas-rest",
    ]
    assert StoreIsActiveOn(P2) in plan.goal


def test_a_planned_failover_of_it_is_refused_until_the_standby_is_there() -> None:
    plan = ask("pool-failover", alone(two_sites()), P1, PLANNED)
    assert "store-not-on-failed-pool" in refused_by(plan)
    assert not set(ids(plan)) & set(BY_HAND[:3])


def test_users_come_home_after_the_store_was_installed_there_by_hand() -> None:
    away = with_state(alone(two_sites(active_store=P2), P2), P1, PoolState.FAILED_OVER)
    plan = ask("pool-failback", with_dead(away, P2), P1, DISASTER, accept_data_loss=True)
    assert refused_by(plan) == set()
    assert ids(plan) == [*BY_HAND, "pool-failback", "store-replicas-rest"]
    assert StoreHasSingleMaster() in step(plan, "pool-failback").before
    assert StoreIsActiveOn(P1) in plan.goal


def test_the_store_alone_goes_by_hand_to_the_pool_that_is_named() -> None:
    lost = newer(on_2010())
    assert refused_by(
        ask("management-store-failover", lost, OLD, DISASTER, accept_data_loss=True)
    ) == {"store-receiver"}
    plan = ask(
        "management-store-failover", lost, OLD, DISASTER, accept_data_loss=True, to=P1, export=False
    )
    assert refused_by(plan) == set()
    assert ids(plan) == [*BY_HAND, "store-replicas-rest"]
    assert (plan.lock, plan.goal) == ((OLD, P1), (StoreIsActiveOn(P1),))
    assert "location information" in plan.expected_loss


def test_a_store_of_2010_alone_goes_by_hand_too() -> None:
    plan = ask(
        "management-store-failover",
        on_2010(),
        OLD,
        DISASTER,
        accept_data_loss=True,
        to=P2,
        export=False,
    )
    assert refused_by(plan) == set()
    assert ids(plan) == [*BY_HAND, "store-replicas-rest"]


@pytest.mark.parametrize("to", [OLD, EDGE1, Fqdn("nowhere.contoso.com")])
def test_the_store_goes_to_no_pool_that_cannot_hold_it(to: Fqdn) -> None:
    plan = ask(
        "management-store-failover", newer(on_2010()), OLD, DISASTER, accept_data_loss=True, to=to
    )
    assert "store-receiver" in refused_by(plan)


def test_a_store_with_a_standby_goes_to_no_other_pool() -> None:
    dead = with_dead(two_sites(), P1)
    other = ask("management-store-failover", dead, P1, DISASTER, accept_data_loss=True, to=EDGE1)
    assert refused_by(other) == {"store-receiver"}
    same = ask("management-store-failover", dead, P1, DISASTER, accept_data_loss=True, to=P2)
    assert refused_by(same) == set()
    planned = ask("management-store-failover", alone(two_sites()), P1, PLANNED)
    assert refused_by(planned) == {"store-receiver"}
    assert "Install it first" in planned.refusals[0].remedy


def test_where_a_setting_needs_the_store_the_command_that_is_told_can_be_run() -> None:
    lost = newer(on_2010())
    refused = ask("edge-next-hop", lost, EDGE1, next_hop=P2)
    command = next(check.remedy for check in refused.refusals if check.check_id == "store-works")
    assert (
        f"management-store-failover {OLD} --mode disaster --accept-data-loss --to {P1}" in command
    )


def test_the_place_for_a_store_does_not_hang_on_the_order_of_a_listing() -> None:
    deployment = on_2010()
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    others = tuple(
        front_end_pool(Fqdn(f"pool{number}.contoso.com"), partner=None, site="Oslo")
        for number in (10, 3)
    )
    for listing in ((*pools, *others), (*others, *reversed(pools))):
        told = attrs.evolve(deployment, pools=listing)
        assert place_by_hand(told, {P1, P2}) == "pool3.contoso.com"
        assert place_by_hand(told, {OLD}) == P1


def test_the_backup_service_is_set_by_the_same_pool_in_whatever_order_pools_are_listed() -> None:
    deployment = with_store(
        two_sites(), copies=Unread("the copies", "no answer"), active_master=None
    )
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    wish = BackupServiceSet(sync_interval=timedelta(minutes=1))
    turned = attrs.evolve(deployment, pools=tuple(reversed(pools)))
    plan = make_plan(wish, deployment)
    assert make_plan(wish, turned) == plan
