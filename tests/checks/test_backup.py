from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.context import CheckContext, Direction
from lyncops.checks.loss import expected_loss
from lyncops.checks.rights import needed_cmdlets
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.model import BackupServiceSettings, Deployment
from lyncops.values import Fqdn, Unread
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING, ask
from tests.deployments import (
    NO_ANSWER,
    P1,
    P2,
    changed,
    cms_module,
    machine,
    two_sites,
    with_dead,
    with_store,
)
from tests.procedures.model import Site


def with_module(
    deployment: Deployment,
    fqdn: Fqdn,
    export: ExportState | str = ExportState.STEADY,
    import_: ImportState | str = ImportState.NORMAL,
) -> Deployment:
    return changed(
        deployment,
        fqdn,
        backup_modules=(
            BackupModule(name="ConfServices.DataConf", export=export, import_=import_),
        ),
    )


def test_a_standby_store_that_never_exported_is_healthy() -> None:
    assert ask("backup-service", two_sites()).verdict is PASSED


def test_an_active_store_that_never_exported_is_not() -> None:
    result = ask(
        "backup-service",
        changed(two_sites(), P1, backup_modules=(cms_module(ExportState.NOT_INITIALIZED),)),
    )
    assert result.refuses
    assert "CMSMaster of pool1.contoso.com exports with NotInitialized" in result.evidence


@pytest.mark.parametrize("export", [ExportState.ERROR, ExportState.NOT_INITIALIZED])
@pytest.mark.parametrize("side", [P1, P2])
def test_a_direction_that_does_not_work_refuses_a_planned_move_only(
    export: ExportState, side: Fqdn
) -> None:
    broken = with_module(two_sites(), side, export)
    assert ask("backup-service", broken, PLANNED).verdict is FAILED
    assert ask("backup-service", broken, DISASTER).verdict is WARNING
    assert side in ask("backup-service", broken).evidence


@pytest.mark.parametrize(
    ("export", "import_"), [("2", ImportState.NORMAL), (ExportState.FINAL, "")]
)
def test_a_state_that_nobody_knows_is_neither_health_nor_fault(
    export: ExportState | str, import_: ImportState | str
) -> None:
    odd = with_module(two_sites(), P1, export, import_)
    assert ask("backup-service", odd, PLANNED).verdict is UNKNOWN
    assert ask("backup-service", odd, PLANNED).refuses
    assert not ask("backup-service", odd, DISASTER).refuses
    assert "not a known state" in ask("backup-service", odd).evidence


def test_import_errors_count_too() -> None:
    assert (
        "imports with ErrorState"
        in ask("backup-service", with_module(two_sites(), P2, import_=ImportState.ERROR)).evidence
    )


def test_a_backlog_is_a_warning() -> None:
    result = ask("backup-service", with_module(two_sites(), P1, ExportState.NON_STEADY))
    assert (result.verdict, result.refuses) == (WARNING, False)
    assert "ConfServices.DataConf of pool1.contoso.com" in result.evidence


def test_a_status_that_cannot_be_read_refuses_a_planned_move_only() -> None:
    blind = changed(
        two_sites(),
        P2,
        backup_modules=Unread("the Backup Service status of pool2", "access is denied"),
    )
    planned, disaster = (
        ask("backup-service", blind, PLANNED),
        ask("backup-service", blind, DISASTER),
    )
    assert (planned.verdict, planned.refuses) == (UNKNOWN, True)
    assert (disaster.verdict, disaster.refuses) == (UNKNOWN, False)
    assert "access is denied" in planned.evidence
    assert "RTCUniversalServerAdmins" in planned.remedy


def test_a_service_without_modules_never_copied_anything() -> None:
    empty = changed(two_sites(), P1, backup_modules=())
    assert ask("backup-service", empty, PLANNED).verdict is FAILED
    assert ask("backup-service", empty, DISASTER).verdict is WARNING


def test_the_service_itself_must_run_on_both_pools() -> None:
    assert ask("backup-service-running", two_sites()).verdict is PASSED
    without = changed(
        two_sites(), P2, machines=(machine("pool2-fe1.contoso.com", services=("RTCSRV",)),)
    )
    result = ask("backup-service-running", without, PLANNED)
    assert result.refuses
    assert P2 in result.evidence
    assert "run setup" in result.remedy
    assert ask("backup-service-running", without, DISASTER).verdict is WARNING


def test_the_dead_pool_is_not_asked_for_its_backup_service() -> None:
    dead = with_dead(two_sites(), P1)
    result = ask("backup-service-running", dead, DISASTER)
    assert result.verdict is PASSED
    assert "assumed to be gone" in result.evidence
    assert ask("backup-service-running", dead, PLANNED).verdict is UNKNOWN


