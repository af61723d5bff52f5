from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lyncops.cmdlets as c
from lyncops.cmdlets import (
    BackupModuleStatus,
    ExportStatus,
    ImportStatus,
    MirrorState,
    NoOutput,
    PoolState,
    Result,
    ServiceStatus,
    UpgradeReadiness,
)
from lyncops.cmdlets.codec import cmdlet_classes
from lyncops.values import DotNetVersion, Fqdn, RemoteEnum, RemoteObject, ServiceId, SiteName

POOL = Fqdn("pool1.contoso.com")
BACKUP = Fqdn("pool2.contoso.com")
_FQDN_TYPE = ("Deserialized.Microsoft.Rtc.Management.Deploy.Fqdn",)

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.builds(DotNetVersion, st.tuples(st.integers(0), st.integers(0)))
    | st.builds(RemoteEnum, st.none() | st.text(), st.none() | st.integers())
    | st.sampled_from(
        [
            "pool1.contoso.com",
            "Registrar:pool1.contoso.com",
            "PT2M",
            "00:02:00",
            "P",
            "PT",
            "True",
            "{a, b}",
            "site:",
            "a:",
        ]
    )
)
_PROPERTIES = sorted({"Fqdn", "Value", "Items", "Ticks", "Name", "Identity", "DateTime", "value__"})


