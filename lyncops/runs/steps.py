"""What a step does.

A cmdlet step is done when its `after` is seen to hold, not when its cmdlet ended (promise 3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import attrs

from lyncops.errors import (
    AuthenticationFailedError,
    EndpointError,
    InvalidValueError,
    UnsupportedByVersionError,
)
from lyncops.plan.conditions import Evaluation
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.remoting.execution import Execution, Fence, Sending
from lyncops.remoting.interface import CmdletRunner
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.runs.ledger import Ledger
from lyncops.runs.model import Attempt, Permit, RunState, StepState
from lyncops.runs.waits import AT_WORK, in_vain, minutes, patient
from lyncops.runs.watching import Patience, Watcher
from lyncops.text.sentences import each_once
from lyncops.values import Effect, Outcome

PATIENCE: Final = timedelta(minutes=2)
"""How long a `before` may stay unreadable."""

AFTER_FAILURE: Final = timedelta(seconds=30)
"""How long after a failed cmdlet its `after` is looked for: it is read at once, and this is for
what lags behind."""

_MAX_PROVEN_NOT_STARTED: Final = 3


@attrs.frozen(slots=True)
class StopReason:
    """Why a run stops here."""

    state: RunState
    why: str


@attrs.frozen(slots=True, kw_only=True)
class Steps:
    """Performs the steps of one run. Every method answers None when the run goes on.

    `settle` is the longest that an effect is waited for, whatever a step says. `permit` is the
    operator's word to send one cmdlet again although its outcome is unknown.
    """

    ledger: Ledger
    sessions: CmdletRunner
    watcher: Watcher
    settle: timedelta = timedelta.max
    permit: Permit | None = None

    def perform(self, step: Step, *, confirmed: bool) -> StopReason | None:
        """Do what is left to do of a step; `confirmed` says that the operator came back after it
        was shown to be a manual one.
        """
        match step:
            case CmdletStep():
                return self._cmdlet(step)
            case WaitStep():
                return self._wait(step)
            case ManualStep():
                return self._manual(step, confirmed=confirmed)

    def _cmdlet(self, step: CmdletStep) -> StopReason | None:
        """Continue where the journal says that the step is; what was sent and did not end is sent
        again at the operator's word.
        """
        record = self.ledger.run.record(step.step_id)
        attempt = record.last_attempt
        if (
            attempt is not None
            and attempt.sent
            and not attempt.released
            and step.cmdlet.effect is Effect.CHANGE
        ):
            if attempt.is_open:
                return self._come_back(step, attempt)
            if record.state in (StepState.RUNNING, StepState.UNKNOWN):
                return self._settle(step, attempt)
        return self._begin(step)

    def _begin(self, step: CmdletStep) -> StopReason | None:
        record = self.ledger.run.record(step.step_id)
        sent_before = any(attempt.sent for attempt in record.attempts)
        if step.after:
            there = self.watcher.look(step.after)
            if there.holds:
                state = StepState.DONE if sent_before else StepState.ALREADY_TRUE
                self.ledger.step(step.step_id, state, evidence=there.evidence)
                return None
        ready = self._ready(step)
        if not ready.holds:
            if record.awaits_word:
                return self._unknown(
                    step, f"It was not sent again. {_says_before(ready)}", evidence=ready.evidence
                )
            return self._fail(
                step,
                f"The step was not started; nothing was sent. {_says_before(ready)}",
                evidence=ready.evidence,
            )
        self.ledger.step(step.step_id, StepState.RUNNING, evidence=ready.evidence)
        return self._send(step)

    def _ready(self, step: CmdletStep | ManualStep) -> Evaluation:
        return self.watcher.wait(
            step.before,
            within=min(PATIENCE, self.settle),
            until_known=True,
            tell=self._teller(step),
        )

    def _send(self, step: CmdletStep) -> StopReason | None:
        earlier = len(self.ledger.run.record(step.step_id).attempts)

        def before_send(sending: Sending) -> Fence:
            before = self.ledger.run.record(step.step_id).last_attempt
            if before is not None and before.is_open:
                self._close(step, before, sending.earlier)
            return self.ledger.prepared(step.step_id, sending.address)

        try:
            execution = self.sessions.run(
                step.cmdlet,
                place=step.place,
                deadline=step.deadline,
                on_record=lambda record: self._stream(step, record),
                before_send=before_send,
            )
        except (EndpointError, UnsupportedByVersionError, InvalidValueError) as error:
            attempt = self.ledger.run.record(step.step_id).last_attempt
            if attempt is not None and attempt.is_open and step.cmdlet.effect is Effect.CHANGE:
                return self._settle_unknown(step, str(error))
            return self._fail(step, f"The step was not started; nothing was sent. {error}")
        attempt = self.ledger.run.record(step.step_id).last_attempt
        if attempt is None or attempt.number <= earlier:  # refused before it had an address
            return self._fail(
                step,
                "The step was not started; nothing was sent."
                f" {execution.reason or _errors(execution.errors)}",
            )
        self._ended(step, attempt, execution)
        return self._judge(step)

    def _has_word(self, step: CmdletStep, attempt: Attempt) -> bool:
        """Whether the operator wants this very attempt to be made again."""
        permit = self.permit
        return permit is not None and (permit.step_id, permit.number) == (
            step.step_id,
            attempt.number,
        )

    def _close(self, step: CmdletStep, attempt: Attempt, proof: Proof | None) -> None:
        """The cmdlet is sent once more: why it may be."""
        if proof is not None:
            self.ledger.not_sent(step.step_id, attempt, proof)
        elif step.cmdlet.effect is Effect.READ:
            self.ledger.unanswered(step.step_id, attempt)
        elif self.permit is not None and self._has_word(step, attempt):
            # Not before: a word that was not needed is not spent
            self.ledger.released(step.step_id, attempt, self.permit)

    def _judge(self, step: CmdletStep) -> StopReason | None:
        """Go on from what is known of the latest attempt."""
        record = self.ledger.run.record(step.step_id)
        attempt = record.attempts[-1]
        if not attempt.sent:
            return self._fail(step, f"The server never started it. {attempt.reason}")
        if attempt.is_open:
            return self._come_back(step, attempt)
        return self._settle(step, attempt)

    def _come_back(self, step: CmdletStep, attempt: Attempt) -> StopReason | None:
        """Find out the outcome of a command whose end is not known; only if it never started is it
        sent again.
        """
        if step.cmdlet.effect is Effect.READ:
            return self._fail(
                step,
                f"Its answer was lost; it changes nothing and can be asked again. {attempt.reason}",
            )
        try:
            execution = self.sessions.collect(
                attempt.address,
                step.cmdlet,
                deadline=step.deadline,
                on_record=lambda record: self._stream(step, record),
            )
        except EndpointError as error:
            if self._has_word(step, attempt):
                return self._begin(step)
            return self._settle_unknown(
                step, f"No server could be asked about the command: {error}"
            )
        self._ended(step, attempt, execution)
        if execution.outcome is Outcome.UNKNOWN:
            if self._has_word(step, attempt) and not execution.running:
                return self._begin(step)
            return self._settle_unknown(step, execution.reason)
        if not execution.sent:
            never = sum(
                not earlier.sent for earlier in self.ledger.run.record(step.step_id).attempts
            )
            return self._begin(step) if never < _MAX_PROVEN_NOT_STARTED else self._judge(step)
        return self._judge(step)

    def _ended(self, step: CmdletStep, attempt: Attempt, execution: Execution[object]) -> None:
        self.ledger.ended(step.step_id, attempt, execution)
        if (
            execution.outcome is not Outcome.UNKNOWN
            and execution.sent
            and step.cmdlet.effect is Effect.CHANGE
        ):
            # Not before its end is journalled: until then the server is the only witness
            self.sessions.forget(attempt.address)
        if execution.interrupted:
            # The sessions have let the command go, and reported what is known about it
            raise KeyboardInterrupt

    def _settle(self, step: CmdletStep, attempt: Attempt) -> StopReason | None:
        """Its cmdlet has ended: see what it did."""
        failed = attempt.outcome is Outcome.FAILED
        told = f"The cmdlet failed: {_errors(attempt.errors) or attempt.reason}" if failed else ""
        if not step.after:
            if failed:
                return self._fail(step, told)
            self.ledger.step(step.step_id, StepState.DONE)
            return None
        within = min(step.settle, self.settle, AFTER_FAILURE if failed else timedelta.max)
        truth = self._effect(step, within)
        if truth.holds:
            exceptions = (f"{told} But its effect is there.",) if failed else ()
            self.ledger.step(
                step.step_id, StepState.DONE, evidence=truth.evidence, exceptions=exceptions
            )
            return None
        if truth.holds is None:
            return self._unknown(
                step, f"{told} What it did could not be read.".strip(), evidence=truth.evidence
            )
        told = told or (
            f"The cmdlet ended without an error, but {minutes(within)} later its effect has not"
            " appeared."
        )
        return self._fail(step, told, evidence=truth.evidence)

    def _settle_unknown(self, step: CmdletStep, reason: str) -> StopReason | None:
        truth = Evaluation(None, "")
        if step.after:
            truth = self._effect(step, min(step.settle, self.settle))
        if truth.holds:
            why = "Its answer was lost, but its effect is there."
            self.ledger.step(step.step_id, StepState.DONE, evidence=truth.evidence, why=why)
            return None
        return self._unknown(
            step,
            f"It was sent, but its outcome is unknown: {reason}",
            evidence=truth.evidence,
        )

    def _effect(self, step: CmdletStep, within: timedelta) -> Evaluation:
        """Whether what was sent has had its effect.

        Unknown if the credentials are refused now: asking again would not help.
        """
        try:
            return self.watcher.wait(step.after, within=within, tell=self._teller(step))
        except AuthenticationFailedError as error:
            return Evaluation(None, str(error))

    def _fail(self, step: CmdletStep, why: str, *, evidence: str = "") -> StopReason | None:
        if step.optional:
            self.ledger.step(
                step.step_id, StepState.GIVEN_UP, evidence=evidence, why=why, exceptions=(why,)
            )
            return None
        self.ledger.step(step.step_id, StepState.FAILED, evidence=evidence, why=why)
        return StopReason(RunState.PAUSED_BY_FAILED_STEP, _words(step, why, evidence))

    def _unknown(self, step: CmdletStep, why: str, *, evidence: str) -> StopReason | None:
        if step.optional:
            self.ledger.step(
                step.step_id, StepState.GIVEN_UP, evidence=evidence, why=why, exceptions=(why,)
            )
            return None
        self.ledger.step(step.step_id, StepState.UNKNOWN, evidence=evidence, why=why)
        return StopReason(RunState.UNKNOWN, _words(step, why, evidence))

    def _wait(self, step: WaitStep) -> StopReason | None:
        self.ledger.step(step.step_id, StepState.RUNNING)
        began = self.watcher.clock.now()
        truth = self.watcher.wait(
            step.until,
            within=Patience(within=step.deadline, poll=step.poll, at_most=AT_WORK),
            tell=patient(self._teller(step), step, now=self.watcher.clock.now),
        )
        if truth.holds:
            self.ledger.step(step.step_id, StepState.DONE, evidence=truth.evidence)
            return None
        why = in_vain(step, truth, self.watcher.clock.now() - began)
        if step.optional:
            self.ledger.step(
                step.step_id,
                StepState.GIVEN_UP,
                evidence=truth.evidence,
                why=why,
                exceptions=(why,),
            )
            return None
        self.ledger.step(step.step_id, StepState.TIMED_OUT, evidence=truth.evidence, why=why)
        return StopReason(
            RunState.UNKNOWN if truth.holds is None else RunState.TIMED_OUT,
            _words(step, why, truth.evidence),
        )

    def _manual(self, step: ManualStep, *, confirmed: bool) -> StopReason | None:
        if step.after:
            truth = self.watcher.look(step.after)
            if truth.holds:
                self.ledger.step(
                    step.step_id,
                    StepState.DONE if confirmed else StepState.ALREADY_TRUE,
                    evidence=truth.evidence,
                )
                return None
            if confirmed and truth.holds is None:
                word = "Confirmed by the operator: it could not be read."
                self.ledger.step(
                    step.step_id, StepState.DONE, evidence=truth.evidence, exceptions=(word,)
                )
                return None
            if confirmed:
                return self._ask(step, f"It is not done yet: {truth.evidence}.", truth.evidence)
        elif confirmed:
            self.ledger.step(
                step.step_id, StepState.DONE, why="Confirmed by the operator: no cmdlet shows it."
            )
            return None
        ready = self._ready(step)
        if ready.holds is False:
            why = f"It must not be started yet. {_says_before(ready)}"
            self.ledger.step(step.step_id, StepState.FAILED, evidence=ready.evidence, why=why)
            return StopReason(RunState.PAUSED_BY_FAILED_STEP, f"{step.title}: {why}")
        return self._ask(step, "", ready.evidence)

    def _ask(self, step: ManualStep, why: str, evidence: str) -> StopReason:
        self.ledger.step(step.step_id, StepState.WAITING_FOR_PERSON, evidence=evidence, why=why)
        return StopReason(
            RunState.PENDING_MANUAL_STEP,
            f"{step.title}: to be done by hand, at {step.where}. {why}".strip(),
        )

    def _teller(self, step: Step) -> Callable[[Evaluation, datetime], None]:
        return partial(self.ledger.polled, step_id=step.step_id)

    def _stream(self, step: CmdletStep, record: StreamRecord) -> None:
        self.ledger.heard(step.step_id, record, kept=step.cmdlet.effect is Effect.CHANGE)


def _says_before(truth: Evaluation) -> str:
    says = "could not be read" if truth.holds is None else "does not hold"
    return f"Its precondition {says}: {truth.evidence}"


def _errors(errors: tuple[object, ...]) -> str:
    return each_once(map(str, errors))


def _words(step: Step, why: str, evidence: str) -> str:
    """Why the run halts at the step, and what the servers show, each once and with a full stop."""
    seen = "" if not evidence or evidence in why else f" Seen: {evidence.removesuffix('.')}."
    return f"{step.title}: {why.removesuffix('.')}.{seen}"
