from __future__ import annotations

import pytest

from lyncops.cmdlets import GetCsRegistrarConfiguration
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.model import Deployment, Pool, PoolKind, PoolState
from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.errors import EndpointError
from lyncops.values import Fqdn, LyncVersion, SiteName, Unread
from tests.deployment.scripted import (
    Answer,
    FixedClock,
    Refusal,
    Script,
    ScriptedSessions,
    UnreachableSessions,
    thing,
)

SE1, SE2 = Fqdn("se1.contoso.com"), Fqdn("se2.contoso.com")


def service(role: str, pool: str, **more: object) -> object:
    return thing(
        Identity=f"{role}:{pool}", SiteId="Site:North", PoolFqdn=pool, Version=6, Role=role, **more
    )


def standard(pool: str) -> list[object]:
    return [
        service("Registrar", pool),
        service("UserServer", pool),
        service("UserDatabase", pool, SqlInstanceName="rtc"),
    ]


BASIC: Script = {
    "GetCsSite": [thing(Identity="Site:North", DisplayName="The North")],
    "GetCsPool": [
        thing(Identity=SE1, Fqdn=SE1, Computers=[SE1], Site="Site:North"),
        thing(Identity=SE2, Site="The North"),
    ],
    "GetCsComputer": [
        thing(Identity=SE1, Pool=SE1, Fqdn=SE1),
        thing(Identity=SE2, Pool=SE2, Fqdn=SE2),
    ],
    "GetCsService": [*standard(SE1), *standard(SE2)],
    "GetCsServerVersion": [
        "Microsoft Lync Server 2013 (5.0.8308.0): volume license key installed."
    ],
    "GetCsCentralManagementStoreStatus": [
        thing(ActiveMasterFQDN="SE1.contoso.com", ActiveFileTransferAgents="se1.contoso.com")
    ],
    "GetCsManagementStoreReplicationStatus": [
        thing(ReplicaFqdn="SE1.contoso.com", UpToDate="True"),
        thing(UpToDate=False),
    ],
    "GetCsBackupServiceConfiguration": [thing(Identity="Global", SyncInterval="00:02:00")],
    "GetCsPoolBackupRelationship": lambda cmdlet: [SE2 if SE1 in cmdlet.to_powershell() else SE1],
    "GetCsBackupServiceStatus": [
        thing(
            BackupModules=[
                thing(
                    Identity="ConfServices.DataConf", ExportStatus="SteadyState", ImportStatus="x"
                )
            ]
        )
    ],
    "GetCsRegistrarConfiguration": [thing(PoolState="active")],
    "GetCsWindowsService": [thing(Name="RTCSRV", Status="Running")],
}


def read(changes: Script | None = None, *, scope: Scope = EVERYTHING) -> Deployment:
    return read_deployment(
        ScriptedSessions({**BASIC, **(changes or {})}), name="x", clock=FixedClock(), scope=scope
    )


def first(deployment: Deployment, fqdn: Fqdn = SE1) -> Pool:
    pool = deployment.pool(fqdn)
    assert pool is not None
    return pool


def test_sparse_answers_are_enough() -> None:
    deployment = read()
    pool = first(deployment)
    assert (pool.kind, pool.state, pool.backup_pool) == (PoolKind.STANDARD, PoolState.ACTIVE, SE2)
    assert (pool.sql_server, pool.sql_instance, pool.version) == (SE1, "rtc", LyncVersion.V2013)
    assert first(deployment, SE2).site == SiteName("North")
    assert deployment.central_management.active_master == SE1
    assert deployment.central_management.file_transfer_agents == (SE1,)
    assert isinstance(deployment.central_management.replicas, tuple)
    assert [replica.up_to_date for replica in deployment.central_management.replicas] == [True]
    assert deployment.central_management.copies == ()
    assert isinstance(pool.backup_modules, tuple)
    assert [(module.export, module.import_) for module in pool.backup_modules] == [
        (ExportState.STEADY, "x")
    ]
    assert deployment.read_through == "scripted"


