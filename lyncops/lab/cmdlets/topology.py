"""Get-CsSite, Get-CsPool, Get-CsComputer, Get-CsService, Get-CsTopology, Set-CsSite,
Enable-CsTopology and the like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import changes, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.cmdlets.topology_xml import topology_document
from lyncops.lab.model.configuration import FEDERATION_PORT, ServiceRecord, SiteRecord
from lyncops.lab.model.world import World
from lyncops.values import Fqdn, RemoteObject

_CLUSTER: Final = "Microsoft.Rtc.Management.Deploy.Internal.Cluster"
_MACHINE: Final = "Microsoft.Rtc.Management.Deploy.Internal.Machine"
_SITE: Final = "Microsoft.Rtc.Management.Deploy.Internal.Site+CentralSite"
_TOPOLOGY: Final = "Microsoft.Rtc.Management.Deploy.Internal.DefaultTopology"
_COMMON_SWITCHES: Final = ("Verbose", "Debug")


@reads("Get-CsSite")
def get_cs_site(call: Call) -> Iterator[RemoteObject]:
    """Sites; `Identity` is `Site:<name>`, and both that and the bare name find it (fact:
    pool-objects).
    """
    sites = call.world.configuration.sites.values()
    pools: dict[str, list[Fqdn]] = {}
    for fqdn, place, _, _ in _clusters(call.world):
        pools.setdefault(place, []).append(fqdn)
    for site in chosen(
        call, sites, lambda s: (f"site:{s.name}", s.name), placeholders.UNKNOWN_SITE
    ):
        yield _site(call, site, pools.get(site.name, []))


def _site(call: Call, site: SiteRecord, pools: list[Fqdn]) -> RemoteObject:
    identity = f"Site:{site.name}"
    values = {
        "Identity": identity,
        "DisplayName": site.display_name,
        "Description": site.description,
        "SiteType": EnumValue("SiteType", "CentralSite"),
        "Pools": pools,
        "FederationRoute": site.federation_route,
        "XmppFederationRoute": site.xmpp_federation_route,
        "DefaultPersistentChatPool": site.persistent_chat_pool,
    }
    return call.make(_SITE, values, text=identity)


_Cluster = tuple[Fqdn, str, tuple[Fqdn, ...], tuple[str, ...]]


def _clusters(world: World) -> Iterator[_Cluster]:
    """Pools with site, computers and services.

    SQL Servers appear as pools too (fact: pool-objects).
    """
    services: dict[Fqdn, list[ServiceRecord]] = {}
    for record in world.configuration.services.values():
        services.setdefault(record.pool, []).append(record)
    for fqdn, records in services.items():
        members = world.pools[fqdn].spec.machines if fqdn in world.pools else (fqdn,)
        yield fqdn, records[0].site, members, tuple(r.identity for r in records)


@reads("Get-CsPool")
def get_cs_pool(call: Call) -> Iterator[RemoteObject]:
    """Pools; -Site takes the site's DisplayName (fact: set-cssite-bare-name)."""
    clusters: Iterable[_Cluster] = tuple(_clusters(call.world))
    if call.given("Site"):
        wanted = call.text("Site").casefold()
        sites = {
            s.name
            for s in call.world.configuration.sites.values()
            if s.display_name.casefold() == wanted
        }
        if not sites:
            call.fail(
                placeholders.UNKNOWN_SITE.format(call.text("Site")), category="ObjectNotFound"
            )
        clusters = [c for c in clusters if c[1] in sites]
    for fqdn, site, members, services in chosen(
        call, clusters, lambda c: (c[0],), placeholders.UNKNOWN_POOL
    ):
        values = {
            "Identity": fqdn,
            "Services": services,
            "Computers": members,
            "Fqdn": fqdn,
            "Site": f"Site:{site}",
        }
        yield call.make(_CLUSTER, values, text=fqdn)


@reads("Get-CsComputer")
def get_cs_computer(call: Call) -> Iterator[RemoteObject]:
    """Computers in the order of the topology (fact: pool-objects)."""
    computers = [
        (machine, fqdn) for fqdn, _, members, _ in _clusters(call.world) for machine in members
    ]
    if call.flag("Local"):
        computers = [c for c in computers if c[0] == call.machine.fqdn]
    if call.given("Pool"):
        pool = call.text("Pool").casefold()
        computers = [c for c in computers if c[1] == pool]
        if not computers:
            call.fail(
                placeholders.UNKNOWN_POOL.format(call.text("Pool")), category="ObjectNotFound"
            )
    for machine, fqdn in chosen(call, computers, lambda c: (c[0],), placeholders.UNKNOWN_COMPUTER):
        yield call.make(
            _MACHINE, {"Identity": machine, "Pool": fqdn, "Fqdn": machine}, text=machine
        )


