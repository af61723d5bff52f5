from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given

import lyncops.cmdlets as c
from lyncops.cmdlets import BackupModule, Cmdlet, DatabaseNameType, MirrorRole
from lyncops.errors import InvalidValueError, UnsupportedByVersionError
from lyncops.values import Effect, Fqdn, LyncVersion, ServiceId, SiteName
from tests.cmdlets.instances import cmdlets

POOL = "pool1.contoso.com"
EDGE = "EdgeServer:edge.contoso.com"


def test_an_fqdn_is_normalised() -> None:
    assert c.InvokeCsPoolFailOver(pool_fqdn="Pool1.CONTOSO.com.").pool_fqdn == Fqdn(POOL)


def test_a_change_never_asks_and_a_rehearsal_is_a_read() -> None:
    change = c.InvokeCsPoolFailOver(pool_fqdn=POOL, disaster_mode=True)
    rehearsal = c.InvokeCsPoolFailOver(pool_fqdn=POOL, disaster_mode=True, what_if=True)
    assert (change.effect, rehearsal.effect) == (Effect.CHANGE, Effect.READ)
    assert dict(change.arguments()) == {"PoolFqdn": POOL, "Confirm": False, "DisasterMode": True}
    assert dict(rehearsal.arguments()) == {"PoolFqdn": POOL, "DisasterMode": True, "WhatIf": True}


def test_force_is_never_a_default_and_confirm_is_sent_only_where_it_exists() -> None:
    assert dict(c.InvokeCsBackupServiceSync(pool_fqdn=POOL).arguments()) == {"PoolFqdn": POOL}


def test_an_export_that_deletes_is_a_change() -> None:
    source = f"ApplicationServer:{POOL}"
    kept = c.ExportCsRgsConfiguration(source=source, file_name="rgs.zip")
    gone = c.ExportCsRgsConfiguration(
        source=source, file_name="rgs.zip", remove_exported_configuration=True
    )
    assert (kept.effect, gone.effect) == (Effect.READ, Effect.CHANGE)


def test_a_comparison_that_repairs_is_a_change_and_does_not_ask() -> None:
    compared = c.DebugCsInterPoolReplication(pool_fqdn=POOL)
    repaired = c.DebugCsInterPoolReplication(pool_fqdn=POOL, resync_signature_mismatch_items=True)
    rehearsed = c.DebugCsInterPoolReplication(
        pool_fqdn=POOL, resync_signature_mismatch_items=True, what_if=True
    )
    assert (compared.effect, repaired.effect, rehearsed.effect) == (
        Effect.READ,
        Effect.CHANGE,
        Effect.READ,
    )
    assert "Confirm" not in compared.arguments()
    assert repaired.arguments()["Confirm"] is False


def test_a_boolean_that_says_false_is_sent_and_a_switch_that_is_off_is_not() -> None:
    cmdlet = c.SetCsRegistrar(identity=POOL, enable_automatic_failover=False, force=False)
    assert dict(cmdlet.arguments()) == {
        "Identity": f"Registrar:{POOL}",
        "EnableAutomaticFailover": False,
        "Confirm": False,
    }


def test_equal_values_are_equal_and_hash_alike() -> None:
    one, other = c.GetCsPool(identity=POOL), c.GetCsPool(identity=POOL)
    assert one == other
    assert hash(one) == hash(other)
    assert one != c.GetCsPool()
    assert one != c.GetCsComputer(identity=POOL)


def test_the_repr_shows_what_is_set() -> None:
    assert repr(c.GetCsPool(identity=POOL)) == f"GetCsPool(identity='{POOL}')"


def test_a_missing_mandatory_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match="pool_fqdn"):
        _ = _call(c.InvokeCsPoolFailOver)()


