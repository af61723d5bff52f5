"""Plans and runs as the pure floors make them, for the command line to show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from lyncops.plan.model import CmdletStep, Plan
from lyncops.plan.procedures import PoolFailover
from lyncops.procedures import make_plan
from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind, StreamRecord
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    Event,
    GoalRead,
    Noted,
    Polled,
    RunChanged,
    StepChanged,
    Streamed,
)
from lyncops.runs.history import replay
from lyncops.runs.model import Run, RunState, StepState
from lyncops.values import Mode, Outcome
from tests.deployments import NOW, P1, two_sites, with_dead

RUN_ID = "20140601-030000-ab12"
ADDRESS = CommandAddress(
    endpoint="https://pool2-fe1.contoso.com/OcsPowershell",
    session_id="s",
    shell_id="h",
    command_id="c",
    resource_uri="r",
)


def failover(mode: Mode = Mode.PLANNED, *, accept_data_loss: bool = False) -> Plan:
    """A failover of the first pool: planned while it lives, disaster when it is dead."""
    deployment = two_sites() if mode is Mode.PLANNED else with_dead(two_sites(), P1)
    return make_plan(
        PoolFailover(pool=P1, mode=mode, accept_data_loss=accept_data_loss), deployment
    )


def events_of(plan: Plan, last: RunState) -> Iterable[Event]:
    """All kinds of events that a run can have, ending in the state `last`."""
    step = next(step for step in plan.steps if isinstance(step, CmdletStep))
    name = step.step_id
    yield RunChanged(run_id=RUN_ID, at=NOW, state=RunState.RUNNING)
    yield Noted(run_id=RUN_ID, at=NOW, text="a lock was taken over")
    yield StepChanged(
        run_id=RUN_ID,
        at=NOW,
        step_id=name,
        state=StepState.RUNNING,
        evidence="the Edge leads to the dead pool",
    )
    yield AttemptPrepared(run_id=RUN_ID, at=NOW, step_id=name, number=1, address=ADDRESS)
    yield Streamed(
        run_id=RUN_ID,
        at=NOW,
        step_id=name,
        record=StreamRecord(kind=StreamKind.PROGRESS, text="half way", percent=50),
    )
    yield Streamed(
        run_id=RUN_ID,
        at=NOW,
        step_id=name,
        record=StreamRecord(kind=StreamKind.OUTPUT, text="an object"),
    )
    yield AttemptEnded(
        run_id=RUN_ID,
        at=NOW,
        step_id=name,
        number=1,
        outcome=Outcome.FAILED,
        errors=(ErrorRecord(message="a service is slow"),),
    )
    for _ in range(2):
        yield Polled(
            run_id=RUN_ID,
            at=NOW,
            step_id=name,
            holds=False,
            evidence="not there yet",
            waited_until=NOW,
        )
    end = NOW + timedelta(seconds=90)
    yield StepChanged(
        run_id=RUN_ID,
        at=end,
        step_id=name,
        state=StepState.DONE,
        evidence="seen",
        exceptions=("a service is slow",),
    )
    yield Polled(
        run_id=RUN_ID, at=end, step_id="", holds=True, evidence="the goal shows", waited_until=end
    )
    yield GoalRead(run_id=RUN_ID, at=end, holds=True, evidence="served by pool2")
    yield RunChanged(run_id=RUN_ID, at=end, state=last, why="that is how it ended")


def run_of(plan: Plan, last: RunState = RunState.COMPLETED) -> Run:
    """A run of `plan` that ended so."""
    journalled = [
        event for event in events_of(plan, last) if not isinstance(event, Streamed | Polled)
    ]
    return replay(
        Run.of(plan, run_id=RUN_ID, operator="anna", reason="drill", created_at=NOW), journalled
    )
