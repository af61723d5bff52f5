from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.independent.desk import Desk, desk_for
from tests.independent.http import DropError
from tests.independent.lync import P1, P2, Lync, thing
from tests.independent.psrp import Pause, Problem, Prompt
from tests.independent.server import Asked, Server

RUN: Final = ("run", "pool-failover", P1, "--mode", "planned", "--yes")
Failover = Callable[[Lync, str, Mapping[str, object]], Iterable[object]]


def _desk(folder: Path, server: Server) -> Desk:
    return desk_for(folder, server, endpoint=f'pool = "{P2}"\n')


def _lync(failover: Failover | None = None) -> Lync:
    exports = ("Export-CsConfiguration", "Export-CsLisConfiguration")
    return Lync(failover=failover, shapes={name: lambda _name, _arguments: [] for name in exports})


def _modules_elsewhere(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    names = ("UserServices.PresenceFocus", "ConfServices.DataConf", "CentralMgmt.CMSMaster")
    yield thing(
        Found=[
            thing(Identity=name, ExportStatus="FinalState", ImportStatus="NormalState")
            for name in names
        ]
    )


def _one_list(lync: Lync) -> None:
    usual = lync.scripts()["Get-CsService"]
    lync.shapes["Get-CsService"] = lambda name, arguments: [list(usual(name, arguments))]


def test_modules_are_known_by_what_they_are(tmp_path: Path) -> None:
    lync = _lync()
    lync.shapes["Get-CsBackupServiceStatus"] = _modules_elsewhere
    with Server(tmp_path, lync.scripts()) as server:
        assert _desk(tmp_path, server)("check", P1).code == 0


def test_list_written_as_one_object_is_its_items(tmp_path: Path) -> None:
    lync = _lync()
    _one_list(lync)
    with Server(tmp_path, lync.scripts()) as server:
        assert _desk(tmp_path, server)("check", P1).code == 0


def _with_error(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    lync.state[pool] = "FailedOver"
    yield Problem("some service did not start")


def _with_question(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    yield Prompt("Are you sure?")
    lync.state[pool] = "FailedOver"


@pytest.mark.parametrize(("failover", "code"), [(None, 0), (_with_error, 7), (_with_question, 7)])
def test_the_state_decides_what_came_of_a_failover(
    tmp_path: Path, failover: Failover | None, code: int
) -> None:
    lync = _lync(failover)
    with Server(tmp_path, lync.scripts()) as server:
        answer = _desk(tmp_path, server)(*RUN)
        assert answer.code == code, answer
        assert server.executions["invoke-cspoolfailover"] == 1


def test_lost_answer_to_a_failover_is_no_second_failover(tmp_path: Path) -> None:
    def cut(asked: Asked) -> None:
        if asked.cmdlet == "Invoke-CsPoolFailOver":
            raise DropError

    with Server(tmp_path, _lync().scripts()) as server:
        server.after = cut
        assert _desk(tmp_path, server)(*RUN).code == 0
        assert server.executions["invoke-cspoolfailover"] == 1


def test_server_that_restarts_in_the_middle_of_a_failover(tmp_path: Path) -> None:
    def restart(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        lync.state[pool] = "FailedOver"
        server.pools.clear()
        yield Pause(server.stopping)

    with Server(tmp_path, _lync(restart).scripts()) as server:
        answer = _desk(tmp_path, server)(*RUN)
        assert answer.code in {0, 7}, answer
        assert server.executions["invoke-cspoolfailover"] == 1
