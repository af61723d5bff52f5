"""The one hand that writes a run: first the journal, then the run's value, then the observers."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from lyncops.deployment.codec import deployment_to_json
from lyncops.deployment.model import Deployment
from lyncops.errors import InvalidValueError, JournalError, RunLockedError
from lyncops.plan.conditions import Evaluation
from lyncops.plan.steps import CmdletStep
from lyncops.remoting.clock import Clock, Stopwatch
from lyncops.remoting.execution import CommandAddress, Execution, Fence
from lyncops.remoting.parts import logger
from lyncops.remoting.proof import Proof
from lyncops.remoting.psrp.streams import StreamKind, StreamRecord
from lyncops.runs.events import (
    AttemptEnded,
    AttemptPrepared,
    AttemptReleased,
    Event,
    LinesHeard,
    Moment,
    Observer,
    Polled,
    RunChanged,
    StepChanged,
    Streamed,
    ToldEvent,
    TopologyRead,
)
from lyncops.runs.history import apply
from lyncops.runs.journal import Journal
from lyncops.runs.lines import PAUSE, Line, Lines
from lyncops.runs.lock import HEARTBEAT, give_up, lost
from lyncops.runs.model import Attempt, Permit, Run, RunState, StepState
from lyncops.runs.telling import log_event
from lyncops.values import Outcome

_logger = logger(__name__)
_MOMENT: Final = timedelta(seconds=1)
"""How old the journal's word that the lock is held may be when a command leaves."""


