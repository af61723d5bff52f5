"""The thirteen contradictions of facts page 1.1: the form that does not exist on a real server can
never be sent.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings

import lyncops.cmdlets as c
from lyncops.cmdlets import BackupModule, Cmdlet, DatabaseNameType
from lyncops.cmdlets.codec import cmdlet_classes, cmdlet_from_dict
from lyncops.errors import InvalidValueError, PlanFormatError
from tests.cmdlets.instances import cmdlets

POOL = "pool1.contoso.com"

WRONG = {
    "Set-CsSite": {"XmppExternalFederationRoute"},
    "Invoke-CsManagementServerFailover": {"MirrorSQLServerFqdn", "MirrorSQLInstanceName"},
    "Get-CsBackupServiceStatus": {"BackupModule"},
    "Import-CsRgsConfiguration": {"ReplaceExistingSettings"},
    "Invoke-CsDatabaseFailover": {"ExcludeDatabase"},
    "Get-CsComputer": {"PoolFqdn"},
}


@given(cmdlets())
@settings(max_examples=150)
def test_no_wrong_name_is_ever_sent(cmdlet: Cmdlet[object]) -> None:
    wrong = {name.casefold() for name in WRONG.get(cmdlet.NAME, set())}
    assert not wrong & {name.casefold() for name in cmdlet.arguments()}


@pytest.mark.parametrize(
    ("name", "parameter"), [(name, one) for name, wrong in WRONG.items() for one in sorted(wrong)]
)
def test_a_plan_with_a_wrong_name_is_refused(name: str, parameter: str) -> None:
    with pytest.raises(PlanFormatError, match=f"{name} has no parameter -{parameter}"):
        _ = cmdlet_from_dict({"cmdlet": name, "arguments": {parameter: "x"}})


def _any(cls: Callable[..., Cmdlet[object]]) -> Callable[..., Cmdlet[object]]:
    return cls


def test_row_1_the_xmpp_route_is_an_edge_service() -> None:
    sent = c.SetCsSite(
        identity="Site2", xmpp_federation_route="EdgeServer2.contoso.com"
    ).arguments()
    assert sent["XmppFederationRoute"] == "EdgeServer:edgeserver2.contoso.com"


def test_row_2_a_mirror_that_is_principal_is_named_as_the_backup() -> None:
    line = c.InvokeCsManagementServerFailover(
        backup_sql_server_fqdn="mirror.contoso.com", backup_sql_instance_name="rtc"
    ).to_powershell()
    assert "-BackupSqlServerFqdn 'mirror.contoso.com' -BackupSqlInstanceName 'rtc'" in line


@pytest.mark.parametrize("short", ["All", "PresenceFocus", "DataConf", "CMSMaster"])
def test_row_4_short_names_of_modules_are_refused(short: str) -> None:
    with pytest.raises(InvalidValueError, match=r"is not one of UserServices\.PresenceFocus"):
        _ = _any(c.InvokeCsBackupServiceSync)(pool_fqdn=POOL, backup_module=short)
    assert (
        c.InvokeCsBackupServiceSync(
            pool_fqdn=POOL, backup_module=BackupModule.DATA_CONF
        ).backup_module
        == "ConfServices.DataConf"
    )


def test_row_6_the_edge_service_is_never_a_front_end_service() -> None:
    with pytest.raises(InvalidValueError, match="is not a service with role EdgeServer"):
        _ = c.SetCsEdgeServer(identity=f"Registrar:{POOL}", registrar=f"Registrar:{POOL}")
    with pytest.raises(InvalidValueError, match="is not a service with role Registrar"):
        _ = c.SetCsEdgeServer(
            identity="EdgeServer:edge.contoso.com", registrar=f"EdgeServer:{POOL}"
        )


def test_row_7_a_failover_of_databases_needs_their_type() -> None:
    with pytest.raises(TypeError, match="database_type"):
        _ = _any(c.InvokeCsDatabaseFailover)(pool_fqdn=POOL, new_principal="Mirror")


def test_row_8_a_prefix_of_a_fabric_type_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'MCU' is not one of All, MCUFactory"):
        _ = _any(c.GetCsPoolFabricState)(pool_fqdn=POOL, type="MCU")


@pytest.mark.parametrize("wrong", ["App", "CMS"])
def test_row_9_short_names_of_database_types_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidValueError, match="is not one of ActiveMonitoring"):
        _ = _any(c.GetCsDatabaseMirrorState)(pool_fqdn=POOL, database_type=wrong)
    assert {DatabaseNameType.APPLICATION.value, DatabaseNameType.CENTRAL_MGMT.value} == {
        "Application",
        "CentralMgmt",
    }


def test_row_11_both_pages_name_the_parameter_alike() -> None:
    for cmdlet in (
        c.InvokeCsPoolFailOver(pool_fqdn=POOL, skip_data_verification=True),
        c.InvokeCsPoolFailBack(pool_fqdn=POOL, skip_data_verification=True),
    ):
        assert cmdlet.arguments()["SkipDataVerification"] is True


def test_row_12_the_wait_is_a_timespan_everywhere() -> None:
    waits = [
        about
        for forms in cmdlet_classes().values()
        for cls in forms
        for about in cls.parameters()
        if about.name == "WaitTime"
    ]
    assert len(waits) >= 4
    assert {about.kind.powershell for about in waits} == {"TimeSpan"}
