"""One session on one endpoint: opened when it is needed, asked after long silence whether it lives, opened anew in silence."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import uuid4

from lyncops.remoting.attempt import Attempt, Job, finish
from lyncops.remoting.endpoint import EndpointKind
from lyncops.remoting.execution import CommandAddress
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.modules import Modules
from lyncops.remoting.outcome import Ending
from lyncops.remoting.pipeline import Pipeline, Terms
from lyncops.remoting.refusals import endpoint_error
from lyncops.remoting.retry import Limits, log, retrying
from lyncops.remoting.shell import Shell
from lyncops.remoting.surroundings import Surroundings
from lyncops.remoting.transport import Transport
from lyncops.values import Effect

R = TypeVar("R")
_POLITE: Final = timedelta(seconds=5)
"""How long closing a session may hold anybody up."""


class Session:
    """One session. It belongs to one thread at a time."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._transport: Transport | None = None
        self._shell: Shell | None = None
        self._used: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a shell on the server, as far as this session knows."""
        return self._shell is not None

    def ready(self, *, patient: bool = True) -> Shell:
        """The session's shell, alive, as far as that can be known beforehand.

        `patient` waits when the server has too many sessions.

        Raises:
            EndpointError: the endpoint cannot serve; its subclasses tell wrong credentials and certificates.
        """
        idle = None if self._used is None else self._around.clock.now() - self._used
        if self._shell is not None and (idle is None or idle > self._around.policy.idle_probe) and not self._lives(self._shell):
            log.info("%s: the session is gone after silence; opening another", self._around.endpoint.url)
            self.abandon(delete=True)
        if self._shell is None:
            self._shell = self._open(patient=patient)
        self._used = self._around.clock.now()
        return self._shell

    def doubt(self) -> None:
        """Ask the server whether the session lives before it is used again."""
        self._used = None

    def _lives(self, shell: Shell) -> bool:
        for _ in range(2):  # the first question may fall into a connection that was cut in silence
            try:
                if shell.is_alive(wait=self._around.policy.open_timeout):
                    return True
                shell.reconnect(wait=self._around.policy.open_timeout)
            except RemotingError as failure:
                log.info("%s: %s", self._around.endpoint.url, failure)
                if failure.symptom is Symptom.BAD_CREDENTIALS:
                    raise endpoint_error(self._around.endpoint, failure) from failure
                if failure.is_answer or failure.symptom is Symptom.NOT_SENT:
                    return False
            else:
                return True
        return False

    def _open(self, *, patient: bool) -> Shell:
        policy, endpoint = self._around.policy, self._around.endpoint
        if self._transport is None:
            self._transport = self._around.transport()
        again = {Symptom.CREATE_LOST, Symptom.GONE, *([Symptom.NOT_CREATED_BACK_OFF] if patient else [])}
        loop = retrying(
            policy,
            self._around.clock,
            Limits(attempts=policy.open_attempts),
            again=lambda error: isinstance(error, RemotingError) and error.symptom in again,
            what=f"opening a session on {endpoint.url}",
        )
        try:
            return loop(self._create, self._transport)
        except RemotingError as failure:
            self._transport.reset()
            raise endpoint_error(endpoint, failure) from failure

    def _create(self, transport: Transport) -> Shell:
        shell = Shell(transport)
        try:
            shell.open(wait=self._around.policy.open_timeout)
            if self._around.endpoint.kind is EndpointKind.WINRM:
                around = self._around
                Modules(policy=around.policy, clock=around.clock, known=around.modules).load(shell, around.endpoint)
        except RemotingError as failure:
            if shell.created or failure.symptom in {Symptom.CREATE_LOST, Symptom.GONE}:
                # The client chose the id, so that it can close a shell that it never heard of (remoting facts, section 2).
                self._delete(shell)
            raise
        return shell

    def _delete(self, shell: Shell) -> bool:
        """Whether the server answered; one that hangs is not asked twice."""
        clock = self._around.clock
        for _ in range(2):
            begun = clock.now()
            try:
                shell.delete(wait=_POLITE)
            except RemotingError as failure:
                log.debug("%s: %s", self._around.endpoint.url, failure)
                if failure.symptom is not Symptom.REPEATABLE:
                    return failure.is_answer
                if clock.now() - begun >= _POLITE:
                    return False
            else:
                return True
        return False

    def attempt(self, job: Job[R], *, resend: CommandAddress | None = None, patient: bool = True) -> Attempt[R]:
        """Run one cmdlet once. A READ that is interrupted is stopped, and the interruption goes on; a CHANGE is let go.

        Raises:
            EndpointError: the endpoint cannot serve; nothing was sent.
        """
        started = self._around.clock.now()
        try:
            shell = self.ready(patient=patient)
        except KeyboardInterrupt:
            self.abandon(delete=False)  # half an answer may be left on the connection
            raise
        same = resend is not None and resend.shell_id == shell.id
        command_id = resend.command_id if resend is not None and same else _new_id()
        effect = job.cmdlet.effect
        terms = Terms(effect=effect, policy=self._around.policy, clock=self._around.clock, until=job.until, on_record=job.on_record)
        fragment = shell.pack(command_id, job.cmdlet.commands())
        if job.before_send is not None:
            job.before_send(shell.address_of(command_id))
        pipeline = Pipeline(shell, command_id, terms)
        try:
            ending = pipeline.start(fragment) or pipeline.follow()
        except KeyboardInterrupt:
            if effect is Effect.READ or not pipeline.sent:
                self._break_off(pipeline, effect)
                raise
            ending = Ending.INTERRUPTED
        except BaseException:
            self._break_off(pipeline, effect)
            raise
        attempt = finish(job, pipeline, ending, started, self._around.clock.now())
        self._settle(ending, effect, pipeline)  # only now: it empties what the verdict rests on
        return attempt

    def _break_off(self, pipeline: Pipeline, effect: Effect) -> None:
        """Leave a command whose caller does not wait for its end: a READ is stopped, a CHANGE goes on."""
        if effect is Effect.READ and pipeline.sent:
            self._stop(pipeline)
        self.abandon(delete=effect is Effect.READ)

    def _stop(self, pipeline: Pipeline) -> None:
        pipeline.shell.transport.reset()  # an interrupted request leaves half an answer on the connection
        with suppress(RemotingError):
            pipeline.shell.stop(pipeline.command_id, wait=_POLITE)

    def _settle(self, ending: Ending, effect: Effect, pipeline: Pipeline) -> None:
        """Keep the shell, or let it go: one in which a CHANGE may still run is never closed."""
        self._used = self._around.clock.now()
        lost = pipeline.output_lost
        pipeline.shell.inbox.begin()
        if (ending is Ending.ENDED and not lost) or ending is Ending.NOT_STARTED:
            return
        if ending is Ending.NOT_SENT:
            self._used = None  # asked before it is used again
            return
        if ending is Ending.DEADLINE and effect is Effect.READ:
            self._stop(pipeline)
        reachable = ending in {Ending.DEADLINE, Ending.ENDED, Ending.UNTOLD, Ending.GONE}
        self.abandon(delete=reachable and (effect is Effect.READ or ending in {Ending.ENDED, Ending.UNTOLD}))

    def abandon(self, *, delete: bool) -> bool:
        """Forget the shell; close it on the server only where nothing can run in it. False: the server did not answer to that."""
        shell, self._shell = self._shell, None
        answered = self._delete(shell) if shell is not None and delete else True
        if self._transport is not None:
            self._transport.reset()
            self._transport = None
        return answered

    def close(self) -> None:
        """Close the shell on the server, and the connection."""
        self.abandon(delete=True)


def _new_id() -> str:
    return str(uuid4()).upper()
