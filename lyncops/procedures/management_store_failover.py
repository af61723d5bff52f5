"""Failing over the Central Management store by itself."""

from __future__ import annotations

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.context import CheckContext
from lyncops.checks.replicas import none_follows
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import listed
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
from lyncops.procedures.store_by_hand import hand_steps, rest_after_hand_steps
from lyncops.sources import fact
from lyncops.values import Fqdn, LyncVersion, Unread

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
)
_WHY = "Topology and policies can be changed, and pools failed over, only while the store works."
_IDS_BY_HAND = ("pool-exists", "mode-fits", "store-single-master", "store-agents")
_NOTES = (
    "Users are not touched: they stay where they are served.",
    "Location information (LIS) is not copied to the standby: import a saved copy by hand.",
)
_LOSS_BY_HAND = (
    "All changes of topology and policies, and of location information (LIS), since the exports"
    " that are used."
)
_LOSS = (
    "Changes of topology and policies that were not copied yet; the documented target is the last 5"
    " minutes."
)


def draft(deployment: Deployment, request: ManagementStoreFailover) -> Draft:
    """Draft that the store goes from the pool `request.pool`, which holds it, to that pool's backup
    pool.

    A store without a standby copy is installed by people in a disaster, on the pool `request.to`,
    or on the backup pool.

    Refused when the target does not hold the store, when the pool that receives it is dead, when in
    planned mode that has no standby copy, when the mode does not fit, and in disaster mode without
    `accept_data_loss` or when nobody knows where the standby copy is.
    """
    situation = CheckContext(deployment, request.pool, request.mode)
    lone = situation.lone_store
    if situation.disaster and lone is not None and lone.pool == request.pool:
        return _by_hand(situation, request)
    checks = run_checks([CHECKS[check_id] for check_id in _IDS], situation)
    pool, partner = situation.pool, situation.partner
    if pool is None or partner is None:
        return Draft(checks=checks)
    works = store_works(deployment) and not situation.disaster
    move = move_to(deployment, partner, leaving=pool.fqdn, works=works, request=request)
    own = those_asked(
        _holds_the_store(situation, pool),
        _goes_to_its_copy(situation, partner, request.to),
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
        expected_loss=(
            _LOSS
            if move.form is StoreForm.DISASTER
            else "Nothing: the store waits for replication before it moves."
        ),
        notes=(BAD_ENDS, none_follows(partner.fqdn), *_NOTES),
    )


def _by_hand(situation: CheckContext, request: ManagementStoreFailover) -> Draft:
    """No standby copy can take over: people install the store on another pool, paired with it or
    not.
    """
    deployment = situation.deployment
    ground = run_checks([CHECKS[check_id] for check_id in _IDS_BY_HAND], situation)
    receiver = deployment.pool(request.to) if request.to else situation.partner
    checks = (
        *ground,
        _can_receive(situation, receiver, request.to),
        *those_asked(data_loss_accepted(request, loss=_LOSS_BY_HAND)),
    )
    if receiver is None:
        return Draft(checks=checks)
    exports = export_steps(deployment, preferring(receiver.fqdn, avoid=request.pool), request)
    return Draft(
        lock=(request.pool, receiver.fqdn),
        checks=checks,
        steps=(
            *exports,
            *hand_steps(deployment, receiver),
            *rest_after_hand_steps(deployment, receiver),
        ),
        goal=(StoreIsActiveOn(receiver.fqdn),),
        expected_loss=_LOSS_BY_HAND,
        notes=_NOTES,
    )


def _can_receive(situation: CheckContext, receiver: Pool | None, named: Fqdn | None) -> CheckResult:
    """Whether people can install the store there: a Front End pool that runs, of Lync Server 2013
    or later.
    """
    possible = (
        receiver is not None and receiver.kind.is_front_end and receiver.fqdn != situation.target
    )
    others = [
        pool.fqdn
        for pool in situation.deployment.front_end_pools
        if pool.is_alive and pool.fqdn != situation.target
    ]
    verdict = Verdict.FAILED
    if receiver is None or not possible:
        evidence = (
            f"{named} cannot hold the store."
            if named
            else f"{situation.target} has no standby copy and no backup pool."
        )
    elif not receiver.is_alive:
        evidence = f"No machine of {receiver.fqdn} is known to be up."
    elif receiver.version is LyncVersion.V2010:
        evidence = f"{receiver.fqdn} is of Lync Server 2010."
    else:
        verdict, evidence = (
            Verdict.PASSED,
            (
                f"There is no standby copy; the store is installed by hand on {receiver.fqdn},"
                " which is up."
            ),
        )
    return CheckResult(
        check_id="store-receiver",
        question="Which pool receives the store?",
        verdict=verdict,
        evidence=evidence,
        remedy=(
            ""
            if verdict is Verdict.PASSED
            else f"Name with --to a Front End pool that is up: {listed(others)}."
        ),
        sources=(fact("store-2010"), fact("move-management-server-local")),
        overridable=possible,
    )


def _goes_to_its_copy(
    situation: CheckContext, partner: Pool, named: Fqdn | None
) -> CheckResult | None:
    """A failover goes to the standby copy and nowhere else; None where nothing speaks
    against it.
    """
    if named is not None and named != partner.fqdn:
        evidence = (
            f"--to names {named}, but the store fails over to its standby copy, on {partner.fqdn}."
        )
        remedy = "Leave out --to: it is for a store without a standby copy, in a disaster."
    elif situation.has_store_copy(partner.fqdn) is False:
        evidence = f"{partner.fqdn} has no standby copy of the store."
        remedy = (
            "Install it first: Install-CsDatabase -CentralManagementDatabase, then setup on the"
            f" Front Ends of {partner.fqdn}."
        )
    else:
        return None
    return CheckResult(
        check_id="store-receiver",
        question="Which pool receives the store?",
        verdict=Verdict.FAILED,
        evidence=evidence,
        remedy=remedy,
        sources=(fact("store-forms"),),
        overridable=False,
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
