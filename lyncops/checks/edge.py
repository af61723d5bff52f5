"""Does an Edge pool hand its traffic to the pool that is to be failed over?"""

from __future__ import annotations

from lyncops.checks.check import Finding, Weight, check, of_next_hops, passed, unknown, warning
from lyncops.checks.context import CheckContext
from lyncops.checks.words import listed
from lyncops.deployment.model import EdgePool
from lyncops.sources import fact, guide
from lyncops.values import Unread


def edges_behind(situation: CheckContext) -> tuple[EdgePool, ...]:
    """The Edge pools whose next hop is the pool (named by its own name or by a machine's)."""
    edges = () if isinstance(situation.deployment.edges, Unread) else situation.deployment.edges
    return tuple(edge for edge in edges if edge.next_hop is not None and _is_target(situation, edge))


def _is_target(situation: CheckContext, edge: EdgePool) -> bool:
    hop = edge.next_hop
    pool = None if hop is None else situation.deployment.pool_of(hop)
    return hop == situation.target or (pool is not None and pool.fqdn == situation.target)


@check(
    "edge-next-hop",
    question="Is no Edge pool using the pool as its next hop?",
    sources=(guide("Failing over a pool", step=1), fact("next-hop-refusal")),
    needs=of_next_hops,
    weight=Weight.ALWAYS,
)
def edge_next_hop(situation: CheckContext) -> Finding:
    """A WARNING, since the plan moves the next hop first; the server itself refuses a failover that forgot it."""
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
    where = partner.fqdn if partner else "another pool"
    names = listed(edge.fqdn for edge in behind)
    return warning(
        f"{situation.target} is the next hop of {names}. It will be moved first to {where}.",
        f"If the Edge servers of {names} are gone too, that does no harm.",
    )
