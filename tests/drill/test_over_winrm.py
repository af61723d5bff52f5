"""The same drill in memory and over WinRM: the same report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from lyncops.drill import Drill, Fault, Outcome, drill, loss_of_pool
from lyncops.drill.report import OVER_WINRM
from lyncops.errors import InvalidValueError
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.values import Fqdn
from tests.drill.test_copying import read

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
P2 = Fqdn("pool2.contoso.com")


def without_times(one: Drill) -> Drill:
    assert one.way_back is not None
    return attrs.evolve(
        one,
        rescue=attrs.evolve(one.rescue, took=timedelta()),
        way_back=attrs.evolve(one.way_back, took=timedelta()),
    )


@pytest.mark.slow
@pytest.mark.parametrize("standard", [True, False])
def test_a_drill_over_winrm_gives_the_same_report(*, standard: bool) -> None:
    snapshot = read(Simulation(scenario_of_size(2, standard=standard)))
    fast, served = (
        drill(snapshot, [loss_of_pool(P2)], played_at=WHEN, over_winrm=over_winrm)
        for over_winrm in (False, True)
    )
    (one,), (other,) = fast.drills, served.drills
    assert one.rescue.outcome is Outcome.DONE
    assert max(one.lost.values()) > timedelta(minutes=1)
    assert one.way_back is not None
    assert other.way_back is not None
    for mine, theirs in ((one.rescue, other.rescue), (one.way_back, other.way_back)):
        assert abs(mine.took - theirs.took) <= OVER_WINRM
    assert without_times(one) == without_times(other)
    assert attrs.evolve(fast, drills=()) == attrs.evolve(served, drills=())


def test_faults_are_played_in_memory() -> None:
    snapshot = read(Simulation(scenario_of_size(2, standard=True)))
    with pytest.raises(InvalidValueError, match="in memory"):
        drill(snapshot, [], played_at=WHEN, faults=[Fault.LOST_ANSWER], over_winrm=True)
