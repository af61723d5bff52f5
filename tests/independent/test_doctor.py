"""The doctor before a server that shares no code with lyncops: what it offers, what it lacks, what
it does not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from psrpcore import types as ps

from tests.independent.desk import Desk, desk_for
from tests.independent.lync import Lync
from tests.independent.psrp import Handler, Problem
from tests.independent.server import Asked, FaultError, Page, Server


def checks_of(desk: Desk) -> dict[str, Mapping[str, str]]:
    """The checks of the first endpoint."""
    answer = desk("--json", "doctor")
    told = json.loads(answer.out)
    return {check["check_id"]: check for check in told["sections"][0]["checks"]}


def _no_such_module(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    error_id = "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"
    said = "Das angegebene Modul wurde nicht geladen."
    yield Problem(
        said, error_id, ps.ErrorCategory.ResourceUnavailable, "System.IO.FileNotFoundException"
    )


def _no_such_command(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    error_id = "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand"
    yield Problem("Die Benennung wurde nicht erkannt.", error_id, ps.ErrorCategory.ObjectNotFound)


def test_an_ordinary_server(tmp_path: Path) -> None:
    with Server(tmp_path, Lync().scripts()) as server:
        found = checks_of(desk_for(tmp_path, server, path="wsman"))
        assert [
            found[name]["verdict"] for name in ("tcp", "clock", "session-configuration", "module")
        ] == ["passed"] * 4
        assert found["quotas"]["verdict"] == "unknown"
        assert server.pools == {}, "the doctor leaves no session behind"


def test_a_server_without_lync(tmp_path: Path) -> None:
    scripts: dict[str, Handler] = {
        "Import-Module": _no_such_module,
        "Get-Command": _no_such_command,
    }
    with Server(tmp_path, scripts) as server:
        found = checks_of(desk_for(tmp_path, server, path="wsman"))
    assert found["session-configuration"]["verdict"] == "passed"
    assert found["module"]["verdict"] == "failed"
    assert "Get-Module -ListAvailable" in found["module"]["remedy"]
    assert "second-hop" not in found


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(
                2150858754, "Die Ressourcen-URI wurde nicht gefunden.", "a:DestinationUnreachable"
            )
        return None

    with Server(tmp_path, {}) as server:
        server.before = refuse
        found = checks_of(
            desk_for(tmp_path, server, path="wsman", endpoint='configuration = "Nowhere"\n')
        )
    assert found["logon"]["verdict"] == "passed"
    assert found["session-configuration"]["verdict"] == "failed"
    assert "Nowhere" in found["session-configuration"]["evidence"]


def test_a_way_to_log_on_that_is_not_offered(tmp_path: Path) -> None:
    with Server(tmp_path, {}) as server:
        server.manners.offers = ('Digest realm="x"',)
        found = checks_of(desk_for(tmp_path, server, path="wsman", auth="ntlm"))
    assert found["logon"]["verdict"] == "failed"
    assert "Digest" in found["logon"]["evidence"]
    assert "winrm/config/service/auth" in found["logon"]["remedy"]
