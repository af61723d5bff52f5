"""What a condition is, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

import attrs

from lyncops.deployment.model import Deployment, Pool
from lyncops.deployment.scope import Facet, Scope
from lyncops.values import Fqdn, Unread


@attrs.frozen(slots=True)
class Truth:
    """Whether a condition holds (None: unknown), and what was seen."""

    holds: bool | None
    evidence: str


class Condition(Protocol):
    """A question to a deployment. Implementations are frozen attrs classes, so that they save as JSON."""

    @property
    def scope(self) -> Scope:
        """What must be read to answer."""
        ...

    def evaluate(self, deployment: Deployment) -> Truth:
        """Answer from a reading that covers `scope`."""
        ...

    def __str__(self) -> str:
        """The condition in words: `pool1.contoso.com is failed over`."""
        ...


def all_hold(conditions: Iterable[Condition], deployment: Deployment) -> Truth:
    """Whether all of them hold: False as soon as one is false, unknown where none is false and one is unknown."""
    truths = [condition.evaluate(deployment) for condition in conditions]
    for wanted in (False, None):
        seen = [truth.evidence for truth in truths if truth.holds is wanted]
        if seen:
            return Truth(wanted, "; ".join(seen))
    return Truth(holds=True, evidence="; ".join(truth.evidence for truth in truths))


_PER_POOL: Final = frozenset({Facet.POOL_STATE, Facet.BACKUP_STATUS, Facet.MIRRORS, Facet.MACHINES, Facet.USERS})


def scope_of(conditions: Iterable[Condition]) -> Scope:
    """What must be read to answer all of them.

    A facet that is no pool's (the store, the replicas) does not widen the pools that the others limit themselves to.
    """
    scopes = [condition.scope for condition in conditions]
    limits = [scope.pools for scope in scopes if scope.facets & _PER_POOL]
    facets = frozenset(facet for scope in scopes for facet in scope.facets)
    pools = frozenset(pool for limit in limits for pool in limit) if all(limits) else frozenset[Fqdn]()
    return Scope(facets, pools, frozenset(question for scope in scopes for question in scope.lookups))


def find_pool(deployment: Deployment, fqdn: Fqdn) -> Pool | Truth:
    """The pool, or the answer of a condition that needs it and cannot have it."""
    if isinstance(deployment.pools, Unread):
        return Truth(None, str(deployment.pools))
    return deployment.pool(fqdn) or Truth(None, f"the topology has no pool {fqdn}")


def listed(names: Iterable[object]) -> str:
    """Names for a sentence: `a, b and c`; `nothing` where there are none."""
    *most, last = [str(name) for name in names] or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last
