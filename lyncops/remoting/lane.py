"""One way into a session: a connection of its own, over which one cmdlet after the other runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import uuid4

from lyncops.remoting.attempt import Attempt, Job, finish
from lyncops.remoting.closer import CommandCloser
from lyncops.remoting.execution import CommandAddress, Sending
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.modules import is_unknown_command
from lyncops.remoting.outcome import EndReason
from lyncops.remoting.pipeline import CommandOptions, Pipeline
from lyncops.remoting.proof import Proof
from lyncops.remoting.refusals import UnreachableError, endpoint_error
from lyncops.remoting.retry import log
from lyncops.remoting.session import Session, delete
from lyncops.remoting.shell import Shell
from lyncops.values import Effect

R = TypeVar("R")
_POLITE: Final = timedelta(seconds=5)
"""How long stopping a command may hold anybody up."""
_COMMANDS: Final = 14
"""How many commands a shell surely holds, those that run and those that are not closed yet."""
_IMPORTS: Final = 3
"""How often a cmdlet is asked for that its runspace does not have: several that import at once get
into each other's way."""
_OPENINGS: Final = 3
"""How many sessions in a row may be gone before they are used."""


class AstrayError(UnreachableError):
    """A new connection reached a server that does not know the session: several servers share the
    address.
    """

    def __init__(self, url: str, shell: Shell) -> None:
        super().__init__(f"A second connection to {url} does not find its session.")
        self.shell: Final = shell


