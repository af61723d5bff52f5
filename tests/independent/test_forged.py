"""Whoever sits on the way can answer in the server's place: where messages are sealed, an answer in
the clear is not believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from lyncops.cmdlets import (
    GetCsServerVersion,
    InvokeCsManagementStoreReplication,
    InvokeCsPoolFailOver,
)
from lyncops.errors import EndpointError
from lyncops.values import Outcome
from tests.independent.desk import desk_for
from tests.independent.psrp import Handler
from tests.independent.server import TIMED_OUT, UNKNOWN_SELECTORS, Asked, Page, S, Server

SCRIPTS: Final[dict[str, Handler]] = {
    "Get-CsServerVersion": lambda _name, _arguments: ["Microsoft Lync Server 2013 (5.0.8308.0)"],
    "Invoke-CsPoolFailOver": lambda _name, _arguments: [],
    "Invoke-CsManagementStoreReplication": lambda _name, _arguments: [],
}
FAILOVER: Final = InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com")
READ: Final = GetCsServerVersion()
WARM_UP: Final = InvokeCsManagementStoreReplication()


def _fault(code: int) -> Page:
    body = (
        "<s:Envelope"
        f' xmlns:s="{S}"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>'
        f"<s:Reason><s:Text>No.</s:Text></s:Reason><s:Detail><f:WSManFault"
        ' xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"'
        f' Code="{code}"/></s:Detail></s:Fault></s:Body></s:Envelope>'
    )
    return Page(status=500, body=body.encode(), headers=(("Content-Type", "text/xml"),))


FORGED: Final = {
    "gone": _fault(UNKNOWN_SELECTORS),
    "timed-out": _fault(TIMED_OUT),
    "access-denied": _fault(5),
    "taken-over": _fault(2150859213),
    "nothing": Page(status=200),
    "envelope": Page(status=200, body=_fault(5).body, headers=(("Content-Type", "text/xml"),)),
    "logged-out": Page(status=401, headers=(("WWW-Authenticate", "Negotiate"),)),
    "page": Page(status=503, body=b"<html>Service Unavailable</html>"),
}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("verb", ["Command", "Receive"])
@pytest.mark.parametrize("forged", FORGED)
def test_an_answer_in_the_clear_proves_nothing_about_a_change(
    tmp_path: Path, forged: str, verb: str, moment: str
) -> None:
    """Once, and twice in a row, which is as often as the command is looked for before it is sent
    again.
    """
    for times in (1, 2):
        with (
            Server(tmp_path, SCRIPTS, tls=False) as server,
            desk_for(tmp_path, server).sessions() as sessions,
        ):
            assert sessions.run(WARM_UP).outcome is Outcome.SUCCEEDED
            forge = _Forger(verb, FORGED[forged], times)
            setattr(server, moment, forge)
            done = sessions.run(FAILOVER)
            assert forge.forged
            assert server.executions["invoke-cspoolfailover"] == 1
            assert done.outcome in {Outcome.SUCCEEDED, Outcome.UNKNOWN}


@pytest.mark.parametrize("verb", ["Command", "Receive"])
@pytest.mark.parametrize("forged", FORGED)
def test_a_reading_is_asked_again(tmp_path: Path, forged: str, verb: str) -> None:
    with (
        Server(tmp_path, SCRIPTS, tls=False) as server,
        desk_for(tmp_path, server).sessions() as sessions,
    ):
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED
        server.after = _Forger(verb, FORGED[forged], 1)
        assert sessions.run(READ).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("forged", ["gone", "access-denied", "nothing", "envelope"])
def test_a_session_that_is_opened_in_the_clear_says_so(tmp_path: Path, forged: str) -> None:
    with Server(tmp_path, SCRIPTS, tls=False) as server:
        server.after = _Forger("Create", FORGED[forged], 100)
        sessions = desk_for(tmp_path, server, more="open_attempts = 2\n").sessions()
        with sessions, pytest.raises(EndpointError, match="in the clear"):
            sessions.run(READ)


class _Forger:
    """Answers some requests of one verb in the server's place."""

    def __init__(self, verb: str, page: Page, times: int) -> None:
        self._verb, self._page, self._times = verb, page, times
        self.forged = 0

    def __call__(self, asked: Asked) -> Page | None:
        if asked.verb != self._verb or self.forged == self._times:
            return None
        self.forged += 1
        return self._page
