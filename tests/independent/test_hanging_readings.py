"""One cmdlet that hangs on a living server: it costs `read_deadline`, and nothing else is lost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.independent.desk import desk_for
from tests.independent.lync import P1, Lync
from tests.independent.psrp import Pause
from tests.independent.server import Server

WAIT = 2.0


@pytest.mark.parametrize(
    "name",
    [
        "Get-CsServerVersion",
        "Get-CsManagementStoreReplicationStatus",
        "Get-CsBackupServiceStatus",
        "Get-CsRegistrarConfiguration",
    ],
)
def test_status_shows_what_it_has(tmp_path: Path, name: str) -> None:
    def hang(_name: str, _arguments: Mapping[str, object]) -> Iterable[object]:
        yield Pause(server.stopping)

    scripts = {**Lync().scripts(), name: hang}
    with Server(tmp_path, scripts) as server:
        desk = desk_for(tmp_path, server, more=f'read_deadline = "{WAIT:.0f}s"\n')
        begun = time.monotonic()
        answer = desk("status")
        took = time.monotonic() - begun
    # 7: something could not be read, and is shown as that
    assert answer.code == 7, answer
    assert P1 in answer.out
    # From the store, and from the local copy where that has no word either
    assert took < 5 * WAIT
