"""Does an Edge pool hand its traffic to the pool that is to be failed over?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from lyncops.checks.check import Finding, Weight, check, of_next_hops, passed, unknown, warning
from lyncops.checks.context import CheckContext
from lyncops.checks.life import seems_dead
from lyncops.checks.words import counted, listed
from lyncops.deployment.model import Deployment, EdgePool
from lyncops.sources import fact, guide
from lyncops.values import Fqdn, SiteName, Unread

_NAMED: Final = 5
"""So many Edge pools are named one by one; a lost region can have hundreds."""


def edges_behind(situation: CheckContext) -> tuple[EdgePool, ...]:
    """The Edge pools whose next hop is the pool (named by its own name or by a machine's)."""
    return situation.deployment.relations.edges_behind(situation.target)


@check(
    "edge-next-hop",
    question="Is the pool free of Edge pools that use it as their next hop?",
    sources=(guide("Failing over a pool", step=1), fact("next-hop-refusal")),
    needs=of_next_hops,
    weight=Weight.ALWAYS,
)
def edge_next_hop(situation: CheckContext) -> Finding:
    """A WARNING, since the plan moves the next hop first; the server itself refuses a failover that
    forgot it.
    """
    if isinstance(situation.deployment.edges, Unread):
        return unknown(
            f"The Edge pools could not be read: {situation.deployment.edges.reason}",
            "Look at the Registrar of Get-CsService -EdgeServer.",
            blocking=not situation.disaster,
        )
    behind = edges_behind(situation)
    if not behind:
        return passed(f"No Edge pool has {situation.target} as its next hop.")
    partner = situation.partner
    where = situation.next_hop or (partner.fqdn if partner else "another pool")
    names = listed(edge.fqdn for edge in behind)
    return warning(
        f"{situation.target} is the next hop of {names}. It will be moved first to {where}.",
        f"If the Edge servers of {names} are down too, the step does no"
        f" harm.{_nearer(situation, behind)}",
    )


def _nearer(situation: CheckContext, edges: tuple[EdgePool, ...]) -> str:
    """The living pools in the Edge pools' own site, if the backup pool is in another site and no
    next hop was given.
    """
    deployment, partner = situation.deployment, situation.partner
    if situation.next_hop is not None:
        return ""
    found = {
        near: None
        for edge in edges
        for near in _nearest_next_hop(deployment, edge, situation.target)
        if _site_of(deployment, near) is not None
        and _site_of(deployment, near) == _site_of(deployment, edge.fqdn)
    }
    if not found or (partner is not None and partner.fqdn in found):
        return ""
    return (
        " Closer, in the same site as the Edge pool:"
        f" {listed(f'--next-hop {near}' for near in found)}."
    )


def _site_of(deployment: Deployment, pool: Fqdn) -> SiteName | None:
    known = deployment.pool(pool)
    return None if known is None or isinstance(known.site, Unread) else known.site


def nearest_next_hops(deployment: Deployment, edge: EdgePool, leaving: Fqdn) -> Iterator[Fqdn]:
    """The Front End and Director pools that are up and can be an Edge pool's next hop, those of
    its own site first; none is looked at before it is wanted.
    """
    home = _site_of(deployment, edge.fqdn)
    return (name for name in deployment.signs.next_hops_from(home) if name != leaving)


def _nearest_next_hop(deployment: Deployment, edge: EdgePool, leaving: Fqdn) -> tuple[Fqdn, ...]:
    """The first of them, where there is one."""
    first = deployment.signs.first_next_hops_from(_site_of(deployment, edge.fqdn))
    return tuple(name for name in first if name != leaving)[:1]


@check(
    "next-hops-alive",
    question="Is the next hop of every Edge pool up?",
    sources=(guide("Failing over a pool", step=1), fact("edge-cmdlets")),
    needs=of_next_hops,
    weight=Weight.NEVER,
)
def next_hops_alive(situation: CheckContext) -> Finding:
    """A WARNING: what enters by such an Edge pool is cut off, whatever is done about the pool that
    is failed over.
    """
    deployment = situation.deployment
    if isinstance(deployment.edges, Unread):
        return unknown(
            f"The Edge pools could not be read: {deployment.edges.reason}",
            "See edge-next-hop.",
            blocking=False,
        )
    dead, lost = _with_dead_next_hop(situation), _with_lost_next_hop(deployment)
    cut_off = (*dead, *lost)
    if not cut_off:
        return passed("No Edge pool has another dead pool as its next hop.")
    named = (*dead[:_NAMED], *lost[:_NAMED])
    told = [
        *(_leads_to_the_dead(deployment, edge) for edge in dead[:_NAMED]),
        *map(leads_nowhere, lost[:_NAMED]),
    ]
    if more := len(cut_off) - len(named):
        told.append(f"The same holds for {counted(more, 'more Edge pool')}.")
    commands = tuple(
        f"lyncops run edge-next-hop {edge.fqdn} --next-hop {near}"
        for edge in named
        for near in _nearest_next_hop(deployment, edge, situation.target)
    )
    return warning(
        " ".join(told),
        f"Set a next hop that is up: {listed(commands)}."
        if commands
        else "Get a pool running that can be their next hop.",
    )


def _leads_to_the_dead(deployment: Deployment, edge: EdgePool) -> str:
    pool = deployment.pool_of(edge.next_hop) if edge.next_hop else None
    which = f"the {pool.kind.value} pool {pool.fqdn}" if pool else edge.next_hop
    return f"The next hop of {edge.fqdn} is {which}, which is not running."


def leads_nowhere(edge: EdgePool) -> str:
    """What is said of an Edge pool whose next hop is the name of no pool or server."""
    return (
        f"The next hop of {edge.fqdn} is {edge.next_hop}, which is not in the topology: there is no"
        " outside access through it."
    )


def _with_lost_next_hop(deployment: Deployment) -> tuple[EdgePool, ...]:
    if isinstance(deployment.pools, Unread):
        return ()
    return deployment.relations.edges_into_nothing


def _with_dead_next_hop(situation: CheckContext) -> tuple[EdgePool, ...]:
    """The Edge pools whose next hop is dead and another than the target."""
    deployment = situation.deployment
    into, own = deployment.relations.edges_into, deployment.relations.owner(situation.target)
    dead = sorted((into.keys() & deployment.signs.where(seems_dead)) - {own})
    return tuple(chain.from_iterable(map(into.__getitem__, dead)))
