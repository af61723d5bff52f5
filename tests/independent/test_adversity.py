from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.independent.desk import Desk, desk_for
from tests.independent.http import DropError, Page
from tests.independent.lync import P1, P2, Lync
from tests.independent.psrp import Fatal, Handler, Pause, Problem
from tests.independent.server import Asked, Server

POOL_FAILOVER: Final = ("run", "pool-failover", P1, "--mode", "planned", "--yes")
STORE_FAILOVER: Final = ("run", "management-store-failover", P1, "--mode", "planned", "--yes")
SENT: Final = "invoke-cspoolfailover"
SENT_FOR_STORE: Final = "invoke-csmanagementserverfailover"
IMPATIENT: Final = 'settle = "1s"\nconnect_timeout = "500ms"\n'
HANGS_A_SECOND: Final = f'pool = "{P2}"\noperation_timeout = "1s"\nread_timeout = "1100ms"\n'


def nothing(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return ()


def fails(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    yield Fatal(Problem("The service is not available."))


def lync(shapes: Mapping[str, Handler] | None = None) -> Lync:
    """Two pools, whose exports end without output; `shapes` are answers in place of the
    usual ones.
    """
    return Lync(
        shapes={
            "Export-CsConfiguration": nothing,
            "Export-CsLisConfiguration": nothing,
            **(shapes or {}),
        }
    )


def desk(folder: Path, *servers: Server) -> Desk:
    return desk_for(
        folder,
        *servers,
        more=IMPATIENT,
        endpoint=f'pool = "{P2}"\noperation_timeout = "1s"\nread_timeout = "1100ms"\n',
    )


def executions(name: str, *servers: Server) -> int:
    return sum(server.executions[name] for server in servers)


def did_nothing(_lync: Lync, _pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return ()


def test_a_failover_that_did_nothing_is_no_success(tmp_path: Path) -> None:
    idle = lync()
    idle.failover = did_nothing
    with Server(tmp_path, idle.scripts()) as server:
        answer = desk(tmp_path, server)(*POOL_FAILOVER)
        assert answer.code == 3, answer
        assert "ended without an error" in answer.out
        assert f"{P1} is Active" in answer.out
        assert executions(SENT, server) == 1


@pytest.mark.parametrize("run", [POOL_FAILOVER, STORE_FAILOVER])
def test_a_failover_of_the_store_that_did_nothing_is_no_success(
    tmp_path: Path, run: tuple[str, ...]
) -> None:
    with Server(tmp_path, lync({"Invoke-CsManagementServerFailover": nothing}).scripts()) as server:
        answer = desk(tmp_path, server)(*run)
        assert answer.code == 3, answer
        assert f"active on {P1}" in answer.out
        assert executions(SENT_FOR_STORE, server) == 1
        assert executions(SENT, server) == 0


@pytest.mark.parametrize("silence", [fails, pytest.param(nothing, marks=pytest.mark.slow)])
@pytest.mark.parametrize("moved", [True, False])
def test_a_state_that_cannot_be_read_after_the_failover_leaves_it_unknown(
    tmp_path: Path, silence: Handler, *, moved: bool
) -> None:
    going = lync()

    def goes_silent(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        if moved:
            lync.state[pool] = "FailedOver"
        for name in ("get-csregistrarconfiguration", "get-csuserpoolinfo"):
            server.scripts[name] = silence
        return ()

    going.failover = goes_silent
    with Server(tmp_path, going.scripts()) as server:
        at = desk(tmp_path, server)
        answer = at(*POOL_FAILOVER)
        assert answer.code == 4, answer
        assert "What it did could not be read" in answer.out
        run = run_of(answer.out)
        assert at("resume", run).code == 4, "it is looked at again, and not sent again"
        server.scripts |= {name.lower(): script for name, script in going.scripts().items()}
        assert at("resume", run).code == (0 if moved else 3)
        assert executions(SENT, server) == 1


def run_of(told: str) -> str:
    """The run that an answer says how to go on with."""
    return told.rpartition("lyncops resume ")[2].split()[0]


def never_answers(server: Server) -> Callable[[Asked], Page | None]:
    def hook(_asked: Asked) -> Page | None:
        server.stopping.wait()
        raise DropError

    return hook


@pytest.mark.slow
def test_a_server_that_hangs_for_good_after_it_took_the_failover_leaves_it_unknown(
    tmp_path: Path,
) -> None:
    hanging = lync()

    def hang(_lync: Lync, _pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        server.before = never_answers(server)
        yield Pause(server.stopping)

    hanging.failover = hang
    with Server(tmp_path, hanging.scripts()) as server:
        answer = desk(tmp_path, server)(*POOL_FAILOVER)
        assert answer.code == 4, answer
        assert "its outcome is unknown" in answer.out
        assert executions(SENT, server) == 1


@pytest.mark.parametrize(
    "dies", ["refuses connections", pytest.param("hangs", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(("moved", "code"), [(True, 0), (False, 4)])
def test_what_a_dead_server_did_is_read_through_another(
    tmp_path: Path, dies: str, *, moved: bool, code: int
) -> None:
    shared = lync()

    sent: list[int] = []

    def die(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        sent.append(first.requests["Command"])
        if moved:
            lync.state[pool] = "FailedOver"
        if dies == "hangs":
            first.before = never_answers(first)
        else:
            first.die()
        yield Pause(first.stopping)

    shared.failover = die
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with (
        Server(folders[0], shared.scripts()) as first,
        Server(folders[1], shared.scripts()) as second,
    ):
        at = desk(tmp_path, first, second)
        answer = at(*POOL_FAILOVER)
        assert answer.code == code, answer
        assert executions(SENT, second) == 0
        assert executions(SENT, first) == 1
        assert executions("get-csregistrarconfiguration", second) > 0
        assert sent == [first.requests["Command"]], "fe1's other sessions are not tried one by one"
        if not moved:
            run = run_of(answer.out)
            shared.state[P1] = "FailedOver"  # it went on by itself
            assert at("resume", run).code == 0
            assert executions(SENT, first, second) == 1
