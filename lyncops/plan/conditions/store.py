"""Conditions of the Central Management store: its master, its copies, and its replicas on every
computer.
"""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.checks.context import CheckContext
from lyncops.checks.replicas import has_fallen_silent
from lyncops.checks.result import Verdict
from lyncops.checks.store import store_single_master
from lyncops.checks.words import counted, listed
from lyncops.deployment.gaps import Need, Part
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.plan.conditions.base import Evaluation, Judged, known
from lyncops.values import Fqdn, Mode

_STORE: Final = Scope.of(Facet.STORE)
_HOLDS: Final = {Verdict.PASSED: True, Verdict.WARNING: True, Verdict.FAILED: False}


def _names_of(deployment: Deployment, fqdn: Fqdn) -> frozenset[Fqdn]:
    """The pool's name and those of its machines: the master is reported as either (fact:
    store-status).
    """
    pool = deployment.pool(fqdn)
    return frozenset({fqdn, *(machine.fqdn for machine in pool.machines)} if pool else {fqdn})


def _claims(deployment: Deployment) -> tuple[Fqdn, ...]:
    """The pools that claim the store.

    Where two do, it does not matter that another could not be asked.
    """
    store = deployment.central_management
    copies = known(store.copies)
    claims = (
        store.active_copies
        if len(store.active_copies) > 1
        else tuple(copy for copy in copies if known(copy.active))
    )
    return tuple(copy.pool for copy in claims)


def _judge(deployment: Deployment, claims: tuple[Fqdn, ...], wanted: Fqdn) -> Evaluation:
    """Whether `wanted` alone holds the store, master and agents included."""
    store, names = deployment.central_management, _names_of(deployment, wanted)
    master = None if store.active_master is None else known(store.active_master)
    agents = known(store.file_transfer_agents)
    evidence = (
        f"active on {listed(claims or ['no pool'])}, active master {master or 'none'}, file"
        f" transfer agents {listed(agents)}"
    )
    if len(claims) != 1:
        evidence += "; a known bad end of a store failover: the plan's notes have the repair"
    good = claims == (wanted,) and master in names and bool(agents) and names.issuperset(agents)
    return Evaluation(good, evidence)


@attrs.frozen(slots=True)
class StoreIsActiveOn(Judged):
    """The pool holds the one active copy, and master and file transfer agents are that pool or its
    machines.
    """

    pool: Fqdn

    @property
    def scope(self) -> Scope:
        """The store."""
        return _STORE

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.STORE),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """False too when two pools claim the store or none does: both known bad ends of a failover
        (fact: store-bad-ends).
        """
        return _judge(deployment, _claims(deployment), self.pool)

    def __str__(self) -> str:
        return f"the Central Management store is active on {self.pool} alone"


@attrs.frozen(slots=True)
class StoreHasSingleMaster(Judged):
    """Exactly one pool holds the active copy, whichever it is, and the master is of that pool."""

    @property
    def scope(self) -> Scope:
        """The store."""
        return _STORE

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.STORE),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """The answer of the check `store-single-master`: what the plan found bearable does not stop
        its steps.
        """
        finding = store_single_master.answer(
            CheckContext(deployment, Fqdn("any.pool"), Mode.PLANNED)
        )
        return Evaluation(_HOLDS.get(finding.verdict), finding.evidence)

    def __str__(self) -> str:
        return "the Central Management store is active on exactly one pool"


def _behind(deployment: Deployment, behind: list[Fqdn]) -> Evaluation:
    """Those that are not up to date; stalled where none of them has reported for an hour while
    others follow.
    """
    stalled = all(has_fallen_silent(deployment, computer) for computer in behind)
    why = "; no report for over an hour, while others follow" if stalled else ""
    return Evaluation(
        holds=False, evidence=f"not up to date: {listed(behind)}{why}", stalled=stalled
    )


@attrs.frozen(slots=True, kw_only=True)
class ReplicasUpToDate(Judged):
    """Every computer's replica of the configuration is up to date.

    `ignoring` names computers that cannot be (those of a dead pool); `only` limits the question to
    some computers.
    """

    ignoring: tuple[Fqdn, ...] = ()
    only: tuple[Fqdn, ...] = ()

    @property
    def scope(self) -> Scope:
        """The replicas."""
        return Scope.of(Facet.REPLICAS)

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.REPLICAS, items=self.only),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """An answer without replicas is not good news: the servers may report nothing at all (fact:
        replica-status).
        """
        replicas = known(deployment.central_management.replicas)
        asked = [
            r
            for r in replicas
            if r.computer not in self.ignoring and (not self.only or r.computer in self.only)
        ]
        missing = set(self.only) - set(self.ignoring) - {replica.computer for replica in asked}
        behind = [replica.computer for replica in asked if not replica.up_to_date]
        if behind:
            return _behind(deployment, behind)
        if missing or not asked:
            return Evaluation(
                None,
                f"no replica reported of {listed(sorted(missing)) if missing else 'any computer'}",
            )
        return Evaluation(holds=True, evidence=f"{counted(len(asked), 'replica')} up to date")

    def __str__(self) -> str:
        one = len(self.only) == 1
        whose = (
            f"the {'replica' if one else 'replicas'} of {listed(self.only)}"
            if self.only
            else "all replicas"
        )
        return (
            f"{whose} {'is' if one else 'are'} up to"
            f" date{f' (but for {listed(self.ignoring)})' if self.ignoring else ''}"
        )
