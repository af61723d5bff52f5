"""What deserves attention in a deployment as it is now, whatever somebody wants to do with it.

A pure function of one reading. Unlike the checks it asks about no pool's move: it says who is
without service, which states cannot be, and what does not follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from lyncops.checks.edge import leads_nowhere
from lyncops.checks.life import Life, heard, life, seems_dead
from lyncops.checks.mirrors import only_copies, orphaned, rescue
from lyncops.checks.result import Verdict
from lyncops.checks.words import counted, listed, running, sentence
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.backup_module import ExportState, ImportState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, Pool, PoolState
from lyncops.values import Fqdn, Unread

_SEVERITY = (Verdict.PASSED, Verdict.WARNING, Verdict.UNKNOWN, Verdict.FAILED)
_GONE = {Life.DOWN: "No machine of {pool} runs", Life.SILENT: "No machine of {pool} answers"}


@attrs.frozen(slots=True)
class Attention:
    """One thing to look at: FAILED if users have no service or nothing may be changed, else WARNING
    or UNKNOWN.
    """

    verdict: Verdict
    what: str


@attrs.frozen(slots=True)
class Overview:
    """Everything that deserves attention, the worst first."""

    found: tuple[Attention, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all; PASSED where nothing was found."""
        return max((one.verdict for one in self.found), key=_SEVERITY.index, default=Verdict.PASSED)


def overview(deployment: Deployment) -> Overview:
    """What deserves attention now."""
    found = list(_found(deployment))
    return Overview(tuple(sorted(found, key=lambda one: -_SEVERITY.index(one.verdict))))


def last_known(pool: Pool) -> bool:
    """Whether the pool's state is only what the store remembers of it: none of its machines speaks
    for it.
    """
    return life(pool) in _GONE


def _found(deployment: Deployment) -> Iterator[Attention]:
    if isinstance(deployment.pools, Unread):
        yield Attention(Verdict.UNKNOWN, str(deployment.pools))
        return
    yield from _of_store(deployment.central_management)
    yield from _of_master(deployment)
    for pool in deployment.front_end_pools:
        yield from _of_pool(deployment, pool)
        yield from _of_pair(deployment, pool)
    yield from _of_edges(deployment)
    # Those only an attempt shows
    unread = [one for one in deployment.unread if one != deployment.rights]
    if unread:
        yield Attention(
            Verdict.UNKNOWN, f"{counted(len(unread), 'answer')} could not be read: see below."
        )


def _of_store(store: CentralManagement) -> Iterator[Attention]:
    active = store.active_copies
    if len(active) > 1:
        pools = listed(copy.pool for copy in active)
        yield Attention(
            Verdict.FAILED,
            f"The Central Management store is active on {pools}: only one may be. Change nothing"
            " until that is repaired.",
        )
    elif store.active_master is None or store.file_transfer_agents == ():
        yield Attention(
            Verdict.FAILED,
            "The Central Management store is unavailable: it names no master or no file transfer"
            " agent. Changes do not reach the servers.",
        )
    elif _has_no_active_copy(store):
        yield Attention(
            Verdict.FAILED,
            "No copy of the Central Management store is active, although"
            f" {store.active_master} answers as its master. Change nothing until that is"
            " understood.",
        )
    if isinstance(store.replicas, tuple):
        behind = [replica.computer for replica in store.replicas if not replica.up_to_date]
        if behind:
            yield Attention(Verdict.WARNING, f"Behind the store: {listed(behind)}.")


def _has_no_active_copy(store: CentralManagement) -> bool:
    copies = () if isinstance(store.copies, Unread) else store.copies
    return bool(copies) and all(copy.active is False for copy in copies)


def _of_master(deployment: Deployment) -> Iterator[Attention]:
    """The master and the active copy are of the same pool, or one of the two answers is wrong."""
    store = deployment.central_management
    if len(store.active_copies) != 1 or not isinstance(store.active_master, Fqdn):
        return
    copy, master = store.active_copies[0], deployment.pool_of(store.active_master)
    if master is not None and master.fqdn != copy.pool:
        yield Attention(
            Verdict.WARNING,
            f"The copy of the Central Management store on {copy.pool} is active, while"
            f" {store.active_master} answers as its master.",
        )


