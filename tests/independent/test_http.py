from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import GetCsServerVersion, InvokeCsPoolFailOver
from lyncops.errors import EndpointError
from lyncops.values import Outcome
from tests.independent.desk import desk_for
from tests.independent.http import DropError, Page
from tests.independent.psrp import Handler
from tests.independent.server import Asked, FaultError, Server

SCRIPTS: Final[dict[str, Handler]] = {
    "Get-CsServerVersion": lambda _name, _arguments: ["Microsoft Lync Server 2013 (5.0.8308.0)"],
    "Invoke-CsPoolFailOver": lambda _name, _arguments: [],
}
PAGE: Final = (
    b"<html><head><title>Error</title></head><body><h1>Service Unavailable</h1></body></html>"
)
BROKEN_PAGE: Final = b"<!DOCTYPE html><html><br><p>Proxy &nbsp; error"
QUICK: Final = "read_attempts = 1\nopen_attempts = 1\n"
FAILOVER: Final = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com")


def _moved(status: int, location: str) -> Callable[[Asked], Page | None]:
    def hook(asked: Asked) -> Page | None:
        if asked.path.startswith("/new/"):
            return None
        return Page(
            status=status,
            body=b"<html>moved</html>",
            headers=(("Location", location), ("Content-Type", "text/html")),
        )

    return hook


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_another_path_of_the_same_server_is_followed(
    tmp_path: Path, status: int, *, tls: bool
) -> None:
    with Server(tmp_path, SCRIPTS, tls=tls) as server:
        server.before = _moved(status, "/new/OcsPowershell")
        with desk_for(tmp_path, server).sessions() as sessions:
            assert sessions.run(FAILOVER).outcome is Outcome.SUCCEEDED
        assert server.executions["invoke-cspoolfailover"] == 1


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize(
    "where",
    ["https://fe2.contoso.com:{port}/new/", "http://fe1.contoso.com:{port}/new/", "/OcsPowershell"],
)
def test_another_server_is_not_followed(tmp_path: Path, status: int, where: str) -> None:
    with Server(tmp_path, SCRIPTS) as server:
        location = where.format(port=server.port)
        server.before = _moved(status, location)
        desk = desk_for(tmp_path, server)
        answer = desk("status")
        assert answer.code == 4
        assert "it redirects to" in answer.err
        assert answer.err.count("\n") == 1
        assert server.requests["Create"] <= 10


@pytest.mark.parametrize("body", [PAGE, BROKEN_PAGE, b""])
@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, "not remote PowerShell's"),
        (403, "HTTP status 403"),
        (404, "HTTP status 404"),
        (503, "HTTP status 503"),
    ],
)
def test_page_in_place_of_wsman_is_one_sentence(
    tmp_path: Path, status: int, says: str, body: bytes
) -> None:
    with Server(tmp_path, SCRIPTS) as server:
        server.before = lambda _asked: Page(status=status, body=body)
        answer = desk_for(tmp_path, server, more=QUICK)("status")
        assert answer.code == 4
        assert says in answer.err
        assert answer.err.count("\n") == 1
        assert "<" not in answer.err


def test_page_while_a_service_starts_is_tried_again(tmp_path: Path) -> None:
    with Server(tmp_path, SCRIPTS) as server:
        server.before = lambda asked: (
            Page(status=503, body=PAGE) if asked.verb == "Create" and asked.number < 3 else None
        )
        with desk_for(tmp_path, server).sessions() as sessions:
            assert sessions.run(GetCsServerVersion()).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("answer", [400, 500, 503, 200, "drop", "fault", "empty"])
def test_command_that_ran_behind_a_lost_answer_runs_once(tmp_path: Path, answer: int | str) -> None:
    def lost(asked: Asked) -> Page | None:
        if asked.cmdlet != "Invoke-CsPoolFailOver":
            return None
        if answer == "drop":
            raise DropError
        if answer == "fault":
            raise FaultError(None, "whatever")
        return Page(
            status=answer if isinstance(answer, int) else 200,
            body=b"" if answer == "empty" else PAGE,
        )

    with Server(tmp_path, SCRIPTS) as server:
        server.after = lost
        with desk_for(tmp_path, server).sessions() as sessions:
            assert sessions.run(FAILOVER).outcome is Outcome.SUCCEEDED
        assert server.executions["invoke-cspoolfailover"] == 1


@pytest.mark.parametrize(
    ("code", "subcode"), [(2147942405, "w:AccessDenied"), (None, "w:SchemaValidationError")]
)
def test_refused_command_says_what_refused_it(
    tmp_path: Path, code: int | None, subcode: str
) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Command":
            raise FaultError(code, "Access is denied.", subcode)
        return None

    with Server(tmp_path, SCRIPTS) as server:
        server.before = refuse
        with desk_for(tmp_path, server).sessions() as sessions:
            done = sessions.run(FAILOVER)
        assert (done.outcome, done.sent) == (Outcome.FAILED, False)
        assert "Access is denied" in done.reason
        assert server.executions["invoke-cspoolfailover"] == 0


def test_session_that_cannot_be_used_is_not_left_behind(tmp_path: Path) -> None:
    def refuse(asked: Asked) -> Page | None:
        if asked.verb == "Receive":
            raise FaultError(2147942405, "Access is denied.", "w:AccessDenied")
        return None

    with Server(tmp_path, SCRIPTS) as server:
        server.before = refuse
        with (
            desk_for(tmp_path, server).sessions() as sessions,
            pytest.raises(EndpointError, match="Access is denied"),
        ):
            sessions.run(GetCsServerVersion())
        assert server.pools == {}
