"""Builds sites, pools and Edge pools from the answers of the topology cmdlets: pure, and tolerant
of what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

from lyncops.cmdlets import PoolInfo, Service, SiteInfo, lync_version_of_service
from lyncops.cmdlets.reading import items_of
from lyncops.deployment.gaps import (
    EXTERNAL_NAME,
    FEDERATION_PORT,
    KIND,
    NEXT_HOP,
    ROUTES,
    Gaps,
    Part,
    contradiction,
    why_open,
)
from lyncops.deployment.media import USE_MEDIA, media_edges
from lyncops.deployment.model import EdgePool, Machine, MediaEdge, Pool, PoolKind, Site
from lyncops.deployment.service_index import (
    ServiceIndex,
    identities_of,
    instance_of,
    no_version,
    only_one_in_site,
)
from lyncops.deployment.services import links_of, pool_of, role_of, web_names_of
from lyncops.deployment.topology_document import Topology
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread

UNASKED: Final = "it was not asked for"
# The roles that show the version of a pool best; SQL Servers and file stores carry numbers of their
# own.
_VERSIONED: Final = ("Registrar", "UserServer", "EdgeServer", "Director", "MediationServer")


def build_sites(infos: Iterable[SiteInfo], gaps: Gaps) -> tuple[Site, ...]:
    """The sites and their routes, each once."""
    sites: dict[SiteName, Site] = {}
    for info in infos:
        if info.identity is None:
            gaps.note(Part.SITES, "a site", info.gap("identity") or "the answer has no name")
            continue
        for field in ("federation_route", "xmpp_federation_route"):
            reason = why_open(info, field, required=False)
            if reason is not None:
                gaps.note(
                    Part.SITES,
                    f"the {field.replace('_', ' ')} of {info.identity}",
                    reason,
                    item=ROUTES,
                )
        known = sites.get(info.identity)
        sites[info.identity] = Site(
            name=info.identity,
            display_name=info.display_name or str(info.identity),
            federation_route=info.federation_route or (known.federation_route if known else None),
            xmpp_federation_route=info.xmpp_federation_route
            or (known.xmpp_federation_route if known else None),
        )
    return tuple(sites.values())


def note_nameless(topology: Topology, gaps: Gaps) -> None:
    """Note what has no readable name: it may be anything, also what is looked for."""
    gaps.extend(topology.gaps)
    for service in topology.services:
        pool, role = pool_of(service), role_of(service)
        if pool is not None and role:
            continue
        reason = (
            service.gap("identity") or service.gap("role") or "the answer has neither name nor role"
        )
        what = f"a service{f' of {pool}' if pool else ''}{f' with the role {role}' if role else ''}"
        for part in (Part.POOLS, Part.EDGES, Part.STORE):
            gaps.note(part, what, reason)
    for info in topology.pools:
        if info.fqdn is None:
            gaps.note(Part.POOLS, "a pool", info.gap("fqdn") or "the answer has no name")


class _Computers:
    """The computers of each pool, as Get-CsComputer and Get-CsPool name them."""

    def __init__(self, topology: Topology, gaps: Gaps) -> None:
        self._listed: dict[Fqdn, list[Fqdn]] = {}
        self._gaps = gaps
        named = {name for info in topology.pools for name in info.computers}
        for computer in topology.computers:
            if computer.pool is not None and computer.fqdn is not None:
                self._listed.setdefault(computer.pool, []).append(computer.fqdn)
            elif computer.fqdn not in named:
                reason = (
                    computer.gap("fqdn")
                    or computer.gap("pool")
                    or "the answer does not name a pool"
                )
                gaps.note(
                    Part.MACHINES, f"the computer {computer.fqdn or 'without a name'}", reason
                )

    def of(self, fqdn: Fqdn, info: PoolInfo | None) -> tuple[Fqdn, ...]:
        machines = tuple(
            dict.fromkeys((*self._listed.get(fqdn, ()), *(info.computers if info else ())))
        )
        reason = info.gap("computers") if info else None
        if info is not None and reason is not None and len(machines) < self._said(info):
            self._gaps.note(Part.MACHINES, f"the computers of {fqdn}", reason, pool=fqdn)
        return machines

    @staticmethod
    def _said(info: PoolInfo) -> int:
        names = {name.casefold() for name in info.property_names()["computers"]}
        raw = next(
            (value for name, value in info.unknown_properties.items() if name.casefold() in names),
            None,
        )
        return max(1, len(items_of(raw)))


def build_pools(topology: Topology, gaps: Gaps) -> tuple[Pool, ...]:
    """The pools with their kind, site, version, machines (not asked yet) and databases."""
    services = ServiceIndex(topology.services)
    listed: dict[Fqdn, PoolInfo] = {}
    sites_told: dict[Fqdn, dict[SiteName, None]] = {}
    for info in topology.pools:
        if info.fqdn is None:
            continue
        if info.site is not None:
            sites_told.setdefault(info.fqdn, {})[info.site] = None
        if info.fqdn not in listed or not listed[info.fqdn].computers:
            listed[info.fqdn] = info
    computers = _Computers(topology, gaps)
    named = dict.fromkeys((*listed, *services.pools))
    sites = _Sites.of(topology.sites)
    building = _Building(
        sites=sites, services=services, computers=computers, gaps=gaps, sites_told=sites_told
    )
    return tuple(building.pool(fqdn, listed.get(fqdn)) for fqdn in named)


@attrs.frozen(slots=True, kw_only=True)
class _Sites:
    """The names of the sites: looked up by every pool, so that they are gathered once."""

    identities: Mapping[SiteName, SiteName]
    by_display_name: Mapping[SiteName, SiteName]
    known: bool

    @classmethod
    def of(cls, sites: Sequence[SiteInfo]) -> _Sites:
        named = {info.identity: info for info in sites if info.identity is not None}
        return cls(
            identities={identity: identity for identity in named},
            by_display_name={
                SiteName(info.display_name): identity
                for identity, info in named.items()
                if info.display_name
            },
            known=bool(sites),
        )

    def find(self, name: SiteName) -> SiteName | None:
        """The identity of the site of this name, which may be its display name."""
        return self.identities.get(name) or self.by_display_name.get(name)


@attrs.frozen(slots=True, kw_only=True)
class _Building:
    """What pools are made from."""

    sites: _Sites
    services: ServiceIndex
    computers: _Computers
    gaps: Gaps
    # In order, by what Get-CsPool says of each pool
    sites_told: Mapping[Fqdn, Mapping[SiteName, None]]

    def pool(self, fqdn: Fqdn, info: PoolInfo | None) -> Pool:
        services = self.services
        own = tuple(
            dict.fromkeys((*identities_of(services.of(fqdn)), *(info.services if info else ())))
        )
        machines = self.computers.of(fqdn, info)
        database = _user_database(fqdn, services, own)
        kind = _kind(fqdn, own, machines, database)
        if kind.is_front_end and database is None:
            self._note_database(fqdn)
        return Pool(
            fqdn=fqdn,
            kind=kind,
            site=self._site(fqdn),
            version=_version(fqdn, services),
            machines=tuple(
                Machine(fqdn=name, services=_not_asked(f"the services of {name}"))
                for name in machines
            ),
            services=own,
            media_edges=self._media_edges(fqdn),
            links=links_of(fqdn, services.of(fqdn)),
            web_names=web_names_of(services.of(fqdn, "WebServer")),
            sql_server=database.pool if database and kind.is_front_end else None,
            sql_instance=instance_of(database, services) if database and kind.is_front_end else "",
        )

    def _note_database(self, fqdn: Fqdn) -> None:
        users = self.services.of(fqdn, "UserServer", "Registrar")
        why = next(filter(None, (service.gap("user_database") for service in users)), None)
        if why is not None:
            self.gaps.note(Part.POOLS, f"the user database of {fqdn}", why, pool=fqdn, item=KIND)

    def _media_edges(self, fqdn: Fqdn) -> tuple[MediaEdge, ...]:
        told: dict[ServiceId, list[Service]] = {}
        for service in self.services.of(fqdn, *USE_MEDIA):
            told.setdefault(ServiceId(role_of(service), fqdn), []).append(service)
        return media_edges(told, self.gaps)

    def _site(self, fqdn: Fqdn) -> SiteName | Unread:
        """The site's identity, also where the pool names it by its display name.

        A name that no site has is not a site.
        """
        what = f"the site of {fqdn}"
        said: dict[SiteName, None] = dict.fromkeys(
            (
                *self.sites_told.get(fqdn, ()),
                *filter(None, (s.site_id for s in self.services.of(fqdn))),
            )
        )
        found = tuple(dict.fromkeys(filter(None, map(self.sites.find, said))))
        if len(found) > 1:
            self.gaps.note(Part.SITES, what, contradiction(found))
            return Unread(what, contradiction(found))
        own = (service.site_id for service in self.services.of(fqdn))
        strange = next((name for name in own if name and name not in self.sites.identities), None)
        # Get-CsService shows identities, never display names
        if self.sites.known and strange is not None:
            why = f"it is called {strange}, but Get-CsSite has no such site"
            self.gaps.note(Part.SITES, what, why)
        if found or not said:
            return found[0] if found else Unread(what, "no answer names it")
        if not self.sites.known:
            return next(iter(said))
        why = f"it is called {next(iter(said))}, but Get-CsSite has no such site"
        return Unread(what, why)


def build_edges(services: Iterable[Service], gaps: Gaps) -> tuple[EdgePool, ...]:
    """One per Edge pool, although it may have several Edge services."""
    by_pool: dict[Fqdn, list[Service]] = {}
    for service in services:
        fqdn = pool_of(service)
        if role_of(service) == "EdgeServer" and fqdn is not None:
            by_pool.setdefault(fqdn, []).append(service)
    return tuple(_edge(fqdn, own, gaps) for fqdn, own in by_pool.items())


def _edge(fqdn: Fqdn, own: list[Service], gaps: Gaps) -> EdgePool:
    hops = list(dict.fromkeys(service.registrar.pool for service in own if service.registrar))
    ports = [
        service.access_edge_external_sip_port
        for service in own
        if service.access_edge_external_sip_port
    ]
    names = [
        service.access_edge_external_fqdn for service in own if service.access_edge_external_fqdn
    ]
    about = (
        ("registrar", NEXT_HOP),
        ("access_edge_external_sip_port", FEDERATION_PORT),
        ("access_edge_external_fqdn", EXTERNAL_NAME),
    )
    for (field, item), values in zip(about, (hops, ports, names), strict=True):
        why = next(
            filter(None, (why_open(service, field, required=item == NEXT_HOP) for service in own)),
            None,
        )
        if not values and why is not None:
            gaps.note(Part.EDGES, f"the {item} of {fqdn}", why, item=item, pool=fqdn)
    if len(hops) > 1:
        gaps.note(
            Part.EDGES,
            f"the {NEXT_HOP} of {fqdn}",
            f"its services name {hops[0]} and {hops[1]}",
            item=NEXT_HOP,
            pool=fqdn,
        )
    return EdgePool(
        fqdn=fqdn,
        next_hop=hops[0] if hops else None,
        external_sip_port=ports[0] if ports else None,
        external_fqdn=names[0] if names else None,
    )


def _kind(
    fqdn: Fqdn, own: tuple[ServiceId, ...], machines: tuple[Fqdn, ...], database: ServiceId | None
) -> PoolKind:
    """What a pool is, by the services on it.

    An SBA has a registrar but homes its users on another pool: no Front End pool.
    """
    roles = {identity.role for identity in own if identity.pool == fqdn}
    if "EdgeServer" in roles:
        return PoolKind.EDGE
    if "Director" in roles:
        return PoolKind.DIRECTOR
    if roles & {"UserServer", "ConferencingServer"} or roles == {"Registrar"}:
        alone = machines in ((), (fqdn,))
        local = database.pool == fqdn if database else alone
        return PoolKind.STANDARD if local and alone else PoolKind.ENTERPRISE
    if "Registrar" in roles and "WebServer" in roles:
        return PoolKind.DIRECTOR
    return (
        PoolKind.MEDIATION
        if "MediationServer" in roles and "Registrar" not in roles
        else PoolKind.OTHER
    )


def _user_database(
    fqdn: Fqdn, services: ServiceIndex, own: tuple[ServiceId, ...]
) -> ServiceId | None:
    """The user store of a pool: named by its services, else found on the pool itself, else listed
    with the pool.
    """
    for service in services.of(fqdn, "UserServer", "Registrar"):
        needed = (
            service.user_database,
            *(one for one in service.dependent_service_list if one.role == "UserDatabase"),
        )
        found = next(filter(None, needed), None)
        if found is not None:
            return found
    local = services.of(fqdn, "UserDatabase")
    if local:
        return ServiceId("UserDatabase", fqdn)
    return next(
        (identity for identity in own if identity.role == "UserDatabase"), None
    ) or only_one_in_site(fqdn, services, "UserDatabase")


def _version(fqdn: Fqdn, services: ServiceIndex) -> LyncVersion | Unread:
    own = services.of(fqdn)
    best = sorted(
        own,
        key=lambda s: _VERSIONED.index(role_of(s)) if role_of(s) in _VERSIONED else len(_VERSIONED),
    )
    versions = (lync_version_of_service(service.version) for service in best)
    return next(filter(None, versions), None) or Unread(
        f"the version of {fqdn}", no_version(*best[:1])
    )


def _not_asked(what: str) -> Unread:
    return Unread(what, UNASKED, asked=False)
