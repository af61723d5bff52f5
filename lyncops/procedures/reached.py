"""Whether what a plan aims at is so already, so that nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import Condition, FederatedEdgeIs, PoolIsHome, all_hold
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    BackupServiceSync,
    ConferenceRestore,
    EdgeFederationFailback,
    SiteFailback,
)

_WORK: Final = (BackupServiceSync, ConferenceRestore)
"""What these copy cannot be seen: a Backup Service that is steady may not have been asked."""


def is_reached(plan: Plan, deployment: Deployment) -> bool:
    """Whether the servers show, in the reading that the plan was made from, what was asked for.

    A server's local copy of the topology may be older than the last change, and proves nothing.
    """
    if deployment.from_local_store or isinstance(plan.procedure, _WORK):
        return False
    if not plan.steps and not plan.is_refused:
        return True
    aim = plan.goal or tuple(_aim(plan, deployment))
    return bool(aim) and all_hold(aim, deployment).holds is True


def _aim(plan: Plan, deployment: Deployment) -> Iterator[Condition]:
    """What a failback aims at that finds nothing to bring home, and so has no goal."""
    match plan.procedure:
        case EdgeFederationFailback(edge_pool=edge):
            yield FederatedEdgeIs(edge)
        case SiteFailback(site=site, without=without):
            for pool in deployment.front_end_pools:
                if pool.site == site and pool.backup_pool and pool.fqdn not in without:
                    yield PoolIsHome(pool.fqdn)
        case _:
            return
