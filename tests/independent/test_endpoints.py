"""What an endpoint offers: restricted session configurations, missing modules and configurations,
and what the exit code says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest
from psrpcore import types as ps

from lyncops.cmdlets import GetCsServerVersion
from lyncops.errors import EndpointError, MisconfiguredEndpointError
from lyncops.values import Outcome
from tests.independent.desk import desk_for
from tests.independent.lync import Lync, thing
from tests.independent.psrp import Fatal, Handler, Problem, unknown_cmdlet
from tests.independent.server import Asked, FaultError, Page, Server

Call = Mapping[str, object]


def _no_such_module(_name: str, arguments: Call) -> Iterable[object]:
    """Import-Module of what is not there: an error, and the pipeline completes.

    A localised server says it in its own words.
    """
    said = f'Das angegebene Modul "{arguments["Name"]}" wurde nicht geladen.'
    error_id = "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand"
    yield Problem(
        said, error_id, ps.ErrorCategory.ResourceUnavailable, "System.IO.FileNotFoundException"
    )


def _get_command(scripts: Mapping[str, Handler]) -> Handler:
    def answer(_name: str, arguments: Call) -> Iterable[object]:
        asked = arguments["Name"]
        for name in asked if isinstance(asked, list) else [asked]:
            if str(name) in scripts:
                yield thing("CmdletInfo", Name=name)
            else:
                error_id = (
                    "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand"
                )
                yield Problem(
                    f'Die Benennung "{name}" wurde nicht erkannt.',
                    error_id,
                    ps.ErrorCategory.ObjectNotFound,
                )

    return answer


def _scripts(**more: Handler) -> dict[str, Handler]:
    usual = {
        name: script
        for name, script in Lync().scripts().items()
        if name not in ("Import-Module", "Get-Command")
    }
    return {**usual, **{name.replace("_", "-"): script for name, script in more.items()}}


CONFIGURATIONS: Final = {
    "JEA": _scripts(Get_Command=_get_command(_scripts())),
    "neither command": _scripts(),
    "module of another name": _scripts(
        Get_Command=_get_command(_scripts()), Import_Module=_no_such_module
    ),
}


@pytest.mark.parametrize("scripts", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_cmdlets_that_are_there_need_no_import(
    tmp_path: Path, scripts: Mapping[str, Handler]
) -> None:
    with Server(tmp_path, scripts) as server:
        with desk_for(
            tmp_path, server, path="wsman", endpoint='configuration = "LyncDR"\n'
        ).sessions() as sessions:
            assert sessions.run(GetCsServerVersion()).outcome is Outcome.SUCCEEDED
        assert server.executions["get-csserverversion"] == 1
        assert server.executions["import-module"] == 2


def test_each_endpoint_is_asked_once_whether_it_needs_a_module(tmp_path: Path) -> None:
    with Server(tmp_path, CONFIGURATIONS["JEA"]) as server:
        answer = desk_for(tmp_path, server, path="wsman")("status")
        assert answer.code == 7, answer.err
        assert server.executions["get-command"] == 2, (
            "once for that, and once for the cmdlets that a plan may send"
        )


def test_server_without_cmdlets_and_modules_is_a_wrong_configuration(tmp_path: Path) -> None:
    scripts: dict[str, Handler] = {
        "Import-Module": _no_such_module,
        "Get-Command": _get_command({}),
    }
    with Server(tmp_path, scripts) as server:
        desk = desk_for(tmp_path, server, path="wsman")
        with desk.sessions() as sessions, pytest.raises(MisconfiguredEndpointError):
            sessions.run(GetCsServerVersion())
        assert server.pools == {}
        assert [desk(verb).code for verb in ("status", "readiness")] == [1, 1]


@pytest.mark.parametrize("code", [5, 2150858754, 2150858811, 2150859180])
def test_session_configuration_that_is_not_there_is_a_wrong_configuration(
    tmp_path: Path, code: int
) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(
                code, "Die Ressourcen-URI wurde nicht gefunden.", "a:DestinationUnreachable"
            )
        return None

    with Server(tmp_path, _scripts()) as server:
        server.before = refuse
        answer = desk_for(tmp_path, server, path="wsman", endpoint='configuration = "Nowhere"\n')(
            "status"
        )
        assert answer.code == 1
        assert "Nowhere" in answer.err


@pytest.mark.parametrize("code", [2150858815, 2150859173, 2150859175, 2150859236])
def test_full_server_is_known_by_its_code(tmp_path: Path, code: int) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(code, "Die maximale Anzahl wurde erreicht.", "w:QuotaLimit")
        return None

    with Server(tmp_path, _scripts()) as server:
        server.before = refuse
        answer = desk_for(tmp_path, server, more="read_attempts = 1\nopen_attempts = 2\n")("status")
        assert answer.code == 4
        assert server.requests["Create"] > 1


def test_word_in_a_reason_is_no_quota(tmp_path: Path) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Create":
            raise FaultError(2150859120, "The disk quota of the profile cannot be read.")
        return None

    with Server(tmp_path, _scripts()) as server:
        server.before = refuse
        with desk_for(tmp_path, server).sessions() as sessions, pytest.raises(EndpointError):
            sessions.run(GetCsServerVersion())
        assert server.requests["Create"] == 1


def test_auth_that_is_not_offered_is_a_wrong_configuration(tmp_path: Path) -> None:
    with Server(tmp_path, _scripts()) as server:
        server.manners.offers = ('Digest realm="x"',)
        answer = desk_for(tmp_path, server, auth="ntlm")("status")
        assert answer.code == 1


def test_unknown_command_in_a_session_with_cmdlets_is_that_cmdlets_error(tmp_path: Path) -> None:
    scripts = {**_scripts(), "Get-CsServerVersion": unknown_cmdlet}
    with (
        Server(tmp_path, scripts) as server,
        desk_for(tmp_path, server, path="wsman").sessions() as sessions,
    ):
        done = sessions.run(GetCsServerVersion())
        assert (done.outcome, done.errors[0].fully_qualified_error_id) == (
            Outcome.FAILED,
            "CommandNotFoundException",
        )


def test_module_that_fails_to_load_tells_why(tmp_path: Path) -> None:
    def breaks(_name: str, _arguments: Call) -> Iterable[object]:
        yield Fatal(Problem("The module's DLL is damaged."))

    scripts: dict[str, Handler] = {"Import-Module": breaks, "Get-Command": _get_command({})}
    with (
        Server(tmp_path, scripts) as server,
        desk_for(tmp_path, server, path="wsman").sessions() as sessions,
    ):
        with pytest.raises(EndpointError) as refused:
            sessions.run(GetCsServerVersion())
        assert refused.value.what.count("The module's DLL is damaged") == 1
