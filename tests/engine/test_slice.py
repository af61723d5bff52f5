"""What runs on every change: the client and a real PowerShell understand each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyncops.cmdlets import GetCsServerVersion
from lyncops.values import Outcome
from tests.engine.conftest import Fronts
from tests.engine.world import World, output
from tests.independent.desk import desk_for

VERSION = "Skype for Business Server 2015 (6.0.9319.0): volume license key installed."


@pytest.mark.parametrize("tls", [True, False])
def test_reading_through_a_real_engine(world: World, front: Fronts, tmp_path: Path, *, tls: bool) -> None:
    world.handlers["Get-CsServerVersion"] = lambda _call: [output(VERSION)]
    server = front(world, tls=tls)
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        done = sessions.run(GetCsServerVersion())
    assert done.outcome is Outcome.SUCCEEDED
    assert list(done.raw) == [VERSION]
    assert world.executions["Get-CsServerVersion"] == 1
    assert server.pools == {}