def _objects(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    named = st.dictionaries(st.sampled_from(_PROPERTIES), inner, max_size=3)
    return (
        st.lists(inner, max_size=3)
        | named
        | st.builds(RemoteObject, named, text=st.none() | st.text())
    )


_ANYTHING = st.recursive(_SCALARS, _objects, max_leaves=6)
_RESULTS = sorted(
    {
        cls
        for forms in cmdlet_classes().values()
        for form in forms
        if issubclass(cls := form.result_type(), Result)
    },
    key=lambda r: r.__name__,
)
_NAMES = sorted(
    {name for cls in _RESULTS for names in cls.property_names().values() for name in names}
)


@given(
    st.sampled_from(_RESULTS),
    _ANYTHING
    | st.builds(RemoteObject, st.dictionaries(st.sampled_from(_NAMES), _ANYTHING, max_size=6)),
)
def test_no_shape_of_an_object_is_ever_an_error(cls: type[Result], item: object) -> None:
    assert isinstance(cls.decode(item), cls)


@given(st.sampled_from(_RESULTS), st.dictionaries(st.text(min_size=1), _ANYTHING, max_size=4))
def test_what_is_not_known_is_kept_as_it_came(
    cls: type[Result], properties: dict[str, object]
) -> None:
    strange = {f"x-{name}": value for name, value in properties.items()}
    assert cls.decode(RemoteObject(strange)).unknown_properties == strange


def test_what_cannot_be_understood_is_none_and_kept() -> None:
    state = c.ReplicaState.decode(
        RemoteObject({"UpToDate": "maybe", "LastStatusReport": [1, 2], "replicafqdn": "a b"})
    )
    assert (state.up_to_date, state.last_status_report, state.replica_fqdn) == (None, None, None)
    assert state.unknown_properties == {
        "UpToDate": "maybe",
        "LastStatusReport": [1, 2],
        "replicafqdn": "a b",
    }


def test_a_replica_in_the_usual_shape() -> None:
    reported = datetime(2026, 11, 22, 19, 57, 54, tzinfo=UTC)
    state = c.GetCsManagementStoreReplicationStatus.decode(
        RemoteObject(
            {
                "UPTODATE": True,
                "ReplicaFqdn": "FE1.contoso.com",
                "LastStatusReport": reported,
                "LastUpdateCreation": "2026-11-22T19:57:54.1234567Z",
                "ProductVersion": DotNetVersion.parse("5.0.8308.0"),
                "RunspaceId": uuid.UUID(int=1),
            }
        )
    )
    assert state == c.ReplicaState(
        replica_fqdn=Fqdn("fe1.contoso.com"),
        up_to_date=True,
        last_status_report=reported,
        last_update_creation=reported.replace(microsecond=123456),
        product_version="5.0.8308.0",
        unknown_properties={"RunspaceId": uuid.UUID(int=1)},
    )


def test_a_replica_that_never_reported() -> None:
    state = c.ReplicaState.decode(
        RemoteObject(
            {
                "UpToDate": "False",
                "LastStatusReport": "",
                "LastUpdateCreation": datetime(1, 1, 1, tzinfo=UTC),
            }
        )
    )
    assert (state.up_to_date, state.last_status_report, state.last_update_creation) == (
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    "agents",
    [
        ["FE1.contoso.com", "fe2.contoso.com"],
        ("fe1.contoso.com", "fe2.contoso.com"),
        "fe1.contoso.com, fe2.contoso.com",
        "{fe1.contoso.com, fe2.contoso.com}",
        RemoteObject({"Count": 2, "Items": ["fe1.contoso.com", "fe2.contoso.com"]}),
        [
            RemoteObject(text="fe1.contoso.com", type_names=_FQDN_TYPE),
            RemoteObject({"Fqdn": "fe2.contoso.com"}),
        ],
        [
            RemoteObject(
                {"Value": RemoteObject({"Name": "fe1.contoso.com"})}, text="System.Object"
            ),
            "Registrar:fe2.contoso.com",
        ],
    ],
)
def test_lists_of_names_in_every_shape(agents: object) -> None:
    status = c.GetCsCentralManagementStoreStatus.decode(
        RemoteObject({"ActiveMasterFQDN": agents, "activefiletransferagents": agents})
    )
    assert status.active_file_transfer_agents == (Fqdn("fe1.contoso.com"), Fqdn("fe2.contoso.com"))


@pytest.mark.parametrize("empty", [None, [], "", ()])
def test_an_unavailable_store_has_neither_master_nor_agents(empty: object) -> None:
    status = c.CentralManagementStoreStatus.decode(
        RemoteObject({"ActiveMasterFqdn": None, "ActiveFileTransferAgents": empty})
    )
    assert (
        status.active_master_fqdn,
        status.active_file_transfer_agents,
        status.unknown_properties,
    ) == (None, (), {})


def test_a_distinguished_name_is_one_name() -> None:
    group = "CN=RTCUniversalServerAdmins,DC=contoso,DC=com"
    for groups in (group, [group]):
        assert c.BackupServiceConfiguration.decode(
            {"AuthorizedUniversalGroups": groups}
        ).authorized_universal_groups == (group,)
    listed = c.BackupServiceConfiguration.decode(
        {"AuthorizedUniversalGroups": "{A, B C}", "AuthorizedLocalAccounts": ["a, b"]}
    )
    assert (listed.authorized_universal_groups, listed.authorized_local_accounts) == (
        ("A", "B C"),
        ("a, b",),
    )


def test_one_agent_that_came_without_its_list() -> None:
    assert c.CentralManagementStoreStatus.decode(
        {"ActiveFileTransferAgents": str(POOL)}
    ).active_file_transfer_agents == (POOL,)


def test_an_item_that_cannot_be_read_keeps_the_whole_list() -> None:
    status = c.CentralManagementStoreStatus.decode({"ActiveReplicas": [str(POOL), "a b"]})
    assert status.active_replicas == (POOL,)
    assert status.unknown_properties == {"ActiveReplicas": [str(POOL), "a b"]}


@pytest.mark.parametrize(
    "item",
    [
        str(BACKUP),
        RemoteObject(text="POOL2.contoso.com", type_names=_FQDN_TYPE),
        RemoteObject({"Length": 18}, text=str(BACKUP)),
        RemoteObject({"PoolFqdn": str(POOL), "BackupPoolFqdn": str(BACKUP)}),
        RemoteObject({"PoolFqdn": str(BACKUP), "BackupPoolFqdn": str(POOL)}),
        RemoteObject({"Pool": str(POOL), "RelatedPoolFqdn": RemoteObject(text=str(BACKUP))}),
        RemoteObject({"Fqdn": str(BACKUP)}),
        RemoteObject(
            {
                "Fqdn": RemoteObject(
                    text="Microsoft.Rtc.Management.Deploy.Fqdn", type_names=_FQDN_TYPE
                ),
                "Somehow": str(BACKUP),
            }
        ),
        RemoteObject(
            {
                "PSComputerName": "fe9.contoso.com",
                "Somehow": RemoteObject({"Fqdn": str(BACKUP)}),
                "Count": 3,
            }
        ),
        {"backuppool": f"Registrar:{BACKUP}"},
    ],
)
def test_the_backup_pool_is_found_by_whatever_name(item: object) -> None:
    relation = c.GetCsPoolBackupRelationship.decode(item)
    assert relation.backup_of(POOL) == BACKUP


@pytest.mark.parametrize(
    "item", [None, RemoteObject(), str(POOL), RemoteObject({"PSComputerName": "fe9.contoso.com"})]
)
def test_a_pool_without_backup_pool_has_none(item: object) -> None:
    assert c.PoolBackupRelation.decode(item).backup_of(POOL) is None


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("FailedOver", PoolState.FAILED_OVER),
        ("failedover", PoolState.FAILED_OVER),
        (2, None),
        ("2", None),
        (RemoteEnum("FailedOver", 9), PoolState.FAILED_OVER),
        (RemoteEnum(None, 2), None),
        (RemoteEnum("2", 2), None),
        (RemoteObject(text="FailedOver"), PoolState.FAILED_OVER),
        (RemoteObject({"value__": 2}), None),
        (RemoteObject({"Value": "FailedOver"}), PoolState.FAILED_OVER),
        (RemoteEnum("Melting", 2), None),
        (RemoteObject({"Value": 2}, text="Melting"), None),
        (9, None),
        (True, None),
    ],
)
def test_a_state_as_text_number_or_object(raw: object, state: PoolState | None) -> None:
    configuration = c.GetCsRegistrarConfiguration.decode(RemoteObject({"PoolState": raw}))
    assert configuration.pool_state is state
    assert configuration.unknown_properties == ({} if state else {"PoolState": raw})


