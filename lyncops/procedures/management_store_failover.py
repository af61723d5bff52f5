"""Failing over the Central Management store by itself."""

from __future__ import annotations

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment, Pool
from lyncops.plan.conditions import StoreIsActiveOn
from lyncops.plan.procedures import ManagementStoreFailover
from lyncops.procedures.drafting import Draft, data_loss_accepted, those_asked
from lyncops.procedures.edges import preferring
from lyncops.procedures.store import (
    BAD_ENDS,
    StoreForm,
    export_steps,
    move_to,
    planned_form_possible,
    rest_steps,
    sql_server_known,
    store_steps,
    store_works,
)
from lyncops.sources import fact
from lyncops.values import Unread

_IDS = (
    "pool-exists",
    "pool-is-front-end",
    "pool-is-paired",
    "mode-fits",
    "partner-healthy",
    "store-single-master",
    "store-agents",
    "standby-store-installed",
    "replicas-up-to-date",
    "version-supports",
    "rights",
)
_WHY = "Topology and policies can be changed, and pools failed over, only where the store works."
_LOSS = "Changes of topology and policies that were not copied yet; the documented target is the last 5 minutes."


def draft(deployment: Deployment, request: ManagementStoreFailover) -> Draft:
    """Draft that the store goes from the pool `request.pool`, which holds it, to that pool's backup pool.

    Refused when the target does not hold the store, when its backup pool is dead or has no standby copy, when the mode does
    not fit, and in disaster mode without `accept_data_loss` or when nobody knows where the standby copy is.
    """
    situation = CheckContext(deployment, request.pool, request.mode)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    works = store_works(deployment) and not situation.disaster
    move = move_to(deployment, partner, leaving=pool.fqdn, works=works, request=request)
    own = those_asked(
        _holds_the_store(situation, pool),
        planned_form_possible(situation, move),
        data_loss_accepted(request, loss=_LOSS),
        sql_server_known(move),
    )
    exports = export_steps(deployment, preferring(partner.fqdn, avoid=pool.fqdn), request)
    return Draft(
        lock=(pool.fqdn, partner.fqdn),
        checks=(*checks, *own),
        steps=(*exports, *store_steps(deployment, move, why=_WHY), *rest_steps(deployment, move)),
        goal=(StoreIsActiveOn(partner.fqdn),),
        expected_loss=_LOSS if move.form is StoreForm.DISASTER else "Nothing: the store waits for replication before it moves.",
        notes=(
            BAD_ENDS,
            "Users are not touched: they stay where they are served.",
            "Location information (LIS) is not copied to the standby: import a saved copy by hand.",
        ),
    )


def _holds_the_store(situation: CheckContext, pool: Pool) -> CheckResult:
    holder = situation.store_pool
    unknown = holder is None and isinstance(situation.store.copies, Unread)
    holds = holder == pool.fqdn
    return CheckResult(
        check_id="store-on-pool",
        question="Does the pool hold the active Central Management store?",
        verdict=Verdict.PASSED if holds else Verdict.UNKNOWN if unknown else Verdict.FAILED,
        evidence=f"The active store is on {holder or 'no pool that is known'}.",
        remedy="" if holds else f"Name the pool that holds it{f': {holder}' if holder else ''}.",
        sources=(fact("store-copies"),),
        blocking=not (unknown and situation.disaster),
    )
