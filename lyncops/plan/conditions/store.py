"""Conditions of the Central Management store: its master, its copies, and its replicas on every computer."""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.deployment.model import CentralManagement, Deployment, StoreCopy
from lyncops.deployment.scope import Facet, Scope
from lyncops.plan.conditions.base import Truth, listed
from lyncops.values import Fqdn, Unread

_STORE: Final = Scope.of(Facet.STORE)


def _names_of(deployment: Deployment, fqdn: Fqdn) -> frozenset[Fqdn]:
    """The pool's name and those of its machines: the master is reported as either (facts page 2.2)."""
    pool = deployment.pool(fqdn)
    return frozenset({fqdn, *(machine.fqdn for machine in pool.machines)} if pool else {fqdn})


def _active_copies(copies: tuple[StoreCopy, ...]) -> tuple[tuple[Fqdn, ...], Unread | None]:
    """The pools that claim the store, and the first claim that could not be read."""
    claims = tuple(copy.pool for copy in copies if copy.active is True)
    return claims, next((copy.active for copy in copies if isinstance(copy.active, Unread)), None)


def _judge(store: CentralManagement, names: frozenset[Fqdn], copies: tuple[StoreCopy, ...], wanted: Fqdn) -> Truth:
    """Whether `wanted` (a pool known by all of `names`) alone holds the store, master and agents included."""
    claims, unread = _active_copies(copies)
    if unread is not None:
        return Truth(None, str(unread))
    for part in (store.active_master, store.file_transfer_agents):
        if isinstance(part, Unread):
            return Truth(None, str(part))
    master = store.active_master
    agents = () if isinstance(store.file_transfer_agents, Unread) else store.file_transfer_agents
    evidence = f"active on {listed(claims)}, active master {master or 'none'}, file transfer agents {listed(agents)}"
    if len(claims) != 1:
        evidence += "; a known bad end of a store failover: the plan's notes have the repair (facts page 6.3)"
    good = claims == (wanted,) and master in names and bool(agents) and names.issuperset(agents)
    return Truth(good, evidence)


@attrs.frozen(slots=True)
class StoreIsActiveOn:
    """The pool holds the one active copy, and master and file transfer agents are that pool or its machines."""

    pool: Fqdn

    @property
    def scope(self) -> Scope:
        """The store."""
        return _STORE

    def evaluate(self, deployment: Deployment) -> Truth:
        """False too when two pools claim the store or none does: both known bad ends of a failover (facts page 6.3)."""
        store = deployment.central_management
        if isinstance(store.copies, Unread):
            return Truth(None, str(store.copies))
        return _judge(store, _names_of(deployment, self.pool), store.copies, self.pool)

    def __str__(self) -> str:
        return f"the Central Management store is active on {self.pool} alone"


@attrs.frozen(slots=True)
class StoreHasSingleMaster:
    """Exactly one pool holds the active copy, whichever it is, and master and file transfer agents are of that pool."""

    @property
    def scope(self) -> Scope:
        """The store."""
        return _STORE

    def evaluate(self, deployment: Deployment) -> Truth:
        """Answer for the pool that claims the store."""
        store = deployment.central_management
        if isinstance(store.copies, Unread):
            return Truth(None, str(store.copies))
        claims, unread = _active_copies(store.copies)
        if len(claims) == 1:
            return _judge(store, _names_of(deployment, claims[0]), store.copies, claims[0])
        if unread is not None and not claims:
            return Truth(None, str(unread))
        return Truth(holds=False, evidence=f"the store is active on {listed(claims)}")

    def __str__(self) -> str:
        return "the Central Management store is active on exactly one pool"


@attrs.frozen(slots=True, kw_only=True)
class ReplicasUpToDate:
    """Every computer's replica of the configuration is up to date.

    `ignoring` names computers that cannot be (those of a dead pool); `only` limits the question to some computers.
    """

    ignoring: tuple[Fqdn, ...] = ()
    only: tuple[Fqdn, ...] = ()

    @property
    def scope(self) -> Scope:
        """The replicas."""
        return Scope.of(Facet.REPLICAS)

    def evaluate(self, deployment: Deployment) -> Truth:
        """No replica in the answer is no good news: the servers may report nothing at all (facts page 2.2)."""
        replicas = deployment.central_management.replicas
        if isinstance(replicas, Unread):
            return Truth(None, str(replicas))
        asked = [r for r in replicas if r.computer not in self.ignoring and (not self.only or r.computer in self.only)]
        missing = set(self.only) - set(self.ignoring) - {replica.computer for replica in asked}
        behind = [replica.computer for replica in asked if not replica.up_to_date]
        if behind:
            return Truth(holds=False, evidence=f"not up to date: {listed(behind)}")
        if missing or not asked:
            return Truth(None, f"no replica reported of {listed(sorted(missing)) if missing else 'any computer'}")
        return Truth(holds=True, evidence=f"{len(asked)} replicas are up to date")

    def __str__(self) -> str:
        whose = f"the replicas of {listed(self.only)}" if self.only else "all replicas"
        return f"{whose} are up to date{f' (but for {listed(self.ignoring)})' if self.ignoring else ''}"
