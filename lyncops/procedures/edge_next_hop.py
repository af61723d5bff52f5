"""Leading one Edge pool to another Front End pool."""

from __future__ import annotations

from lyncops.checks.result import CheckResult
from lyncops.deployment.model import Deployment, EdgePool
from lyncops.procedures.drafting import Draft, those_asked
from lyncops.procedures.edges import (
    NextHopMove,
    edge_pool_exists,
    edge_replica_steps,
    known_edges,
    next_hop_fits,
    next_hop_steps,
    preferring,
    takes_next_hop,
)
from lyncops.procedures.request import ProcedureRequest
from lyncops.procedures.store import store_writable
from lyncops.values import Unread

_WHY = "What comes from outside enters by this pool."


def draft(deployment: Deployment, request: ProcedureRequest) -> Draft:
    """Draft that the Edge pool `request.target` leads to the pool `request.next_hop`.

    Refused when there is no such Edge pool, when the next hop is no living Front End pool, and when the store does not
    work: every Set-Cs cmdlet needs it (facts page 6.2).
    """
    found = edge_exists(deployment, request)
    edge = find_edge(deployment, request)
    to = request.next_hop
    if edge is None or to is None:
        return Draft(checks=(found,))
    move = NextHopMove(edges=(edge,), to=to)
    checks = those_asked(found, next_hop_fits(deployment, move, leaving=edge.fqdn))
    if not takes_next_hop(deployment, to) and not isinstance(deployment.pools, Unread):
        return Draft(checks=checks)
    place = preferring(to)
    moves = next_hop_steps(deployment, move, place=place, why=_WHY, enable_topology=request.enable_topology)
    return Draft(
        lock=(edge.fqdn, to),
        checks=(*checks, store_writable(deployment)),
        steps=(*moves, *edge_replica_steps(deployment, move)),
        goal=move.goal,
        expected_loss="Nothing.",
    )


def find_edge(deployment: Deployment, request: ProcedureRequest) -> EdgePool | None:
    """The Edge pool that the request names."""
    wanted = request.edge or request.target
    return next((edge for edge in known_edges(deployment) if edge.fqdn == wanted), None)


def edge_exists(deployment: Deployment, request: ProcedureRequest) -> CheckResult:
    """Whether the topology has the Edge pool that the request names."""
    return edge_pool_exists(deployment, request.edge or request.target)