def test_nobody_reachable_is_an_error_and_not_an_empty_deployment() -> None:
    with pytest.raises(EndpointError):
        read_deployment(UnreachableSessions({}), name="x", clock=FixedClock())


def test_everything_refused_is_a_deployment_of_reasons() -> None:
    deployment = read_deployment(ScriptedSessions({}), name="x", clock=FixedClock())
    assert isinstance(deployment.pools, Unread)
    assert "Get-CsService is refused" in deployment.pools.reason
    assert "Get-CsTopology is refused" in deployment.pools.reason
    assert deployment.front_end_pools == ()
    assert isinstance(deployment.version, Unread)
    assert isinstance(deployment.central_management.copies, Unread)
    assert not deployment.from_local_store


def test_one_reason_for_all_refusals_is_told_once() -> None:
    denied = Refusal("Access is denied.")
    deployment = read({"GetCsService": denied, "GetCsPool": denied, "GetCsTopology": denied})
    assert isinstance(deployment.pools, Unread)
    assert deployment.pools.reason == "Access is denied."


def test_an_endpoint_that_is_lost_on_the_way_leaves_gaps_only() -> None:
    deployment = read({"GetCsBackupServiceStatus": EndpointError("the network is gone")})
    assert first(deployment).backup_modules == Unread(
        f"the Backup Service status of {SE1}", "the network is gone"
    )


def test_an_unknown_outcome_is_unread_with_its_reason() -> None:
    deployment = read(
        {
            "GetCsSite": Refusal("no answer in 60 seconds", unknown=True),
            "GetCsComputer": Refusal("", unknown=True),
        }
    )
    assert deployment.sites == Unread("the sites", "no answer in 60 seconds")
    assert first(deployment).machines != ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([thing(PoolState="Sleeping")], "Sleeping is not a known PoolState"),
        ([thing(Identity="Global")], "no user of it could be asked about"),
        ([], "no user of it could be asked about"),
    ],
)
def test_a_pool_state_that_says_nothing_is_not_guessed(answer: list[object], said: str) -> None:
    state = first(read({"GetCsRegistrarConfiguration": answer})).state
    assert isinstance(state, Unread)
    assert said in state.reason


@pytest.mark.parametrize(
    ("info", "alive", "expected"),
    [
        (
            thing(PrimaryPoolPrimaryRegistrar=SE1, BackupPoolPrimaryRegistrar=SE2),
            True,
            PoolState.ACTIVE,
        ),
        (thing(PrimaryPoolPrimaryRegistrar=SE1, BackupPoolPrimaryRegistrar=SE2), False, None),
        (
            thing(PrimaryPoolPrimaryRegistrar=SE2, BackupPoolPrimaryRegistrar=SE2),
            False,
            PoolState.FAILED_OVER,
        ),
        (
            thing(PrimaryPoolPrimaryRegistrar=SE1, UserServicesPoolFqdn=SE2, BackupPoolFqdn=SE2),
            False,
            PoolState.FAILED_OVER,
        ),
        (
            thing(PrimaryPoolPrimaryRegistrar=None, BackupPoolPrimaryRegistrar=SE2),
            True,
            PoolState.FAILED_OVER,
        ),
        (thing(PrimaryPoolPrimaryRegistrar=None, BackupPoolPrimaryRegistrar=SE2), False, None),
        (thing(PrimaryPoolPrimaryRegistrar="elsewhere.contoso.com"), True, None),
        (thing(PrimaryPoolFqdn=SE1), True, None),
    ],
)
def test_a_user_tells_where_the_registrar_configuration_does_not(
    info: object, *, alive: bool, expected: PoolState | None
) -> None:
    state = first(
        read(
            {
                "GetCsRegistrarConfiguration": Refusal("not found"),
                "GetCsUser": [thing(SipAddress="sip:a@b.c")],
                "GetCsUserPoolInfo": [info],
                "GetCsWindowsService": (
                    [thing(Name="RTCSRV", Status="Running")] if alive else Refusal("no answer")
                ),
            }
        )
    ).state
    assert state is expected or (
        expected is None and isinstance(state, Unread) and "not found" in state.reason
    )


