"""The deployment as it will be once a part of a plan has reached its goal: the next part is planned
for that time.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from lyncops.deployment.model import Deployment, PoolState
from lyncops.plan.conditions import (
    Condition,
    EdgeNextHopIs,
    PoolIsHome,
    PoolStateIs,
    StoreIsActiveOn,
)
from lyncops.values import Fqdn, Unread


def once_reached(deployment: Deployment, goal: Iterable[Condition]) -> Deployment:
    """The same reading with what the goal says about pool states, the store and next hops taken as
    true.
    """
    for condition in goal:
        match condition:
            case PoolStateIs(fqdn, state):
                deployment = _with_state(deployment, fqdn, state)
            case PoolIsHome(fqdn):
                deployment = _at_home(deployment, fqdn)
            case StoreIsActiveOn(fqdn):
                deployment = _with_store(deployment, fqdn)
            case EdgeNextHopIs(edge, fqdn):
                deployment = _with_next_hop(deployment, edge, fqdn)
            case _:
                pass
    return deployment


def _with_state(deployment: Deployment, fqdn: Fqdn, state: PoolState) -> Deployment:
    pool = deployment.pool(fqdn)
    return deployment if pool is None else deployment.with_pool(attrs.evolve(pool, state=state))


def _at_home(deployment: Deployment, fqdn: Fqdn) -> Deployment:
    """A pool that is home already keeps the state that says so; of an unread one nothing was
    promised.
    """
    pool = deployment.pool(fqdn)
    away = pool is not None and isinstance(pool.state, PoolState) and not pool.state.is_home
    return _with_state(deployment, fqdn, PoolState.FAILED_BACK) if away else deployment


def _with_store(deployment: Deployment, fqdn: Fqdn) -> Deployment:
    store = deployment.central_management
    copies = store.copies
    if not isinstance(copies, Unread):
        copies = tuple(attrs.evolve(copy, active=copy.pool == fqdn) for copy in copies)
    moved = attrs.evolve(store, copies=copies, active_master=fqdn, file_transfer_agents=(fqdn,))
    return attrs.evolve(deployment, central_management=moved)


def _with_next_hop(deployment: Deployment, edge: Fqdn, fqdn: Fqdn) -> Deployment:
    if isinstance(deployment.edges, Unread):
        return deployment
    moved = (
        attrs.evolve(one, next_hop=fqdn) if one.fqdn == edge else one for one in deployment.edges
    )
    return attrs.evolve(deployment, edges=tuple(moved))
