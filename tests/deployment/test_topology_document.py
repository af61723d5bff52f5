from __future__ import annotations

import pytest

from lyncops.deployment.gaps import Gaps
from lyncops.deployment.model import PoolKind
from lyncops.deployment.store_copies import build_copies
from lyncops.deployment.topology import build_edges, build_pools, build_sites
from lyncops.deployment.topology_document import parse_topology
from lyncops.errors import InvalidValueError

ROLES = "urn:schema:Microsoft.Rtc.Management.Deploy.ServiceRoles.2008"


def service(
    role: str, number: int, *needs: str, inside: str = "", sql: str = "", version: str = "6"
) -> str:
    depends = "".join(f'<Dependency Usage="Default">{need}</Dependency>' for need in needs)
    cluster = f'<ClusterId SiteId="1" Number="{number}" />'
    place = f'<SqlInstanceId Name="{sql}">{cluster}</SqlInstanceId>' if sql else cluster
    return (
        "<Service"
        f' ServiceVersion="{version}">{service_id(role, number)}<DependsOn>{depends}</DependsOn>'
        f"<InstalledOn>{place}</InstalledOn>{inside}</Service>"
    )


def service_id(role: str, number: int) -> str:
    return f'<ServiceId SiteId="1" RoleName="{role}" Instance="{number}" />'


def cluster(fqdn: str, number: int, *machines: str) -> str:
    inside = "".join(
        f'<Machine OrdinalInCluster="{ordinal}" Fqdn="{name}" />'
        for ordinal, name in enumerate(machines, 1)
    )
    return f'<Cluster Fqdn="{fqdn}"><ClusterId SiteId="1" Number="{number}" />{inside}</Cluster>'


PORTS = (
    f'<Ports xmlns="{ROLES}"><Port Owner="urn:component:AccessEdge" Usage="SipServer"'
    ' InterfaceSide="Internal" Port="5061" /><Port Owner="urn:component:AccessEdge"'
    ' Usage="SipClient" InterfaceSide="External" Port="443" />{federation}</Ports>'
)
FEDERATION = (
    '<Port Owner="urn:component:AccessEdge" Usage="SipServer" InterfaceSide="External"'
    ' Port="5061" />'
)
STORE = f'<CentralMgmtService xmlns="{ROLES}" IsActive="true" />'
FEDERATED = PORTS.format(federation=FEDERATION)
DOCUMENT = f"""\ufeff
<Topology xmlns="urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008">
  <Sites><CentralSite SiteId="1"><Name>TVP</Name><Location City="Reading" />
    <FederationRoute>{service_id("EdgeServer", 2)}</FederationRoute></CentralSite></Sites>
  <Clusters>{cluster("Pool.contoso.com", 1, "fe1.contoso.com", "fe2.contoso.com")}
    {cluster("edge.contoso.com", 2, "edge.contoso.com")}
    {cluster("sql.contoso.com", 3, "sql.contoso.com")}
    {cluster("dir.contoso.com", 4, "d1.contoso.com")}</Clusters>
  <Services>
    {service("UserServices", 1, service_id("UserStore", 3))}
    {service("Registrar", 1, service_id("UserServices", 1), service_id("EdgeServer", 2))}
    {service("Registrar", 4, inside=f'<RegistrarService xmlns="{ROLES}" IsDirector="true" />')}
    {service("UserStore", 3, sql="rtc")}
    {service("CentralMgmt", 1, service_id("CentralMgmtStore", 3), inside=STORE)}
    {service("CentralMgmtStore", 3, sql="cms")}
    {service("EdgeServer", 2, service_id("Registrar", 1), inside=FEDERATED, version="x")}
    {service("PstnGateway", 99)}
  </Services>
</Topology>"""


def test_a_document_gives_what_the_single_cmdlets_give() -> None:
    topology = parse_topology(DOCUMENT)
    pools = {pool.fqdn: pool for pool in build_pools(topology, Gaps())}
    pool = pools[next(name for name in pools if name.startswith("pool"))]
    assert pool.kind is PoolKind.ENTERPRISE
    assert [machine.fqdn for machine in pool.machines] == ["fe1.contoso.com", "fe2.contoso.com"]
    assert (pool.sql_server, pool.sql_instance, pool.edges_for_media, pool.site) == (
        "sql.contoso.com",
        "rtc",
        ("edge.contoso.com",),
        "TVP",
    )
    assert {p.kind for name, p in pools.items() if name.startswith("dir")} == {PoolKind.DIRECTOR}
    (edge,) = build_edges(topology.services, Gaps())
    assert (edge.fqdn, edge.next_hop, edge.has_federation) == (
        "edge.contoso.com",
        "pool.contoso.com",
        True,
    )
    (site,) = build_sites(topology.sites, Gaps())
    assert str(site.federation_route) == "EdgeServer:edge.contoso.com"
    assert site.xmpp_federation_route is None
    (copy,) = build_copies(topology, pools.values(), Gaps())
    assert (copy.pool, copy.active, copy.sql_server, copy.sql_instance) == (
        "pool.contoso.com",
        True,
        "sql.contoso.com",
        "cms",
    )


def test_an_edge_without_the_servers_port_has_no_federation() -> None:
    topology = parse_topology(DOCUMENT.replace(FEDERATION, ""))
    assert not build_edges(topology.services, Gaps())[0].has_federation


def test_a_backup_registrar_is_no_next_hop() -> None:
    text = DOCUMENT.replace(
        f'<Dependency Usage="Default">{service_id("Registrar", 1)}',
        f'<Dependency Usage="Backup">{service_id("Registrar", 1)}',
    )
    assert build_edges(parse_topology(text).services, Gaps())[0].next_hop is None


@pytest.mark.parametrize(
    "text", ["", "<Topology>", "<Other />", '<!doctype a [<!ENTITY b "c">]><Topology />']
)
def test_what_is_no_topology_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        parse_topology(text)
