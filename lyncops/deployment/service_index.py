"""The services of a topology, and what can be concluded from them."""

from __future__ import annotations

from collections.abc import Iterable

from lyncops.cmdlets import Service
from lyncops.deployment.services import pool_of, role_of
from lyncops.values import Fqdn, ServiceId, SiteName


class ServiceIndex:
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
        """The pools that have services."""
        return tuple(self._by_pool)

    def of(self, pool: Fqdn, *roles: str) -> tuple[Service, ...]:
        """The services of a pool, or only those with these roles."""
        return tuple(s for s in self._by_pool.get(pool, ()) if not roles or role_of(s) in roles)

    def with_role(self, role: str) -> tuple[Service, ...]:
        """The services with this role, of all pools."""
        return tuple(self._by_role.get(role, ()))

    def in_site(self, role: str, site: SiteName | None) -> tuple[Service, ...]:
        """One of each pool: a service that was written twice is one."""
        by_pool: dict[Fqdn | None, Service] = {}
        for service in self._by_site.get((role, site), ()):
            by_pool.setdefault(pool_of(service), service)
        return tuple(by_pool.values())


def identities_of(services: Iterable[Service]) -> tuple[ServiceId, ...]:
    """The identities of the services that have a role and a pool."""
    pairs = ((role_of(service), pool_of(service)) for service in services)
    return tuple(ServiceId(role, fqdn) for role, fqdn in pairs if role and fqdn is not None)


def only_one_in_site(fqdn: Fqdn, services: ServiceIndex, role: str) -> ServiceId | None:
    """The one database of the pool's site, where there is one and one Front End pool only: else
    nothing is concluded.
    """
    site = next(
        (service.site_id for service in services.of(fqdn, "UserServer", "CentralManagement")), None
    )
    found = identities_of(services.in_site(role, site))
    return (
        found[0]
        if site is not None and len(found) == 1 and len(services.in_site("UserServer", site)) <= 1
        else None
    )


def instance_of(database: ServiceId, services: ServiceIndex) -> str:
    """The SQL instance of a database, empty for the default instance."""
    return next(
        (
            s.sql_instance_name
            for s in services.of(database.pool, database.role)
            if s.sql_instance_name
        ),
        "",
    )


def no_version(*services: Service) -> str:
    """Why the version of these services is not known."""
    numbers = [service.version for service in services if service.version is not None]
    return f"{numbers[0]} is not a known service version" if numbers else "no answer names it"