class Lane(ABC):
    """A connection into a session. It belongs to one thread at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._around = session.around
        self._shell: Shell | None = None
        self._used: datetime | None = None
        self._is_guest = False
        """Whether the session was opened over another connection, and this one has not
        served yet."""

    @property
    def is_open(self) -> bool:
        """Whether it leads into a shell, as far as it knows."""
        return self._shell is not None

    def doubt(self) -> None:
        """Ask the server whether the session lives before it is used again."""
        self._used = None

    def ready(self, *, patient: bool = True) -> Shell:
        """The session's shell over this connection, alive, as far as that can be known beforehand.

        `patient` waits when the server has too many sessions.

        Raises:
            AstrayError: this connection reached another server than the session's.
            EndpointError: the endpoint cannot serve; its subclasses tell wrong credentials and
                certificates.
        """
        for _ in range(_OPENINGS):
            shell = self._enter(patient=patient)
            if self.is_fresh or self._lives(shell):
                self._is_guest = False
                self._used = self._around.clock.now()
                return shell
            if self._is_guest:
                self.leave(delete_shell=False)
                raise AstrayError(self._around.endpoint.url, shell)
            log.info(
                "%s: the session is gone after silence; opening another", self._around.endpoint.url
            )
            self._session.give_up(shell)
            self.leave(delete_shell=True)
        raise UnreachableError(
            f"{self._around.endpoint.url} opens sessions, but does not find them afterwards."
        )

    def _enter(self, *, patient: bool) -> Shell:
        """The session's shell over this lane's own connection."""
        shell, is_new = self._session.opened(patient=patient)
        if self._shell is not None and self._shell.id == shell.id:
            return self._shell
        self.leave(delete_shell=False)
        if is_new:
            self._shell, self._used = shell, self._around.clock.now()
        else:
            self._shell = shell.through(self._around.transport(shell.transport.key))
        self._is_guest = not is_new
        return self._shell

    @property
    def is_fresh(self) -> bool:
        """Whether it was used so lately that nobody needs to ask whether it lives."""
        return (
            self._used is not None
            and self._around.clock.now() - self._used <= self._around.policy.idle_probe
        )

    def _lives(self, shell: Shell) -> bool:
        for _ in range(2):  # the first question may fall into a connection that was cut in silence
            try:
                if shell.is_alive(wait=self._around.policy.open_timeout):
                    return True
                shell.reconnect(wait=self._around.policy.open_timeout)
            except RemotingError as failure:
                log.info("%s: %s", self._around.endpoint.url, failure)
                if failure.symptom in {Symptom.BAD_CREDENTIALS, Symptom.NOT_SENT}:
                    raise endpoint_error(self._around.endpoint, failure) from failure
                if failure.is_answer:
                    return False
            else:
                return True
        return False

    def attempt(
        self,
        job: Job[R],
        *,
        resend: CommandAddress | None = None,
        earlier: Proof | None = None,
        patient: bool = True,
    ) -> Attempt[R]:
        """Run one cmdlet once.

        A READ that is interrupted is stopped, and the interruption goes on; a CHANGE is let go.

        `earlier` proves that the attempt before this one never started.

        Raises:
            EndpointError: the endpoint cannot serve; nothing was sent.
        """
        attempt = self._attempt(job, resend=resend, earlier=earlier, patient=patient)
        for _ in range(_IMPORTS - 1):
            lacks = any(map(is_unknown_command, attempt.execution.errors))
            if not lacks or not self._session.need_imports():
                break
            attempt = self._attempt(job, resend=resend, earlier=earlier, patient=patient)
        return attempt

    def _attempt(
        self, job: Job[R], *, resend: CommandAddress | None, earlier: Proof | None, patient: bool
    ) -> Attempt[R]:
        started = self._around.clock.now()
        try:
            shell = self.ready(patient=patient)
        except KeyboardInterrupt:
            self.leave(delete_shell=False)  # half an answer may be left on the connection
            raise
        same = resend is not None and resend.shell_id == shell.id
        command_id = resend.command_id if resend is not None and same else str(uuid4()).upper()
        effect = job.cmdlet.effect
        self._prepare(shell)
        fragment = shell.pack(command_id, job.cmdlet.commands(), first=self._session.imports)
        fence = None
        if job.before_send is not None:
            fence = job.before_send(Sending(address=shell.address_of(command_id), earlier=earlier))
        terms = CommandOptions(
            effect=effect,
            policy=self._around.policy,
            clock=self._around.clock,
            until=job.until,
            on_record=job.on_record,
            fence=fence,
            resent=resend is not None,
        )
        pipeline = Pipeline(shell, command_id, terms)
        try:
            ending = pipeline.start(fragment) or pipeline.follow()
        except KeyboardInterrupt:
            if effect is Effect.READ or not pipeline.sent:
                self._break_off(pipeline)
                raise
            ending = EndReason.INTERRUPTED
        except BaseException:
            self._break_off(pipeline)
            raise
        attempt = finish(job, pipeline, ending, started, self._around.clock.now())
        self._used = self._around.clock.now()
        self._settle(ending, pipeline)  # only now: it empties what the verdict rests on
        return attempt

    @abstractmethod
    def _prepare(self, shell: Shell) -> None:
        """Do what has to be done before another command is sent."""

    @abstractmethod
    def _settle(self, ending: EndReason, pipeline: Pipeline) -> None:
        """Decide whether command and shell are closed or kept."""

    @abstractmethod
    def _break_off(self, pipeline: Pipeline) -> None:
        """Leave a command whose caller does not wait for its end: a READ is stopped, a CHANGE goes
        on.
        """

    def leave(self, *, delete_shell: bool) -> bool:
        """Give the connection up, and close the shell on the server where nothing can run in it any
        more.

        False: the server did not answer to that.
        """
        shell, self._shell = self._shell, None
        self._used = None
        if shell is None:
            return True
        answered = delete(shell, self._around.clock) if delete_shell else True
        shell.transport.close()
        return answered

    def close(self, *, delete_shell: bool) -> bool:
        """Give connection and session up. False: the server did not answer to that."""
        is_last = self._shell is not None and self._session.give_up(self._shell)
        return self.leave(delete_shell=delete_shell and is_last)


class ChangingLane(Lane):
    """The only lane of a session in which a CHANGE runs: nothing that is thrown away with readings
    can touch it.
    """

    def _prepare(self, shell: Shell) -> None:
        """Nothing."""

    def _settle(self, ending: EndReason, pipeline: Pipeline) -> None:
        """Keep the shell, or let it go: one in which the CHANGE may still run is never closed."""
        lost = pipeline.output_lost
        pipeline.shell.pool.inbox.begin()
        if (ending is EndReason.ENDED and not lost) or ending is EndReason.NOT_STARTED:
            return
        if ending in {EndReason.NOT_SENT, EndReason.LOGON_REFUSED, EndReason.HELD_BACK}:
            self.doubt()
            return
        self.close(delete_shell=ending in {EndReason.ENDED, EndReason.UNTOLD, EndReason.FULL})

    def _break_off(self, pipeline: Pipeline) -> None:
        del pipeline  # it goes on
        self.close(delete_shell=False)


class ReadingLane(Lane):
    """One of the lanes of a session in which READs run side by side.

    They do not affect each other.
    """

    def __init__(self, session: Session, closer: CommandCloser) -> None:
        super().__init__(session)
        self._closer = closer

    def _prepare(self, shell: Shell) -> None:
        self._closer.make_room(shell, most=max(1, _COMMANDS - self._session.runspaces))

    def _settle(self, ending: EndReason, pipeline: Pipeline) -> None:
        pipeline.shell.pool.inbox.begin()
        if ending is EndReason.ENDED:
            self._closer.add(pipeline.shell, pipeline.command_id)
        elif ending in {EndReason.REFUSED, EndReason.TAKEN_OVER, EndReason.FULL}:
            self._closer.drop(pipeline.shell)
            self.close(delete_shell=ending is EndReason.FULL)
        else:
            self.doubt()
            if ending in {EndReason.DEADLINE, EndReason.LOST, EndReason.UNREADABLE}:
                self._stop(pipeline)

    def _break_off(self, pipeline: Pipeline) -> None:
        if pipeline.sent:
            # An interrupted request leaves half an answer on the connection
            pipeline.shell.transport.reset()
            self._stop(pipeline)
        self.leave(delete_shell=False)

    def _stop(self, pipeline: Pipeline) -> None:
        with suppress(RemotingError):
            pipeline.shell.terminate(pipeline.command_id, wait=_POLITE)
