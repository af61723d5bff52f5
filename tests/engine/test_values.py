"""What the client makes of a real engine's objects, errors and lines."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import (
    ExportStatus,
    GetCsBackupModules,
    GetCsBackupServiceStatus,
    GetCsPoolFabricState,
    InvokeCsPoolFailOver,
)
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.values import Outcome, Unread
from tests.engine.conftest import Fronts
from tests.engine.world import Action, Call, Json, Problem, World, output, say, script, thing
from tests.independent.desk import desk_for

P1: Final = "pool1.contoso.com"
NAMES: Final = ("UserServices.PresenceFocus", "ConfServices.DataConf", "CentralMgmt.CMSMaster")
RESTRICTED: Final = """@{
    SchemaVersion = '2.0.0.0'
    GUID = 'd5a9c3f0-2f5e-4c3e-9f0b-6f6a1f1c9a10'
    SessionType = 'RestrictedRemoteServer'
    LanguageMode = 'NoLanguage'
    ModulesToImport = 'SkypeForBusiness'
    VisibleCmdlets = 'Get-Cs*', 'Invoke-Cs*'
}"""


def _status(kind: str) -> Json:
    modules = [
        thing(
            f"Hadr.BackupService.{kind}ModuleStatus",
            Identity=name,
            ExportStatus="FinalState",
            ImportStatus="NormalState",
        )
        for name in NAMES
    ]
    return thing(
        f"Hadr.BackupService.{'Backup' if kind == 'Backup' else 'Plain'}ServiceStatus",
        OverallExportStatus="FinalState",
        OverallImportStatus="NormalState",
        BackupModules=modules,
    )


@pytest.mark.parametrize("kind", ["Backup", "Plain"])
def test_modules_at_depth_one(world: World, front: Fronts, tmp_path: Path, kind: str) -> None:
    world.handlers["Get-CsBackupServiceStatus"] = lambda _call: [output(_status(kind))]
    with desk_for(tmp_path, front(world), path="wsman", open_timeout="30s").sessions() as sessions:
        (status,) = sessions.run(GetCsBackupServiceStatus(pool_fqdn=P1)).output
        expanded = sessions.run(GetCsBackupModules(pool_fqdn=P1))
    assert status.overall_export_status is ExportStatus.FINAL
    assert status.tells("backup_modules") is (kind == "Backup")
    assert len(status.backup_modules) == (3 if kind == "Backup" else 0)
    assert (expanded.outcome, [module.identity for module in expanded.output]) == (
        Outcome.SUCCEEDED,
        list(NAMES),
    )
    assert {module.export_status for module in expanded.output} == {ExportStatus.FINAL}


def test_restricted_session_needs_no_import_and_expands_nothing(
    world: World, front: Fronts, tmp_path: Path
) -> None:
    world.handlers["Get-CsBackupServiceStatus"] = lambda _call: [output(_status("Plain"))]
    file = tmp_path / "restricted.pssc"
    file.write_text(RESTRICTED, encoding="utf-8")
    server = front(world, options=("-ConfigurationFile", str(file)))
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        (status,) = sessions.run(GetCsBackupServiceStatus(pool_fqdn=P1)).output
        expanded = sessions.run(GetCsBackupModules(pool_fqdn=P1))
    assert not status.tells("backup_modules")
    assert (expanded.outcome, expanded.output) == (Outcome.FAILED, ())
    assert expanded.errors[0].fully_qualified_error_id.startswith("NamedParameterNotFound")


def test_value_that_is_against_xml_is_unread_and_the_rest_stays(
    world: World, front: Fronts, tmp_path: Path
) -> None:
    world.handlers["Get-CsPoolFabricState"] = lambda _call: [
        output("one"),
        output(script("'a' + [char]0xFFFF")),
        output("two"),
    ]
    with desk_for(tmp_path, front(world), path="wsman", open_timeout="30s").sessions() as sessions:
        done = sessions.run(GetCsPoolFabricState(pool_fqdn=P1))
    assert (done.outcome, done.output) == (Outcome.UNKNOWN, ("one", "two"))
    assert [type(item) for item in done.raw] == [str, Unread, str]


def test_chain_of_exceptions(world: World, front: Fronts, tmp_path: Path) -> None:
    inner = Problem(
        message="Access is denied.", exception="System.ComponentModel.Win32Exception", code=5
    )
    middle = Problem(message='Cannot open database "rtcxds".', inner=inner)

    def fail(_call: Call) -> list[Action]:
        return [Problem(message="Outer.", error_id="StoreFailure", inner=middle).thrown()]

    world.handlers["Invoke-CsPoolFailOver"] = fail
    with desk_for(tmp_path, front(world), path="wsman", open_timeout="30s").sessions() as sessions:
        done = sessions.run(InvokeCsPoolFailOver(pool_fqdn=P1))
    assert (done.outcome, len(done.errors)) == (Outcome.FAILED, 1)
    (error,) = done.errors
    assert [cause.message for cause in error.causes] == [
        "Outer.",
        'Cannot open database "rtcxds".',
        "Access is denied.",
    ]
    assert (error.causes[-1].code, error.reason) == (5, "Access is denied.")


def test_lines_of_a_long_cmdlet_arrive(world: World, front: Fronts, tmp_path: Path) -> None:
    world.handlers["Invoke-CsPoolFailOver"] = lambda _call: [
        say("verbose", "Stage 1 of 2"),
        say("warning", "Slow."),
        say("verbose", "Stage 2 of 2"),
    ]
    with desk_for(tmp_path, front(world), path="wsman", open_timeout="30s").sessions() as sessions:
        done = sessions.run(InvokeCsPoolFailOver(pool_fqdn=P1, verbose=True))
    verbose = [record.text for record in done.records if record.kind is StreamKind.VERBOSE]
    assert verbose[-2:] == ["Stage 1 of 2", "Stage 2 of 2"]
