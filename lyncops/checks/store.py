"""Checks of the Central Management store: one master, not on the failed pool, agents, a standby
copy on the partner.
"""

from __future__ import annotations

from lyncops.checks.check import (
    Finding,
    Weight,
    check,
    failed,
    of_store,
    pair_unknown,
    passed,
    unknown,
    warning,
)
from lyncops.checks.context import CheckContext
from lyncops.checks.life import how_to_start, seems_dead, stopped
from lyncops.checks.mirrors import rescue
from lyncops.checks.result import Verdict
from lyncops.checks.store_silence import unheard_store
from lyncops.checks.words import listed, sentence
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.central_management import StoreCopy
from lyncops.deployment.model import Pool
from lyncops.sources import fact, guide, page
from lyncops.values import Fqdn, LyncVersion, Unread

_SAVE = (
    "First save what can be read: Export-CsConfiguration and Export-CsLisConfiguration (-LocalStore"
    " where the store is silent)."
)
_TWO_MASTERS = (
    f"{_SAVE} Then decide which copy is current, and install the Central Management database of the"
    " other again (Uninstall-CsDatabase, Install-CsDatabase -CentralManagementDatabase)."
)
_NO_MASTER = (
    f"{_SAVE} Then run Invoke-CsManagementServerFailover -BackupSqlServerFqdn SERVER"
    " -BackupSqlInstanceName INSTANCE -Force on a Front End of the pool that should hold it, with"
    " -BackupMirrorSqlServerFqdn and -BackupMirrorSqlInstanceName where its copy is mirrored; if"
    " that fails, install the Central Management database again and restore the exports."
)
_STORE = (guide("Failing over a pool", step="2 to 5"), fact("store-bad-ends"))
_SAVED = "Prepare saved copies of the configuration and the location information (LIS) for {pool}."
_INSTALL = (
    "Install the store on {pool}: Install-CsDatabase -CentralManagementDatabase, then setup on its"
    " Front Ends."
)


@check(
    "store-single-master",
    question="Does exactly one pool claim to hold the active Central Management store?",
    sources=_STORE,
    needs=of_store,
)
def store_single_master(situation: CheckContext) -> Finding:
    """Both bad ends are field-seen after a store failover that ended without an error: two active
    copies, or none.
    """
    store, active = situation.store, situation.store.active_copies
    if isinstance(store.copies, Unread):
        return unknown(
            f"The copies of the store could not be read: {store.copies.reason}",
            "Look at Get-CsService -CentralManagement.",
            blocking=not situation.disaster,
        )
    if len(active) > 1:
        return failed(
            f"Two pools claim to hold the active store: {listed(copy.pool for copy in active)}.",
            _TWO_MASTERS,
        )
    undecided = [copy for copy in store.copies if isinstance(copy.active, Unread)]
    if not active and not undecided:
        where = listed(copy.pool for copy in store.copies)
        return failed(f"No pool claims to hold the active store (copies: {where}).", _NO_MASTER)
    holder = situation.store_pool
    return (
        _told_by_master(situation, undecided, holder)
        if undecided
        else _agrees_with_master(situation, holder)
    )


def _told_by_master(
    situation: CheckContext, undecided: list[StoreCopy], holder: Fqdn | None
) -> Finding:
    """If the copies do not say whether they are active, the master that the store names decides, if
    its own copy agrees.
    """
    seen = f"Which copy is active could not be read ({listed(copy.pool for copy in undecided)})"
    look = (
        "Look at Get-CsService -CentralManagement and Get-CsManagementStoreReplicationStatus"
        " -CentralManagementStoreStatus."
    )
    possible = {copy.pool for copy in (*undecided, *situation.store.active_copies)}
    found = _agrees_with_master(situation, holder)
    if (
        holder not in possible
        or not isinstance(situation.store.active_master, Fqdn)
        or found.verdict is Verdict.UNKNOWN
    ):
        return unknown(f"{seen}.", look, blocking=not situation.disaster)
    if found.verdict is Verdict.FAILED:
        return found
    return warning(
        f"{seen}; the store names {situation.store.active_master} of {holder} as its master.", look
    )


def _agrees_with_master(situation: CheckContext, holder: Fqdn | None) -> Finding:
    master = situation.store.active_master
    local = ", by the local copy of the topology" if situation.deployment.from_local_store else ""
    if isinstance(master, Unread):
        return passed(f"The active store is on {holder}{local}.")
    if master is None:
        return unknown(
            f"The active store is on {holder}{local}, but the store names no master.",
            "See store-agents.",
            blocking=False,
        )
    named = situation.deployment.pool_of(master)
    if named is None:
        return unknown(
            f"The active store is on {holder}{local}, but its master is {master}, which belongs to"
            " no pool of the topology.",
            "Look at Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus.",
            blocking=not situation.disaster,
        )
    if named.fqdn == holder:
        return passed(f"The active store is on {holder}, its master is {master}.")
    return failed(
        f"The topology says that the active store is on {holder}, but its master is {master}.",
        _TWO_MASTERS,
    )


