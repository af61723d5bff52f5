"""What a condition is, what it answers, and how one answers that needs what could not be read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final, Protocol, TypeVar

import attrs

from lyncops.deployment.gaps import Need
from lyncops.deployment.model import Deployment, Pool
from lyncops.deployment.scope import Facet, Scope
from lyncops.values import Fqdn, Unread

T = TypeVar("T")


@attrs.frozen(slots=True)
class Evaluation:
    """Whether a condition holds (None: unknown), and what was seen.

    `at_work`: it does not hold yet, and the servers report that they work on it.
    `stalled`: it does not hold, and what it waits for has shown no sign of life for long.
    """

    holds: bool | None
    evidence: str
    at_work: bool = False
    stalled: bool = False


class Condition(Protocol):
    """A question to a deployment.

    Implementations are frozen attrs classes, so that they save as JSON.
    """

    @property
    def scope(self) -> Scope:
        """What must be read to answer."""
        ...

    def evaluate(self, deployment: Deployment) -> Evaluation:
        """Answer from a reading that covers `scope`."""
        ...

    def __str__(self) -> str:
        """The condition in words: `pool1.contoso.com is failed over`."""
        ...


class NotKnownError(Exception):
    """What a condition needs was not read, or is not in the answer: its words become the evidence
    of an unknown.
    """


class Judged(ABC):
    """Base of the conditions: `judge` answers as if everything had been read, and `known` stops it
    where that is not so.
    """

    __slots__ = ()

    @property
    def scope(self) -> Scope:
        """The topology, which is in every reading."""
        return Scope()

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on, beyond values that say themselves that they could not
        be read.
        """
        return ()

    @abstractmethod
    def judge(self, deployment: Deployment) -> Evaluation:
        """Answer, or raise NotKnownError."""

    def evaluate(self, deployment: Deployment) -> Evaluation:
        """Answer; unknown, with the reason, where something needed is missing, or part of an answer
        was not understood.
        """
        try:
            truth = self.judge(deployment)
        except NotKnownError as missing:
            return Evaluation(None, str(missing))
        gaps = deployment.open_questions(*self.needs)
        return Evaluation(None, _together((truth.evidence, *map(str, gaps)))) if gaps else truth


@attrs.frozen(slots=True)
class UnlessRefuted:
    """A condition that holds too where it cannot be read: a rescue is stopped by what is seen, not
    by what is not.
    """

    condition: Condition

    @property
    def scope(self) -> Scope:
        """What the condition needs."""
        return self.condition.scope

    def evaluate(self, deployment: Deployment) -> Evaluation:
        """False only where the condition is seen not to hold."""
        truth = self.condition.evaluate(deployment)
        if truth.holds is not None:
            return truth
        return Evaluation(
            holds=True,
            evidence=_together((truth.evidence, ("in a disaster the plan continues without it"))),
        )

    def __str__(self) -> str:
        return f"{self.condition}, as far as that can be read"


def known(value: T | Unread | None, missing: str = "") -> T:
    """The value that was read; NotKnownError where it could not be, or is None for the reason that
    `missing` gives.
    """
    if isinstance(value, Unread) or value is None:
        raise NotKnownError(str(value) if isinstance(value, Unread) else missing)
    return value


def known_pool(deployment: Deployment, fqdn: Fqdn) -> Pool:
    """The pool; NotKnownError where the topology was not read or does not have it."""
    known(deployment.pools)
    return known(deployment.pool(fqdn), f"the topology has no pool {fqdn}")


def all_hold(conditions: Iterable[Condition], deployment: Deployment) -> Evaluation:
    """Whether all of them hold: False as soon as one is false, unknown where none is false and one
    is unknown.
    """
    truths = [condition.evaluate(deployment) for condition in conditions]
    for wanted in (False, None):
        seen = [truth for truth in truths if truth.holds is wanted]
        if seen:
            return Evaluation(
                wanted,
                _together(truth.evidence for truth in seen),
                at_work=all(truth.at_work for truth in seen),
                stalled=all(truth.stalled for truth in seen),
            )
    return Evaluation(holds=True, evidence=_together(truth.evidence for truth in truths))


def _together(evidence: Iterable[str]) -> str:
    """Sentences and phrases in one line: a full stop or a semicolon between two, never both."""
    told = ""
    for text in evidence:
        told += (" " if told.endswith(".") else "; " if told else "") + text
    return told


_PER_POOL: Final = frozenset(
    {Facet.POOL_STATE, Facet.BACKUP_STATUS, Facet.MIRRORS, Facet.MACHINES, Facet.USERS}
)


def scope_of(conditions: Iterable[Condition]) -> Scope:
    """What must be read to answer all of them.

    A facet that belongs to no pool (the store, the replicas) does not widen the pools that the
    others limit themselves to.
    """
    scopes = [condition.scope for condition in conditions]
    limits = [scope.pools for scope in scopes if scope.facets & _PER_POOL]
    facets = frozenset(facet for scope in scopes for facet in scope.facets)
    pools = (
        frozenset(pool for limit in limits for pool in limit) if all(limits) else frozenset[Fqdn]()
    )
    lookups = frozenset(question for scope in scopes for question in scope.lookups)
    return Scope(
        facets, pools, lookups, frozenset(trial for scope in scopes for trial in scope.trials)
    )
