"""What must be known of the Central Management store before it moves, or before settings change."""

from __future__ import annotations

from lyncops.checks.check import Finding, check, failed, passed, unknown, warning
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult
from lyncops.checks.store import store_rescue
from lyncops.checks.store_silence import unheard_store
from lyncops.checks.words import sentence
from lyncops.deployment.model import Deployment
from lyncops.procedures.store import Standby, StoreMove, place_by_hand, store_works
from lyncops.sources import fact, guide
from lyncops.values import Mode, Unread


def sql_server_known(move: StoreMove | None) -> CheckResult | None:
    """Whether the disaster form can be given the SQL Server of the standby copy; None where it does
    not need one.
    """
    return None if move is None or move.standby is None else _sql_server_known(move)


@check(
    "store-sql-server",
    question="Is it known where the standby copy is, its mirror included?",
    sources=(guide("Failing over a pool", step=5), fact("store-forms")),
)
def _sql_server_known(move: StoreMove) -> Finding:
    standby = move.standby or Standby(server=None)
    if standby.server is None:
        options = "--store-sql-server and --store-sql-instance"
        evidence = f"The SQL Server of the standby copy on {move.to} could not be read."
    elif not standby.is_known:
        options = "--store-mirror-sql-server and --store-mirror-sql-instance"
        evidence = (
            f"The standby copy on {move.to} is mirrored, and the SQL Server of its mirror could not"
            " be read."
        )
    else:
        return passed(f"The standby copy is on {standby}.")
    remedy = f"Look it up in Topology Builder and pass it with {options}."
    return failed(evidence, remedy, overridable=False)


def planned_form_possible(situation: CheckContext, move: StoreMove | None) -> CheckResult | None:
    """Law: the planned form waits for replication, which a store without a master never does; the
    other form loses data.

    None where the store may work, or does not move.
    """
    store = situation.store
    has_no_master = store.active_master is None or store.file_transfer_agents == ()
    if situation.disaster or move is None or not has_no_master:
        return None
    return _planned_form_possible(situation)


@check(
    "store-works",
    question="Is the store working, so that it can move without loss?",
    sources=(fact("store-forms"), fact("store-status")),
)
def _planned_form_possible(situation: CheckContext) -> Finding:
    first = store_rescue(situation)
    remedy = (
        f"Make the mirror of its databases principal first: {first[0]}."
        if first
        else "Start MASTER and FTA on the pool that holds it, or use --mode disaster when that pool"
        " or its Back End is gone."
    )
    evidence = "The store names no master or no file transfer agent: it is unavailable."
    return failed(evidence, remedy, overridable=False, first=first)


@check(
    "store-works",
    question="Is the Central Management store working, so that settings can be changed?",
    sources=(fact("store-needed"), fact("store-status")),
)
def store_writable(deployment: Deployment) -> Finding:
    """Whether settings can be changed now: every Set-Cs cmdlet writes to the store."""
    store, active = deployment.central_management, deployment.central_management.active_copies
    if store_works(deployment):
        return passed(f"The store's master is {store.active_master}.")
    rescue = store_rescue(CheckContext(deployment, active[0].pool, Mode.PLANNED)) if active else ()
    if rescue:
        seen = (
            "The store is silent: the principal of its databases is unreachable, but their mirror"
            " answers."
        )
        return failed(seen, f"Make the mirror principal first: {rescue[0]}.", first=rescue)
    unheard = unheard_store(deployment)
    if unheard is not None:
        if unheard.is_trusted:
            return warning(unheard.evidence, unheard.remedy)
        return unknown(unheard.evidence, unheard.remedy, blocking=True)
    unread = next(
        (
            told
            for told in (store.active_master, store.file_transfer_agents)
            if isinstance(told, Unread)
        ),
        None,
    )
    if unread is not None and not deployment.from_local_store:
        look = (
            "Look at Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus. The"
            " topology was read from the store."
        )
        return unknown(sentence(unread), look, blocking=True)
    holder = active[0].pool if len(active) == 1 else "POOL"
    place = place_by_hand(deployment, {copy.pool for copy in active})
    to = f" --to {place}" if store.lone_copy else ""
    first = f"lyncops run management-store-failover {holder} --mode disaster --accept-data-loss{to}"
    return failed(
        "The store has no working master.",
        "Start MASTER and FTA on the pool that holds it; when that pool is gone, fail the store"
        f" over first: {first}.",
    )
