"""Machines of the store's pool that could not be asked are no proof that the store is down:
replicas that follow say more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.central_management import Replica
from lyncops.deployment.model import Deployment
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.plan.model import Plan
from lyncops.procedures.readiness import readiness
from lyncops.values import Mode, Unread
from tests.deployments import EDGE1, NOW, P1, P2, changed, silent, two_sites, with_store
from tests.procedures.asking import DISASTER, PLANNED, Options, ask

UNPROVEN = (
    Witness(Vantage.SERVER, Says.SILENT, "it has reached no other machine"),
    Witness(Vantage.HERE, Says.UNASKED, "no route to it is known from here"),
)
ALIVE = (UNPROVEN[0], Witness(Vantage.HERE, Says.ALIVE, "port 443 is open"))
FORCED = "management-store-failover"
STATUS = Unread("the status of the Central Management store", "access is denied")


def unasked(*witnesses: Witness, fresh: bool = True) -> Deployment:
    """The pool that holds the store could not be asked; it names its master, and replicas follow or
    do not.
    """
    base = two_sites()
    pool = base.pool(P1)
    assert pool is not None
    machines = tuple(silent(one.fqdn, *(witnesses or UNPROVEN)) for one in pool.machines)
    found = changed(
        base, P1, machines=machines, backup_modules=Unread("the modules", "access is denied")
    )
    if fresh:
        return found
    old = NOW - timedelta(hours=3)
    replicas = cast("tuple[Replica, ...]", base.central_management.replicas)
    return with_store(
        found, replicas=tuple(attrs.evolve(one, last_status_report=old) for one in replicas)
    )


CHANGES: list[tuple[str, str, Options]] = [
    ("edge-next-hop", EDGE1, {"next_hop": P2}),
    ("backup-service-set", P2, {"sync_interval": timedelta(minutes=3)}),
    ("conference-restore", P2, {}),
    ("edge-association", P2, {"edge_pool": EDGE1}),
]


def answer(plan: Plan, check_id: str) -> CheckResult:
    return next(check for check in plan.checks if check.check_id == check_id)


@pytest.mark.parametrize(
    ("procedure", "target", "options"), CHANGES, ids=[name for name, _, _ in CHANGES]
)
def test_a_store_that_replicas_follow_can_be_changed(
    procedure: str, target: str, options: Options
) -> None:
    works = answer(
        ask(procedure, unasked(), P2 if target == P2 else EDGE1, **options), "store-works"
    )
    assert works.verdict is Verdict.WARNING
    assert not works.refuses
    assert "could not be read" in works.evidence
    assert "2 minutes ago" in works.evidence
    assert FORCED not in works.remedy


@pytest.mark.parametrize(
    ("procedure", "target", "options"), CHANGES, ids=[name for name, _, _ in CHANGES]
)
def test_a_store_that_nothing_vouches_for_is_open_and_not_failed_over_by_force(
    procedure: str, target: str, options: Options
) -> None:
    works = answer(
        ask(procedure, unasked(fresh=False), P2 if target == P2 else EDGE1, **options),
        "store-works",
    )
    assert (works.verdict, works.refuses, works.overridable) == (Verdict.UNKNOWN, True, True)
    assert "No replica is known to follow it" in works.evidence
    assert FORCED not in works.remedy


def test_another_sign_of_life_speaks_for_it_too() -> None:
    works = answer(
        ask("edge-next-hop", unasked(*ALIVE, fresh=False), EDGE1, next_hop=P2), "store-works"
    )
    assert works.verdict is Verdict.WARNING


def test_a_store_on_a_pool_that_is_dead_is_failed_over_first() -> None:
    dead = unasked(*silent("x.contoso.com").witnesses)
    works = answer(ask("edge-next-hop", dead, EDGE1, next_hop=P2), "store-works")
    assert works.verdict is Verdict.FAILED
    assert f"{FORCED} {P1} --mode disaster" in works.remedy


def test_a_status_that_was_denied_is_not_a_store_without_a_master() -> None:
    denied = with_store(two_sites(), active_master=STATUS, file_transfer_agents=STATUS)
    works = answer(ask("edge-next-hop", denied, EDGE1, next_hop=P2), "store-works")
    assert (works.verdict, works.refuses) == (Verdict.UNKNOWN, True)
    assert "access is denied" in works.evidence
    assert FORCED not in works.remedy
    silent_store = attrs.evolve(denied, from_local_store=True)
    assert (
        answer(ask("edge-next-hop", silent_store, EDGE1, next_hop=P2), "store-works").verdict
        is Verdict.FAILED
    )


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("fresh", "verdict"), [(True, Verdict.WARNING), (False, Verdict.UNKNOWN)])
def test_a_failover_of_the_other_pool_does_not_want_the_store_by_force(
    mode: Mode, *, fresh: bool, verdict: Verdict
) -> None:
    where = answer(ask("pool-failover", unasked(fresh=fresh), P2, mode), "store-not-on-failed-pool")
    assert where.verdict is verdict
    assert where.refuses is (verdict is Verdict.UNKNOWN and mode is PLANNED)
    assert not where.first
    assert FORCED not in where.remedy


def test_readiness_does_not_want_it_either() -> None:
    found = {pool.pool: pool for pool in readiness(unasked()).pools}
    told = [check for mode in found[P2].modes for check in (*mode.obstacles, *mode.warnings)]
    assert not [check for check in told if FORCED in f"{check.remedy}{check.first}"]


def test_the_disaster_of_the_silent_pool_itself_still_moves_the_store() -> None:
    plan = ask(
        "pool-failover",
        unasked(),
        P1,
        DISASTER,
        accept_data_loss=True,
        overrides={"mode-fits": "seen from the window"},
    )
    assert not plan.is_refused, plan.refusals
    assert "store-failover" in [step.step_id for step in plan.steps]
