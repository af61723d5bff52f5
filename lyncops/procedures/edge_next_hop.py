"""Setting another Front End pool as the next hop of one Edge pool."""

from __future__ import annotations

from lyncops.deployment.model import Deployment
from lyncops.plan.procedures import EdgeNextHop
from lyncops.procedures.drafting import Draft, those_asked
from lyncops.procedures.edges import (
    NextHopMove,
    edge_pool_exists,
    edge_replica_steps,
    find_edge,
    next_hop_fits,
    next_hop_steps,
    preferring,
    takes_next_hop,
)
from lyncops.procedures.store_checks import store_writable
from lyncops.values import Unread

_WHY = "Traffic from outside enters through this pool."


def draft(deployment: Deployment, request: EdgeNextHop) -> Draft:
    """Draft that the pool `request.next_hop` becomes the next hop of the Edge pool
    `request.edge_pool`.

    Refused when the Edge pool does not exist, when the next hop is not a living Front End pool, and
    when the store does not work: every Set-Cs cmdlet needs it (fact: store-needed).
    """
    name, to = request.edge_pool, request.next_hop
    found, edge = edge_pool_exists(deployment, name), find_edge(deployment, name)
    if edge is None:
        return Draft(checks=(found,))
    move = NextHopMove(edges=(edge,), to=to)
    checks = those_asked(found, next_hop_fits(deployment, move, leaving=edge.fqdn))
    if not takes_next_hop(deployment, to) and not isinstance(deployment.pools, Unread):
        return Draft(checks=checks)
    place = preferring(to)
    moves = next_hop_steps(
        deployment, move, place=place, why=_WHY, enable_topology=request.enable_topology
    )
    return Draft(
        lock=(edge.fqdn, to),
        checks=(*checks, store_writable(deployment)),
        steps=(*moves, *edge_replica_steps(deployment, move)),
        goal=move.goal,
        expected_loss="Nothing.",
    )
