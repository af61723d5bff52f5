"""The state of a world as a value, to compare two of them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from lyncops.lab.model.configuration import FEDERATION_PORT
from lyncops.lab.model.state import CONFERENCE
from lyncops.lab.model.world import World
from lyncops.values import Fqdn


@attrs.frozen(slots=True, kw_only=True)
class PoolSummary:
    """What matters of a Front End pool."""

    alive: bool
    homed: int
    served_by: Fqdn | None  # None: no pool serves its users
    state: str  # PoolState; FailedBack counts as Active
    conference_content_left_behind: bool
    databases_on_mirror: frozenset[str]
    response_groups: Mapping[str, Fqdn]


@attrs.frozen(slots=True, kw_only=True)
class Summary:
    """What matters of a deployment.

    Equal summaries are the same state for its users and administrators.
    """

    pools: Mapping[Fqdn, PoolSummary]
    store_active: frozenset[Fqdn]
    store_works: bool
    lis_entries: Mapping[Fqdn, int]
    next_hops: Mapping[Fqdn, str]
    media_edges: Mapping[str, str | None]
    federation_routes: Mapping[str, str | None]
    xmpp_routes: Mapping[str, str | None]
    federated_edges: frozenset[Fqdn]
    directories: Mapping[int, Fqdn]
    services_stopped: frozenset[tuple[Fqdn, str]]

    def difference(self, other: Summary) -> Mapping[str, tuple[object, object]]:
        """The fields in which the two differ, with both values."""
        return {
            field.name: (getattr(self, field.name), getattr(other, field.name))
            for field in attrs.fields(Summary)
            if getattr(self, field.name) != getattr(other, field.name)
        }


def summarize(world: World) -> Summary:
    """The world's state now. The caller holds the lock."""
    configuration = world.configuration
    media = {
        s.identity: s.properties["EdgeServer"]
        for s in configuration.services.values()
        if "EdgeServer" in s.properties
    }
    return Summary(
        pools={
            fqdn: _pool(world, fqdn) for fqdn, pool in world.pools.items() if pool.kind.homes_users
        },
        store_active=frozenset(copy.pool for copy in world.store.claimants),
        store_works=world.store_works,
        lis_entries={fqdn: copy.lis_entries for fqdn, copy in world.store.copies.items()},
        next_hops={
            s.pool: str(s.properties["Registrar"]) for s in configuration.of_role("EdgeServer")
        },
        media_edges={
            identity: None if edge is None else str(edge) for identity, edge in media.items()
        },
        federation_routes={
            site.name: site.federation_route for site in configuration.sites.values()
        },
        xmpp_routes={
            site.name: site.xmpp_federation_route for site in configuration.sites.values()
        },
        federated_edges=frozenset(
            s.pool
            for s in configuration.of_role("EdgeServer")
            if s.properties["AccessEdgeExternalSipPort"] == FEDERATION_PORT
        ),
        directories=dict(configuration.directories),
        services_stopped=frozenset(
            (machine.fqdn, name)
            for machine in world.machine_states.values()
            for name, service in machine.services.items()
            if service.status != "Running"
        ),
    )


def _pool(world: World, fqdn: Fqdn) -> PoolSummary:
    pool = world.pools[fqdn]
    server = world.serving_pool(pool)
    state = world.configuration.pool_states[fqdn]
    return PoolSummary(
        alive=world.is_alive(pool),
        homed=pool.spec.users,
        served_by=server.fqdn if server is not None else None,
        state="Active" if state == "FailedBack" else state,
        conference_content_left_behind=bool(pool.tracks and pool.tracks[CONFERENCE].left_behind),
        databases_on_mirror=frozenset(d.name for d in pool.databases if d.principal_on_mirror),
        response_groups=dict(pool.response_groups),
    )
