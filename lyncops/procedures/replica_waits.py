"""How long a plan waits for replicas after the store has moved: in a disaster the users do not wait
for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lyncops.checks.replicas import never_reported
from lyncops.checks.silence import is_silent, silent_machines
from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import ReplicasUpToDate, StoreIsActiveOn
from lyncops.plan.steps import Step, WaitStep
from lyncops.procedures import figures
from lyncops.procedures.conference import CONTENT_STEADY
from lyncops.sources import Sources
from lyncops.values import Fqdn

_REST: Final = "store-replicas-rest"


def all_replicas(deployment: Deployment, holder: Fqdn, *, sources: Sources) -> WaitStep:
    """The wait until all replicas but those of silent machines follow the store on `holder`."""
    return WaitStep(
        step_id="store-replicas",
        title="Wait until every replica is up to date",
        why="Replicas that are not updated are the first sign of a half-moved store.",
        sources=sources,
        until=(StoreIsActiveOn(holder), ReplicasUpToDate(ignoring=_not_waited_for(deployment))),
        deadline=figures.REPLICATION_DEADLINE,
        estimate=figures.REPLICATION,
        optional=True,
    )


def own_replicas(deployment: Deployment, holder: Fqdn, *, sources: Sources) -> WaitStep:
    """The wait until the Front Ends of `holder`, which receive the users, follow the store
    there.
    """
    return WaitStep(
        step_id="store-replicas",
        title=f"Wait until the replicas of the Front Ends of {holder} are up to date",
        why=(
            f"{holder} receives the users. In a disaster, they do not wait for replicas elsewhere"
            " that may be broken."
        ),
        sources=sources,
        until=(StoreIsActiveOn(holder), ReplicasUpToDate(only=_awake(deployment, holder))),
        deadline=figures.REPLICATION_DEADLINE,
        estimate=figures.REPLICATION,
        optional=True,
    )


def rest_of_replicas(deployment: Deployment, holder: Fqdn, *, sources: Sources) -> WaitStep:
    """The wait for all the others, after the users.

    It is asked for always: what cannot be seen may lag too.
    """
    return WaitStep(
        step_id=_REST,
        title="Wait until all other replicas are up to date",
        why=(
            "Users are served in the meantime. Replicas that are not updated are the first sign of"
            " a half-moved store."
        ),
        sources=sources,
        until=(StoreIsActiveOn(holder), ReplicasUpToDate(ignoring=_not_waited_for(deployment))),
        deadline=figures.REPLICATION_DEADLINE,
        estimate=figures.REPLICATION,
        optional=True,
    )


def _not_waited_for(deployment: Deployment) -> tuple[Fqdn, ...]:
    """What cannot follow, and what never reported."""
    return tuple(dict.fromkeys((*silent_machines(deployment), *never_reported(deployment))))


def users_first(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps in their order, the waits for the rest of the replicas behind everything that moves
    users.
    """
    return _last(steps, _REST)


def content_last(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps in their order, the waits for conference content at the end: they take hours where
    there is much of it, and nothing else hangs on them.
    """
    return _last(steps, CONTENT_STEADY)


def _last(steps: Iterable[Step], step_id: str) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.step_id.rpartition("/")[2] == step_id))


def _awake(deployment: Deployment, holder: Fqdn) -> tuple[Fqdn, ...]:
    """The machines of the pool that can follow; all of them where none is seen to run."""
    pool = deployment.pool(holder)
    machines = tuple(machine.fqdn for machine in pool.machines) if pool else ()
    return tuple(fqdn for fqdn in machines if not is_silent(deployment, fqdn)) or machines