def test_backup_modules_of_both_directions() -> None:
    modules = [
        RemoteObject(
            {
                "Identity": "UserServices.PresenceFocus",
                "ExportStatus": "FinalState",
                "ImportStatus": RemoteEnum("NormalState"),
            }
        ),
        RemoteObject(
            {
                "identity": "CentralMgmt.CMSMaster",
                "exportstatus": RemoteEnum("NotInitialized", 3),
                "importstatus": 1,
            }
        ),
    ]
    status = c.GetCsBackupServiceStatus.decode(
        RemoteObject({"BackupModules": modules, "OverallExportStatus": "SteadyState"})
    )
    assert status.backup_modules == (
        BackupModuleStatus(
            identity="UserServices.PresenceFocus",
            export_status=ExportStatus.FINAL,
            import_status=ImportStatus.NORMAL,
        ),
        BackupModuleStatus(
            identity="CentralMgmt.CMSMaster",
            export_status=ExportStatus.NOT_INITIALIZED,
            unknown_properties={"importstatus": 1},
        ),
    )
    assert status.overall_export_status is ExportStatus.STEADY
    assert status.overall_import_status is None


@pytest.mark.parametrize("raw", [0, "3", RemoteEnum(None, 1), RemoteObject({"value__": 0})])
def test_the_number_of_an_export_state_is_kept_and_not_guessed(raw: object) -> None:
    module = BackupModuleStatus.decode({"Identity": "ConfServices.DataConf", "ExportStatus": raw})
    assert module.export_status is None
    assert module.unknown_properties == {"ExportStatus": raw}


def test_one_backup_module_without_its_list() -> None:
    status = c.BackupServiceStatus.decode(
        {"BackupModules": RemoteObject({"Identity": "ConfServices.DataConf"})}
    )
    assert status.backup_modules == (BackupModuleStatus(identity="ConfServices.DataConf"),)


@pytest.mark.parametrize(
    "interval",
    [timedelta(minutes=2), "00:02:00", "PT2M", "PT120.0S", RemoteObject({"Ticks": 1_200_000_000})],
)
def test_durations_in_every_shape(interval: object) -> None:
    settings = c.GetCsBackupServiceConfiguration.decode(
        RemoteObject({"SyncInterval": interval, "MaxDataConfPackageSizeKB": "102400"})
    )
    assert settings.sync_interval == timedelta(minutes=2)
    assert settings.max_data_conf_package_size_kb == 102400


@pytest.mark.parametrize(
    ("raw", "length"),
    [
        ("-PT1H", timedelta(hours=-1)),
        ("P1DT1.5S", timedelta(days=1, seconds=1.5)),
        (RemoteObject(text="00:00:05"), timedelta(seconds=5)),
        ("PT", None),
        (5, None),
        (RemoteObject(), None),
    ],
)
def test_rarer_durations(raw: object, length: timedelta | None) -> None:
    assert c.BackupServiceConfiguration.decode({"SyncInterval": raw}).sync_interval == length


