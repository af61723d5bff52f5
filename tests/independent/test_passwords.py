"""A password that stops working in the middle of a failover: the run's end is unknown, and nobody
tries it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.independent.desk import desk_for
from tests.independent.http import DropError, Page
from tests.independent.lync import P1, P2, Lync
from tests.independent.server import PASSWORD, USER, Asked, Server

RUN = ("run", "pool-failover", P1, "--mode", "planned", "--yes")


def nothing(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
    return ()


@pytest.mark.parametrize("tls", [True, False])
def test_the_run_ends_with_4_and_the_password_was_tried_once(tmp_path: Path, *, tls: bool) -> None:
    """Over NTLM the readings' connection is logged on already: what was brought about can be seen
    there, and is.
    """
    lync = Lync(shapes={"Export-CsConfiguration": nothing, "Export-CsLisConfiguration": nothing})
    dropped: list[Asked] = []

    def fails_over(lync: Lync, pool: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        server.logon.password = "another password"
        users = tmp_path / "ntlm-users"
        users.write_text(
            users.read_text(encoding="utf-8").replace(PASSWORD, "another password"),
            encoding="utf-8",
        )
        server.before = drop
        lync.state[pool] = "FailedOver"
        return ()

    def drop(asked: Asked) -> Page | None:
        if asked.verb == "Receive" and not dropped:
            dropped.append(asked)
            raise DropError
        return None

    lync.failover = fails_over
    with Server(tmp_path, lync.scripts(), tls=tls) as server:
        answer = desk_for(
            tmp_path,
            server,
            endpoint=f'pool = "{P2}"\nread_timeout = "1100ms"\noperation_timeout = "1s"\n',
        )(*RUN)
        assert answer.code == (4 if tls else 0), answer.out[-3000:]
        assert "log on again" in answer.out
        assert server.executions["invoke-cspoolfailover"] == 1
        # With Basic each message carries the password: one that closes a command in the background
        # may be under way just then.
        assert 1 <= server.refused <= (2 if tls else 1)
        assert USER not in answer.err
