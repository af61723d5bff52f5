"""Conditions of the topology around the pools: Edge next hops, media association, site routes,
Backup Service settings.
"""

from __future__ import annotations

import enum
from datetime import timedelta

import attrs

from lyncops.checks.words import exactly, listed
from lyncops.deployment.gaps import FEDERATION_PORT, MEDIA_EDGE, NEXT_HOP, ROUTES, Need, Part
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.plan.conditions.base import Evaluation, Judged, known, known_pool
from lyncops.values import Fqdn, ServiceId, SiteName


class RouteKind(enum.Enum):
    """Which of a site's two federation routes."""

    SIP = "FederationRoute"
    XMPP = "XmppFederationRoute"


def leads_to(deployment: Deployment, next_hop: Fqdn, pool: Fqdn) -> bool:
    """Whether a next hop is this pool, by the pool's own name or by that of one of its machines."""
    owner = deployment.pool_of(next_hop)
    return next_hop == pool or (owner is not None and owner.fqdn == pool)


@attrs.frozen(slots=True)
class EdgeNextHopIs(Judged):
    """The Edge pool hands what comes from outside to this pool."""

    edge: Fqdn
    pool: Fqdn

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.EDGES, (self.edge,), (NEXT_HOP,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare with the Edge service's registrar."""
        known(deployment.edges)
        named = deployment.relations.edge_named.get(self.edge)
        edge = known(named, f"the topology has no Edge pool {self.edge}")
        good = edge.next_hop is not None and leads_to(deployment, edge.next_hop, self.pool)
        return Evaluation(good, f"the next hop of {self.edge} is {edge.next_hop or 'not set'}")

    def __str__(self) -> str:
        return f"the next hop of {self.edge} is {self.pool}"


@attrs.frozen(slots=True)
class NoEdgeLeadsTo(Judged):
    """No Edge pool has this pool as its next hop: the failover is refused otherwise (fact:
    next-hop-refusal).
    """

    pool: Fqdn

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.EDGES, items=(NEXT_HOP,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Name the Edge pools that still do."""
        known(deployment.edges)
        still = [edge.fqdn for edge in deployment.relations.edges_behind(self.pool)]
        return Evaluation(
            not still,
            f"{self.pool} is the next hop of {listed(still) if still else 'no Edge pool'}",
        )

    def __str__(self) -> str:
        return f"no Edge pool has {self.pool} as its next hop"


@attrs.frozen(slots=True)
class MediaEdgeIs(Judged):
    """The pool's services use this Edge pool for media: all of them, or those of one role."""

    pool: Fqdn
    edge: Fqdn
    role: str = ""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.POOLS, (self.pool,), (MEDIA_EDGE,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Each service counts: the setting of one says nothing of the others."""
        services = known_pool(deployment, self.pool).media_edges
        asked = [one for one in services if self.role in ("", one.role)]
        others = [one for one in asked if one.edge != self.edge]
        seen = listed(f"{one.service} with {one.edge or 'no Edge pool'}" for one in others or asked)
        if not asked:
            seen = f"no {self.role or 'service'} of {self.pool} was seen that uses an Edge pool"
        return Evaluation(bool(asked) and not others, seen)

    def __str__(self) -> str:
        whose = f"the {self.role} of {self.pool}" if self.role else str(self.pool)
        return f"{whose} uses {self.edge} for media"


@attrs.frozen(slots=True)
class SiteRouteIs(Judged):
    """A site's federation route is this Edge service (None: the site has none)."""

    site: SiteName
    kind: RouteKind
    route: ServiceId | None

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.SITES, items=(ROUTES,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Services compare by their pool: the role's spelling differs between cmdlets (fact:
        service-objects).
        """
        named = (site for site in known(deployment.sites) if site.name == self.site)
        site = known(next(named, None), f"the topology has no site {self.site}")
        found = site.federation_route if self.kind is RouteKind.SIP else site.xmpp_federation_route
        same = (found.pool if found else None) == (self.route.pool if self.route else None)
        return Evaluation(same, f"{self.kind.value} of {self.site} is {found or 'not set'}")

    def __str__(self) -> str:
        return f"{self.kind.value} of site {self.site} is {self.route or 'not set'}"


@attrs.frozen(slots=True)
class FederatedEdgeIs(Judged):
    """Exactly this Edge pool has federation enabled (external SIP port 5061): more than one is an
    error.

    (fact: federated-edge-port)
    """

    edge: Fqdn

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the answer rests on."""
        return (Need(Part.EDGES, items=(FEDERATION_PORT,)),)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Name the Edge pools that have it."""
        federated = [edge.fqdn for edge in known(deployment.edges) if edge.has_federation]
        return Evaluation(federated == [self.edge], f"federation is enabled on {listed(federated)}")

    def __str__(self) -> str:
        return f"{self.edge} is the one Edge pool with federation"


@attrs.frozen(slots=True)
class SyncIntervalIs(Judged):
    """The Backup Service copies at this interval."""

    interval: timedelta

    @property
    def scope(self) -> Scope:
        """The Backup Service configuration."""
        return Scope.of(Facet.SETTINGS)

    def judge(self, deployment: Deployment) -> Evaluation:
        """Compare with the global configuration."""
        settings = known(deployment.backup_service)
        return Evaluation(
            settings.sync_interval == self.interval,
            f"the sync interval is {exactly(settings.sync_interval)}",
        )

    def __str__(self) -> str:
        return f"the sync interval is {exactly(self.interval)}"