def test_a_planned_move_loses_nothing() -> None:
    assert expected_loss(two_sites(), P1, PLANNED).startswith(f"Nothing: {P1}")
    back = expected_loss(two_sites(), P1, PLANNED, direction=Direction.FAILBACK)
    assert back.startswith(f"Nothing: {P2}")
    assert "read-only" not in back, "it serves its own users on"


def test_a_dead_pool_loses_what_the_documented_target_says() -> None:
    loss = expected_loss(with_dead(two_sites(), P1), P1, DISASTER)
    assert "last 5 minutes" in loss
    assert "every 2 minutes" in loss
    assert "it is not known whether there is a backlog" in loss


def test_the_interval_is_the_configured_one() -> None:
    slow = attrs.evolve(
        with_dead(two_sites(), P1),
        backup_service=BackupServiceSettings(sync_interval=timedelta(minutes=30)),
    )
    assert "every 30 minutes" in expected_loss(slow, P1, DISASTER)
    unread = attrs.evolve(slow, backup_service=Unread("the configuration", NO_ANSWER))
    assert "every 2 minutes" in expected_loss(unread, P1, DISASTER)


@pytest.mark.parametrize(
    ("export", "said"),
    [
        (ExportState.FINAL, "Conference content: nothing"),
        (ExportState.STEADY, "at most the changes since the last copy"),
        (ExportState.NON_STEADY, "there is a backlog"),
        (ExportState.NOT_INITIALIZED, "it was never copied"),
        (ExportState.ERROR, "its export is in ErrorState"),
        ("Odd", "its export is in Odd"),
    ],
)
def test_the_loss_is_told_per_module(export: ExportState | str, said: str) -> None:
    assert said in expected_loss(with_module(two_sites(), P1, export), P1, DISASTER)


def test_a_standby_store_is_no_loss_and_an_import_error_is_one() -> None:
    assert "opology" not in expected_loss(two_sites(active_store=P2), P1, DISASTER)
    assert "Topology and policies" in expected_loss(two_sites(), P1, DISASTER)
    faulty = with_module(two_sites(), P2, import_=ImportState.ERROR)
    assert "import errors for ConfServices.DataConf" in expected_loss(faulty, P1, DISASTER)


def test_without_a_pair_the_loss_is_not_known() -> None:
    assert expected_loss(two_sites(), Fqdn("nowhere.contoso.com"), DISASTER).startswith("Not known")


def test_rights_are_known_only_where_the_endpoint_tells() -> None:
    assert ask("rights", two_sites()).verdict is UNKNOWN
    assert not ask("rights", two_sites()).refuses
    assert "does not say" in ask("rights", attrs.evolve(two_sites(), rights=())).evidence
    few = ask("rights", attrs.evolve(two_sites(), rights=("Get-CsPool", "invoke-cspoolfailover")))
    assert few.refuses
    assert "Set-CsEdgeServer and Invoke-CsManagementServerFailover" in few.evidence
    offered = ("Set-CsEdgeServer", "Invoke-CsManagementServerFailover", "Invoke-CsPoolFailOver")
    assert ask("rights", attrs.evolve(two_sites(), rights=offered)).verdict is PASSED


def test_what_rights_are_needed_follows_from_the_deployment() -> None:
    bare = attrs.evolve(with_store(two_sites(active_store=P2)), edges=())
    assert needed_cmdlets(CheckContext(bare, P1, PLANNED)) == ("Invoke-CsPoolFailOver",)
    assert "Invoke-CsPoolFailBack" in needed_cmdlets(
        CheckContext(bare, P1, PLANNED, Direction.FAILBACK)
    )


def test_a_store_that_cannot_be_read_is_the_reason_before_account_and_service() -> None:
    site = Site.of("two-sites")
    site.world.crash("sql1.contoso.com")
    for check_id in ("backup-service", "replicas-up-to-date"):
        told = ask(check_id, site.read())
        assert "see store-agents" in told.remedy
        assert "RTCUniversalServerAdmins" not in told.remedy
        assert "LYNCBACKUP" not in told.remedy
        assert "MASTER" not in told.remedy


def test_a_stopped_backup_service_is_the_reason_before_the_account() -> None:
    site = Site.of("two-sites")
    for name in ("fe1", "fe2", "fe3"):
        site.world.machine_states[Fqdn(f"{name}.contoso.com")].services[
            "LYNCBACKUP"
        ].status = "Stopped"
    told = ask("backup-service", site.read())
    assert told.remedy == f"Start LYNCBACKUP on {P1}: see backup-service-running."


@pytest.mark.parametrize("mirror", ["", "sql2m.contoso.com"])
def test_a_back_end_that_is_down_is_the_reason_before_the_service(mirror: str) -> None:
    site = Site.of("two-sites")
    for server in filter(None, ("sql2.contoso.com", mirror)):
        site.world.crash(server)
    told = ask("backup-service", site.read())
    assert told.remedy == (
        "Bring the user databases of pool2.contoso.com up first: see `lyncops status`."
    )
