"""Endpoints restricted by a session configuration file: no language, and only Lync's cmdlets with
PowerShell's few proxies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs
import pytest

from lyncops.cmdlets import GetCsServerVersion
from lyncops.cmdlets.base import EVERY_VERSION, Cmdlet, NoOutput, command
from lyncops.values import Outcome
from tests.engine.conftest import Fronts
from tests.engine.deployment import P1, P2, Deployment
from tests.engine.world import World
from tests.independent.desk import Desk, desk_for

pytestmark = pytest.mark.slow
PLANNED: Final = ("--mode", "planned", "--yes")
EVERYTHING: Final = "'*-Cs*'"
DISASTER_RECOVERY: Final = ", ".join(
    f"'{name}'"
    for name in (
        *("Get-Cs*", "Export-Cs*", "Invoke-CsPoolFailOver", "Invoke-CsPoolFailBack"),
        *("Invoke-CsManagementServerFailover", "Invoke-CsBackupServiceSync", "Set-CsEdgeServer"),
    )
)


def configuration(folder: Path, visible: str) -> tuple[str, ...]:
    """A file as New-PSSessionConfigurationFile writes it, and the option that makes the engine use
    it.
    """
    file = folder / "lync.pssc"
    file.write_text(
        "@{ SchemaVersion = '2.0.0.0'; GUID = '5f0a1a52-3b52-4a9f-8c86-0a5c9b5d2f10'; SessionType"
        " = 'RestrictedRemoteServer'; LanguageMode = 'NoLanguage'; ModulesToImport ="
        f" 'SkypeForBusiness'; VisibleCmdlets = {visible} }}\n",
        encoding="utf-8",
    )
    return ("-ConfigurationFile", str(file))


@attrs.frozen
class Restricted:
    world: World
    deployment: Deployment
    desk: Desk


@pytest.fixture(params=["OcsPowershell", "JEA"])
def restricted(
    world: World, front: Fronts, tmp_path: Path, request: pytest.FixtureRequest
) -> Restricted:
    deployment = Deployment()
    ocs = request.param == "OcsPowershell"
    options = configuration(tmp_path, EVERYTHING if ocs else DISASTER_RECOVERY)
    server = front(deployment.install(world), options=options, tls=ocs)
    lines = tuple(
        f'pool = "{pool}"\n' + ("" if ocs else 'configuration = "LyncDR"\n') for pool in (P1, P2)
    )
    more = 'settle = "2s"\nparallel = 1\n'
    path = "OcsPowershell" if ocs else "wsman"
    desk = desk_for(
        tmp_path, server, server, path=path, open_timeout="30s", endpoint=lines, more=more
    )
    return Restricted(world, deployment, desk)


def test_a_failover_and_a_failback(restricted: Restricted) -> None:
    forth = restricted.desk("run", "pool-failover", P1, *PLANNED)
    assert forth.code == 0, forth.out + forth.err
    assert restricted.deployment.states[P1] == "FailedOver"
    back = restricted.desk("run", "pool-failback", P1, *PLANNED)
    assert back.code == 0, back.out + back.err
    assert restricted.deployment.states[P1] == "Active"


@command("Import-Module", EVERY_VERSION)
class ImportModule(Cmdlet[NoOutput]):
    """What such a session does not have."""


@command("Stop-Process", EVERY_VERSION)
class StopProcess(Cmdlet[NoOutput]):
    """The same."""


def test_only_the_visible_cmdlets_are_there(restricted: Restricted) -> None:
    with restricted.desk.sessions() as sessions:
        assert sessions.run(GetCsServerVersion()).outcome is Outcome.SUCCEEDED
        for cmdlet in (ImportModule(), StopProcess()):
            refused = sessions.run(cmdlet)
            assert [error.fully_qualified_error_id for error in refused.errors] == [
                "CommandNotFoundException"
            ]


def test_a_backlog_is_seen_in_the_texts_that_are_all_there_is(restricted: Restricted) -> None:
    """The Select-Object of such a session has no -ExpandProperty."""
    restricted.deployment.modules["ConfServices.DataConf"] = "NonSteadyState"
    shown = restricted.desk("backup-service", "show", P1).out
    assert [
        line
        for line in shown.splitlines()
        if "ConfServices.DataConf" in line and "NonSteadyState" in line
    ]
