"""What the Central Management store holds, as one immutable value: a replica or the standby copy is
a reference to an older one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

import attrs

from lyncops.lab.scenarios.scenario import (
    Kind,
    PoolSpec,
    Role,
    Scenario,
    ServiceSpec,
    SiteSpec,
)
from lyncops.values import Fqdn

# An Edge pool is federated when its external SIP port is this one (fact: federated-edge-port)
FEDERATION_PORT: Final = 5061


@attrs.frozen(slots=True, kw_only=True)
class SiteRecord:
    """A site and its routes; a route is a service identity such as
    `EdgeServer:edge.contoso.com`.
    """

    name: str
    display_name: str
    description: str
    federation_route: str | None
    xmpp_federation_route: str | None
    persistent_chat_pool: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class ServiceRecord:
    """A service of the topology with the properties that its Set-Cs cmdlet changes."""

    role: str
    pool: Fqdn
    site: str
    number: str  # ServiceId: site-role-instance (fact: service-objects)
    version: int
    properties: Mapping[str, object] = attrs.field(factory=dict[str, object])

    @property
    def identity(self) -> str:
        """`Role:pool`."""
        return f"{self.role}:{self.pool}"


@attrs.frozen(slots=True, kw_only=True)
class Configuration:
    """The content of the store."""

    sites: Mapping[str, SiteRecord]  # by folded name
    services: Mapping[str, ServiceRecord]  # by folded identity
    pool_states: Mapping[Fqdn, str]
    registrar_settings: Mapping[Fqdn, Mapping[str, object]]
    backup_service: Mapping[str, object]
    directories: Mapping[int, Fqdn]

    def service(self, identity: str) -> ServiceRecord | None:
        """The service of that identity, in any letter case."""
        return self.services.get(identity.casefold())

    def with_service(self, record: ServiceRecord) -> Configuration:
        """The same, with that service changed."""
        return attrs.evolve(self, services={**self.services, record.identity.casefold(): record})

    def with_pool_state(self, pool: Fqdn, state: str) -> Configuration:
        """The same, with the pool's PoolState."""
        return attrs.evolve(self, pool_states={**self.pool_states, pool: state})

    def of_role(self, role: str) -> tuple[ServiceRecord, ...]:
        """The services of a role."""
        return tuple(s for s in self.services.values() if s.role == role)

    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """Per service, those that name it in one of their properties (`DependentServiceList`)."""
        found: dict[str, list[str]] = {}
        for record in self.services.values():
            for value in record.properties.values():
                if isinstance(value, str) and value.casefold() in self.services:
                    found.setdefault(value, []).append(record.identity)
        return {identity: tuple(records) for identity, records in found.items()}


def initial_configuration(scenario: Scenario) -> Configuration:
    """The store's content at the start of a scenario."""
    services = {record.identity.casefold(): record for record in _services(scenario)}
    fronts = [pool for pool in scenario.pools if pool.kind.homes_users]
    return Configuration(
        sites={site.name.casefold(): _site(site) for site in scenario.sites},
        services=services,
        pool_states={pool.fqdn: "FailedOver" if pool.failed_over else "Active" for pool in fronts},
        registrar_settings={},
        backup_service={
            "SyncInterval": scenario.sync_interval,
            "MaxConcurrentCalls": 10,
            "MaxBatchesPerCmsSync": 500,
            "MaxBatchesPerUserStoreSync": 500,
            "MaxDataConfPackageSizeKB": 102400,
            "MaxHighPriQueuePercentagePerUserStoreSync": 80,
            "AuthorizedUniversalGroups": ("RTCUniversalServerAdmins",),
            "AuthorizedLocalAccounts": ("Network Service",),
            "EnableRgsBackupService": False,
        },
        directories={
            directory: pool.fqdn for pool in fronts for directory in pool.conference_directories
        },
    )


def _site(spec: SiteSpec) -> SiteRecord:
    return SiteRecord(
        name=spec.name,
        display_name=spec.display_name or spec.name,
        description=spec.description,
        federation_route=f"EdgeServer:{spec.federation_route}" if spec.federation_route else None,
        xmpp_federation_route=(
            f"EdgeServer:{spec.xmpp_federation_route}" if spec.xmpp_federation_route else None
        ),
    )


def _services(scenario: Scenario) -> Iterator[ServiceRecord]:
    places = {site.name.casefold(): number for number, site in enumerate(scenario.sites, 1)}
    names = {site.name.casefold(): site.name for site in scenario.sites}
    for instance, pool in enumerate(scenario.pools, 1):
        site = pool.site.casefold()
        version = (pool.version or scenario.version).service_version
        for role, holder, properties in _roles(pool, scenario):
            yield ServiceRecord(
                role=role,
                pool=holder,
                site=names[site],
                number=f"{places[site]}-{role}-{instance}",
                version=version,
                properties=properties,
            )
    for instance, service in enumerate(scenario.services, len(scenario.pools) + 1):
        site = service.site.casefold()
        for role, needs in _beside(service).items():
            yield ServiceRecord(
                role=role,
                pool=service.fqdn,
                site=names[site],
                number=f"{places[site]}-{role}-{instance}",
                version=scenario.version.service_version,
                properties=needs if service.told else {},
            )


