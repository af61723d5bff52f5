"""Whether what a plan aims at is so already, so that nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import (
    Condition,
    FederatedEdgeIs,
    PoolIsHome,
    RouteKind,
    SiteRouteIs,
    all_hold,
)
from lyncops.plan.model import Plan
from lyncops.plan.procedures import (
    BackupServiceSync,
    ConferenceRestore,
    EdgeFederationFailback,
    MovesXmpp,
    SiteFailback,
    XmppFailback,
)
from lyncops.procedures.edges import find_edge, known_edges
from lyncops.values import Fqdn, ServiceId, Unread

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
    """What a procedure aims at that finds nothing to move, and so has no goal."""
    match plan.procedure:
        case EdgeFederationFailback(edge_pool=edge):
            yield FederatedEdgeIs(edge)
        case SiteFailback(site=site, without=without):
            for pool in deployment.front_end_pools:
                if pool.site == site and pool.backup_pool and pool.fqdn not in without:
                    yield PoolIsHome(pool.fqdn)
        case MovesXmpp():
            yield from _xmpp_routes(plan.procedure, deployment)
        case _:
            return


def _xmpp_routes(asked: MovesXmpp, deployment: Deployment) -> Iterator[Condition]:
    """The sites' routes of XMPP through the Edge pool that has it afterwards: those of the sites
    that are named, else of every site that has one.
    """
    to = asked.edge_pool if isinstance(asked, XmppFailback) else _other_edge(asked, deployment)
    if (
        to is None
        or find_edge(deployment, asked.edge_pool) is None
        or isinstance(deployment.sites, Unread)
    ):
        return
    with_route = (one.name for one in deployment.sites if one.xmpp_federation_route is not None)
    for site in with_route if asked.sites is None else asked.sites:
        yield SiteRouteIs(site, RouteKind.XMPP, ServiceId("EdgeServer", to))


def _other_edge(asked: MovesXmpp, deployment: Deployment) -> Fqdn | None:
    """The Edge pool that takes over: the one that is named, or the only other one."""
    others = [edge.fqdn for edge in known_edges(deployment) if edge.fqdn != asked.edge_pool]
    return asked.other_edge or (others[0] if len(others) == 1 else None)
