"""Names are names: no number, truth, version or type is taken for one, and no port hides one."""

from __future__ import annotations

import pytest
from attrs import evolve

from lyncops import cmdlets as c
from lyncops.cmdlets.reading import as_fqdn, as_site, service_of
from lyncops.deployment.gaps import NEXT_HOP, Gaps, Part
from lyncops.deployment.model import Machine, WindowsService
from lyncops.deployment.store_copies import build_copies
from lyncops.deployment.topology import build_edges
from lyncops.deployment.topology_document import parse_topology
from lyncops.values import (
    DotNetVersion,
    Fqdn,
    LyncVersion,
    RemoteEnum,
    RemoteObject,
    ServiceId,
    Unread,
)
from tests.deployment.scripted import Script, thing
from tests.deployment.test_reader_of_odd_shapes import SE1, SE2, first, read

NOT_A_NAME = (
    *(
        False,
        True,
        0,
        4443,
        4443.0,
        "0",
        "4443",
        "6.0.9319.0",
        "10.0.0.1",
        "true",
        "False",
        "$null",
    ),
    *(
        "System.Object",
        "Microsoft.Rtc.Management.Deploy.Fqdn",
        "Deserialized.Microsoft.Rtc.Management.Xds.X",
    ),
    *(
        DotNetVersion((6, 0, 9319, 0)),
        RemoteObject(type_names=("System.Object",), text="System.Object"),
    ),
)


@pytest.mark.parametrize("value", NOT_A_NAME)
def test_what_only_looks_like_a_name_is_none(value: object) -> None:
    assert (
        as_fqdn(value),
        service_of("Registrar")(value),
        as_site(value) if value != "10.0.0.1" else None,
    ) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("fe1.contoso.com:4443", "fe1.contoso.com"),
        ("Registrar:pool1.contoso.com", "pool1.contoso.com"),
        ("Registrar:pool1.contoso.com:5061", "pool1.contoso.com"),
        ("service:Registrar:pool1.contoso.com", "pool1.contoso.com"),
    ],
)
def test_a_port_or_a_role_does_not_hide_a_name(text: str, host: str) -> None:
    assert as_fqdn(text) == host
    assert service_of("Registrar")(text) == ServiceId("Registrar", Fqdn(host))


def test_a_version_is_no_backup_pool() -> None:
    relation = c.GetCsPoolBackupRelationship.decode(
        thing(PoolFqdn="se1.contoso.com", Version="6.0.9319.0")
    )
    assert relation.backup_of(SE1) is None
    assert relation.why_unread is not None


@pytest.mark.parametrize(
    ("raw", "version"),
    [
        (DotNetVersion((6, 0, 9319, 0)), LyncVersion.V2015),
        ("6.0.9319.0", LyncVersion.V2015),
        (DotNetVersion((5, 0, 8308, 0)), LyncVersion.V2013),
        (DotNetVersion((7, 0, 2046, 0)), LyncVersion.V2019),
        (DotNetVersion((6, 0)), LyncVersion.V2013),
        (6, LyncVersion.V2013),
        (7, LyncVersion.V2015),
    ],
)
def test_a_products_version_is_not_a_services(raw: object, version: LyncVersion) -> None:
    assert c.lync_version_of_service(c.GetCsService.decode(thing(Version=raw)).version) is version


@pytest.mark.parametrize("number", [1, RemoteEnum(None, 1), "1"])
def test_a_number_is_a_word_only_where_a_page_says_so(number: object) -> None:
    assert (
        c.GetCsWindowsService.decode(thing(Name="RTCSRV", Status=number)).status
        is c.ServiceStatus.STOPPED
    )
    assert c.GetCsRegistrarConfiguration.decode(thing(PoolState=number)).pool_state is None
    assert c.GetCsDatabaseMirrorState.decode(thing(StateOnPrimary=number)).state_on_primary is None


