"""The part of a large deployment that a disaster touches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from lyncops.deployment.model import Deployment, EdgePool, Pool, PoolKind, Site
from lyncops.drill.story import SITE, Disaster
from lyncops.values import Fqdn, SiteName, Unread

SMALL: Final = 12
"""Deployments of so many Front End pools are copied whole."""


def touched_by(disaster: Disaster, deployment: Deployment) -> Deployment:
    """The snapshot without the pools that the disaster and its rescue have nothing to do with.

    What is left: the pools that are lost and their backup pools, those with a copy of the Central
    Management store, the Edge pools of their sites and those that point at any of them, and the
    pools that these Edge pools point at.
    """
    if isinstance(deployment.pools, Unread) or len(deployment.front_end_pools) <= SMALL:
        return deployment
    edges = () if isinstance(deployment.edges, Unread) else deployment.edges
    fronts = set(_with_partners(deployment, set(_front_ends(disaster, deployment))))
    sites = {pool.site for pool in deployment.pools if pool.fqdn in fronts}
    media = {
        name
        for pool in deployment.front_end_pools
        if pool.fqdn in fronts
        for name in pool.edges_for_media
    }
    routes = media | set(_routes(deployment, sites))
    kept = {
        edge.fqdn
        for edge in edges
        if edge.fqdn in routes or edge.next_hop in fronts or _site(deployment, edge.fqdn) in sites
    }
    hops = {edge.next_hop for edge in edges if edge.fqdn in kept and edge.next_hop is not None}
    fronts = set(_with_partners(deployment, fronts | hops))
    sites = {pool.site for pool in deployment.pools if pool.fqdn in fronts | kept}
    return _only(deployment, fronts | kept, sites)


def _front_ends(disaster: Disaster, deployment: Deployment) -> Iterator[Fqdn]:
    named = {disaster.lost, str(disaster.rescue.target), f"{SITE}{disaster.rescue.target}"}
    for pool in deployment.front_end_pools:
        if named & {str(pool.fqdn), f"{SITE}{pool.site}"}:
            yield pool.fqdn
    copies = deployment.central_management.copies
    yield from (copy.pool for copy in (() if isinstance(copies, Unread) else copies))


def _with_partners(deployment: Deployment, names: set[Fqdn]) -> Iterator[Fqdn]:
    for name in names:
        pool = deployment.pool(name)
        if pool is not None:
            yield name
            if isinstance(pool.backup_pool, Fqdn):
                yield pool.backup_pool


def _routes(deployment: Deployment, sites: set[SiteName | Unread]) -> Iterator[Fqdn]:
    for site in () if isinstance(deployment.sites, Unread) else deployment.sites:
        for route in (site.federation_route, site.xmpp_federation_route):
            if route is not None and site.name in sites:
                yield route.pool


def _site(deployment: Deployment, fqdn: Fqdn) -> SiteName | Unread | None:
    pool = deployment.pool(fqdn)
    return None if pool is None else pool.site


def _only(deployment: Deployment, names: set[Fqdn], sites: set[SiteName | Unread]) -> Deployment:
    def is_kept(pool: Pool) -> bool:
        own = pool.kind.takes_next_hop or pool.kind is PoolKind.EDGE
        return pool.fqdn in names or (pool.site in sites and (not own or _is_director(pool)))

    def keep(site: Site) -> bool:
        return site.name in sites

    def keeps(edge: EdgePool) -> bool:
        return edge.fqdn in names

    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    return attrs.evolve(
        deployment,
        pools=tuple(filter(is_kept, pools)),
        sites=(
            deployment.sites
            if isinstance(deployment.sites, Unread)
            else tuple(filter(keep, deployment.sites))
        ),
        edges=(
            deployment.edges
            if isinstance(deployment.edges, Unread)
            else tuple(filter(keeps, deployment.edges))
        ),
    )


def _is_director(pool: Pool) -> bool:
    return pool.kind is PoolKind.DIRECTOR