class Ledger:
    """A run that is being worked on, under the lock `token`."""

    def __init__(
        self, run: Run, *, journal: Journal, clock: Clock, token: str, observers: Sequence[Observer]
    ) -> None:
        self.run = run
        self._journal = journal
        self._clock = clock
        self._token = token
        self._observers = tuple(observers)
        self.unwritten: ToldEvent | TopologyRead | None = None
        """What was to be written when the journal failed."""
        self._lines = Lines()
        self._lines_of = ""
        # Lines are also written by the thread that shows the heartbeat
        self._writing = threading.RLock()

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.run_id

    def now(self) -> datetime:
        """The time for an event."""
        return self._clock.now()

    def write(self, event: ToldEvent) -> None:
        """Journal an event; it is durable when this returns.

        Raises:
            JournalError: it could not be written, or cannot follow. Nothing may be sent.
            RunLockedError: the lock was lost. Nothing may be sent.
        """
        self._write(event)
        self.tell(event)

    def keep(self, moment: Moment, deployment: Deployment) -> None:
        """Journal the topology as it was read, for the report.

        Raises:
            JournalError: it could not be written.
            RunLockedError: the lock was lost.
        """
        told = deployment_to_json(deployment)
        self._write(TopologyRead(run_id=self.run_id, at=self.now(), moment=moment, deployment=told))

    def _write(self, event: ToldEvent | TopologyRead) -> None:
        with self._writing:
            after = apply(self.run, event)
            self.unwritten = event
            try:
                self._journal.append(event, token=self._token)
            except RunLockedError as error:
                raise lost(self.run_id, _sent_so_far(self.run, event)) from error
            self.unwritten = None
            self.run = after

    def heard(self, step_id: str, record: StreamRecord, *, kept: bool) -> None:
        """A running cmdlet wrote something.

        What is `kept` comes into the journal soon, at the latest when the attempt ends.
        """
        self.tell(Streamed(run_id=self.run_id, at=self.now(), step_id=step_id, record=record))
        if kept and record.kind is not StreamKind.OUTPUT:
            with self._writing:
                self._lines_of = step_id
                self._lines.add(Line.of(record, self.now()))
            self._keep_lines()

    def _keep_lines(self) -> None:
        """Write a batch where one is due.

        That it cannot be written must not disturb the cmdlet that runs.
        """
        with self._writing:
            batch = self._lines.due()
            attempt = self.run.record(self._lines_of).last_attempt if batch else None
            if attempt is None:
                return
            event = LinesHeard(
                run_id=self.run_id,
                at=self.now(),
                step_id=self._lines_of,
                number=attempt.number,
                lines=batch,
            )
            try:
                self._journal.append(event, token=self._token)
            except (JournalError, RunLockedError) as error:
                _logger.warning(
                    "Run %s could not record what its cmdlet writes: %s", self.run_id, error
                )
                self._lines.tried()
                return
            self.run = apply(self.run, event)
            self._lines.wrote(batch)

    def tell(self, event: Event) -> None:
        """Pass the event to the observers.

        What they raise is logged: a full disk under a log file must not stop a rescue.
        """
        log_event(event, self.run)
        for observer in self._observers:
            try:
                observer.observe(event)
            except Exception:
                _logger.exception(
                    "An observer of run %s failed at %s", self.run_id, type(event).__name__
                )

    def state(self, state: RunState, why: str = "") -> None:
        """The run comes into a state."""
        self.write(RunChanged(run_id=self.run_id, at=self.now(), state=state, why=why))

    def step(
        self,
        step_id: str,
        state: StepState,
        *,
        evidence: str = "",
        why: str = "",
        exceptions: tuple[str, ...] = (),
    ) -> None:
        """A step comes into a state."""
        self.write(
            StepChanged(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                state=state,
                evidence=evidence,
                why=why,
                exceptions=exceptions,
            )
        )

    def prepared(self, step_id: str, address: CommandAddress) -> Fence:
        """A cmdlet is about to be sent to `address`: journalled when this returns.

        The answer asks once more, at the last moment, whether the lock is still held: a process may
        have slept in between.
        """
        record = self.run.record(step_id)
        attempts = record.attempts
        if record.awaits_word:
            raise InvalidValueError(
                f"Attempt {len(attempts)} of {step_id} has no recorded end, and nothing proves "
                f"that it never started.",
                remedy=f"Find out how it ended: lyncops resume {self.run_id}.",
            )
        watch = Stopwatch(self.now)
        number = len(attempts) + 1
        with self._writing:
            self._lines.begin()
        self.write(
            AttemptPrepared(
                run_id=self.run_id, at=self.now(), step_id=step_id, number=number, address=address
            )
        )
        return lambda: self._require_lock(watch)

    def _require_lock(self, watch: Stopwatch) -> None:
        if watch.elapsed() > _MOMENT and not self._journal.holds(self.run_id, self._token):
            raise lost(self.run_id)

    def ended(self, step_id: str, attempt: Attempt, execution: Execution[object]) -> None:
        """The outcome of an attempt."""
        with self._writing:
            lines, left_out = self._lines.rest()
        self.write(
            AttemptEnded(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                outcome=execution.outcome,
                proof=execution.proof,
                heard=execution.heard,
                errors=execution.errors,
                warnings=tuple(
                    record.text for record in execution.records if record.kind is StreamKind.WARNING
                ),
                reason=execution.reason,
                lines=lines,
                lines_left_out=left_out,
            )
        )

    def not_sent(self, step_id: str, attempt: Attempt, proof: Proof, reason: str = "") -> None:
        """There is a proof that an attempt never started."""
        self.write(
            AttemptEnded(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                outcome=Outcome.FAILED,
                proof=proof,
                reason=reason,
            )
        )

    def unanswered(self, step_id: str, attempt: Attempt) -> None:
        """The answer to a READ is lost, and it is asked again."""
        self.write(
            AttemptEnded(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                outcome=Outcome.UNKNOWN,
                reason="Its answer was lost; it changes nothing and was asked again.",
            )
        )

    def released(self, step_id: str, attempt: Attempt, permit: Permit) -> None:
        """The operator has the cmdlet of an attempt sent again, although its outcome is unknown."""
        self.write(
            AttemptReleased(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                operator=permit.operator,
                reason=permit.reason,
            )
        )

    def polled(self, truth: Evaluation, until: datetime, *, step_id: str) -> None:
        """A condition was read while waiting for it, at most until `until`."""
        self.tell(
            Polled(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                holds=truth.holds,
                evidence=truth.evidence,
                waited_until=until,
            )
        )

    @contextmanager
    def held(self) -> Generator[None]:
        """While inside, the lock shows a heartbeat; afterwards it rests, or is gone when the run is
        over.
        """
        stop = threading.Event()
        thread = threading.Thread(
            target=self._keep_beating,
            args=(stop, HEARTBEAT),
            name=f"heartbeat {self.run_id}",
            daemon=True,
        )
        thread.start()
        try:
            yield
        except (JournalError, KeyboardInterrupt):
            stop.set()
            give_up(self._token)
            # Nothing can be let go without a journal, nor waited for in a hurry; the lock goes
            # stale by itself
            raise
        finally:
            if not stop.is_set():
                stop.set()
                thread.join()
                # The error that is under way is the one to be seen.
                with suppress(JournalError):
                    self._journal.release(self.run_id, self._token)

    def _keep_beating(self, stop: threading.Event, pause: timedelta) -> None:
        beaten = time.monotonic()
        while not stop.wait(min(PAUSE, pause.total_seconds())):
            self._keep_lines()
            if time.monotonic() - beaten < pause.total_seconds():
                continue
            beaten = time.monotonic()
            try:
                if not self._journal.heartbeat(self.run_id, self._token, self.now()):
                    return  # lost: the next write says so
            except JournalError as error:
                _logger.warning("Run %s could not renew its lock: %s", self.run_id, error)


def _sent_so_far(run: Run, event: ToldEvent | TopologyRead) -> str:
    """What was sent, for the operator of a process that could not write `event` because it lost its
    lock.
    """
    if not isinstance(event, AttemptPrepared | AttemptEnded):
        return "Nothing more was sent."
    step = run.record(event.step_id).step
    cmdlet = step.cmdlet.to_powershell() if isinstance(step, CmdletStep) else step.title
    if isinstance(event, AttemptPrepared):
        return f"Not sent, although next in line: {cmdlet}."
    if event.proof is not None:
        return f"Not sent: {cmdlet} ({event.proof.value})."
    how = (
        "its outcome is unknown"
        if event.outcome is Outcome.UNKNOWN
        else f"it ended as {event.outcome.value}"
    )
    return (
        f"Sent before that: {cmdlet}; {how}, and the journal does not show its end."
        " Nothing more was sent."
    )