def test_a_user_about_whom_nothing_is_said_tells_nothing() -> None:
    script: Script = {
        "GetCsRegistrarConfiguration": [],
        "GetCsUser": [thing(SipAddress="sip:a@b.c")],
    }
    state = first(read(script)).state
    assert isinstance(state, Unread)
    assert "did not answer for sip:a@b.c" in state.reason


def test_a_refused_relation_is_told_by_the_other_side() -> None:
    def answer(cmdlet: Cmdlet[object]) -> Answer:
        return (
            Refusal("timed out")
            if SE1 in cmdlet.to_powershell()
            else [thing(PoolFqdn=SE2, BackupPoolFqdn=SE1)]
        )

    assert first(read({"GetCsPoolBackupRelationship": answer})).backup_pool == SE2
    assert isinstance(
        first(read({"GetCsPoolBackupRelationship": Refusal("timed out")})).backup_pool, Unread
    )
    assert first(read({"GetCsPoolBackupRelationship": []})).backup_pool is None


def test_the_local_copy_is_asked_when_the_store_refuses() -> None:
    def answer(cmdlet: Cmdlet[object]) -> Answer:
        local = isinstance(cmdlet, GetCsRegistrarConfiguration) and cmdlet.local_store
        return [thing(PoolState="FailedOver")] if local else Refusal("the store is gone")

    assert first(read({"GetCsRegistrarConfiguration": answer})).state is PoolState.FAILED_OVER


def test_modules_without_the_object_around_them() -> None:
    bare = [
        thing(
            Identity="UserServices.PresenceFocus",
            ExportStatus="FinalState",
            ImportStatus="NormalState",
        )
    ]
    modules = first(read({"GetCsBackupServiceStatus": bare})).backup_modules
    assert isinstance(modules, tuple)
    assert [(module.name, module.export) for module in modules] == [
        ("UserServices.PresenceFocus", ExportState.FINAL)
    ]


def test_services_written_before_an_error_count() -> None:
    partly = Refusal(
        "one service cannot be queried",
        (thing(Name="RTCSRV", Status="Odd"), thing(Status="Running")),
    )
    machines = first(read({"GetCsWindowsService": partly})).machines
    services = machines[0].services
    assert not isinstance(services, Unread)
    assert [(one.name, one.status) for one in services] == [("RTCSRV", "Odd")]


def enterprise(**database: object) -> list[object]:
    return [
        service("Registrar", "pool.contoso.com"),
        service("UserServer", "pool.contoso.com", **database),
        service("UserDatabase", "sql.contoso.com", SqlInstanceName="rtc"),
    ]


@pytest.mark.parametrize(
    "database",
    [
        {},
        {"UserDatabase": "UserDatabase:sql.contoso.com"},
        {"DependentServiceList": ["UserDatabase:sql.contoso.com"]},
    ],
)
def test_the_user_store_is_found_however_it_is_named(database: dict[str, object]) -> None:
    pool = first(
        read(
            {"GetCsService": enterprise(**database), "GetCsPool": [thing(Fqdn="pool.contoso.com")]}
        ),
        Fqdn("pool.contoso.com"),
    )
    assert (pool.kind, pool.sql_server, pool.sql_instance) == (
        PoolKind.ENTERPRISE,
        "sql.contoso.com",
        "rtc",
    )


