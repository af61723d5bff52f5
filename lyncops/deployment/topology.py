"""From what the topology cmdlets say to sites, pools, Edges and copies of the store: pure, and tolerant of what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lyncops.cmdlets import Service, SiteInfo, lync_version_of_service
from lyncops.deployment.model import EdgePool, Machine, Pool, PoolKind, Site, StoreCopy
from lyncops.deployment.topology_document import Topology
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread

UNASKED: Final = "it was not asked for"
# The roles that tell the version of a pool best; SQL Servers and file stores carry numbers of their own.
_VERSIONED: Final = ("Registrar", "UserServer", "EdgeServer", "Director", "MediationServer")


def role_of(service: Service) -> str:
    """The role of a service, from whichever property has it."""
    return service.role or (service.identity.role if service.identity else "")


def pool_of(service: Service) -> Fqdn | None:
    """The pool of a service, from whichever property has it."""
    return service.pool_fqdn or (service.identity.pool if service.identity else None)


class _Services:
    """The services of a topology, found by pool, role and site."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._by_pool: dict[Fqdn, list[Service]] = {}
        self._by_role: dict[str, list[Service]] = {}
        self._by_site: dict[tuple[str, SiteName | None], list[Service]] = {}
        for service in services:
            pool, role = pool_of(service), role_of(service)
            if pool is not None:
                self._by_pool.setdefault(pool, []).append(service)
                self._by_role.setdefault(role, []).append(service)
                self._by_site.setdefault((role, service.site_id), []).append(service)

    @property
    def pools(self) -> tuple[Fqdn, ...]:
        return tuple(self._by_pool)

    def of(self, pool: Fqdn, *roles: str) -> tuple[Service, ...]:
        return tuple(s for s in self._by_pool.get(pool, ()) if not roles or role_of(s) in roles)

    def with_role(self, role: str) -> tuple[Service, ...]:
        return tuple(self._by_role.get(role, ()))

    def in_site(self, role: str, site: SiteName | None) -> tuple[Service, ...]:
        return tuple(self._by_site.get((role, site), ()))


def build_sites(infos: Iterable[SiteInfo]) -> tuple[Site, ...]:
    """The sites and their routes."""
    return tuple(
        Site(
            name=info.identity,
            display_name=info.display_name or str(info.identity),
            federation_route=info.federation_route,
            xmpp_federation_route=info.xmpp_federation_route,
        )
        for info in infos
        if info.identity is not None
    )


def build_pools(topology: Topology) -> tuple[Pool, ...]:
    """The pools with their kind, site, version, machines (not asked yet) and databases."""
    services = _Services(topology.services)
    listed = {info.fqdn: info for info in topology.pools if info.fqdn is not None}
    computers: dict[Fqdn, list[Fqdn]] = {}
    for computer in topology.computers:
        if computer.pool is not None and computer.fqdn is not None:
            computers.setdefault(computer.pool, []).append(computer.fqdn)
    named = dict.fromkeys((*listed, *services.pools))
    pools: list[Pool] = []
    for fqdn in named:
        info = listed.get(fqdn)
        own = tuple(dict.fromkeys((*_identities(services.of(fqdn)), *(info.services if info else ()))))
        machines = tuple(dict.fromkeys((*computers.get(fqdn, ()), *(info.computers if info else ()))))
        database = _user_database(fqdn, services, own)
        kind = _kind(fqdn, own, machines, database)
        site = (info.site if info else None) or next((s.site_id for s in services.of(fqdn) if s.site_id is not None), None)
        edge = next((s.edge_server for s in services.of(fqdn, "Registrar", "ConferencingServer") if s.edge_server), None)
        pools.append(
            Pool(
                fqdn=fqdn,
                kind=kind,
                site=_site_name(site, topology.sites) if site is not None else Unread(f"the site of {fqdn}", "no answer names it"),
                version=_version(fqdn, services),
                machines=tuple(Machine(fqdn=name, services=_not_asked(f"the services of {name}")) for name in machines),
                services=own,
                media_edge=edge.pool if edge else None,
                sql_server=database.pool if database and kind.is_front_end else None,
                sql_instance=_instance(database, services) if database and kind.is_front_end else "",
            )
        )
    return tuple(pools)


def build_edges(services: Iterable[Service]) -> tuple[EdgePool, ...]:
    """One per Edge pool, although it may have several Edge services."""
    edges: dict[Fqdn, EdgePool] = {}
    for service in services:
        fqdn = pool_of(service)
        if role_of(service) == "EdgeServer" and fqdn is not None:
            known = edges.get(fqdn, EdgePool(fqdn=fqdn, next_hop=None))
            edges[fqdn] = EdgePool(
                fqdn=fqdn,
                next_hop=known.next_hop or (service.registrar.pool if service.registrar else None),
                external_sip_port=known.external_sip_port or service.access_edge_external_sip_port,
                external_fqdn=known.external_fqdn or service.access_edge_external_fqdn,
            )
    return tuple(edges.values())


