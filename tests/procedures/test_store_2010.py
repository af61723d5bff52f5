from __future__ import annotations

import attrs

from lyncops.deployment.model import Deployment, PoolKind, StoreCopy
from lyncops.plan.conditions import StoreIsActiveOn
from lyncops.plan.model import ManualStep, Plan
from lyncops.values import Fqdn, LyncVersion, Unread
from tests.deployments import P1, P2, front_end_pool, silent, two_sites, with_dead
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, refused_by

OLD = Fqdn("old.contoso.com")
BY_HAND = ["store-2010-install", "store-2010-move", "store-2010-setup", "store-replicas"]


def on_2010(*, alive: bool = False) -> Deployment:
    """Two paired pools of 2013, one of them gone, with the store still on a pool of 2010."""
    healthy = two_sites()
    old = front_end_pool(OLD, partner=None, site="Old", kind=PoolKind.STANDARD, version=LyncVersion.V2010)
    gone = attrs.evolve(old, machines=(silent(OLD),), backup_modules=Unread("the status", "no answer"))
    pools = healthy.pools if not isinstance(healthy.pools, Unread) else ()
    store = attrs.evolve(
        healthy.central_management,
        copies=(StoreCopy(pool=OLD, active=True, version=LyncVersion.V2010, sql_instance="rtc"),),
        active_master=OLD if alive else None,
        file_transfer_agents=(OLD,) if alive else (),
    )
    return attrs.evolve(healthy, pools=(*pools, old if alive else gone), central_management=store)


def rescue() -> Plan:
    return ask("pool-failover", with_dead(on_2010(), P1), P1, DISASTER, accept_data_loss=True, export=False)


def test_a_lost_store_of_2010_is_moved_by_hand_before_the_pool() -> None:
    plan = rescue()
    assert refused_by(plan) == set()
    steps = ids(plan)
    assert steps[: len(BY_HAND)] == BY_HAND
    assert steps.index("pool-failover") > steps.index("store-replicas")
    assert StoreIsActiveOn(P2) in plan.goal


def test_the_documented_cmdlets_stand_in_the_gates() -> None:
    gates = {step.step_id: step for step in rescue().steps if isinstance(step, ManualStep)}
    command, *_ = gates["store-2010-install"].instructions
    assert command.startswith("Install-CsDatabase -CentralManagementDatabase -Clean ")
    assert command.endswith(" -SqlServerFqdn pool2-sql.contoso.com -SqlInstanceName rtc")
    move = gates["store-2010-move"]
    forced = [line for line in move.instructions if line.startswith("Move-CsManagementServer ") and line.endswith(" -Force")]
    assert len(forced) == 1
    assert move.after == (StoreIsActiveOn(P2),)
    assert "pool2-fe1.contoso.com" in move.where
    assert [line.partition(":")[0] for line in gates["store-2010-setup"].instructions] == [
        "On pool2-fe2.contoso.com",
        "On pool2-fe3.contoso.com",
    ]


def test_the_gates_are_told_as_warnings() -> None:
    told = {check.check_id: check.evidence for check in rescue().checks if "by hand" in check.evidence}
    assert set(told) == {"store-not-on-failed-pool", "store-agents"}


def test_a_store_of_2010_that_works_stays_where_it_is() -> None:
    plan = ask("pool-failover", on_2010(alive=True), P1, PLANNED, export=False)
    assert refused_by(plan) == set()
    assert not set(ids(plan)) & set(BY_HAND)


def test_a_lost_store_of_2013_on_a_third_pool_is_failed_over_by_a_command() -> None:
    deployment = with_dead(on_2010(), P1)
    copies = (StoreCopy(pool=OLD, active=True, version=LyncVersion.V2013),)
    newer = attrs.evolve(deployment, central_management=attrs.evolve(deployment.central_management, copies=copies))
    plan = ask("pool-failover", newer, P1, DISASTER, accept_data_loss=True)
    assert "store-not-on-failed-pool" in refused_by(plan)
    assert not set(ids(plan)) & set(BY_HAND)
