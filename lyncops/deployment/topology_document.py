"""The topology document that `Get-CsTopology -AsXml` writes, read as the same objects that the
single cmdlets give.

Get-CsPool, Get-CsService, Get-CsSite and Get-CsComputer have no `-LocalStore` (fact: local-store):
when the Central Management store is gone, the document of the local copy is the only topology there
is. Its role names are its own (fact: service-objects).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import XML, Element, ParseError

import attrs

from lyncops.cmdlets import Computer, PoolInfo, Service, SiteInfo
from lyncops.cmdlets.reading import host_in
from lyncops.deployment.gaps import Gap, Part
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, ServiceId, SiteName

_ROLES: Final = {
    "UserServices": "UserServer",
    "UserStore": "UserDatabase",
    "ConfServices": "ConferencingServer",
    "WebServices": "WebServer",
    "CentralMgmt": "CentralManagement",
    "CentralMgmtStore": "CentralManagementDatabase",
    "ApplicationStore": "ApplicationDatabase",
    "ManagementServices": "ManagementServer",
}


@attrs.frozen(slots=True, kw_only=True)
class Topology:
    """What the topology cmdlets say, or the document."""

    sites: tuple[SiteInfo, ...]
    pools: tuple[PoolInfo, ...]
    computers: tuple[Computer, ...]
    services: tuple[Service, ...]
    gaps: tuple[Gap, ...] = ()


_SEEN: Final = frozenset(Service.PROPERTIES)  # the document leaves out what is empty
_Key = tuple[str, ...]


def parse_topology(text: str) -> Topology:
    """Read the document.

    Raises:
        InvalidValueError: it is not XML, or not a topology.
    """
    root = _parse(text)
    site_names = {
        site.get("SiteId", ""): SiteName(_text(site, "Name"))
        for site in _all(root, "CentralSite")
        if _text(site, "Name")
    }
    all_clusters = tuple(_all(root, "Cluster"))
    clusters = {
        key: cluster
        for cluster in all_clusters
        if (key := _cluster_key(cluster)) and host_in(cluster.get("Fqdn", ""))
    }
    names = {
        key: name for key, cluster in clusters.items() if (name := host_in(cluster.get("Fqdn", "")))
    }
    elements = [element for element in _all(root, "Service") if _service_key(element)]
    identities = {
        key: found
        for element in elements
        if (key := _service_key(element)) and (found := _identity(element, names))
    }
    services = tuple(
        _service(element, identities, site_names)
        for element in elements
        if _service_key(element) in identities
    )
    return Topology(
        sites=tuple(
            _site(element, identities)
            for element in _all(root, "CentralSite")
            if _text(element, "Name")
        ),
        pools=tuple(
            _pool(name, clusters[key], services, site_names.get(key[0]))
            for key, name in names.items()
        ),
        computers=tuple(
            Computer(identity=machine, fqdn=machine, pool=name)
            for key, name in names.items()
            for machine in _machines(clusters[key])
        ),
        services=services,
        gaps=(
            *_nameless_clusters(all_clusters, clusters),
            *_nameless_machines(clusters, names),
            *_nameless_services(_all(root, "Service"), identities),
        ),
    )


def backup_registrars(text: str) -> Mapping[Fqdn, Fqdn]:
    """For each pool, the pool of its backup registrar (`Usage="Backup"`, which is recalled, not
    established).

    Raises:
        InvalidValueError: as `parse_topology`.
    """
    root = _parse(text)
    names = {
        _cluster_key(cluster): name
        for cluster in _all(root, "Cluster")
        if (name := host_in(cluster.get("Fqdn", "")))
    }
    elements = {_service_key(one): one for one in _all(root, "Service") if _service_key(one)}
    pools = {key: found.pool for key, one in elements.items() if (found := _identity(one, names))}
    return {
        pools[key]: pools[backup]
        for key, element in elements.items()
        for dependency in _all(element, "Dependency")
        if dependency.get("Usage") == "Backup"
        for backup in map(_service_key, _all(dependency, "ServiceId"))
        if key in pools and backup in pools and "Registrar" in key and "Registrar" in backup
    }


def _pool(
    name: Fqdn, cluster: Element, services: Iterable[Service], site: SiteName | None
) -> PoolInfo:
    identities = [service.identity for service in services]
    return PoolInfo(
        identity=name,
        fqdn=name,
        computers=tuple(_machines(cluster)),
        services=tuple(each for each in identities if each is not None and each.pool == name),
        site=site,
    )


def _nameless_clusters(found: tuple[Element, ...], clusters: dict[_Key, Element]) -> Iterator[Gap]:
    for cluster in found:
        if clusters.get(_cluster_key(cluster)) is None:
            what = f"the pool {cluster.get('Fqdn') or 'without a name'} of the topology document"
            for part in (Part.POOLS, Part.EDGES, Part.STORE):
                yield Gap(
                    part=part, what=what, reason="its Cluster has no readable ClusterId or Fqdn"
                )


def _nameless_machines(clusters: dict[_Key, Element], names: dict[_Key, Fqdn]) -> Iterator[Gap]:
    for key, cluster in clusters.items():
        if any(host_in(machine.get("Fqdn", "")) is None for machine in _all(cluster, "Machine")):
            what = f"a machine of {names[key]} in the topology document"
            yield Gap(
                part=Part.MACHINES, what=what, reason="it has no readable Fqdn", pool=names[key]
            )


def _nameless_services(
    elements: Iterator[Element], identities: dict[_Key, ServiceId]
) -> Iterator[Gap]:
    for element in elements:
        if _service_key(element) not in identities and len(element):
            what = (
                f"the service {'-'.join(_service_key(element)) or 'without a ServiceId'} of the"
                " topology document"
            )
            for part in (Part.POOLS, Part.EDGES, Part.STORE):
                yield Gap(
                    part=part,
                    what=what,
                    reason="the document does not say on which pool it is installed",
                )


def _parse(text: str) -> Element:
    if "<!DOCTYPE" in text.upper():
        raise InvalidValueError(
            "The topology document declares a document type, which a topology never does.",
            remedy="Do not trust it.",
        )
    try:
        root = XML(text.lstrip("\ufeff \r\n\t"))
    except ParseError as error:
        raise InvalidValueError(
            f"The topology document is not XML: {error}", remedy="Look at Get-CsTopology -AsXml."
        ) from error
    if _local(root) != "Topology":
        raise InvalidValueError(
            "The document is not a topology.", remedy="Look at Get-CsTopology -AsXml."
        )
    return root


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (found for found in element.iter() if _local(found) == name)


def _first(element: Element, name: str) -> Element | None:
    return next(_all(element, name), None)


def _text(element: Element, name: str) -> str:
    found = _first(element, name)
    return (found.text or "").strip() if found is not None else ""


def _cluster_key(element: Element) -> _Key:
    found = _first(element, "ClusterId")
    return (found.get("SiteId", ""), found.get("Number", "")) if found is not None else ()


def _service_key(element: Element) -> _Key:
    found = (
        element
        if _local(element) == "ServiceId"
        else next((child for child in element if _local(child) == "ServiceId"), None)
    )
    return (
        (found.get("SiteId", ""), found.get("RoleName", ""), found.get("Instance", ""))
        if found is not None
        else ()
    )


def _identity(element: Element, names: dict[_Key, Fqdn]) -> ServiceId | None:
    installed = _first(element, "InstalledOn")
    name = names.get(_cluster_key(installed)) if installed is not None else None
    return None if name is None else ServiceId(_role(element), name)


def _role(element: Element) -> str:
    registrar = _first(element, "RegistrarService")
    if registrar is not None and registrar.get("IsDirector", "").lower() == "true":
        return "Director"
    name = _service_key(element)[1]
    return _ROLES.get(name, name)


def _machines(cluster: Element) -> Iterator[Fqdn]:
    machines = sorted(
        _all(cluster, "Machine"), key=lambda machine: _number(machine, "OrdinalInCluster")
    )
    return filter(None, (host_in(machine.get("Fqdn", "")) for machine in machines))


def _number(element: Element, name: str) -> int:
    text = element.get(name, "")
    return int(text) if text.isdecimal() else 0


def _service(
    element: Element, identities: dict[_Key, ServiceId], site_names: dict[str, SiteName]
) -> Service:
    key = _service_key(element)
    identity = identities[key]
    needed = tuple(
        identities[found]
        for found in map(_service_key, _depends_on(element))
        if found in identities
    )
    by_role = {one.role: one for one in reversed(needed)}
    management = _first(element, "CentralMgmtService")
    instance = _first(element, "SqlInstanceId")
    version = element.get("ServiceVersion", "")
    return Service(
        identity=identity,
        service_id="-".join(key),
        site_id=site_names.get(key[0]),
        pool_fqdn=identity.pool,
        version=int(version) if version.isdecimal() else None,
        role=identity.role,
        active=(
            None
            if management is None or management.get("IsActive") is None
            else management.get("IsActive", "").lower() == "true"
        ),
        registrar=by_role.get("Registrar", by_role.get("Director")),
        edge_server=by_role.get("EdgeServer"),
        user_database=by_role.get("UserDatabase"),
        user_server=by_role.get("UserServer"),
        mediation_server=by_role.get("MediationServer"),
        central_management_database=by_role.get("CentralManagementDatabase"),
        sql_instance_name=instance.get("Name") if instance is not None else None,
        access_edge_external_sip_port=_federation_port(element),
        dependent_service_list=needed,
        seen=_SEEN,
    )


def _depends_on(element: Element) -> Iterator[Element]:
    """What the service needs; a Registrar's backup (`Usage="Backup"`) is none of it."""
    for dependency in _all(element, "Dependency"):
        if dependency.get("Usage", "Default") == "Default":
            yield from _all(dependency, "ServiceId")


def _federation_port(element: Element) -> int | None:
    """The external port for servers: an Edge pool has federation when it is there (fact:
    federated-edge-port).
    """
    for port in _all(element, "Port"):
        about = (
            port.get("Owner", "").rpartition(":")[2],
            port.get("Usage"),
            port.get("InterfaceSide"),
        )
        if about == ("AccessEdge", "SipServer", "External") and port.get("Port", "").isdecimal():
            return int(port.get("Port", ""))
    return None


def _site(element: Element, identities: dict[_Key, ServiceId]) -> SiteInfo:
    name = _text(element, "Name")
    routes = {
        _local(holder).casefold(): identities.get(_service_key(found))
        for holder in element.iter()
        if _local(holder).casefold().endswith("federationroute")
        for found in _all(holder, "ServiceId")
    }
    return SiteInfo(
        identity=SiteName(name),
        display_name=name,
        federation_route=routes.get("federationroute"),
        xmpp_federation_route=routes.get("xmppfederationroute"),
        seen=frozenset(SiteInfo.PROPERTIES),
    )
