"""Faults within a drill: what became of each is told, and nothing runs twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from lyncops.cmdlets import InvokeCsPoolFailOver
from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment
from lyncops.drill import DrillReport, Fault, Outcome, drill, loss_of_pool
from lyncops.drill.faults import FaultySessions, run_too_often
from lyncops.drill.showing import report_blocks, report_data, report_from_data
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.remoting.execution import BeforeSend, Execution
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.values import ANYWHERE, Fqdn, Place
from lyncops.views.blocks import plain_lines
from tests.drill.test_copying import read

R = TypeVar("R")
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
P2 = Fqdn("pool2.contoso.com")


@pytest.fixture(scope="module")
def small() -> Deployment:
    return read(Simulation(scenario_of_size(2, standard=True)))


@pytest.fixture(scope="module")
def played(small: Deployment) -> DrillReport:
    return drill(small, [loss_of_pool(P2)], played_at=WHEN, faults=tuple(Fault))


def test_each_fault_is_survived_and_told(played: DrillReport) -> None:
    (one,) = played.drills
    assert one.rescue.outcome is Outcome.DONE
    assert one.way_back is not None
    assert one.way_back.outcome is Outcome.DONE
    assert [mishap.fault for mishap in one.mishaps] == list(Fault)
    operator, answer, laptop = one.mishaps
    assert "is locked by run" in operator.became
    assert answer.became == "its effect was read back, it was sent once, and its step is done"
    assert laptop.became.startswith(
        "another process resumed the run; its answer was collected later, it was sent once"
    )
    assert all(mishap.harmless for mishap in one.mishaps)
    lines = [line for block in report_blocks(played) for line in plain_lines(block)]
    assert any(operator.became in line for line in lines)
    assert report_from_data(report_data(played)) == played


def test_a_fault_alone_and_none(small: Deployment) -> None:
    alone = drill(small, [loss_of_pool(P2)], played_at=WHEN, faults=[Fault.DEAD_LAPTOP])
    assert [mishap.fault for mishap in alone.drills[0].mishaps] == [Fault.DEAD_LAPTOP]
    assert drill(small, [loss_of_pool(P2)], played_at=WHEN).drills[0].mishaps == ()


def test_what_could_not_be_played_is_said() -> None:
    report = drill(
        read("everything-wrong"),
        [loss_of_pool(Fqdn("pool3.contoso.com"))],
        played_at=WHEN,
        faults=tuple(Fault),
    )
    (one,) = report.drills
    assert one.rescue.outcome is Outcome.REFUSED
    assert [mishap.became for mishap in one.mishaps] == [
        "not played: too few commands change something"
    ] * len(Fault)


def test_a_command_that_runs_twice_fails_the_drill(
    small: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = FaultySessions.run

    def twice(
        self: FaultySessions,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        if cmdlet.NAME == InvokeCsPoolFailOver.NAME:
            self.world.executions[cmdlet.NAME] += 1
        return run(
            self,
            cmdlet,
            place=place,
            deadline=deadline,
            on_record=on_record,
            before_send=before_send,
        )

    monkeypatch.setattr(FaultySessions, "run", twice)
    report = drill(small, [loss_of_pool(P2)], played_at=WHEN, faults=[Fault.LOST_ANSWER])
    (one,) = report.drills
    assert one.rescue.outcome is Outcome.FAILED
    assert "Invoke-CsPoolFailOver ran 2 times, in 1 attempts" in one.rescue.in_the_way


def test_executions_are_held_against_the_attempts() -> None:
    assert run_too_often(Counter(), ()) == ()
    assert run_too_often(Counter({"Set-CsEdgeServer": 1}), ()) == (
        "Set-CsEdgeServer ran 1 times, in 0 attempts",
    )
