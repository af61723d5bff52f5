"""Facts page 1.1: where a procedure page contradicts the reference, lyncops sends what exists, and
the lab refuses the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import lyncops.cmdlets as c
from lyncops.cmdlets import (
    BackupCategory,
    BackupModule,
    Cmdlet,
    DatabaseNameType,
    FabricType,
    MirrorRole,
)
from lyncops.deployment.model import PoolState
from lyncops.errors import InvalidValueError, UnsupportedByVersionError
from lyncops.lab.lab import Lab
from lyncops.plan.model import ManualStep
from lyncops.values import LyncVersion
from tests.contradictions.conftest import Send, SendCmdlet
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, step
from tests.procedures.test_edge_pools import on, plan

RGS = f"service:ApplicationServer:{P1}"
FILE = r"C:\rgs.zip"


def _any(cls: Callable[..., Cmdlet[object]]) -> Callable[..., Cmdlet[object]]:
    return cls


def test_1_the_xmpp_route_is_xmpp_federation_route_and_names_a_service(
    send: Send, send_ours: SendCmdlet
) -> None:
    sent = step(plan("xmpp-failover", on(EDGE1)), "xmpp-route-Redmond").cmdlet
    assert sent.arguments()["XmppFederationRoute"] == f"EdgeServer:{EDGE2}"
    assert send("Set-CsSite", Identity="Site2", XmppExternalFederationRoute=EDGE2).errors == [
        "NamedParameterNotFound"
    ]
    assert (
        send_ours(
            c.SetCsSite(identity="Site2", xmpp_federation_route=f"EdgeServer:{EDGE2}", what_if=True)
        ).errors
        == []
    )


def test_2_a_mirror_that_is_principal_is_named_as_the_backup_sql_server(
    send: Send, send_ours: SendCmdlet
) -> None:
    wrong = send(
        "Invoke-CsManagementServerFailover",
        MirrorSQLServerFqdn="sql2m.contoso.com",
        MirrorSQLInstanceName="rtc",
    )
    assert wrong.errors == ["NamedParameterNotFound"]
    sent = step(
        ask("pool-failover", with_dead(two_sites(), P1), P1, DISASTER, accept_data_loss=True),
        "store-failover",
    ).cmdlet
    assert {"BackupSqlServerFqdn", "BackupSqlInstanceName"} <= sent.arguments().keys()
    assert not any(name.startswith("Mirror") for name in sent.arguments())
    assert send_ours(sent).is_bound


def test_3_the_status_of_the_backup_service_has_a_category(
    send: Send, send_ours: SendCmdlet
) -> None:
    wrong = send("Get-CsBackupServiceStatus", PoolFqdn=P1, BackupModule="ConfServices.DataConf")
    assert wrong.errors == ["NamedParameterNotFound"]
    right = send_ours(c.GetCsBackupServiceStatus(pool_fqdn=P1, category=BackupCategory.USER_DATA))
    assert (len(right.output), right.errors) == (1, [])


def test_4_modules_are_synchronised_by_their_long_names(
    lab: Lab, send: Send, send_ours: SendCmdlet
) -> None:
    for short in ("All", "PresenceFocus", "DataConf", "CMSMaster"):
        assert send("Invoke-CsBackupServiceSync", PoolFqdn=P1, BackupModule=short).errors
    assert lab.executions("Invoke-CsBackupServiceSync") == 0
    sent = step(
        ask(
            "pool-failback",
            with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER),
            P1,
            PLANNED,
        ),
        "conference-sync",
    )
    assert sent.cmdlet.arguments()["BackupModule"] == BackupModule.DATA_CONF.value
    assert send_ours(sent.cmdlet).errors == []
    assert lab.executions("Invoke-CsBackupServiceSync") == 1


def test_5_response_groups_are_replaced_by_replace_existing_rgs_settings(
    send: Send, send_ours: SendCmdlet
) -> None:
    wrong = send(
        "Import-CsRgsConfiguration", Destination=RGS, FileName=FILE, ReplaceExistingSettings=True
    )
    assert wrong.errors == ["NamedParameterNotFound"]
    assert send_ours(
        c.ImportCsRgsConfiguration(
            destination=RGS, file_name=FILE, replace_existing_rgs_settings=True
        )
    ).is_bound


def test_6_the_edge_service_is_named_by_the_edge_pool(send: Send, send_ours: SendCmdlet) -> None:
    wrong = send("Set-CsEdgeServer", Identity=f"EdgeServer:{P1}", Registrar=f"Registrar:{P2}")
    assert wrong.errors == ["SetCsEdgeServerError"]
    sent = step(ask("pool-failover", two_sites(), P1, PLANNED), f"edge-next-hop-{EDGE1}").cmdlet
    assert sent.arguments()["Identity"] == f"EdgeServer:{EDGE1}"
    assert send_ours(sent).errors == []


def test_7_a_database_failover_needs_its_type_and_excludes_by_a_list(
    send: Send, send_ours: SendCmdlet
) -> None:
    wrong = send(
        "Invoke-CsDatabaseFailover", PoolFqdn=P1, NewPrincipal="Mirror", ExcludeDatabase="rtcab"
    )
    assert wrong.errors == ["MissingMandatoryParameter"]
    with pytest.raises(TypeError, match="database_type"):
        _ = _any(c.InvokeCsDatabaseFailover)(pool_fqdn=P1, new_principal=MirrorRole.MIRROR)
    right = c.InvokeCsDatabaseFailover(
        pool_fqdn=P1,
        database_type=DatabaseNameType.USER,
        new_principal=MirrorRole.MIRROR,
        exclude_database_list=("rtcab",),
        what_if=True,
    )
    assert send_ours(right).is_bound


def test_8_a_kind_of_fabric_is_written_out(send: Send, send_ours: SendCmdlet) -> None:
    with pytest.raises(InvalidValueError, match="'MCU' is not one of All, MCUFactory"):
        _ = _any(c.GetCsPoolFabricState)(pool_fqdn=P1, type="MCU")
    assert send_ours(c.GetCsPoolFabricState(pool_fqdn=P1, type=FabricType.MCU_FACTORY)).errors == []
    assert send("Get-CsPoolFabricState", PoolFqdn=P1, Type="MCU").is_bound, (
        "PowerShell takes a prefix that fits one word only"
    )
    assert not send("Get-CsPoolFabricState", PoolFqdn=P1, Type="MCUs").is_bound


def test_9_database_types_are_those_of_the_failover_in_both_cmdlets(
    send: Send, send_ours: SendCmdlet
) -> None:
    with pytest.raises(InvalidValueError, match="is not one of ActiveMonitoring"):
        _ = _any(c.GetCsDatabaseMirrorState)(pool_fqdn=P1, database_type="CMS")
    right = send_ours(
        c.GetCsDatabaseMirrorState(pool_fqdn=P1, database_type=DatabaseNameType.CENTRAL_MGMT)
    )
    assert (len(right.output), right.errors) == (2, [])
    assert not send(
        "Get-CsDatabaseMirrorState", PoolFqdn=P1, DatabaseType="CentralManagement"
    ).is_bound


def test_10_the_computers_of_a_pool_are_asked_for_by_pool(
    send: Send, send_ours: SendCmdlet
) -> None:
    assert send("Get-CsComputer", PoolFqdn=P1).errors == ["NamedParameterNotFound"]
    right = send_ours(c.GetCsComputer(pool=P1))
    assert (len(right.output), right.errors) == (3, [])


def test_11_data_is_always_verified_whatever_the_swapped_texts_say(send: Send) -> None:
    """Both texts mean: go on without verifying first.

    No plan does, and Lync 2013 does not know the switch.
    """
    away = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)
    for made, name in (
        (ask("pool-failover", two_sites(), P1, PLANNED), "pool-failover"),
        (ask("pool-failback", away, P1, PLANNED), "pool-failback"),
    ):
        assert "SkipDataVerification" not in step(made, name).cmdlet.arguments()
    for cls in (c.InvokeCsPoolFailOver, c.InvokeCsPoolFailBack):
        skipping = cls(pool_fqdn=P1, skip_data_verification=True)
        assert skipping.arguments()["SkipDataVerification"] is True
        with pytest.raises(
            UnsupportedByVersionError, match="Lync Server 2013 does not have the parameter"
        ):
            skipping.require_version(LyncVersion.V2013)
        assert send(cls.NAME, PoolFqdn=P1, SkipDataVerification=True, WhatIf=True).errors == [
            "NamedParameterNotFound"
        ]


def test_12_the_wait_is_a_timespan_not_seconds(send: Send, send_ours: SendCmdlet) -> None:
    with pytest.raises(InvalidValueError):
        _ = _any(c.InvokeCsPoolFailOver)(pool_fqdn=P1, wait_time=15)
    right = c.InvokeCsPoolFailOver(pool_fqdn=P1, wait_time=timedelta(seconds=15), what_if=True)
    assert "-WaitTime '00:00:15'" in right.to_powershell()
    assert send_ours(right).is_bound
    assert not send(
        "Invoke-CsPoolFailOver", PoolFqdn=P1, WaitTime="15 seconds", WhatIf=True
    ).is_bound


def test_13_the_failback_of_xmpp_leads_dns_to_the_restored_edge_pool() -> None:
    made = plan("xmpp-failback", on(EDGE2))
    gate = next(one for one in made.steps if one.step_id == "dns-address")
    assert isinstance(gate, ManualStep)
    assert str(EDGE1) in gate.title
    assert str(EDGE2) not in " ".join((gate.title, *gate.instructions))