@pytest.mark.parametrize(
    "registrar",
    [
        {},
        {"Registrar": None},
        {"Registrar": ""},
        {"Registrar": 4443},
        {"Registrar": "System.Object"},
        {"Registrar": RemoteObject()},
    ],
)
def test_an_edge_pool_without_a_readable_next_hop_leads_anywhere(
    registrar: dict[str, object],
) -> None:
    gaps = Gaps()
    service = c.GetCsService.decode(
        thing(Identity="EdgeServer:edge1.contoso.com", AccessEdgeExternalSipPort=5061, **registrar)
    )
    (edge,) = build_edges([service], gaps)
    assert edge.next_hop is None
    assert (Part.EDGES, NEXT_HOP, edge.fqdn) in [
        (gap.part, gap.item, gap.pool) for gap in gaps.found
    ]


@pytest.mark.parametrize(
    "relation", [thing(PoolFqdn=SE1), thing(PoolFqdn=SE1, BackupPoolFqdn=4443), "Loading ...", None]
)
def test_a_relation_that_is_not_understood_is_not_a_pool_without_backup(relation: object) -> None:
    answers: Script = {
        "GetCsPoolBackupRelationship": lambda cmdlet: (
            [relation] if SE1 in cmdlet.to_powershell() else []
        )
    }
    assert isinstance(first(read(answers)).backup_pool, Unread)


def test_a_pool_without_backup_pool_is_told_so() -> None:
    for answer in ([], [thing(PoolFqdn=SE1, BackupPoolFqdn=None)]):
        assert first(read({"GetCsPoolBackupRelationship": answer})).backup_pool is None


@pytest.mark.parametrize("found", [[], [None], ["Loading ...", None], [thing(), None]])
def test_what_comes_before_the_object_does_not_hide_it(found: list[object]) -> None:
    store = thing(ActiveMasterFQDN=SE2, ActiveFileTransferAgents=[SE2])
    assert (
        read(
            {"GetCsCentralManagementStoreStatus": [*found, store]}
        ).central_management.active_master
        == SE2
    )


@pytest.mark.parametrize("status", ["Wird ausgeführt", "", None, RemoteObject(), 99])
def test_a_status_that_cannot_be_read_is_neither_up_nor_down(status: object) -> None:
    machine = first(read({"GetCsWindowsService": [thing(Name="RTCSRV", Status=status)]})).machines[
        0
    ]
    assert (machine.is_up, machine.is_down) == (False, False)
    assert Machine(fqdn=SE1, services=(WindowsService(name="RTCSRV", status="Stopped"),)).is_down


def test_a_cluster_without_its_id_is_a_gap_and_the_rest_is_read() -> None:
    cluster = (
        '<Cluster Fqdn="p{n}.contoso.com">{key}<Machine Fqdn="fe{n}.contoso.com"'
        ' OrdinalInCluster="x"/><Machine/></Cluster>'
    )
    text = cluster.format(n=1, key="") + cluster.format(
        n=2, key='<ClusterId SiteId="1" Number="2"/>'
    )
    topology = parse_topology(f"<Topology>{text}</Topology>")
    assert [pool.fqdn for pool in topology.pools] == ["p2.contoso.com"]
    assert topology.pools[0].computers == ("fe2.contoso.com",)
    assert {gap.part for gap in topology.gaps} == {
        Part.POOLS,
        Part.EDGES,
        Part.STORE,
        Part.MACHINES,
    }


def test_two_answers_about_one_copy_that_differ_leave_it_open() -> None:
    services = [
        c.GetCsService.decode(thing(Identity=f"CentralManagement:{SE1}", Active=active, Version=6))
        for active in (True, False)
    ]
    gaps = Gaps()
    topology = parse_topology("<Topology/>")
    (copy,) = build_copies(evolve(topology, services=tuple(services)), (), gaps)
    assert isinstance(copy.active, Unread)
    assert gaps.found
