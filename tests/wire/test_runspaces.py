"""Pipelines of one shell run side by side, as many as its client asked runspaces for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lyncops.lab.lab import Lab
from lyncops.lab.simulation import Simulation
from tests.wire.stub import RawClient, Served, fault_code

TIMED_OUT = 2150858793


def test_pipelines_run_side_by_side_up_to_max_runspaces(open_lab: Served, raw: RawClient) -> None:
    raw.open()  # with MaxRunspaces 2
    first, second = raw.command("Wait-It"), raw.command("Wait-It")
    said = [raw.receive(one)[0] for one in (first, second)]
    third = raw.command("Wait-It")
    status, answer = raw.try_receive(third)
    assert (status, fault_code(answer)) == (500, TIMED_OUT)
    assert open_lab.machine.executed["Wait-It"] == 2
    raw.signal(first, "powershell/signal/ctrl_c")
    said.append(raw.receive(third)[0])
    assert open_lab.machine.executed["Wait-It"] == 3
    ids = [fragment.object_id for fragments in said for fragment in fragments]
    assert len(ids) == len(set(ids)), "ids count per shell, over all of its pipelines"


def test_a_pipeline_that_waits_for_a_runspace_can_be_stopped(
    open_lab: Served, raw: RawClient
) -> None:
    raw.open()
    running = [raw.command("Wait-It") for _ in range(2)]
    for one in running:
        raw.receive(one)
    waiting = raw.command("Wait-It")
    raw.signal(waiting, "powershell/signal/ctrl_c")
    raw.collect(waiting)
    assert open_lab.machine.executed["Wait-It"] == 2


def test_one_after_the_other_stays_in_one_runspace(open_lab: Served, raw: RawClient) -> None:
    raw.open()
    for _ in range(3):
        raw.collect(raw.command("Get-It"))
    (shell,) = open_lab.host.servers()[0].service.shells
    assert (shell.runspaces.made, shell.runspaces.free) == (1, 2)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start(Simulation.load("two-sites"), profile=None) as one:
        yield one


def test_a_session_costs_time_of_the_labs_clock(lab: Lab) -> None:
    machine = next(iter(lab.world.machines.values()))
    for is_first, share in ((True, 1), (False, 10)):
        before = lab.world.clock.now()
        machine.start_runspace(is_first=is_first)
        assert lab.world.clock.now() - before >= timedelta(seconds=6) / share
    lab.inject("switch", "session_cost=90s")
    before = lab.world.clock.now()
    machine.start_runspace(is_first=True)
    assert lab.world.clock.now() - before >= timedelta(seconds=90)