@reads("Get-CsService")
def get_cs_service(call: Call) -> Iterator[RemoteObject]:
    """Services of every role, or of one (the switch), or of one pool."""
    configuration = call.world.configuration
    records = tuple(configuration.services.values())
    # Every switch of its own is named like the role that it selects.
    role = next(
        (name for name in call.arguments if call.flag(name) and name not in _COMMON_SWITCHES), None
    )
    if role is not None:
        records = tuple(r for r in records if r.role == role)
    if call.given("PoolFqdn"):
        records = tuple(r for r in records if r.pool == call.text("PoolFqdn").casefold())
    dependents = configuration.dependents()
    for record in chosen(call, records, lambda r: (r.identity,), placeholders.UNKNOWN_SERVICE):
        yield _service(call, record, dependents.get(record.identity, ()))


def _service(call: Call, record: ServiceRecord, dependents: tuple[str, ...]) -> RemoteObject:
    """A service as Get-CsService returns it: one .NET type per role (fact: result-types)."""
    values: dict[str, object] = {
        "Identity": record.identity,
        "ServiceId": record.number,
        "SiteId": f"Site:{record.site}",
        "PoolFqdn": record.pool,
        "Version": record.version,
        "Role": record.role,
        "DependentServiceList": dependents,
        **record.properties,
    }
    if record.role == "CentralManagement":
        values["Active"] = call.world.store.copies[record.pool].active
    return call.make(
        f"Microsoft.Rtc.Management.Xds.Display{record.role}", values, text=record.identity
    )


@reads("Get-CsTopology")
def get_cs_topology(call: Call) -> Iterator[object]:
    """The topology as an object, or as its document."""
    source = (
        call.machine.replica.configuration if call.flag("LocalStore") else call.world.configuration
    )
    if call.flag("AsXml"):
        members = {fqdn: pool.spec.machines for fqdn, pool in call.world.pools.items()}
        yield topology_document(
            source, members, frozenset(copy.pool for copy in call.world.store.claimants)
        )
        return
    values = {
        "Identity": "Global",
        "Sites": [f"Site:{s.name}" for s in source.sites.values()],
        "Clusters": sorted({s.pool for s in source.services.values()}),
        "Services": [s.identity for s in source.services.values()],
        "Machines": list(call.world.machine_states),
    }
    yield call.make(_TOPOLOGY, values, text=_TOPOLOGY)


@changes("Set-CsSite")
def set_cs_site(call: Call) -> None:
    """Routes and names of a site; the identity is the bare name, not `site:Redmond` (fact:
    set-cssite-bare-name).
    """
    world = call.world
    with world.lock:
        site = _changed_site(call)
    if not call.should_process(f"Site:{site.name}") or not call.start():
        return
    with world.lock:
        sites = {**world.configuration.sites, site.name.casefold(): site}
        call.change(attrs.evolve(world.configuration, sites=sites), needs_enabling=True)


def _changed_site(call: Call) -> SiteRecord:
    site = call.world.configuration.sites.get(call.text("Identity").casefold())
    if site is None:
        call.fail(
            placeholders.UNKNOWN_SITE.format(call.text("Identity")), category="ObjectNotFound"
        )
    values = attrs.asdict(site)
    for parameter, field in _SITE_FIELDS.items():
        if call.given(parameter):
            text = call.text(parameter)
            values[field] = (
                _route(call, parameter) if text and parameter.endswith("Route") else text or None
            )
    return SiteRecord(**values)


_SITE_FIELDS: Final = {
    "DisplayName": "display_name",
    "Description": "description",
    "FederationRoute": "federation_route",
    "XmppFederationRoute": "xmpp_federation_route",
    "DefaultPersistentChatPool": "persistent_chat_pool",
}


def _route(call: Call, parameter: str) -> str:
    """The Edge service of a route; a federation route needs federation to be enabled on it (fact:
    edge-federation).
    """
    record = call.world.configuration.service(call.text(parameter))
    if record is None or record.role != "EdgeServer":
        call.fail(
            placeholders.UNKNOWN_SERVICE.format(call.text(parameter)), category="ObjectNotFound"
        )
    if (
        parameter == "FederationRoute"
        and record.properties["AccessEdgeExternalSipPort"] != FEDERATION_PORT
    ):
        call.fail(placeholders.ROUTE_NEEDS_FEDERATION.format(edge=record.identity))
    return record.identity


@changes("Enable-CsTopology")
def enable_cs_topology(call: Call) -> None:
    """Publishes what waited for it; changes nothing else here."""
    if not call.should_process("Topology"):
        return
    with call.world.lock:
        if call.start() and not call.world.store.published:
            call.world.store.published = True
            call.world.store.changed = call.world.now()