@pytest.mark.parametrize(
    ("raw", "year"),
    [
        ("2018-11-01 17:37:10Z", 2018),
        ("2018-11-01T17:37:10", 2018),
        ("2018-11-01T17:37:10.5+01:00", 2018),
        (RemoteObject({"DateTime": datetime(2018, 1, 1, tzinfo=UTC)}), 2018),
        (RemoteObject({"DateTime": "Thursday, November 1"}, text="2018-11-01T17:37:10Z"), 2018),
        ("2018-13-01T17:37:10", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00", None),
        (3, None),
    ],
)
def test_times_in_every_shape(raw: object, year: int | None) -> None:
    found = c.ReplicaState.decode({"LastStatusReport": raw}).last_status_report
    assert (found.year if found else None) == year
    assert found is None or found.tzinfo is not None


def test_an_edge_service_and_its_next_hop() -> None:
    service = c.GetCsService.decode(
        RemoteObject(
            {
                "Identity": "EdgeServer:edge.contoso.com",
                "ServiceId": "1-EdgeServer-1",
                "SiteId": "Site:Redmond",
                "PoolFqdn": RemoteObject(text="edge.contoso.com", type_names=_FQDN_TYPE),
                "Version": RemoteObject(text="6"),
                "Role": "EdgeServer",
                "Registrar": f"Registrar:{POOL}",
                "AccessEdgeExternalSipPort": 5061,
                "DependentServiceList": [f"Registrar:{POOL}", "nonsense"],
            }
        )
    )
    assert service.identity == ServiceId("EdgeServer", Fqdn("edge.contoso.com"))
    assert service.registrar == ServiceId("Registrar", POOL)
    assert (service.site_id, service.version, service.access_edge_external_sip_port) == (
        SiteName("Redmond"),
        6,
        5061,
    )
    assert service.dependent_service_list == (ServiceId("Registrar", POOL),)
    assert set(service.unknown_properties) == {"DependentServiceList"}


@pytest.mark.parametrize(
    ("raw", "active"),
    [
        (True, True),
        ("True", True),
        ("FALSE", False),
        (1, True),
        (0, False),
        (RemoteObject(text="true"), True),
        ("perhaps", None),
    ],
)
def test_truth_in_every_shape(*, raw: object, active: bool | None) -> None:
    assert c.Service.decode({"Active": raw}).active is active


@pytest.mark.parametrize(
    ("raw", "version"),
    [(7.0, 7), (7.5, None), (DotNetVersion((6, 0)), 6), (RemoteEnum("x", 8), 8), (b"7", None)],
)
def test_service_versions_in_every_shape(raw: object, version: int | None) -> None:
    assert c.Service.decode({"Version": raw}).version == version


def test_a_bare_next_hop_is_a_registrar() -> None:
    assert c.Service.decode({"Registrar": str(POOL)}).registrar == ServiceId("Registrar", POOL)
    assert c.Service.decode({"Registrar": "a b"}).registrar is None
    assert c.Service.decode({"DependentServiceList": [str(POOL)]}).dependent_service_list == ()


def test_mirrors_by_the_documented_and_by_the_field_names() -> None:
    documented = {
        "DatabaseName": "rtcxds",
        "StateOnPrimary": "Principal",
        "StateOnSecondary": "Mirror",
    }
    seen = {"databasename": "rtcxds", "stateonprimary": "Principal", "stateonmirror": "Mirror"}
    status = {
        "MirroringStatusOnPrimary": "synchronized",
        "MirroringStatusOnSecondary": "synchronized",
    }
    one, other = (
        c.GetCsDatabaseMirrorState.decode(RemoteObject({**names, **status}))
        for names in (documented, seen)
    )
    assert one == other
    assert (one.state_on_primary, one.state_on_mirror) == (
        MirrorState.PRINCIPAL,
        MirrorState.MIRROR,
    )
    assert one.mirroring_status_on_mirror == "synchronized"


@pytest.mark.parametrize("name", ["ReadyforUpgrade", "IsReadyForUpgrade", "isreadyforupgrade"])
def test_upgrade_readiness(name: str) -> None:
    state = c.GetCsPoolUpgradeReadinessState.decode(
        RemoteObject(
            {
                "PoolUpgradeState": RemoteEnum("Busy"),
                "UpgradeDomains": [RemoteObject({"Name": "UD1", name: "True"})],
            }
        )
    )
    assert state.state is UpgradeReadiness.BUSY
    assert [(domain.name, domain.ready_for_upgrade) for domain in state.upgrade_domains] == [
        ("UD1", True)
    ]


def test_topology_objects() -> None:
    pool = c.GetCsPool.decode(
        {
            "Identity": str(POOL),
            "Computers": ["fe1.contoso.com"],
            "Site": "Site:R",
            "Services": f"Registrar:{POOL}",
        }
    )
    assert (pool.fqdn, pool.identity, pool.site) == (POOL, POOL, "R")
    assert pool.computers == (Fqdn("fe1.contoso.com"),)
    assert pool.services == (ServiceId("Registrar", POOL),)
    computer = c.GetCsComputer.decode({"Identity": "FE1.contoso.com", "Pool": str(POOL)})
    assert (computer.fqdn, computer.pool) == (Fqdn("fe1.contoso.com"), POOL)
    site = c.GetCsSite.decode(
        {
            "Identity": "Site:Redmond",
            "FederationRoute": "EdgeServer:e.contoso.com",
            "Pools": [str(POOL)],
        }
    )
    assert (site.identity, site.pools, site.federation_route) == (
        "Redmond",
        (POOL,),
        ServiceId("EdgeServer", Fqdn("e.contoso.com")),
    )
    assert c.SiteInfo.decode({"Identity": "site:"}).identity is None


def test_users_and_who_serves_them() -> None:
    user = c.GetCsUser.decode(
        {
            "Identity": RemoteObject({"Name": "Ken"}, text="CN=Ken"),
            "RegistrarPool": RemoteObject(text=str(POOL)),
        }
    )
    assert (user.identity, user.registrar_pool) == ("Ken", POOL)
    info = c.GetCsUserPoolInfo.decode(
        {
            "Identity": "sip:ken",
            "PrimaryPoolFqdn": str(POOL),
            "BackupPoolPrimaryRegistrar": str(BACKUP),
        }
    )
    assert (info.primary_pool_fqdn, info.backup_pool_primary_registrar) == (POOL, BACKUP)
    directory = c.GetCsConferenceDirectory.decode(
        {"Identity": 1, "ServiceID": f"UserServer:{POOL}"}
    )
    assert (directory.identity, directory.service_id) == ("1", ServiceId("UserServer", POOL))


def test_windows_services_count_from_one() -> None:
    service = c.GetCsWindowsService.decode(
        {"Name": "RTCSRV", "Status": 4, "RoleName": [RemoteObject({"Name": "Registrar"})]}
    )
    assert (service.status, service.role_name) == (ServiceStatus.RUNNING, ("Registrar",))


def test_roles_and_their_cmdlets() -> None:
    role = c.GetCsAdminRole.decode(
        {
            "Identity": "CsAdministrator",
            "Cmdlets": [RemoteObject({"Name": "Get-CsPool"}), "Get-CsSite"],
        }
    )
    assert role.cmdlets == ("Get-CsPool", "Get-CsSite")
    assert c.GetCsAdminRoleAssignment.decode("CsAdministrator").identity == "CsAdministrator"


@pytest.mark.parametrize(
    ("raw", "succeeded"),
    [
        ("Success", True),
        (["success"], True),
        ("Failure", False),
        (None, False),
        (["a", "b"], False),
    ],
)
def test_what_a_test_found(*, raw: object, succeeded: bool) -> None:
    assert c.TestCsRegistration.decode({"Result": raw}).succeeded is succeeded


def test_cmdlets_that_write_text_objects_or_nothing() -> None:
    assert c.GetCsPoolFabricState.decode(RemoteObject(text="Replica 1")) == "Replica 1"
    topology = RemoteObject(text="<Topology/>")
    assert c.GetCsTopology.decode(topology) is topology
    assert c.GetCsTopology.decode("<Topology/>").text == "<Topology/>"
    assert isinstance(c.InvokeCsPoolFailOver.decode("whatever"), NoOutput)


def test_texts_in_rarer_shapes() -> None:
    assert (
        c.ReplicaState.decode({"ProductVersion": datetime(2018, 1, 1, tzinfo=UTC)}).product_version
        == "2018-01-01T00:00:00+00:00"
    )
    assert c.ReplicaState.decode({"ProductVersion": b"x"}).product_version is None
    assert (
        c.ReplicaState.decode({"ProductVersion": RemoteObject({"Value": "5.0"})}).product_version
        == "5.0"
    )


def test_results_hash_by_what_they_know() -> None:
    assert len({c.ReplicaState(replica_fqdn=POOL), c.ReplicaState(replica_fqdn=POOL)}) == 1