def store_rescue(situation: CheckContext) -> tuple[str, ...]:
    """The command line that serves the store again where it is: from the mirror, while the
    principal is out of reach.
    """
    holder = situation.store_pool
    return rescue(
        situation.deployment.pool(holder) if holder else None, DatabaseNameType.CENTRAL_MGMT
    )


def _orphaned(situation: CheckContext, evidence: str) -> Finding | None:
    """Where the store is silent since its principal is out of reach: its mirror serves it again,
    and loses less than a failover.

    A disaster of the pool that holds it goes on: its Front Ends may be on their way out too.
    """
    first = store_rescue(situation)
    if not first:
        return None
    seen = f"{evidence} The principal of its databases is unreachable; their mirror answers."
    remedy = f"Make the mirror principal first: {first[0]}."
    return (
        warning(seen, remedy, first=first)
        if situation.store_goes_down
        else failed(seen, remedy, first=first)
    )


def installed_by_hand(situation: CheckContext) -> bool:
    """Whether people are asked to install the store again on the receiving pool: in a disaster,
    since it loses changes.

    No cmdlet fails it over, and its pool is the one that the disaster took, or another one that
    does not run.
    """
    lone, leaving = situation.lone_store, situation.leaving
    taken = lone is not None and leaving is not None and lone.pool == leaving.fqdn
    return (
        situation.disaster
        and _can_be_installed(situation)
        and (taken or _keeper_is_dead(situation))
    )


def _can_be_installed(situation: CheckContext) -> bool:
    lone, receiving = situation.lone_store, situation.receiving
    return lone is not None and receiving is not None and lone.pool != receiving.fqdn


def _keeper_is_dead(situation: CheckContext) -> bool:
    keeper = situation.deployment.pool(situation.store_pool) if situation.store_pool else None
    return keeper is not None and seems_dead(keeper)


def _store_first(situation: CheckContext, holder: Fqdn) -> str:
    """The command line that moves a lost store by itself, by hand where it must."""
    to = (
        f" --to {situation.receiving.fqdn}"
        if situation.receiving and _can_be_installed(situation)
        else ""
    )
    return f"lyncops run management-store-failover {holder} --mode disaster --accept-data-loss{to}"


def _by_hand(situation: CheckContext) -> str:
    """Why no cmdlet moves it, and what is done in its place."""
    lone = situation.lone_store
    is_old = lone is not None and lone.version is LyncVersion.V2010
    why = "It runs Lync Server 2010" if is_old else "It has no standby copy"
    return (
        f"{why}, so it must be installed by hand on"
        f" {situation.receiving.fqdn if situation.receiving else 'another pool'} first."
    )


@check(
    "store-not-on-failed-pool",
    question="Is the Central Management store on a pool other than the one that users leave?",
    sources=_STORE,
    needs=of_store,
    weight=Weight.ALWAYS,
)
def store_not_on_failed_pool(situation: CheckContext) -> Finding:
    """The store goes before the pool.

    Where the partner has a copy the plan does it: a WARNING, not a refusal.
    """
    holder, leaving, receiving = situation.store_pool, situation.leaving, situation.receiving
    if leaving is None or receiving is None:
        return pair_unknown(situation)
    if holder is None:
        return unknown(
            "The location of the active store could not be determined.",
            "See store-single-master; Invoke-CsManagementServerFailover -WhatIf on the surviving"
            " pool names it too.",
            blocking=not situation.disaster,
        )
    if holder == leaving.fqdn:
        if installed_by_hand(situation):
            return warning(
                f"The active store is on {holder}. {_by_hand(situation)}",
                _SAVED.format(pool=receiving.fqdn),
            )
        if situation.has_store_copy(receiving.fqdn) is False:
            return failed(
                f"The active store is on {holder}, and {receiving.fqdn} has no standby copy to take"
                " over.",
                _INSTALL.format(pool=receiving.fqdn),
            )
        return warning(
            f"The active store is on {holder}. It will be failed over first, to {receiving.fqdn}."
        )
    return _of_keeper(situation, holder)


def _of_keeper(situation: CheckContext, holder: Fqdn) -> Finding:
    """The store is on a pool that users do not leave: it must be there, or be moved first."""
    seen, keeper = f"The active store is on {holder}", situation.deployment.pool(holder)
    if keeper is not None and seems_dead(keeper):
        return _of_dead_keeper(situation, keeper)
    unheard = unheard_store(situation.deployment)
    if unheard is None or unheard.holder.fqdn != holder:
        return passed(f"{seen}.")
    if unheard.is_trusted:
        return warning(unheard.evidence, unheard.remedy)
    return unknown(unheard.evidence, unheard.remedy, blocking=not situation.disaster)


