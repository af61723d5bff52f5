"""Does an Edge pool hand its traffic to the pool that is to be failed over?"""

from __future__ import annotations

from lyncops.checks.check import Finding, Weight, check, of_next_hops, passed, unknown, warning
from lyncops.checks.context import CheckContext
from lyncops.checks.life import seems_dead
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment, EdgePool
from lyncops.deployment.order import natural
from lyncops.sources import fact, guide
from lyncops.values import Fqdn, SiteName, Unread


def edges_behind(situation: CheckContext) -> tuple[EdgePool, ...]:
    """The Edge pools whose next hop is the pool (named by its own name or by a machine's)."""
    edges = () if isinstance(situation.deployment.edges, Unread) else situation.deployment.edges
    return tuple(
        edge for edge in edges if edge.next_hop is not None and _is_target(situation, edge)
    )


def _is_target(situation: CheckContext, edge: EdgePool) -> bool:
    hop = edge.next_hop
    pool = None if hop is None else situation.deployment.pool_of(hop)
    return hop == situation.target or (pool is not None and pool.fqdn == situation.target)


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
        f"If the Edge servers of {names} are gone too, this does no"
        f" harm.{_nearer(situation, behind)}",
    )


def _nearer(situation: CheckContext, edges: tuple[EdgePool, ...]) -> str:
    """The living pools in the Edge pools' own site, where the backup pool is in another and nobody
    named one.
    """
    deployment, partner = situation.deployment, situation.partner
    if situation.next_hop is not None:
        return ""
    found = {
        near: None
        for edge in edges
        for near in nearest_next_hops(deployment, edge, situation.target)[:1]
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


def nearest_next_hops(deployment: Deployment, edge: EdgePool, leaving: Fqdn) -> tuple[Fqdn, ...]:
    """The Front End and Director pools that are up and can be an Edge pool's next hop, those of
    its own site first.
    """
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    home = _site_of(deployment, edge.fqdn)
    living = [
        pool
        for pool in pools
        if pool.kind.takes_next_hop and pool.is_alive and pool.fqdn != leaving
    ]
    return tuple(
        pool.fqdn
        for pool in sorted(
            living, key=lambda pool: (home is None or pool.site != home, natural(pool.fqdn))
        )
    )


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
    ends = [
        (edge, pool)
        for edge in deployment.edges
        if edge.next_hop is not None and not _is_target(situation, edge)
        if (pool := deployment.pool_of(edge.next_hop)) is not None and seems_dead(pool)
    ]
    if not ends:
        return passed("No Edge pool has another dead pool as its next hop.")
    told = "; ".join(
        f"the next hop of {edge.fqdn} is the {pool.kind.value} pool {pool.fqdn}, which is not"
        " running"
        for edge, pool in ends
    )
    commands = tuple(
        f"lyncops run edge-next-hop {edge.fqdn} --next-hop {near}"
        for edge, _ in ends
        for near in nearest_next_hops(deployment, edge, situation.target)[:1]
    )
    return warning(
        f"{told}.",
        f"Set a next hop that is up: {listed(commands)}."
        if commands
        else "Get those pools running again.",
    )
