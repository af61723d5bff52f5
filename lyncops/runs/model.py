"""A run as a value: its state machine, its steps, and every attempt to send a cmdlet."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from lyncops.plan.left_broken import LeftBroken
from lyncops.plan.model import Plan, Step
from lyncops.plan.steps import CmdletStep
from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import ErrorRecord
from lyncops.runs.lines import Line
from lyncops.text.brief import brief
from lyncops.values import Effect, Outcome


class RunState(enum.StrEnum):
    """The state of a run."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED_BY_FAILED_STEP = "paused_by_failed_step"
    PAUSED_BY_OPERATOR = "paused_by_operator"
    PENDING_MANUAL_STEP = "pending_manual_step"
    UNKNOWN = "unknown"
    COMPLETED = "completed"
    COMPLETED_WITH_EXCEPTIONS = "completed_with_exceptions"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the run is over: it cannot leave this state."""
        return not TRANSITIONS[self]

    @property
    def is_at_rest(self) -> bool:
        """Whether no process works on the run now, and a resume would."""
        return self in _AT_REST

    def may_become(self, other: RunState) -> bool:
        """Whether the state machine knows this transition."""
        return other in TRANSITIONS[self]


_AT_REST: Final = frozenset(
    {
        RunState.PAUSED_BY_FAILED_STEP,
        RunState.PAUSED_BY_OPERATOR,
        RunState.PENDING_MANUAL_STEP,
        RunState.UNKNOWN,
        RunState.TIMED_OUT,
    }
)
_FROM_RUNNING: Final = _AT_REST | {
    RunState.COMPLETED,
    RunState.COMPLETED_WITH_EXCEPTIONS,
    RunState.CANCELLED,
    RunState.FAILED,
}
_FROM_REST: Final = frozenset({RunState.RUNNING, RunState.CANCELLED})

# A process that dies leaves its run RUNNING in the journal; the one that resumes finds it there, so
# RUNNING may follow RUNNING.
TRANSITIONS: Final[Mapping[RunState, frozenset[RunState]]] = {
    RunState.PENDING: frozenset({RunState.RUNNING, RunState.CANCELLED}),
    RunState.RUNNING: _FROM_RUNNING | {RunState.RUNNING},
    **dict.fromkeys(_AT_REST, _FROM_REST),
    RunState.COMPLETED: frozenset(),
    RunState.COMPLETED_WITH_EXCEPTIONS: frozenset(),
    RunState.CANCELLED: frozenset(),
    RunState.FAILED: frozenset(),
}


class StepState(enum.StrEnum):
    """The state of a step."""

    PENDING = "pending"
    RUNNING = "running"  # its cmdlet was journalled and may have been sent; or it waits
    WAITING_FOR_PERSON = "waiting_for_person"
    DONE = "done"
    ALREADY_TRUE = "already_true"  # what it is to bring about held before; nothing was sent
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"
    GIVEN_UP = "given_up"  # optional; did not succeed, and the run went on

    @property
    def is_settled(self) -> bool:
        """Whether the run has gone on to the next step and never comes back to this one."""
        return self in (StepState.DONE, StepState.ALREADY_TRUE, StepState.GIVEN_UP)


@attrs.frozen(slots=True, kw_only=True)
class Attempt:
    """One time that a cmdlet was, or was about to be, sent.

    `outcome` is None while it is not known how it ended.

    `proof` is why it is certain that it never started. `heard`: a server has said anything about
    it, so that nothing can prove that any more. `released` is the operator's reason for sending the
    cmdlet again although nobody knows how it ended.
    """

    number: int
    prepared_at: datetime
    address: CommandAddress
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    proof: Proof | None = None
    heard: bool = False
    released: str = ""
    errors: tuple[ErrorRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""
    lines: tuple[Line, ...] = ()  # what it wrote to all streams but the output
    lines_left_out: int = 0

    def __repr__(self) -> str:
        end = self.outcome or "no end is known"
        return brief(self, f"{self.number}: {end} {self.reason}".rstrip())

    @property
    def sent(self) -> bool:
        """Whether a server may have started it."""
        return self.proof is None

    @property
    def is_open(self) -> bool:
        """Whether the server may still be running it, or its outcome is unknown, and the
        operator has not let it go.
        """
        return self.outcome in (None, Outcome.UNKNOWN) and not self.released


@attrs.frozen(slots=True, kw_only=True)
class Permit:
    """The operator's decision to send a cmdlet again although its outcome is unknown; good for
    this one attempt.
    """

    step_id: str
    number: int
    operator: str
    reason: str


@attrs.frozen(slots=True, kw_only=True)
class StepRecord:
    """A step of the plan and all its attempts so far."""

    step: Step
    state: StepState = StepState.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    evidence_before: str = ""
    evidence_after: str = ""
    why: str = ""  # why it is in this state, where that needs saying
    exceptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return brief(self, f"{self.step.step_id}: {self.state} {self.why}".rstrip())

    @property
    def last_attempt(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def awaits_word(self) -> bool:
        """Whether only the operator's word can have its cmdlet sent again: it changes something,
        and it is not known how it ended.
        """
        is_change = isinstance(self.step, CmdletStep) and self.step.cmdlet.effect is Effect.CHANGE
        return is_change and self.last_attempt is not None and self.last_attempt.is_open


@attrs.frozen(slots=True, kw_only=True)
class Run:
    """One execution of one plan, as the journal records it."""

    run_id: str
    plan: Plan
    operator: str
    reason: str
    created_at: datetime
    state: RunState = RunState.PENDING
    changed_at: datetime | None = None  # when it came into this state
    why: str = ""  # why it is in this state
    steps: tuple[StepRecord, ...] = ()
    goal_evidence: str = ""
    notes: tuple[str, ...] = ()  # locks taken over, and the like
    # As `lyncops.deployment.codec` writes a deployment; "" where it was not read
    topology_before: str = ""
    topology_after: str = ""

    def __repr__(self) -> str:
        what = self.plan.procedure.title
        return brief(self, f"{self.run_id}: {what}, {self.state} {self.why}".rstrip())

    @classmethod
    def of(
        cls, plan: Plan, *, run_id: str, operator: str, reason: str, created_at: datetime
    ) -> Run:
        """A run that has not begun."""
        records = tuple(StepRecord(step=step) for step in plan.steps)
        return cls(
            run_id=run_id,
            plan=plan,
            operator=operator,
            reason=reason,
            created_at=created_at,
            steps=records,
        )

    def record(self, step_id: str) -> StepRecord:
        """The record of a step of the plan."""
        return next(record for record in self.steps if record.step.step_id == step_id)

    @property
    def has_changed(self) -> bool:
        """Whether a cmdlet that changes something was sent, and may have changed it."""
        return any(
            isinstance(record.step, CmdletStep)
            and record.step.cmdlet.effect is Effect.CHANGE
            and any(attempt.sent for attempt in record.attempts)
            for record in self.steps
        )

    @property
    def current(self) -> StepRecord | None:
        """The first step that is not settled, None when all are."""
        return next((record for record in self.steps if not record.state.is_settled), None)

    @property
    def left_broken(self) -> tuple[LeftBroken, ...]:
        """What must be repaired now: the run has reached its goal, and this is what it does not
        repair.
        """
        reached = (RunState.COMPLETED, RunState.COMPLETED_WITH_EXCEPTIONS)
        return self.plan.left_broken if self.state in reached else ()

    @property
    def exceptions(self) -> tuple[str, ...]:
        """What went other than planned without stopping the run, in the order of the steps."""
        return tuple(
            f"{record.step.title}: {text}" for record in self.steps for text in record.exceptions
        )


@attrs.frozen(slots=True, kw_only=True)
class RunSummary:
    """What a list shows of a run, read without its plan and its events.

    What cannot be read is empty, or None.
    """

    run_id: str
    deployment: str
    procedure: str
    target: str
    mode: str
    state: RunState | None
    operator: str
    reason: str
    created_at: datetime | None
    changed_at: datetime | None

    def __repr__(self) -> str:
        what = " ".join(filter(None, (self.procedure, self.target, self.mode)))
        return brief(self, f"{self.run_id}: {what}, {self.state or 'state not known'}")

    @property
    def is_open(self) -> bool:
        """Whether the run is known not to be over."""
        return self.state is not None and not self.state.is_final

    @classmethod
    def of(cls, run: Run) -> RunSummary:
        """The summary of a run that was read in full."""
        return cls(
            run_id=run.run_id,
            deployment=run.plan.deployment,
            procedure=run.plan.procedure.NAME,
            target=str(run.plan.target or ""),
            mode=run.plan.mode.value if run.plan.mode else "",
            state=run.state,
            operator=run.operator,
            reason=run.reason,
            created_at=run.created_at,
            changed_at=run.changed_at,
        )