def _call(cls: Callable[..., Cmdlet[object]]) -> Callable[..., Cmdlet[object]]:
    """Past the type checker, to see what happens at run time."""
    return cls


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: c.InvokeCsPoolFailOver(pool_fqdn="not a name"),
            "Invoke-CsPoolFailOver -PoolFqdn: 'not a name' is not a fully",
        ),
        (lambda: _call(c.InvokeCsPoolFailOver)(pool_fqdn=None), "-PoolFqdn: None is not text"),
        (
            lambda: _call(c.InvokeCsPoolFailOver)(pool_fqdn=POOL, disaster_mode=1),
            "-DisasterMode: 1 is neither True nor False",
        ),
        (
            lambda: c.InvokeCsPoolFailOver(pool_fqdn=POOL, what_if=True, force=True),
            "-WhatIf together with -Force",
        ),
        (
            lambda: c.InvokeCsPoolFailOver(pool_fqdn=POOL, confirm=True),
            "-Confirm would ask where nobody can answer",
        ),
        (
            lambda: c.InvokeCsPoolFailOver(pool_fqdn=POOL, wait_time=timedelta(seconds=-1)),
            "-00:00:01 is not allowed: it must be zero",
        ),
        (
            lambda: _call(c.InvokeCsPoolFailOver)(pool_fqdn=POOL, wait_time=15),
            "-WaitTime: 15 is not a duration",
        ),
        (
            lambda: c.SetCsBackupServiceConfiguration(sync_interval=timedelta(seconds=4)),
            "from 00:00:05 to 03:00:00",
        ),
        (
            lambda: c.SetCsBackupServiceConfiguration(sync_interval=timedelta(hours=3, seconds=1)),
            "03:00:01 is not allowed",
        ),
        (
            lambda: c.SetCsEdgeServer(identity=EDGE, access_edge_external_sip_port=65536),
            "from 0 to 65535",
        ),
        (
            lambda: _call(c.SetCsEdgeServer)(identity=EDGE, access_edge_external_sip_port=True),
            "True is not a whole number",
        ),
        (
            lambda: c.SetCsEdgeServer(identity=f"Registrar:{POOL}"),
            "is not a service with role EdgeServer",
        ),
        (
            lambda: c.SetCsEdgeServer(identity="EdgeServer:a:b:c"),
            "is not the identity of a service",
        ),
        (lambda: c.SetCsSite(identity="  "), "The text is empty"),
        (
            lambda: _call(c.InvokeCsDatabaseFailover)(
                pool_fqdn=POOL, database_type="MCU", new_principal="Mirror"
            ),
            "not one of ActiveMon",
        ),
        (
            lambda: _call(c.InvokeCsBackupServiceSync)(
                pool_fqdn=POOL, backup_module=MirrorRole.MIRROR
            ),
            "is not one of UserServices",
        ),
        (
            lambda: _call(c.InvokeCsBackupServiceSync)(pool_fqdn=POOL, backup_module=3),
            "3 is not one of UserServices",
        ),
        (lambda: c.StartCsPool(pool_fqdn=POOL, skip_server=()), "The list is empty"),
        (lambda: c.GetCsPoolFabricState(tenant="no guid"), "'no guid' is not a GUID"),
        (lambda: _call(c.ImportCsConfiguration)(byte_input=1), "1 is not a sequence of bytes"),
        (lambda: _call(c.ImportCsConfiguration)(byte_input="%"), "The text is not base64"),
        (
            lambda: c.BackupCsPool(pool_fqdn=POOL, full_backup=True, steady_state=True),
            "exclude each other",
        ),
        (lambda: c.BackupCsPool(pool_fqdn=POOL, failed_over_pool_only=True), "needs -FullBackup"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(
    make: Callable[[], Cmdlet[object]], said: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        _ = make()
    assert said in caught.value.what
    assert "\n" not in str(caught.value)


def test_parameters_of_different_sets_do_not_mix() -> None:
    with pytest.raises(
        InvalidValueError, match="has no parameter set that takes -BackupSqlServerFqdn, -Restore"
    ) as caught:
        _ = c.InvokeCsManagementServerFailover(
            restore=True, backup_sql_server_fqdn="sql.contoso.com"
        )
    assert (
        "DisasterRecovery (-BackupSqlServerFqdn); Normal (nothing mandatory)" in caught.value.remedy
    )


def test_a_parameter_that_its_set_demands_is_missed() -> None:
    with pytest.raises(InvalidValueError, match="no parameter set that takes no parameters"):
        _ = c.GetCsPoolFabricState()


def test_the_disaster_form_of_the_store_failover() -> None:
    cmdlet = c.InvokeCsManagementServerFailover(
        backup_sql_server_fqdn="SQL2.contoso.com", backup_sql_instance_name="rtc", force=True
    )
    assert dict(cmdlet.arguments()) == {
        "BackupSqlServerFqdn": "sql2.contoso.com",
        "Force": True,
        "BackupSqlInstanceName": "rtc",
        "Confirm": False,
    }


@pytest.mark.parametrize(
    "given", ["site:Redmond", "Site:Redmond", "Redmond", SiteName("site:Redmond")]
)
def test_set_cs_site_sends_the_bare_name(given: str) -> None:
    assert c.SetCsSite(identity=given).arguments()["Identity"] == "Redmond"


def test_routes_become_edge_services_and_can_be_cleared() -> None:
    assert c.SetCsSite(identity="R", federation_route="edge.contoso.com").federation_route == EDGE
    assert (
        c.SetCsSite(
            identity="R", xmpp_federation_route="edgeserver:EDGE.contoso.com"
        ).xmpp_federation_route
        == EDGE
    )
    assert c.SetCsSite(identity="R", federation_route="").arguments()["FederationRoute"] == ""


def test_identities_take_service_ids_where_the_type_checker_is_not_asked() -> None:
    registrar = ServiceId("Registrar", Fqdn(POOL))
    assert (
        _call(c.GetCsRegistrarConfiguration)(identity=registrar).arguments()["Identity"]
        == f"Service:Registrar:{POOL}"
    )
    assert (
        _call(c.SetCsRegistrar)(identity=registrar).arguments()["Identity"] == f"Registrar:{POOL}"
    )
    owner = _call(c.ExportCsRgsConfiguration)(
        source=ServiceId("ApplicationServer", Fqdn(POOL)), file_name="f.zip"
    )
    assert owner.arguments()["Source"] == f"service:ApplicationServer:{POOL}"


@pytest.mark.parametrize(
    "given", [POOL, f"ApplicationServer:{POOL}", f"Service:applicationserver:{POOL}"]
)
def test_the_owner_of_response_groups_is_written_in_full(given: str) -> None:
    assert (
        c.ImportCsRgsConfiguration(destination=given, file_name="f").destination
        == f"service:ApplicationServer:{POOL}"
    )


def test_words_are_taken_in_any_case_and_sent_in_the_servers_spelling() -> None:
    cmdlet = _call(c.InvokeCsDatabaseFailover)(
        pool_fqdn=POOL, database_type="centralmgmt", new_principal="mirror"
    )
    assert cmdlet == c.InvokeCsDatabaseFailover(
        pool_fqdn=POOL, database_type=DatabaseNameType.CENTRAL_MGMT, new_principal=MirrorRole.MIRROR
    )
    assert type(cmdlet.arguments()["DatabaseType"]) is str


def test_a_list_may_be_one_text_and_a_number_may_be_an_identity() -> None:
    assert c.StartCsPool(pool_fqdn=POOL, skip_server=("a", "b")).skip_server == ("a", "b")
    assert _call(c.StartCsPool)(pool_fqdn=POOL, skip_server="a").arguments()["SkipServer"] == ("a",)
    assert (
        _call(c.MoveCsConferenceDirectory)(identity=2, target_pool=POOL).arguments()["Identity"]
        == "2"
    )


def test_bytes_may_be_base64() -> None:
    assert _call(c.ImportCsConfiguration)(byte_input="UEs=").arguments()["ByteInput"] == b"PK"


@pytest.mark.parametrize(
    ("cmdlet", "version", "said"),
    [
        (
            c.GetCsUpgradeDomainInfo(),
            LyncVersion.V2013,
            "Lync Server 2013 does not have the cmdlet Get-CsUpgradeDomainInfo",
        ),
        (
            c.GetCsPoolUpgradeReadinessState(),
            LyncVersion.V2019,
            "Skype for Business Server 2019 does not have the cmdlet",
        ),
        (
            c.InvokeCsPoolFailOver(pool_fqdn=POOL, skip_data_verification=True),
            LyncVersion.V2013,
            "-SkipDataVerification",
        ),
        (
            c.InvokeCsPoolFailBack(pool_fqdn=POOL, database_command_timeout_in_seconds=5),
            LyncVersion.V2013,
            "-DatabaseCommandTimeout",
        ),
        (c.GetCsDatabaseMirrorState(pool_fqdn=POOL), LyncVersion.V2019, "-PoolFqdn"),
        (
            c.InvokeCsBackupServiceSync(pool_fqdn=POOL, backup_module=BackupModule.RGS_DATA_STORE),
            LyncVersion.V2015,
            "the value ApplicationServer.RGSDataStore of Invoke-CsBackupServiceSync -BackupModule",
        ),
    ],
)
def test_what_a_version_lacks_is_refused_with_its_name(
    cmdlet: Cmdlet[object], version: LyncVersion, said: str
) -> None:
    with pytest.raises(UnsupportedByVersionError) as caught:
        cmdlet.require_version(version)
    assert said in caught.value.what
    assert version.value in caught.value.what
    assert caught.value.remedy.startswith("It exists in ")


def test_parameters_that_the_page_gives_no_versions_have_those_of_the_cmdlet() -> None:
    c.InvokeCsRgsStoreReplicateData(pool_fqdn=POOL).require_version(LyncVersion.V2019)


@given(cmdlets())
def test_no_cmdlet_changes_when_its_arguments_are_read(cmdlet: Cmdlet[object]) -> None:
    assert cmdlet.arguments() == cmdlet.arguments()
    assert hash(cmdlet) == hash(cmdlet)
    assert type(cmdlet).__name__ in repr(cmdlet)
