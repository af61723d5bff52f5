"""A wait goes on while the servers report that they work on it, and ends with a reason where they
do not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from lyncops.lab.model.state import CONFERENCE
from lyncops.plan.model import Plan
from lyncops.plan.steps import WaitStep
from lyncops.runs.events import Event, Polled
from lyncops.runs.model import RunState, StepState
from lyncops.runs.waits import waiting
from lyncops.values import Fqdn, Mode
from tests.procedures.model import Site
from tests.runs.scene import Recorder

P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


def behind(hours: int) -> Site:
    """A pool of 20,000 users whose conference content of so many hours is still on its backup
    pool.
    """
    site = Site.of("two-sites")
    site.world.pools[P1].tracks[CONFERENCE].left_behind = timedelta(hours=hours)
    site.poll = timedelta(minutes=5)
    return site


@attrs.frozen
class Stopping:
    """From a time on, the Backup Service of the backup pool is in an error."""

    site: Site
    at: datetime

    def observe(self, event: Event) -> None:
        if event.at >= self.at:
            self.site.world.faults.sync_error = frozenset({P2})


def restoring(site: Site) -> Plan:
    return site.plan("conference-restore", P1)


def test_content_of_60_hours_comes_home_in_one_run() -> None:
    site = behind(60)
    before = site.clock.now()
    run = site.run(restoring(site))
    assert run.state is RunState.COMPLETED
    assert timedelta(hours=6) < site.clock.now() - before < timedelta(hours=7)


def test_the_plan_says_how_long_a_backlog_is_waited_for() -> None:
    step = restoring(behind(60)).steps[-1]
    assert isinstance(step, WaitStep)
    assert waiting(step).startswith("waits up to 1 h (while a backlog is reported: up to 24 h) ")


def test_a_backup_service_that_stops_on_the_way_ends_the_wait_an_hour_later() -> None:
    site = behind(60)
    plan = restoring(site)
    began = site.clock.now()
    site.observers.append(Stopping(site, began + timedelta(hours=3)))
    run = site.run(plan)
    assert (run.state, run.steps[-1].state) == (RunState.TIMED_OUT, StepState.TIMED_OUT)
    assert timedelta(hours=3) < site.clock.now() - began < timedelta(hours=4, minutes=5)
    assert "for 1 h no answer has said that the servers work on it" in run.why
    assert "ErrorState" in run.why
    site.observers.clear()
    site.world.faults.sync_error = frozenset()
    assert site.resumed(run.run_id).state is RunState.COMPLETED


def test_a_backlog_that_never_ends_is_called_one_after_a_day() -> None:
    site = behind(600)
    began = site.clock.now()
    run = site.run(restoring(site))
    assert run.state is RunState.TIMED_OUT
    assert site.clock.now() - began < timedelta(hours=24, minutes=5)
    assert "After 24 h the servers still report a backlog" in run.why
    assert "copying is stuck" in run.why


def test_the_operator_is_told_once_why_a_wait_goes_on() -> None:
    site = behind(60)
    recorder = Recorder()
    site.observers.append(recorder)
    run = site.run(restoring(site))
    told = [event for event in recorder.events if isinstance(event, Polled) and event.step_id]
    longer = [event for event in told if "takes longer than 1 h" in event.evidence]
    assert longer[0].at - told[0].at >= timedelta(hours=1)
    assert len({event.evidence for event in longer}) == 1, "one line, not one for each reading"
    assert all(event.waited_until > event.at for event in longer)
    assert run.state is RunState.COMPLETED
    assert "longer" not in run.steps[-1].evidence_after


@pytest.mark.parametrize("procedure", ["pool-failback", "site-failback"])
def test_users_and_routes_come_home_before_conference_content(procedure: str) -> None:
    site = Site.of("two-sites")
    failed_over = site.plan("pool-failover", P1, Mode.PLANNED)
    assert site.run(failed_over).state is RunState.COMPLETED
    target = P1 if procedure == "pool-failback" else Fqdn("Site1")
    plan = site.plan(procedure, target, Mode.PLANNED)
    assert not plan.is_refused
    last = plan.steps[-1]
    assert isinstance(last, WaitStep)
    assert last.step_id.endswith("conference-steady")
    assert any("edge-next-hop" in step.step_id for step in plan.steps[:-1])


EDGE2A = "edge2a.contoso.com"


def broken_edge(hours: int) -> Site:
    """An Edge server of the living site has been dead for so long when the other site's pool
    dies.
    """
    site = Site.of("two-sites")
    site.pass_time(timedelta(hours=3))
    site.world.crash(EDGE2A)
    site.pass_time(timedelta(hours=hours))
    site.world.crash(P1)
    site.pass_time(timedelta(minutes=5))
    return site


@pytest.mark.parametrize(("hours", "minutes"), [(3, 5), (0, 15)])
def test_a_replica_that_has_long_been_silent_is_given_up_soon(hours: int, minutes: int) -> None:
    """Others follow, and it has not reported for an hour; with a fresh report it may still come."""
    site = broken_edge(hours)
    plan = site.plan("pool-failover", P1, Mode.DISASTER, accept_data_loss=True)
    recorder = Recorder()
    site.observers.append(recorder)
    run = site.run(plan)
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    polled = [
        event
        for event in recorder.events
        if isinstance(event, Polled) and event.step_id == "store-replicas-rest"
    ]
    ended = polled[-1].at - polled[0].at
    assert timedelta(minutes=minutes - 1) <= ended <= timedelta(minutes=minutes)
    assert EDGE2A in polled[-1].evidence


def test_a_replica_that_comes_back_in_that_time_counts() -> None:
    site = broken_edge(3)
    plan = site.plan("pool-failover", P1, Mode.DISASTER, accept_data_loss=True)
    site.world.recover(EDGE2A)
    assert site.run(plan).state is RunState.COMPLETED
