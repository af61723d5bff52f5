"""A whole site is lost and comes home again: by the command line, over WinRM."""

from __future__ import annotations

import threading

import pytest

from lyncops.lab.simulation import Simulation
from tests.e2e.conftest import Hire, Operator, assert_as_before, said
from tests.e2e.test_pools import DISASTER, PLANNED, bring_back, moves, serving
from tests.procedures.scenarios import P1, P2, P3, P4
from tests.procedures.test_sites import TWO_PAIRS


def test_a_lost_site_is_served_elsewhere_tells_what_is_left_and_comes_home(
    operator: Operator,
) -> None:
    first = operator.look()
    operator.lab.crash("site:Site1")
    operator.run("site-failover", "Site1", *PLANNED, expect=2)
    done = operator.run("site-failover", "Site1", *DISASTER)
    assert serving(operator, P1) == P2
    told = done.out[done.out.rindex("== Run ") :]  # the plan told it before
    follow = [line.strip() for line in told.splitlines() if line.strip().startswith("next: ")]
    assert [line.split()[3] for line in follow] == ["edge-federation-failover", "xmpp-failover"]
    report = said(operator("runs", "report", operator.latest_run(), "--json"))
    assert report["next"] == [line.removeprefix("next: ") for line in follow]
    bring_back(operator, "site:Site1")
    operator.run("site-failback", "Site1", *PLANNED)
    operator.run("management-store-failover", P2, *PLANNED)
    assert_as_before(first, operator.look())


@pytest.mark.slow
def test_a_client_that_is_killed_between_two_pairs_goes_on_with_the_second(hire: Hire) -> None:
    world = Simulation(TWO_PAIRS, rate=300.0)  # a failover takes four seconds: time to be killed in
    operator = hire(world)
    operator.lab.crash("site:North")
    begun = threading.Event()
    world.watchers.append(
        lambda cmdlet, _percent: begun.set() if cmdlet == "Invoke-CsPoolFailOver" else None
    )
    client = operator.begin("run", "site-failover", "North", *DISASTER, "--yes")
    assert begun.wait(60.0)
    client.kill()
    client.wait()
    operator("resume", operator.latest_run())
    assert moves(operator) == [f"Invoke-CsPoolFailOver {P3}", f"Invoke-CsPoolFailOver {P1}"]
    assert {pool: serving(operator, pool) for pool in (P1, P2, P3, P4)} == {
        P1: P2,
        P2: P2,
        P3: P4,
        P4: P4,
    }