def test_mirrors_and_the_documented_error_for_a_role_that_is_not_there() -> None:
    base: Script = {"GetCsService": enterprise(), "GetCsPool": [thing(Fqdn="pool.contoso.com")]}
    absent = read(
        {
            **base,
            "GetCsDatabaseMirrorState": Refusal(
                "The App role is not present on pool pool.contoso.com"
            ),
        }
    )
    assert first(absent, Fqdn("pool.contoso.com")).mirrors == ()
    refused = read({**base, "GetCsDatabaseMirrorState": Refusal("SQL is down")})
    assert isinstance(first(refused, Fqdn("pool.contoso.com")).mirrors, Unread)
    state = thing(
        DatabaseName="rtcxds",
        StateOnPrimary="Mirror",
        StateOnMirror="Principal",
        MirroringStatusOnSecondary="Synchronized",
    )
    found = first(
        read({**base, "GetCsDatabaseMirrorState": [state]}), Fqdn("pool.contoso.com")
    ).mirrors
    assert isinstance(found, tuple)
    assert (
        found[0].database_type,
        found[0].is_mirrored,
        found[0].mirror_is_principal,
        found[0].is_synchronized,
    ) == (
        "User",
        True,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("answer", "online"),
    [
        ([thing(Identity="UserDatabase:sql.contoso.com", Online=True)], True),
        ([thing(Identity="UserDatabase:sql.contoso.com", Online="False")], False),
        ([thing(Online=True), thing(Online=False)], False),
        ([thing(Online=True), thing(Online=None)], None),
        ([thing(Online="vielleicht")], None),
        ([thing(Identity="UserDatabase:sql.contoso.com")], None),
        ([], None),
        (["UserDatabase:sql.contoso.com"], None),
        (Refusal("SQL Server does not answer"), None),
    ],
)
def test_a_back_end_is_down_only_where_sql_server_says_so(
    answer: Answer,
    online: bool | None,  # noqa: FBT001
) -> None:
    base: Script = {"GetCsService": enterprise(), "GetCsPool": [thing(Fqdn="pool.contoso.com")]}
    found = first(
        read({**base, "GetCsUserDatabaseState": answer}), Fqdn("pool.contoso.com")
    ).back_end_online
    assert isinstance(found, Unread) if online is None else found is online


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        (("EdgeServer",), PoolKind.EDGE),
        (("Director", "WebServer"), PoolKind.DIRECTOR),
        (("Registrar", "WebServer"), PoolKind.DIRECTOR),
        (("Registrar", "MediationServer"), PoolKind.OTHER),
        (("MediationServer",), PoolKind.MEDIATION),
        (("UserDatabase",), PoolKind.OTHER),
        (("Registrar",), PoolKind.STANDARD),
        (("Registrar", "ConferencingServer"), PoolKind.STANDARD),
    ],
)
def test_what_a_pool_is(roles: tuple[str, ...], kind: PoolKind) -> None:
    services = [service(role, SE1) for role in roles]
    assert first(read({"GetCsService": services, "GetCsPool": [thing(Fqdn=SE1)]})).kind is kind


def test_services_listed_with_the_pool_are_enough() -> None:
    pools = [
        thing(
            Fqdn="pool.contoso.com",
            Services=["Registrar:pool.contoso.com", "UserServer:pool.contoso.com"],
            Computers=["a.b.c", "d.e.f"],
        )
    ]
    pool = first(read({"GetCsService": [], "GetCsPool": pools}), Fqdn("pool.contoso.com"))
    assert pool.kind is PoolKind.ENTERPRISE
    assert [machine.fqdn for machine in pool.machines] == ["a.b.c", "d.e.f"]
    assert isinstance(pool.site, Unread)
    assert isinstance(pool.version, Unread)


def test_an_edge_pool_with_several_services_is_one_edge() -> None:
    services = [
        service("EdgeServer", "edge.contoso.com", AccessEdgeExternalSipPort=5061),
        service("EdgeServer", "edge.contoso.com", Registrar=f"Registrar:{SE1}"),
    ]
    edges = read({"GetCsService": services}).edges
    assert isinstance(edges, tuple)
    assert [(edge.next_hop, edge.has_federation) for edge in edges] == [(SE1, True)]


