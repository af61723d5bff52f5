"""Executes plans: the only place with effects on Lync."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.errors import (
    AuthenticationFailedError,
    InvalidValueError,
    JournalError,
    LyncOpsError,
)
from lyncops.plan.file_names import named_after
from lyncops.plan.model import Plan
from lyncops.remoting.clock import Clock
from lyncops.remoting.interface import CmdletRunner
from lyncops.remoting.parts import logger, part
from lyncops.runs.cut_off import cut_off
from lyncops.runs.events import GoalRead, LockTakenOver, Moment, Observer, Polled
from lyncops.runs.history import replay
from lyncops.runs.journal import Journal
from lyncops.runs.ledger import Ledger
from lyncops.runs.lock import Claim, Process, taken_by
from lyncops.runs.model import Permit, Run, RunState, StepState
from lyncops.runs.recheck import Recheck, require_pools, require_unrefused
from lyncops.runs.steps import PATIENCE, Steps, StopReason
from lyncops.runs.vigil import watched
from lyncops.runs.watching import Read, Watcher

_logger = logger(__name__)
AFTERWARDS: Final = Scope.of(Facet.POOL_STATE, Facet.MACHINES, Facet.STORE)
"""What the picture of the topology at the end needs."""
_NOT_REACHED: Final = (RunState.PAUSED_BY_FAILED_STEP, RunState.TIMED_OUT, RunState.FAILED)


@attrs.frozen(slots=True, kw_only=True)
class Runner:
    """Starts, resumes and cancels runs.

    `read` reads a scope afresh; `poll` replaces what each step says about how often to read, and
    `settle` limits how long any effect is waited for; `recheck` answers the plan that the servers
    call for now, and is asked before a run begins; `reading_of` answers the reading that a plan was
    made from, for the report. Without it no topology is kept.
    """

    sessions: CmdletRunner
    clock: Clock
    journal: Journal
    read: Read
    observers: Sequence[Observer] = ()
    poll: timedelta | None = None
    settle: timedelta = timedelta.max
    recheck: Recheck | None = None
    reading_of: Callable[[Plan], Deployment | None] | None = None
    process: Process = attrs.field(factory=Process.current)

    def start(
        self, plan: Plan, *, operator: str, reason: str = "", steal_lock: bool = False
    ) -> Run:
        """Execute a plan until it is over or stops.

        Raises:
            PlanRefusedError: a check refuses the plan, or would refuse it now. Nothing was changed.
            RunLockedError: another run has one of the pools, or took them away while this one ran.
            JournalError: the journal cannot be written. Nothing more was sent.
            RunCutOffError: the journal went away in the middle of the run. It says what runs where.
        """
        require_unrefused(plan)
        now = self.clock.now()
        run_id = _new_id(now)
        run = Run.of(
            named_after(plan, run_id),
            run_id=run_id,
            operator=operator,
            reason=reason,
            created_at=now,
        )
        claim = self._claim(run, operator=operator, reason=reason, steal=steal_lock)
        require_pools(plan)
        # While somebody else moves these pools, what they show now says nothing about the plan.
        taken_by(
            claim,
            (
                lock
                for lock in self.journal.locks()
                if lock.deployment == plan.deployment and lock.pool in claim.pools
            ),
        )
        if self.recheck is not None:
            self.recheck(plan)
        taken = self.journal.begin(run, claim)
        before = None if self.reading_of is None else self.reading_of(plan)
        return self._work(replay(run, taken), claim, taken=taken, before=before)

    def resume(
        self, run_id: str, *, operator: str = "", steal_lock: bool = False, send_again: str = ""
    ) -> Run:
        """Continue a run that stopped, or whose process died; a run that is over is returned
        unchanged.

        `send_again` is the operator's reason for sending a cmdlet again although its outcome is
        unknown. It is looked for first, and sent only where it cannot be found and its effect is
        not there.

        Raises:
            InvalidValueError: there is no cmdlet that `send_again` could mean.
            RunLockedError: it is being worked on right now, or another run has one of the pools.
            JournalError: there is no such run, or the journal cannot be written.
        """
        run = self.journal.load(run_id)
        if run.state.is_final:
            return run
        claim = self._claim(
            run, operator=operator or run.operator, reason=run.reason, steal=steal_lock
        )
        if send_again:
            _permit(run, operator=claim.owner, reason=send_again)
        taken = self.journal.take_up(self._watched(run, claim))
        run = self.journal.load(run_id)
        permit = _permit(run, operator=claim.owner, reason=send_again) if send_again else None
        return self._work(run, claim, taken=taken, permit=permit)

    def cancel(self, run_id: str, *, operator: str, reason: str) -> Run:
        """Give a run up: it is over, its pools are free. Nothing is undone and nothing is stopped.

        Raises:
            RunLockedError: it is being worked on right now.
            JournalError: there is no such run, it is over, or the journal cannot be written.
        """
        run = self.journal.load(run_id)
        if run.state.is_final:
            raise JournalError(f"Run {run_id} is over ({run.state.value}); it cannot be cancelled.")
        claim = self._claim(run, operator=operator, reason=reason, steal=False)
        self.journal.take_up(self._watched(run, claim))
        ledger = self._ledger(self.journal.load(run_id), claim)
        with ledger.held():
            ledger.state(RunState.CANCELLED, f"Cancelled by {operator}: {reason}")
        return ledger.run

    def _claim(self, run: Run, *, operator: str, reason: str, steal: bool) -> Claim:
        return Claim(
            deployment=run.plan.deployment,
            pools=run.plan.pools_to_lock,
            run_id=run.run_id,
            token=secrets.token_hex(16),
            owner=operator,
            process=self.process,
            reason=reason,
            at=self.clock.now(),
            steal=steal,
        )

    def _watched(self, run: Run, claim: Claim) -> Claim:
        ledger = self._ledger(run, claim)

        def tell(what: str, until: datetime) -> None:
            ledger.tell(
                Polled(
                    run_id=run.run_id,
                    at=ledger.now(),
                    step_id="",
                    holds=None,
                    evidence=what,
                    waited_until=until,
                )
            )

        return watched(claim, self.journal, self.clock, tell)

    def _ledger(self, run: Run, claim: Claim) -> Ledger:
        return Ledger(
            run, journal=self.journal, clock=self.clock, token=claim.token, observers=self.observers
        )

    def _work(
        self,
        run: Run,
        claim: Claim,
        *,
        taken: tuple[LockTakenOver, ...],
        permit: Permit | None = None,
        before: Deployment | None = None,
    ) -> Run:
        with part(f"run {run.plan.procedure.NAME}", run_id=run.run_id) as going_on:
            after = self._worked(self._ledger(run, claim), taken, permit, before)
            going_on.measure("lyncops.state", after.state.value)
            if after.state in _NOT_REACHED:
                going_on.fail(after.why)
            return after

    def _worked(
        self,
        ledger: Ledger,
        taken: tuple[LockTakenOver, ...],
        permit: Permit | None,
        before: Deployment | None,
    ) -> Run:
        try:
            with ledger.held():
                for event in taken:
                    ledger.tell(event)
                if before is not None:
                    ledger.keep(Moment.BEFORE, before)
                halt = self._halt(ledger, permit)
                self._look_back(ledger, halt)
                ledger.state(halt.state, halt.why)
        except JournalError as error:
            raise cut_off(ledger.run, ledger.unwritten, error) from error
        return ledger.run

    def _halt(self, ledger: Ledger, permit: Permit | None) -> StopReason:
        try:
            return self._steps(ledger, permit) or self._goal(ledger)
        except KeyboardInterrupt:
            return _interrupted(ledger)
        except AuthenticationFailedError as error:
            return StopReason(RunState.PAUSED_BY_FAILED_STEP, str(error))

    def _steps(self, ledger: Ledger, permit: Permit | None) -> StopReason | None:
        confirmed = ledger.run.state is RunState.PENDING_MANUAL_STEP
        ledger.state(RunState.RUNNING)
        steps = Steps(
            ledger=ledger,
            sessions=self.sessions,
            watcher=self._watcher,
            settle=self.settle,
            permit=permit,
        )
        while (record := ledger.run.current) is not None:
            step = record.step
            with part(f"step {step.step_id}", step_id=step.step_id) as going_on:
                halt = steps.perform(step, confirmed=confirmed)
                going_on.measure("lyncops.state", ledger.run.record(step.step_id).state.value)
                if halt is not None and halt.state in _NOT_REACHED:
                    going_on.fail(halt.why)
            confirmed = False
            if halt is not None:
                return halt
        return None

    def _goal(self, ledger: Ledger) -> StopReason:
        """The last word has what the servers show (promise 3)."""
        goal = ledger.run.plan.goal
        truth = self._watcher.wait(
            goal, within=min(PATIENCE, self.settle), tell=partial(ledger.polled, step_id="")
        )
        ledger.write(
            GoalRead(
                run_id=ledger.run_id, at=ledger.now(), holds=truth.holds, evidence=truth.evidence
            )
        )
        if truth.holds is None:
            return StopReason(
                RunState.UNKNOWN,
                f"All steps are done, but the goal could not be read. {truth.evidence}",
            )
        if not truth.holds:
            return StopReason(
                RunState.FAILED,
                f"All steps are done, but the goal is not reached. {truth.evidence}",
            )
        if ledger.run.exceptions:
            return StopReason(
                RunState.COMPLETED_WITH_EXCEPTIONS,
                "The goal is reached, with the exceptions listed.",
            )
        return StopReason(RunState.COMPLETED, "The goal is reached.")

    def _look_back(self, ledger: Ledger, halt: StopReason) -> None:
        """Keep the topology as it is at the end, for the report: whatever comes of it, the run ends
        as it ended.
        """
        if self.reading_of is None or not halt.state.is_final or not ledger.run.has_changed:
            return
        try:
            after = self.read(AFTERWARDS)
        except (LyncOpsError, KeyboardInterrupt) as error:
            _logger.warning("Run %s: the topology after it was not read: %s", ledger.run_id, error)
            return
        ledger.keep(Moment.AFTER, after)

    @property
    def _watcher(self) -> Watcher:
        return Watcher(read=self.read, clock=self.clock, poll=self.poll)


def _interrupted(ledger: Ledger) -> StopReason:
    """Ctrl-C: a cmdlet that was sent goes on at the server without us."""
    record = ledger.run.current
    attempt = record.last_attempt if record else None
    if record is None or attempt is None or not attempt.is_open:
        return StopReason(
            RunState.PAUSED_BY_OPERATOR, "Interrupted by the operator between two commands."
        )
    why = (
        "Interrupted by the operator while it ran: it continues on the server. Resume the run to "
        "reconnect to it."
    )
    ledger.step(record.step.step_id, StepState.UNKNOWN, why=why)
    return StopReason(RunState.UNKNOWN, f"{record.step.title}: {why}")


def _permit(run: Run, *, operator: str, reason: str) -> Permit:
    """The operator's decision, for the attempt that it means."""
    record = run.current
    if record is None or record.last_attempt is None or not record.awaits_word:
        raise InvalidValueError(
            f"Run {run.run_id} has no command with an unknown outcome: there is nothing to send "
            f"again.",
            remedy=f"Continue with: lyncops resume {run.run_id}.",
        )
    return Permit(
        step_id=record.step.step_id,
        number=record.last_attempt.number,
        operator=operator,
        reason=reason,
    )


def _new_id(now: datetime) -> str:
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
