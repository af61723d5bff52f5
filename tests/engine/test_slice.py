"""What runs on every change: the client and a real PowerShell understand each other."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from lyncops.cmdlets import GetCsPoolFabricState, GetCsServerVersion
from lyncops.values import Outcome
from tests.engine.conftest import Fronts, Site
from tests.engine.deployment import P1
from tests.engine.world import Action, Call, World, output
from tests.independent.desk import desk_for

VERSION = "Skype for Business Server 2015 (6.0.9319.0): volume license key installed."


@pytest.mark.parametrize("tls", [True, False])
def test_reading_through_a_real_engine(
    world: World, front: Fronts, tmp_path: Path, *, tls: bool
) -> None:
    world.handlers["Get-CsServerVersion"] = lambda _call: [output(VERSION)]
    server = front(world, tls=tls)
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        done = sessions.run(GetCsServerVersion())
    assert done.outcome is Outcome.SUCCEEDED
    assert list(done.raw) == [VERSION]
    assert world.executions["Get-CsServerVersion"] == 1
    assert server.pools == {}


def test_readings_run_side_by_side_in_one_engine(
    world: World, front: Fronts, tmp_path: Path
) -> None:
    """One shell, several runspaces, each pipeline received over a connection of its own: none can
    end before all have begun.
    """
    together = threading.Barrier(4)
    processes: set[int] = set()

    def meets(call: Call) -> Iterable[Action]:
        processes.add(call.process)
        together.wait(60)
        return [output(call.text("PoolFqdn"))]

    world.handlers["Get-CsPoolFabricState"] = meets
    server = front(world)
    pools = [f"pool{number}.contoso.com" for number in range(4)]
    with desk_for(tmp_path, server, path="wsman", open_timeout="30s").sessions() as sessions:
        running = [sessions.submit(GetCsPoolFabricState(pool_fqdn=pool)) for pool in pools]
        answers = [list(each.result(120).raw) for each in running]
        assert len(server.pools) == 1
    assert answers == [[pool] for pool in pools]
    assert len(processes) == 1


@pytest.mark.parametrize("status", ["BackupServiceStatus", "PlainServiceStatus"])
def test_a_backlog_is_seen_whatever_the_modules_arrive_as(site: Site, status: str) -> None:
    """As texts that say the states, or as texts that are only the name of their type."""
    site.deployment.status = status
    site.deployment.modules["ConfServices.DataConf"] = "NonSteadyState"
    (line,) = [
        line
        for line in site.desk("backup-service", "show", P1).out.splitlines()
        if "DataConf" in line and P1 in line
    ][:1]
    assert "NonSteadyState" in line