def test_copies_without_active_and_with_a_mirror() -> None:
    services = [
        *standard(SE1),
        service("CentralManagement", SE1),
        service(
            "CentralManagementDatabase",
            "sql.contoso.com",
            SqlInstanceName="cms",
            MirrorSqlServerFqdn="m.contoso.com",
        ),
        thing(Role="CentralManagement"),
    ]
    copies = read({"GetCsService": services}).central_management.copies
    assert isinstance(copies, tuple)
    assert isinstance(copies[0].active, Unread)
    assert (copies[0].sql_server, copies[0].sql_instance, copies[0].mirror_sql_server) == (
        "sql.contoso.com",
        "cms",
        "m.contoso.com",
    )
    named = [
        *standard(SE1),
        service(
            "CentralManagement",
            SE1,
            Active=False,
            DependentServiceList=[f"CentralManagementDatabase:{SE1}"],
        ),
    ]
    found = read({"GetCsService": named}).central_management.copies
    assert isinstance(found, tuple)
    assert (found[0].active, found[0].sql_server, found[0].mirror_sql_server) == (False, SE1, None)


def test_a_status_without_content_means_an_unavailable_store() -> None:
    store = read({"GetCsCentralManagementStoreStatus": []}).central_management
    assert (store.active_master, store.file_transfer_agents) == (None, ())


@pytest.mark.parametrize(
    ("answer", "services", "expected"),
    [
        (["Lync Server, build unknown"], BASIC["GetCsService"], LyncVersion.V2013),
        (
            Refusal("no"),
            [*standard(SE1), service("Registrar", SE2, Services=[]), service("UserServer", SE2)],
            LyncVersion.V2013,
        ),
        (Refusal("no"), [thing(Role="Registrar", PoolFqdn=SE1, Version=99)], None),
        ([], [thing(Role="Registrar", PoolFqdn=SE1)], None),
    ],
)
def test_the_version_is_told_by_the_server_or_by_all_pools(
    answer: Answer, services: Answer, expected: LyncVersion | None
) -> None:
    version = read({"GetCsServerVersion": answer, "GetCsService": services}).version
    assert version is expected or (expected is None and isinstance(version, Unread))


@pytest.mark.parametrize("answer", [[], [thing(Identity="Global")], Refusal("no")])
def test_settings_without_an_interval_are_unread(answer: Answer) -> None:
    assert isinstance(read({"GetCsBackupServiceConfiguration": answer}).backup_service, Unread)


def test_the_global_settings_win() -> None:
    answers: list[object] = [
        thing(Identity="Site:a", SyncInterval="01:00:00"),
        thing(Identity="global", SyncInterval="00:00:30"),
    ]
    settings = read({"GetCsBackupServiceConfiguration": answers}).backup_service
    assert not isinstance(settings, Unread)
    assert settings.sync_interval.total_seconds() == 30


@pytest.mark.parametrize("text", ["no markup", "<Other/>", "<!DOCTYPE x []><Topology/>"])
def test_a_local_copy_that_is_no_topology_is_unread(text: str) -> None:
    deployment = read({"GetCsService": Refusal("the store is gone"), "GetCsTopology": [text]})
    assert isinstance(deployment.pools, Unread)
    assert "the store is gone" in deployment.pools.reason


def test_a_document_may_come_as_an_object() -> None:
    deployment = read(
        {"GetCsService": Refusal("gone"), "GetCsTopology": [thing(OuterXml="<Topology/>")]}
    )
    assert deployment.pools == ()
    assert deployment.from_local_store


def test_a_product_is_called_by_the_name_that_the_server_gives_it() -> None:
    sentence = (
        "Skype for Business Server Subscription Edition (7.0.2046.530): Subscription installed."
    )
    found = read({"GetCsServerVersion": [sentence]})
    assert found.version is LyncVersion.V2019
    assert found.product == "Skype for Business Server Subscription Edition"
    other = read({"GetCsServerVersion": ["Skype for Business Server 2019 (7.0.2046.0)"]})
    assert other.product == "Skype for Business Server 2019"
