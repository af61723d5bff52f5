"""Failing over the Central Management store by itself."""

from __future__ import annotations

import attrs

from lyncops.checks.catalogue import CHECKS, run_checks
from lyncops.checks.check import Finding, check, failed, passed, unknown
from lyncops.checks.context import CheckContext
from lyncops.checks.replicas import none_follows
from lyncops.checks.result import Verdict
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
    rest_steps,
    store_steps,
    store_works,
)
from lyncops.procedures.store_by_hand import hand_steps, rest_after_hand_steps
from lyncops.procedures.store_checks import planned_form_possible, sql_server_known
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
    "Users are not affected: they stay on the pool that serves them now.",
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

    A store without a standby copy is installed by hand in a disaster, on the pool `request.to`,
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
    receives = _can_receive(
        _Receiver(situation=situation, pool=partner, named=request.to, by_hand=False)
    )
    own = those_asked(
        _holds_the_store(situation),
        None if receives.verdict is Verdict.PASSED else receives,
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
    """No standby copy can take over: the store is installed by hand on another pool, paired with it
    or not.
    """
    deployment = situation.deployment
    ground = run_checks([CHECKS[check_id] for check_id in _IDS_BY_HAND], situation)
    receiver = deployment.pool(request.to) if request.to else situation.partner
    checks = (
        *ground,
        _can_receive(_Receiver(situation=situation, pool=receiver, named=request.to, by_hand=True)),
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


@attrs.frozen(slots=True, kw_only=True)
class _Receiver:
    """The pool that is to receive the store, and the name that the operator gave."""

    situation: CheckContext
    pool: Pool | None
    named: Fqdn | None
    by_hand: bool  # there is no standby copy: the store is installed by hand


@check(
    "store-receiver",
    question="Which pool receives the store?",
    sources=(fact("store-forms"), fact("store-2010"), fact("move-management-server-local")),
)
def _can_receive(receiver: _Receiver) -> Finding:
    if receiver.by_hand or receiver.pool is None:
        return _can_be_installed(receiver)
    return _goes_to_its_copy(receiver, receiver.pool)


def _can_be_installed(receiver: _Receiver) -> Finding:
    """Whether people can install the store there: a Front End pool that runs, of Lync Server 2013
    or later.
    """
    target, pool, named = receiver.situation.target, receiver.pool, receiver.named
    others = [
        other.fqdn
        for other in receiver.situation.deployment.front_end_pools
        if other.is_alive and other.fqdn != target
    ]
    remedy = f"Name with --to a Front End pool that is up: {listed(others)}."
    if pool is None or not pool.kind.is_front_end or pool.fqdn == target:
        problem = f"{target} has no standby copy and no backup pool."
        evidence = f"{named} cannot hold the store." if named else problem
        return failed(evidence, remedy, overridable=False)
    if not pool.is_alive:
        return failed(f"No machine of {pool.fqdn} is known to be up.", remedy)
    if pool.version is LyncVersion.V2010:
        return failed(f"{pool.fqdn} runs Lync Server 2010.", remedy)
    return passed(
        f"There is no standby copy; the store is installed by hand on {pool.fqdn}, which is up."
    )


def _goes_to_its_copy(receiver: _Receiver, partner: Pool) -> Finding:
    """A failover goes to the standby copy and nowhere else."""
    if receiver.named is not None and receiver.named != partner.fqdn:
        evidence = (
            f"--to names {receiver.named}, but the store fails over to its standby copy, on"
            f" {partner.fqdn}."
        )
        remedy = "Leave out --to: it is for a store without a standby copy, in a disaster."
        return failed(evidence, remedy, overridable=False)
    if receiver.situation.has_store_copy(partner.fqdn) is False:
        remedy = (
            "Install it first: Install-CsDatabase -CentralManagementDatabase, then setup on the"
            f" Front Ends of {partner.fqdn}."
        )
        evidence = f"{partner.fqdn} has no standby copy of the store."
        return failed(evidence, remedy, overridable=False)
    return passed(f"It goes to its standby copy, on {partner.fqdn}.")


@check(
    "store-on-pool",
    question="Does the pool hold the active Central Management store?",
    sources=(fact("store-copies"),),
)
def _holds_the_store(situation: CheckContext) -> Finding:
    holder = situation.store_pool
    evidence = f"The active store is on {holder or 'no pool that is known'}."
    if holder == situation.target:
        return passed(evidence)
    remedy = f"Name the pool that holds it{f': {holder}' if holder else ''}."
    if holder is None and isinstance(situation.store.copies, Unread):
        return unknown(evidence, remedy, blocking=not situation.disaster)
    return failed(evidence, remedy)
