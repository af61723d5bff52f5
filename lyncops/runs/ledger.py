"""The one hand that writes a run: first the journal, then the run's value, then the observers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from lyncops.errors import JournalError
from lyncops.plan.conditions import Truth
from lyncops.remoting.execution import CommandAddress, Execution, StreamKind
from lyncops.remoting.interface import Clock
from lyncops.runs.events import AttemptEnded, AttemptPrepared, Event, JournalEvent, Observer, Polled, RunChanged, StepChanged
from lyncops.runs.history import apply
from lyncops.runs.journal import Journal
from lyncops.runs.lock import HEARTBEAT
from lyncops.runs.model import Attempt, Run, RunState, StepState
from lyncops.values import Outcome

_logger = logging.getLogger(__name__)


class Ledger:
    """A run that is being worked on, under the lock `token`."""

    def __init__(self, run: Run, *, journal: Journal, clock: Clock, token: str, observers: Sequence[Observer]) -> None:
        self.run = run
        self._journal = journal
        self._clock = clock
        self._token = token
        self._observers = tuple(observers)
        self.unwritten: JournalEvent | None = None
        """What was to be written when the journal failed."""

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.run.run_id

    def now(self) -> datetime:
        """The time for an event."""
        return self._clock.now()

    def write(self, event: JournalEvent) -> None:
        """Journal an event; it is durable when this returns.

        Raises:
            JournalError: it could not be written, or cannot follow. Nothing may be sent.
            RunLockedError: the lock was lost. Nothing may be sent.
        """
        after = apply(self.run, event)
        self.unwritten = event
        self._journal.append(event, token=self._token)
        self.unwritten = None
        self.run = after
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell the observers. What they raise is logged: a full disk under a log file must not stop a rescue."""
        for observer in self._observers:
            try:
                observer.observe(event)
            except Exception:
                _logger.exception("An observer of run %s failed at %s", self.run_id, type(event).__name__)

    def state(self, state: RunState, why: str = "") -> None:
        """The run comes into a state."""
        self.write(RunChanged(run_id=self.run_id, at=self.now(), state=state, why=why))

    def step(self, step_id: str, state: StepState, *, evidence: str = "", why: str = "", exceptions: tuple[str, ...] = ()) -> None:
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

    def prepared(self, step_id: str, address: CommandAddress) -> None:
        """A cmdlet is about to be sent to `address`."""
        number = len(self.run.record(step_id).attempts) + 1
        self.write(AttemptPrepared(run_id=self.run_id, at=self.now(), step_id=step_id, number=number, address=address))

    def ended(self, step_id: str, attempt: Attempt, execution: Execution[object]) -> None:
        """What came of an attempt."""
        self.write(
            AttemptEnded(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                outcome=execution.outcome,
                sent=execution.sent,
                errors=execution.errors,
                warnings=tuple(record.text for record in execution.records if record.kind is StreamKind.WARNING),
                reason=execution.reason,
            )
        )

    def not_sent(self, step_id: str, attempt: Attempt, reason: str) -> None:
        """It was proven that an attempt never reached a server."""
        self.write(
            AttemptEnded(
                run_id=self.run_id,
                at=self.now(),
                step_id=step_id,
                number=attempt.number,
                outcome=Outcome.FAILED,
                sent=False,
                reason=reason,
            )
        )

    def polled(self, truth: Truth, until: datetime, *, step_id: str) -> None:
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
        """While inside, the lock shows a heartbeat; afterwards it rests, or is gone when the run is over."""
        stop = threading.Event()
        thread = threading.Thread(target=self._keep_beating, args=(stop, HEARTBEAT), name=f"heartbeat {self.run_id}", daemon=True)
        thread.start()
        try:
            yield
        except (JournalError, KeyboardInterrupt):
            stop.set()
            raise  # nothing can be let go without a journal, nor waited for in a hurry; the lock goes stale by itself
        finally:
            if not stop.is_set():
                stop.set()
                thread.join()
                # The error that is under way is the one to be seen.
                with suppress(JournalError):
                    self._journal.let_go(self.run_id, self._token)

    def _keep_beating(self, stop: threading.Event, pause: timedelta) -> None:
        while not stop.wait(pause.total_seconds()):
            try:
                if not self._journal.beat(self.run_id, self._token, self.now()):
                    return  # lost: the next write says so
            except JournalError as error:
                _logger.warning("Run %s could not renew its lock: %s", self.run_id, error)
