"""Each reply that the answer to a cmdlet comes in is lost once: what is left of the answer is never
taken for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

import attrs
import pytest

from lyncops.cmdlets import GetCsService, InvokeCsPoolFailOver
from lyncops.cmdlets.base import Cmdlet
from lyncops.remoting.execution import Execution
from lyncops.remoting.sessions import Sessions
from lyncops.values import ANYWHERE, Outcome, Place
from tests.independent.desk import Desk, desk_for
from tests.independent.lync import P1, P2, Lync
from tests.independent.psrp import Handler, Problem
from tests.independent.server import Asked, DropError, Manners, Page, Server

CHANGE: Final = InvokeCsPoolFailOver(pool_fqdn=P1)
PIECES: Final = 5
"""How many replies the longest answer comes in, at the least."""


def bad_gateway() -> Page:
    return Page(status=502, body=b"<html><body>Bad gateway</body></html>")


def cut() -> Page:
    raise DropError


@attrs.frozen(kw_only=True)
class Way:
    auth: str
    tls: bool
    lose: Callable[[], Page]


WAYS: Final = pytest.mark.parametrize(
    "way",
    [
        Way(auth="ntlm", tls=False, lose=cut),
        pytest.param(
            Way(auth="negotiate", tls=False, lose=cut), marks=pytest.mark.slow, id="negotiate"
        ),
        Way(auth="basic", tls=True, lose=bad_gateway),
    ],
    ids=lambda way: way.auth,
)


@contextmanager
def served(folder: Path, way: Way, lync: Lync) -> Generator[tuple[Server, Desk]]:
    with Server(
        folder, lync.scripts(), tls=way.tls, manners=Manners(reply=1000, by_fragments=True)
    ) as server:
        path = "OcsPowershell" if way.tls else "wsman"
        yield (
            server,
            desk_for(folder, server, auth=way.auth, path=path, endpoint=f'pool = "{P2}"\n'),
        )


@attrs.define(kw_only=True)
class Loss:
    """Loses that one of the replies with a cmdlet's output, counted from one; `number` None only
    counts.
    """

    cmdlet: str
    lose: Callable[[], Page]
    number: int | None = None
    each_time: bool = False
    seen: int = 0
    begun: bool = False

    def __call__(self, asked: Asked) -> Page | None:
        if asked.verb == "Command" and asked.cmdlet == self.cmdlet:
            self.begun = True
            self.seen = 0 if self.each_time else self.seen
        if asked.verb != "Receive" or not self.begun:
            return None
        self.seen += 1
        return self.lose() if self.seen == self.number else None


def losing(server: Server, way: Way, cmdlet: Cmdlet[object], number: int | None = None) -> Loss:
    server.after = loss = Loss(cmdlet=cmdlet.NAME, lose=way.lose, number=number)
    return loss


def reads_of_a_snapshot(desk: Desk) -> list[Cmdlet[object]]:
    asked: list[Cmdlet[object]] = []
    run = Sessions.run

    def note(
        self: Sessions,
        cmdlet: Cmdlet[object],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
    ) -> Execution[object]:
        asked.append(cmdlet)
        return run(self, cmdlet, place=place, deadline=deadline)

    with patch.object(Sessions, "run", note), desk.client() as client:
        client.status()
    return asked


def whole(sessions: Sessions, cmdlet: Cmdlet[object]) -> Execution[object]:
    answer = sessions.run(cmdlet)
    assert answer.attempts == 1
    return answer


@WAYS
def test_a_read_is_asked_again_whichever_reply_was_lost(tmp_path: Path, way: Way) -> None:
    with served(tmp_path, way, Lync()) as (server, desk):
        reads = reads_of_a_snapshot(desk)
        most = 0
        with desk.sessions() as sessions:
            for cmdlet in reads:
                counted = losing(server, way, cmdlet)
                expected = whole(sessions, cmdlet)
                most = max(most, counted.seen)
                for number in range(1, counted.seen + 1):
                    losing(server, way, cmdlet, number)
                    answer = sessions.run(cmdlet)
                    assert answer.attempts > 1, (cmdlet, number)
                    assert (answer.outcome, len(answer.output)) == (
                        expected.outcome,
                        len(expected.output),
                    ), (cmdlet, number)
    assert len(reads) > 10
    assert most >= PIECES


@WAYS
def test_a_read_of_which_a_reply_is_lost_every_time_is_unknown(tmp_path: Path, way: Way) -> None:
    cmdlet = GetCsService()
    with served(tmp_path, way, Lync()) as (server, desk), desk.sessions() as sessions:
        whole(sessions, cmdlet)
        server.after = Loss(cmdlet=cmdlet.NAME, lose=way.lose, number=2, each_time=True)
        answer = sessions.run(cmdlet)
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.attempts > 1


def errs(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    lync.state[pool] = "FailedOver"
    filler = "x" * 2000
    return [filler, Problem("The Back End cannot be opened."), filler]


@WAYS
def test_a_change_of_whose_answer_a_reply_was_lost_is_unknown_and_not_repeated(
    tmp_path: Path, way: Way
) -> None:
    lync = Lync(failover=errs)
    counted = 0
    number = 0
    while number <= counted:
        with served(tmp_path, way, lync) as (server, desk), desk.sessions() as sessions:
            loss = losing(server, way, CHANGE, number)
            answer = sessions.run(CHANGE)
            counted = counted or loss.seen
            # An error that arrived is known, whatever was lost beside it; not so an end that did
            # not arrive.
            assert answer.outcome is Outcome.UNKNOWN or (
                answer.outcome is Outcome.FAILED and answer.errors
            ), number
            assert number or answer.errors
            assert server.executions[CHANGE.NAME.lower()] == 1
        number += 1
    assert counted >= PIECES


def test_a_run_tells_that_the_answer_to_its_change_was_lost(tmp_path: Path) -> None:
    way = Way(auth="ntlm", tls=False, lose=cut)
    exports: dict[str, Handler] = dict.fromkeys(
        ("Export-CsConfiguration", "Export-CsLisConfiguration"), lambda _n, _a: []
    )
    with served(tmp_path, way, Lync(failover=errs, shapes=exports)) as (server, desk):
        losing(server, way, CHANGE, 3)
        answer = desk("run", "pool-failover", P1, "--mode", "planned", "--yes")
        assert "Its answer was lost" in answer.out
        assert "The cmdlet ended without an error" not in answer.out
        assert server.executions[CHANGE.NAME.lower()] == 1