def _of_dead_keeper(situation: CheckContext, keeper: Pool) -> Finding:
    seen, receiving = (
        f"The active store is on {keeper.fqdn}, which is not running.",
        situation.receiving,
    )
    if installed_by_hand(situation) and receiving is not None:
        return warning(f"{seen} {_by_hand(situation)}", _SAVED.format(pool=receiving.fqdn))
    command = _store_first(situation, keeper.fqdn)
    told = stopped(keeper)
    if told:
        return failed(
            f"{seen} {told}",
            f"{how_to_start(keeper)} If it does not start, fail the store over: {command}.",
        )
    return failed(seen, f"Fail the store over first: {command}.", first=(command,))


def _unavailable(situation: CheckContext, evidence: str) -> Finding:
    """What a store without master or agents means here, and what is done about it."""
    if (orphaned := _orphaned(situation, evidence)) is not None:
        return orphaned
    if installed_by_hand(situation):
        return warning(f"{evidence} {_by_hand(situation)}")
    if situation.store_goes_down:
        return warning(
            f"{evidence} That is expected: it was on the pool that is gone, and will be moved"
            " first."
        )
    if situation.store_pool and _keeper_is_dead(situation) and _can_be_installed(situation):
        command = _store_first(situation, situation.store_pool)
        return failed(
            f"{evidence} {_by_hand(situation)}",
            f"Move the store first: {command}.",
            first=(command,),
        )
    return failed(evidence, f"Start MASTER and FTA on the pool that holds it. {_NO_MASTER}")


@check(
    "store-agents",
    question="Does the store have its master and file transfer agents?",
    sources=_STORE,
    needs=of_store,
)
def store_agents(situation: CheckContext) -> Finding:
    """Both are empty when the store is unavailable; expected when it died with the failed pool,
    else it must be repaired first.
    """
    store = situation.store
    master, agents = store.active_master, store.file_transfer_agents
    if isinstance(master, Unread) or isinstance(agents, Unread):
        unread = master if isinstance(master, Unread) else agents
        evidence = sentence(unread)
        if (orphaned := _orphaned(situation, evidence)) is not None:
            return orphaned
        if installed_by_hand(situation):
            return warning(f"{evidence} {_by_hand(situation)}")
        if situation.store_goes_down:
            return warning(f"{evidence} That is expected: the store was on the pool that is gone.")
        return unknown(
            evidence,
            "Look at Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus.",
            blocking=not situation.disaster,
        )
    if master is None or not agents:
        missing = listed(
            word
            for word, there in (("master", master), ("file transfer agent", agents))
            if not there
        )
        return _unavailable(
            situation,
            f"The store names no {missing.replace(' and ', ' and no ')}: it is unavailable.",
        )
    holder = situation.store_pool
    strangers = [
        agent
        for agent in agents
        if (owner := situation.deployment.pool_of(agent)) and owner.fqdn != holder
    ]
    if holder and strangers:
        return warning(
            f"The store is on {holder}, but its file transfer agents are on {listed(strangers)}.",
            "See store-single-master.",
        )
    return passed(f"Master {master}, file transfer agents {listed(agents)}.")


@check(
    "standby-store-installed",
    question="If one pool of the pair has a copy of the store, does the other have one too?",
    sources=(page("Managing disaster recovery"),),
    needs=of_store,
    weight=Weight.NEVER,
)
def standby_store_installed(situation: CheckContext) -> Finding:
    """A WARNING: whether a missing standby blocks the plan is the question of
    store-not-on-failed-pool.
    """
    lone = situation.lone_store
    pair = [pool.fqdn for pool in (situation.pool, situation.partner) if pool is not None]
    if lone is not None and lone.pool not in pair:
        return warning(
            f"The store on {lone.pool} has no standby copy: if that pool is lost, the store must be"
            " installed again.",
            "Pair that pool and install a standby copy, or move the store to a pair.",
        )
    copies = [situation.has_store_copy(pool) for pool in pair]
    if len(pair) < 2 or None in copies:
        return unknown(
            "The copies of the store could not be read.",
            "Look at Get-CsService -CentralManagement.",
            blocking=False,
        )
    if not any(copies):
        return passed("Neither pool of the pair holds the store.")
    if all(copies):
        return passed(f"{listed(pair)} both have a copy.")
    lacking = pair[copies.index(False)]
    return warning(
        f"{lacking} has no copy of the store, but the other pool of the pair has one.",
        _INSTALL.format(pool=lacking),
    )
