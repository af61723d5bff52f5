"""What happens in a run, as frozen values: the journal keeps them, and observers receive them.

A run is nothing but its plan and its events (`lyncops.runs.history.apply`), so what the journal
holds and what an observer saw cannot differ.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Protocol

import attrs

from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import ErrorRecord, StreamRecord
from lyncops.runs.lines import Line
from lyncops.runs.lock import TakeOver
from lyncops.runs.model import RunState, StepState
from lyncops.runs.process import Process
from lyncops.values import Outcome


@attrs.frozen(slots=True, kw_only=True)
class RunChanged:
    """The run came into another state."""

    run_id: str
    at: datetime
    state: RunState
    why: str = ""


@attrs.frozen(slots=True, kw_only=True)
class StepChanged:
    """A step came into another state.

    `evidence` is what the servers showed: before it, when it starts; after it, when it ends.
    """

    run_id: str
    at: datetime
    step_id: str
    state: StepState
    evidence: str = ""
    why: str = ""
    exceptions: tuple[str, ...] = ()


@attrs.frozen(slots=True, kw_only=True)
class AttemptPrepared:
    """A cmdlet is about to be sent. Durable before it leaves."""

    run_id: str
    at: datetime
    step_id: str
    number: int
    address: CommandAddress


@attrs.frozen(slots=True, kw_only=True)
class AttemptEnded:
    """The outcome of an attempt; UNKNOWN can be followed by a second one that knows more.

    `proof` says that it never started.
    """

    run_id: str
    at: datetime
    step_id: str
    number: int
    outcome: Outcome
    proof: Proof | None = None
    heard: bool = False
    errors: tuple[ErrorRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""
    lines: tuple[Line, ...] = ()  # those that no `LinesHeard` has
    lines_left_out: int = 0


@attrs.frozen(slots=True, kw_only=True)
class LinesHeard:
    """Lines that a running cmdlet wrote, some of them at once.

    Observers receive each as `Streamed`, and not these.
    """

    run_id: str
    at: datetime
    step_id: str
    number: int  # of the attempt
    lines: tuple[Line, ...]


@attrs.frozen(slots=True, kw_only=True)
class AttemptReleased:
    """The operator has its cmdlet sent again, although the outcome of the attempt is unknown: who
    decided it, and why.
    """

    run_id: str
    at: datetime
    step_id: str
    number: int
    operator: str
    reason: str


@attrs.frozen(slots=True, kw_only=True)
class GoalRead:
    """The plan's goal was read at the end."""

    run_id: str
    at: datetime
    holds: bool | None
    evidence: str


@attrs.frozen(slots=True, kw_only=True)
class Noted:
    """Something a reader of the report must know: a lock that was taken over, a plan that was
    checked again.
    """

    run_id: str
    at: datetime
    text: str


@attrs.frozen(slots=True, kw_only=True)
class LockTakenOver:
    """A process took the lock of pools from another one.

    It is in the run that lost them, and in the one that has them now.
    """

    run_id: str
    at: datetime
    pools: tuple[str, ...]
    from_run: str
    from_owner: str
    from_process: Process
    by_run: str
    by_owner: str
    by_process: Process
    why: TakeOver
    evidence: str
    reason: str = ""

    def __str__(self) -> str:
        """It in one sentence, and what gave the right to do it."""
        for_run = "" if self.by_run == self.from_run else f" for run {self.by_run}"
        reason = f" Reason: {self.reason}." if self.reason else ""
        return (
            f"{self.by_owner} ({self.by_process}) took the lock of {', '.join(self.pools)} from run"
            f" {self.from_run} of {self.from_owner} ({self.from_process}){for_run}:"
            f" {self.why.in_words}. {self.evidence}{reason}"
        )


class Moment(enum.StrEnum):
    """When a topology was read, as seen from a run."""

    BEFORE = "before"
    AFTER = "after"


@attrs.frozen(slots=True, kw_only=True)
class TopologyRead:
    """The deployment as the servers showed it before the first step, or after the last one.

    For the report; observers are not told of it.
    """

    run_id: str
    at: datetime
    moment: Moment
    deployment: str  # as `lyncops.deployment.codec.deployment_to_json` writes it


ToldEvent = (
    RunChanged
    | StepChanged
    | AttemptPrepared
    | AttemptEnded
    | AttemptReleased
    | GoalRead
    | Noted
    | LockTakenOver
)
JournalEvent = ToldEvent | LinesHeard | TopologyRead


@attrs.frozen(slots=True, kw_only=True)
class Streamed:
    """A record of a running cmdlet, live. The journal has those of a CHANGE as `LinesHeard`."""

    run_id: str
    at: datetime
    step_id: str
    record: StreamRecord


@attrs.frozen(slots=True, kw_only=True)
class Polled:
    """A condition was read while waiting for it. Not journalled."""

    run_id: str
    at: datetime
    step_id: str
    holds: bool | None
    evidence: str
    waited_until: datetime  # when the waiting would end


Event = ToldEvent | Streamed | Polled


class Observer(Protocol):
    """Receives everything that happens in a run, in order, on the run's own thread (live records:
    on whichever thread has them).

    What an observer raises is logged and never stops a run.
    """

    def observe(self, event: Event) -> None:
        """One thing happened."""
        ...