def build_copies(topology: Topology, pools: Iterable[Pool]) -> tuple[StoreCopy, ...]:
    """The copies of the Central Management store: the pools with the role, active or not, each with its SQL Server."""
    services = _Services(topology.services)
    by_name = {pool.fqdn: pool for pool in pools}
    copies: list[StoreCopy] = []
    holders = ((pool_of(service), service) for service in services.with_role("CentralManagement"))
    for fqdn, service in ((fqdn, service) for fqdn, service in holders if fqdn is not None):
        database = _store_database(service, by_name.get(fqdn), services)
        mirror = _mirror_of(database, services) if database else None
        copies.append(
            StoreCopy(
                pool=fqdn,
                active=service.active
                if service.active is not None
                else Unread(f"whether the store on {fqdn} is active", "the answer has no Active"),
                version=lync_version_of_service(service.version)
                or Unread(f"the version of the store on {fqdn}", _no_version(service)),
                sql_server=database.pool if database else Unread(f"the SQL Server of the store on {fqdn}", "no answer names it"),
                sql_instance=_instance(database, services) if database else "",
                mirror_sql_server=mirror[0] if mirror else None,
                mirror_sql_instance=mirror[1] if mirror else "",
            )
        )
    return tuple(copies)


def _identities(services: Iterable[Service]) -> tuple[ServiceId, ...]:
    pairs = ((role_of(service), pool_of(service)) for service in services)
    return tuple(ServiceId(role, fqdn) for role, fqdn in pairs if role and fqdn is not None)


def _kind(fqdn: Fqdn, own: tuple[ServiceId, ...], machines: tuple[Fqdn, ...], database: ServiceId | None) -> PoolKind:
    """What a pool is, by the services on it. An SBA has a registrar but homes its users on another pool: no Front End pool."""
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
    return PoolKind.MEDIATION if "MediationServer" in roles and "Registrar" not in roles else PoolKind.OTHER


def _user_database(fqdn: Fqdn, services: _Services, own: tuple[ServiceId, ...]) -> ServiceId | None:
    """The user store of a pool: named by its services, else found on the pool itself, else listed with the pool."""
    for service in services.of(fqdn, "UserServer", "Registrar"):
        needed = (service.user_database, *(one for one in service.dependent_service_list if one.role == "UserDatabase"))
        found = next(filter(None, needed), None)
        if found is not None:
            return found
    local = services.of(fqdn, "UserDatabase")
    if local:
        return ServiceId("UserDatabase", fqdn)
    return next((identity for identity in own if identity.role == "UserDatabase"), None) or _only_one_in_site(
        fqdn, services, "UserDatabase"
    )


def _only_one_in_site(fqdn: Fqdn, services: _Services, role: str) -> ServiceId | None:
    """The one database of the pool's site, where there is one and one Front End pool only: else nothing is concluded."""
    site = next((service.site_id for service in services.of(fqdn, "UserServer", "CentralManagement")), None)
    found = _identities(services.in_site(role, site))
    return found[0] if site is not None and len(found) == 1 and len(services.in_site("UserServer", site)) <= 1 else None


def _store_database(service: Service, pool: Pool | None, services: _Services) -> ServiceId | None:
    role = "CentralManagementDatabase"
    named = service.central_management_database or next((one for one in service.dependent_service_list if one.role == role), None)
    if named is not None or pool is None:
        return named
    hosts = [host for host in (pool.fqdn, pool.sql_server) if host is not None and services.of(host, role)]
    return ServiceId(role, hosts[0]) if hosts else _only_one_in_site(pool.fqdn, services, role)


def _mirror_of(database: ServiceId, services: _Services) -> tuple[Fqdn, str] | None:
    """The SQL Server of a database's mirror: named by the database, else the one database of its site that no store names."""
    own = services.of(database.pool, database.role)
    for service in own:
        if service.mirror_sql_server_fqdn is not None:
            return service.mirror_sql_server_fqdn, service.mirror_sql_instance_name or service.sql_instance_name or ""
    site = next((service.site_id for service in own), None)
    others = [other for other in services.in_site(database.role, site) if pool_of(other) != database.pool]
    alone = site is not None and len(services.in_site("CentralManagement", site)) == 1 and len(others) == 1
    host = pool_of(others[0]) if alone else None
    return None if host is None else (host, others[0].sql_instance_name or "")


def _instance(database: ServiceId, services: _Services) -> str:
    return next((s.sql_instance_name for s in services.of(database.pool, database.role) if s.sql_instance_name), "")


def _version(fqdn: Fqdn, services: _Services) -> LyncVersion | Unread:
    own = services.of(fqdn)
    best = sorted(own, key=lambda s: _VERSIONED.index(role_of(s)) if role_of(s) in _VERSIONED else len(_VERSIONED))
    versions = (lync_version_of_service(service.version) for service in best)
    return next(filter(None, versions), None) or Unread(f"the version of {fqdn}", _no_version(*best[:1]))


def _no_version(*services: Service) -> str:
    numbers = [service.version for service in services if service.version is not None]
    return f"{numbers[0]} is no known service version" if numbers else "no answer names it"


def _site_name(site: SiteName, sites: tuple[SiteInfo, ...]) -> SiteName:
    """The site's identity, where the pool names it by its display name."""
    if any(info.identity == site for info in sites):
        return site
    return next(
        (info.identity for info in sites if info.identity and info.display_name and SiteName(info.display_name) == site), site
    )


def _not_asked(what: str) -> Unread:
    return Unread(what, UNASKED, asked=False)
