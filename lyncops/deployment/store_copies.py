"""The copies of the Central Management store, found in the topology."""

from __future__ import annotations

from collections.abc import Iterable

from lyncops.cmdlets import Service, lync_version_of_service
from lyncops.deployment.central_management import StoreCopy
from lyncops.deployment.gaps import Gaps, Part, why_open
from lyncops.deployment.model import Pool
from lyncops.deployment.service_index import (
    ServiceIndex,
    instance_of,
    no_version,
    only_one_in_site,
)
from lyncops.deployment.services import pool_of
from lyncops.deployment.topology_document import Topology
from lyncops.values import Fqdn, ServiceId, Unread


def build_copies(topology: Topology, pools: Iterable[Pool], gaps: Gaps) -> tuple[StoreCopy, ...]:
    """The copies of the Central Management store: the pools with the role, active or not, each with
    its SQL Server.
    """
    services = ServiceIndex(topology.services)
    by_name = {pool.fqdn: pool for pool in pools}
    holders: dict[Fqdn, list[Service]] = {}
    for service in services.with_role("CentralManagement"):
        fqdn = pool_of(service)
        if fqdn is not None:
            holders.setdefault(fqdn, []).append(service)
    return tuple(
        _copy(fqdn, own, by_name.get(fqdn), services, gaps) for fqdn, own in holders.items()
    )


def _copy(
    fqdn: Fqdn, own: list[Service], pool: Pool | None, services: ServiceIndex, gaps: Gaps
) -> StoreCopy:
    service = own[0]
    database = _store_database(service, pool, services)
    mirror = _mirror_of(database, services) if database else None
    told = {one.active for one in own}
    active = next(iter(told)) if len(told) == 1 else None
    if active is None:
        contradicts = "its answers contradict each other" if len(told) > 1 else None
        gaps.note(
            Part.STORE,
            f"whether the store on {fqdn} is active",
            contradicts or why_open(service, "active") or "",
        )
    version = lync_version_of_service(service.version)
    if version is None:
        gaps.note(Part.STORE, f"the version of the store on {fqdn}", no_version(service))
    return StoreCopy(
        pool=fqdn,
        active=(
            Unread(f"whether the store on {fqdn} is active", "the answer has no Active")
            if active is None
            else active
        ),
        version=version or Unread(f"the version of the store on {fqdn}", no_version(service)),
        sql_server=(
            database.pool
            if database
            else Unread(f"the SQL Server of the store on {fqdn}", "no answer names it")
        ),
        sql_instance=instance_of(database, services) if database else "",
        mirror_sql_server=mirror[0] if mirror else None,
        mirror_sql_instance=mirror[1] if mirror else "",
    )


def _store_database(
    service: Service, pool: Pool | None, services: ServiceIndex
) -> ServiceId | None:
    role = "CentralManagementDatabase"
    named = service.central_management_database or next(
        (one for one in service.dependent_service_list if one.role == role), None
    )
    if named is not None or pool is None:
        return named
    hosts = [
        host
        for host in (pool.fqdn, pool.sql_server)
        if host is not None and services.of(host, role)
    ]
    return ServiceId(role, hosts[0]) if hosts else only_one_in_site(pool.fqdn, services, role)


def _mirror_of(database: ServiceId, services: ServiceIndex) -> tuple[Fqdn, str] | None:
    """The SQL Server of a database's mirror: named by the database, else the one database of its
    site that no store names.
    """
    own = services.of(database.pool, database.role)
    for service in own:
        if service.mirror_sql_server_fqdn is not None:
            return (
                service.mirror_sql_server_fqdn,
                service.mirror_sql_instance_name or service.sql_instance_name or "",
            )
    site = next((service.site_id for service in own), None)
    others = [
        other for other in services.in_site(database.role, site) if pool_of(other) != database.pool
    ]
    alone = (
        site is not None
        and len(services.in_site("CentralManagement", site)) == 1
        and len(others) == 1
    )
    host = pool_of(others[0]) if alone else None
    return None if host is None else (host, others[0].sql_instance_name or "")