def _of_pair(deployment: Deployment, pool: Pool) -> Iterator[Attention]:
    """A pair is one in both directions."""
    partner = deployment.pool(pool.backup_pool) if isinstance(pool.backup_pool, Fqdn) else None
    if partner is None or isinstance(partner.backup_pool, Unread):
        return
    if partner.backup_pool != pool.fqdn:
        yield Attention(
            Verdict.WARNING,
            f"The backup pool of {pool.fqdn} is {partner.fqdn}, whose own backup pool is"
            f" {partner.backup_pool or 'none'}.",
        )


def _of_pool(deployment: Deployment, pool: Pool) -> Iterator[Attention]:
    state = pool.state
    away = state if isinstance(state, PoolState) and not state.is_home else None
    if seems_dead(pool):
        served = (
            f"its users are served by {pool.backup_pool}" if away else "its users have no service"
        )
        gone = _GONE[life(pool)].format(pool=pool.fqdn)
        yield Attention(Verdict.WARNING if away else Verdict.FAILED, f"{gone}: {served}.")
        return
    yield from _of_machines(pool)
    if away:
        yield _away(pool, away, deployment)
    yield from _of_databases(pool)
    yield from _of_backup_service(pool)


def _of_machines(pool: Pool) -> Iterator[Attention]:
    lives = life(pool)
    if lives is Life.SILENT:  # and no witness says that it is dead
        yield Attention(Verdict.UNKNOWN, f"{sentence(running(pool))}{heard(pool)}")
    elif lives not in (Life.ALIVE, Life.NOT_ASKED):
        verdict = Verdict.FAILED if lives is Life.FAILING else Verdict.WARNING
        yield Attention(verdict, sentence(running(pool)))


def _away(pool: Pool, state: PoolState, deployment: Deployment) -> Attention:
    partner = deployment.pool(pool.backup_pool) if isinstance(pool.backup_pool, Fqdn) else None
    theirs = partner.state if partner is not None else None
    if isinstance(theirs, PoolState) and not theirs.is_home:
        told = f"{pool.fqdn} is {state.value} while {pool.backup_pool} is {theirs.value}"
        return Attention(Verdict.FAILED, f"{told}: each reports that the other serves its users.")
    if pool.backup_pool is None:
        told = f"{pool.fqdn} is {state.value}, and has no backup pool that could serve its users."
        return Attention(Verdict.FAILED, told)
    told = f"{pool.fqdn} is {state.value}: its users are served by {pool.backup_pool}."
    return Attention(Verdict.WARNING, told)


def _of_databases(pool: Pool) -> Iterator[Attention]:
    """Databases that are out of service, and those of which only one copy is left."""
    mirrors = () if isinstance(pool.mirrors, Unread) else pool.mirrors
    orphans = orphaned(mirrors) if pool.is_alive else ()
    if orphans:
        commands = [command for kind in DatabaseNameType for command in rescue(pool, kind)]
        yield Attention(
            Verdict.FAILED,
            f"The principal of {_named(orphans)} of {pool.fqdn} is unreachable; the mirror answers"
            f" and serves nobody until it is made principal: {listed(commands)}.",
        )
    elif pool.back_end_online is False:
        told = f"SQL Server reports that the user databases of {pool.fqdn} are not online."
        yield Attention(Verdict.FAILED, told)
    for told in only_copies(pool):
        yield Attention(Verdict.WARNING, told)


def _named(mirrors: Iterable[DatabaseMirror]) -> str:
    return listed(mirror.database for mirror in mirrors)


def _of_backup_service(pool: Pool) -> Iterator[Attention]:
    modules = pool.backup_modules if isinstance(pool.backup_modules, tuple) else ()
    broken = [
        module.name
        for module in modules
        if module.export is ExportState.ERROR or module.import_ is ImportState.ERROR
    ]
    if broken:
        told = f"The Backup Service of {pool.fqdn} reports errors: {listed(broken)}."
        yield Attention(Verdict.WARNING, told)


def _of_edges(deployment: Deployment) -> Iterator[Attention]:
    for edge in () if isinstance(deployment.edges, Unread) else deployment.edges:
        if edge.next_hop is None:
            continue
        hop = deployment.pool_of(edge.next_hop)
        if hop is None:
            yield Attention(Verdict.FAILED, leads_nowhere(edge))
        elif hop.kind.takes_next_hop and seems_dead(hop):
            yield Attention(
                Verdict.FAILED,
                f"The next hop of {edge.fqdn} is {hop.fqdn}, which does not answer: there is no"
                " outside access through it.",
            )
