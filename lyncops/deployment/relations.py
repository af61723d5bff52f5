"""What leads to what in a topology: gathered once, since thousands of pools cannot be looked
through for each question.

Only what a pool is made of counts here, not how it is today: a reading in which a pool is taken to
be gone has the same relations (`same_make`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeVar

import attrs

from lyncops.deployment.pool import EdgePool, Pool, Site
from lyncops.values import Fqdn, ServiceId, SiteName, Unread

K = TypeVar("K")
V = TypeVar("V")
_NONE: Final[tuple[EdgePool, ...]] = ()


@attrs.frozen(slots=True, eq=False)
class Relations:
    """The relations between the pools, Edge pools and sites of one topology; `computers` are those
    with a replica of the configuration.

    Of two pools with one name the first one counts.
    """

    pools: tuple[Pool, ...]
    edges: tuple[EdgePool, ...]
    sites: tuple[Site, ...]
    computers: tuple[Fqdn, ...]

    @cached_property
    def place(self) -> Mapping[Fqdn, int]:
        """The index of the pool with a name."""
        return {pool.fqdn: at for at, pool in reversed(tuple(enumerate(self.pools)))}

    @cached_property
    def place_of_machine(self) -> Mapping[Fqdn, int]:
        """The index of the pool that has the machine with a name."""
        return {
            machine.fqdn: at
            for at, pool in reversed(tuple(enumerate(self.pools)))
            for machine in pool.machines
        }

    @property
    def has_twins(self) -> bool:
        """Whether two pools have one name."""
        return len(self.place) < len(self.pools)

    def owner(self, name: Fqdn) -> int | None:
        """The index of the pool that has this name, or a machine with it."""
        at = self.place.get(name)
        return self.place_of_machine.get(name) if at is None else at

    def _targets(self, name: Fqdn) -> tuple[Fqdn, ...]:
        """What a next hop or a route of this name leads to: the name itself, and its pool."""
        owner = self.owner(name)
        return tuple(dict.fromkeys((name, *(() if owner is None else (self.pools[owner].fqdn,)))))

    @cached_property
    def in_site(self) -> Mapping[SiteName, tuple[int, ...]]:
        """Where the pools of each site stand."""
        return grouped(
            (pool.site, at)
            for at, pool in enumerate(self.pools)
            if not isinstance(pool.site, Unread)
        )

    @cached_property
    def front_ends(self) -> tuple[int, ...]:
        """Where the Front End pools stand."""
        return tuple(at for at, pool in enumerate(self.pools) if pool.kind.is_front_end)

    @cached_property
    def edge_named(self) -> Mapping[Fqdn, EdgePool]:
        """The Edge pool of each name."""
        return {edge.fqdn: edge for edge in reversed(self.edges)}

    @cached_property
    def place_of_edge(self) -> Mapping[Fqdn, int]:
        """The index of the Edge pool with a name."""
        return {edge.fqdn: at for at, edge in reversed(tuple(enumerate(self.edges)))}

    @cached_property
    def places_of_edges(self) -> AbstractSet[int]:
        """Where the pools stand that are Edge pools."""
        return {self.place[name] for name in self.edge_named if name in self.place}

    @cached_property
    def edges_into(self) -> Mapping[int, tuple[EdgePool, ...]]:
        """The Edge pools by the place of the pool that is their next hop."""
        owners = ((self._next_hop_of(edge), edge) for edge in self.edges)
        return grouped((at, edge) for at, edge in owners if at is not None)

    @cached_property
    def edges_into_nothing(self) -> tuple[EdgePool, ...]:
        """The Edge pools whose next hop is not in the topology, as after its pool was removed."""
        return tuple(
            edge
            for edge in self.edges
            if edge.next_hop is not None and self._next_hop_of(edge) is None
        )

    def _next_hop_of(self, edge: EdgePool) -> int | None:
        return None if edge.next_hop is None else self.owner(edge.next_hop)

    def edges_behind(self, pool: Fqdn) -> tuple[EdgePool, ...]:
        """The Edge pools whose next hop is `pool`, by its own name or by that of a machine."""
        return self._edges_behind.get(pool, _NONE)

    @cached_property
    def _edges_behind(self) -> Mapping[Fqdn, tuple[EdgePool, ...]]:
        return grouped(
            (target, edge)
            for edge in self.edges
            if edge.next_hop is not None
            for target in self._targets(edge.next_hop)
        )

    @cached_property
    def federation_routes(self) -> Mapping[Fqdn, tuple[SiteName, ...]]:
        """The sites whose federation route leads to an Edge pool, by its name or a machine's."""
        return self._routes(lambda site: site.federation_route)

    @cached_property
    def xmpp_routes(self) -> Mapping[Fqdn, tuple[SiteName, ...]]:
        """The same for the XMPP federation route."""
        return self._routes(lambda site: site.xmpp_federation_route)

    def _routes(
        self, route_of: Callable[[Site], ServiceId | None]
    ) -> Mapping[Fqdn, tuple[SiteName, ...]]:
        routes = ((site.name, route_of(site)) for site in self.sites)
        return grouped(
            (target, name)
            for name, route in routes
            if route is not None
            for target in self._targets(route.pool)
        )

    @cached_property
    def using_for_media(self) -> Mapping[Fqdn, tuple[int, ...]]:
        """Where the pools stand that use an Edge pool for media."""
        return grouped(
            (edge, at) for at, pool in enumerate(self.pools) for edge in pool.edges_for_media
        )

    @cached_property
    def needing(self) -> Mapping[Fqdn, tuple[int, ...]]:
        """Where the pools stand with a service that needs a service of a pool."""
        return grouped(
            (to, at)
            for at, pool in enumerate(self.pools)
            for to in dict.fromkeys(link.to.pool for link in pool.links)
        )

    @cached_property
    def without_link(self) -> Mapping[str, tuple[int, ...]]:
        """Where the pools stand with a service of a role of which no answer tells what it needs."""
        return grouped(
            (role, at)
            for at, pool in enumerate(self.pools)
            for role in dict.fromkeys(service.role for service in pool.services)
            if not any(link.role == role for link in pool.links)
        )

    @cached_property
    def knows_all_replicas(self) -> bool:
        """Whether every computer with a replica is a machine or a pool of the topology."""
        return all(self.owner(name) is not None for name in self.computers)


def same_make(one: Pool, other: Pool) -> bool:
    """Whether two readings of a pool have the same relations."""
    return (
        one.fqdn == other.fqdn
        and one.kind is other.kind
        and one.site == other.site
        and one.services == other.services
        and one.media_edges == other.media_edges
        and one.links == other.links
        and [machine.fqdn for machine in one.machines]
        == [machine.fqdn for machine in other.machines]
    )


def grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, tuple[V, ...]]:
    """What belongs to each key, in its order."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return MappingProxyType({key: tuple(values) for key, values in found.items()})
