"""The topology document of `Get-CsTopology -AsXml`: with `-LocalStore` the only topology that is
left when the store is gone.

Elements, attributes and role names are those of real documents (fact: service-objects); parts that
no recovery procedure reads are left out, and how a document carries a site's routes and a
registrar's backup is recalled, not established.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from lyncops.lab.model.configuration import Configuration, ServiceRecord, SiteRecord
from lyncops.values import Fqdn

_NAMESPACE: Final = "urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008"
_ROLES: Final = "urn:schema:Microsoft.Rtc.Management.Deploy.ServiceRoles.2008"
_NAMES: Final = {
    "UserServer": "UserServices",
    "UserDatabase": "UserStore",
    "ConferencingServer": "ConfServices",
    "WebServer": "WebServices",
    "CentralManagement": "CentralMgmt",
    "CentralManagementDatabase": "CentralMgmtStore",
    "ApplicationDatabase": "ApplicationStore",
    "Director": "Registrar",
}


def topology_document(
    configuration: Configuration,
    members: Mapping[Fqdn, tuple[Fqdn, ...]],
    active_stores: frozenset[Fqdn],
) -> str:
    """The document; `members` are the machines of each pool that has some, `active_stores` the
    pools that claim the store.
    """
    return "".join(_Document(configuration, members, active_stores).lines())


class _Document:
    def __init__(
        self,
        configuration: Configuration,
        members: Mapping[Fqdn, tuple[Fqdn, ...]],
        active_stores: frozenset[Fqdn],
    ) -> None:
        self._configuration, self._members, self._active_stores = (
            configuration,
            members,
            active_stores,
        )
        self._sites = {name: number for number, name in enumerate(configuration.sites, 1)}
        self._clusters: dict[Fqdn, tuple[int, int]] = {}
        for record in configuration.services.values():
            self._clusters.setdefault(
                record.pool, (self._sites[record.site.casefold()], len(self._clusters) + 1)
            )

    def lines(self) -> Iterator[str]:
        yield (
            f'<Topology xmlns="{_NAMESPACE}"'
            ' Signature="00000000-0000-0000-0000-000000000001"><Sites>'
        )
        for site in self._configuration.sites.values():
            yield from self._site(site)
        yield "</Sites><Clusters>"
        for fqdn in self._clusters:
            yield from self._cluster(fqdn)
        yield "</Clusters><Services>"
        for record in self._configuration.services.values():
            yield from self._service(record)
        yield "</Services></Topology>"

    def _site(self, site: SiteRecord) -> Iterator[str]:
        yield (
            "<CentralSite"
            f' SiteId="{self._sites[site.name.casefold()]}"><Name>{_text(site.name)}</Name>'
        )
        for element, route in (
            ("FederationRoute", site.federation_route),
            ("XmppFederationRoute", site.xmpp_federation_route),
        ):
            record = self._configuration.service(route) if route else None
            if record is not None:
                yield f"<{element}>{self._service_id(record)}</{element}>"
        yield "</CentralSite>"

    def _cluster(self, fqdn: Fqdn) -> Iterator[str]:
        yield (
            '<Cluster RequiresReplication="true" RequiresSetup="true"'
            f' Fqdn="{fqdn}">{self._cluster_id(fqdn)}'
        )
        for ordinal, machine in enumerate(self._members.get(fqdn, (fqdn,)), 1):
            yield f'<Machine OrdinalInCluster="{ordinal}" Fqdn="{machine}" />'
        yield "</Cluster>"

    def _cluster_id(self, fqdn: Fqdn) -> str:
        site, number = self._clusters[fqdn]
        return f'<ClusterId SiteId="{site}" Number="{number}" />'

    def _service_id(self, record: ServiceRecord) -> str:
        site, number = self._clusters[record.pool]
        return (
            f'<ServiceId SiteId="{site}" RoleName="{_NAMES.get(record.role, record.role)}"'
            f' Instance="{number}" />'
        )

    def _service(self, record: ServiceRecord) -> Iterator[str]:
        yield (
            '<Service RoleVersion="1"'
            f' ServiceVersion="{record.version}">{self._service_id(record)}<DependsOn>'
        )
        for name, value in record.properties.items():
            needed = (
                self._configuration.service(value)
                if isinstance(value, str) and ":" in value
                else None
            )
            if needed is not None:
                usage = "Backup" if name == "BackupRegistrar" else "Default"
                yield f'<Dependency Usage="{usage}">{self._service_id(needed)}</Dependency>'
        yield "</DependsOn><InstalledOn>"
        instance = record.properties.get("SqlInstanceName")
        cluster = self._cluster_id(record.pool)
        yield (
            cluster
            if instance is None
            else f"<SqlInstanceId Name={quoteattr(str(instance))}>{cluster}</SqlInstanceId>"
        )
        yield f'</InstalledOn><Ports xmlns="{_ROLES}">'
        for usage, name in (
            ("SipServer", "AccessEdgeExternalSipPort"),
            ("SipClient", "AccessEdgeClientSipPort"),
        ):
            port = record.properties.get(name)
            if port is not None:
                yield (
                    f'<Port Owner="urn:component:AccessEdge" Usage="{usage}"'
                    f' InterfaceSide="External" Port="{port}" />'
                )
        yield "</Ports>"
        if record.role == "CentralManagement":
            active = str(record.pool in self._active_stores).lower()
            yield f'<CentralMgmtService xmlns="{_ROLES}" IsActive="{active}" />'
        if record.role in ("Registrar", "Director"):
            yield (
                f'<RegistrarService xmlns="{_ROLES}"'
                f' IsDirector="{str(record.role == "Director").lower()}" />'
            )
        yield "</Service>"


def _text(text: str) -> str:
    return quoteattr(text)[1:-1]