def _beside(service: ServiceSpec) -> dict[str, dict[str, object]]:
    """The roles of a service beside the pools, with what its Set-Cs cmdlet has for the pool that it
    needs: -Registrar, -MediationServer, -UserServer.
    """
    fqdn, registrar = service.fqdn, f"Registrar:{service.leads_to}"
    match service.role:
        case Role.GATEWAY:
            return {"PstnGateway": {"MediationServer": f"MediationServer:{service.leads_to}"}}
        case Role.PERSISTENT_CHAT:
            return {"PersistentChatServer": {"Registrar": registrar}}
        case Role.APPLICATION:
            return {"TrustedApplicationPool": {"Registrar": registrar}}
        case Role.BRANCH:
            return {
                "Registrar": {"UserServer": f"UserServer:{service.leads_to}"},
                "MediationServer": {"Registrar": f"Registrar:{fqdn}"},
            }


_Role = tuple[str, Fqdn, dict[str, object]]


def _roles(pool: PoolSpec, scenario: Scenario) -> Iterator[_Role]:
    if pool.kind is Kind.EDGE:
        yield "EdgeServer", pool.fqdn, _edge_properties(pool, scenario)
    elif pool.kind is Kind.DIRECTOR:
        yield (
            "Director",
            pool.fqdn,
            {"EdgeServer": _edge(pool), "WebServer": f"WebServer:{pool.fqdn}"},
        )
        yield "WebServer", pool.fqdn, {}
    else:
        yield from _front_end_roles(pool, scenario)


def _edge(pool: PoolSpec) -> str | None:
    return f"EdgeServer:{pool.media_edge}" if pool.media_edge else None


def _edge_properties(pool: PoolSpec, scenario: Scenario) -> dict[str, object]:
    properties: dict[str, object] = {
        "Registrar": f"Registrar:{pool.next_hop}",
        "AccessEdgeInternalSipPort": 5061,
        "AccessEdgeExternalSipPort": FEDERATION_PORT if pool.federation else None,
        "AccessEdgeClientSipPort": 443,
        "AccessEdgeExternalFqdn": f"sip-{pool.fqdn}",
        "DataEdgeExternalFqdn": f"webconf-{pool.fqdn}",
        "AVEdgeExternalFqdn": f"av-{pool.fqdn}",
        "ExternalMrasFqdn": f"av-{pool.fqdn}",
    }
    if not scenario.version.is_lync:
        properties["SkypeSearchProxyPort"] = 4443
    return properties


def _front_end_roles(pool: PoolSpec, scenario: Scenario) -> Iterator[_Role]:
    fqdn, edge = pool.fqdn, _edge(pool)
    sql = pool.sql_server or pool.machines[0]
    backup = f"Registrar:{pool.backup_pool}" if pool.backup_pool else None
    registrar: dict[str, object] = {
        "BackupRegistrar": backup,
        "EnableAutomaticFailover": backup is not None,
        "FailureDetectionInterval": timedelta(minutes=5),
        "FailbackDetectionInterval": timedelta(minutes=10),
        "EdgeServer": edge,
        "UserServer": f"UserServer:{fqdn}",
        "WebServer": f"WebServer:{fqdn}",
        "SipPort": 5061,
    }
    yield "Registrar", fqdn, registrar
    yield (
        "UserServer",
        fqdn,
        {"ConferenceServer": f"ConferencingServer:{fqdn}", "UserDatabase": f"UserDatabase:{sql}"},
    )
    yield "ConferencingServer", fqdn, {"EdgeServer": edge}
    yield "MediationServer", fqdn, {"EdgeServer": edge, "Registrar": f"Registrar:{fqdn}"}
    yield (
        "ApplicationServer",
        fqdn,
        {"Registrar": f"Registrar:{fqdn}", "ApplicationDatabase": f"ApplicationDatabase:{sql}"},
    )
    yield "WebServer", fqdn, {"UserServer": f"UserServer:{fqdn}", "FileStore": f"FileStore:{sql}"}
    yield "FileStore", sql, {"UncPath": f"\\\\{sql}\\LyncShare-{fqdn.partition('.')[0]}"}
    if pool.backup_pool:
        yield "BackupServer", fqdn, {}
    holds_store = fqdn in scenario.central_management.copies
    if holds_store:
        yield store_role(pool)
    stores = [
        "UserDatabase",
        "ApplicationDatabase",
        *(["CentralManagementDatabase"] if holds_store else []),
    ]
    for server, instance in ((sql, pool.sql_instance), (pool.mirror_server, pool.mirror_instance)):
        if server is not None:
            for role in stores:
                yield role, server, {"SqlInstanceName": instance}


def store_role(pool: PoolSpec) -> tuple[str, Fqdn, dict[str, object]]:
    """The store's role of a pool, with the database that it needs."""
    sql = pool.sql_server or pool.machines[0]
    needs: dict[str, object] = {"CentralManagementDatabase": f"CentralManagementDatabase:{sql}"}
    return "CentralManagement", pool.fqdn, needs
