"""Back to a command that this or another process sent, perhaps one that has died (remoting facts, section 3)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeVar
from uuid import uuid4

from lyncops.remoting.attempt import Job, finish
from lyncops.remoting.execution import CommandAddress, Execution
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.outcome import Ending
from lyncops.remoting.pipeline import Pipeline, Terms
from lyncops.remoting.refusals import endpoint_error
from lyncops.remoting.retry import Limits, log, retrying
from lyncops.remoting.shell import Shell
from lyncops.remoting.surroundings import Surroundings
from lyncops.values import Effect, Outcome

R = TypeVar("R")
_POLITE: Final = timedelta(seconds=5)
_CONFIGURATION: Final = frozenset({Symptom.BAD_CREDENTIALS, Symptom.UNTRUSTED, Symptom.NOT_SERVED})
_HARMLESS: Final = "Get-CsServerVersion"


def _attached(around: Surroundings, address: CommandAddress) -> Shell:
    shell = Shell.at(address, around.transport(address.session_id))
    end = around.clock.now() + around.policy.lost_contact
    loop = retrying(
        around.policy,
        around.clock,
        Limits(attempts=around.policy.open_attempts, until=end),
        again=lambda error: isinstance(error, RemotingError) and error.symptom in {Symptom.NOT_SENT, Symptom.REPEATABLE},
        what=f"coming back to command {address.command_id}",
    )
    try:
        loop(shell.retake, address.command_id)
    except RemotingError:
        shell.transport.close()
        raise
    shell.inbox.forget()  # what came before went to somebody else
    return shell


def collect(around: Surroundings, address: CommandAddress, job: Job[R], *, unheard: bool) -> Execution[R]:
    """Wait for the end of a command that was sent before. `unheard`: this process sent it and received nothing about it."""
    started = around.clock.now()
    try:
        shell = _attached(around, address)
    except RemotingError as failure:
        if failure.symptom in _CONFIGURATION:
            raise endpoint_error(around.endpoint, failure) from failure
        ending = Ending.GONE if failure.symptom is Symptom.GONE else Ending.CONTACT_LOST
        shell = Shell.at(address, around.transport(address.session_id))
        return finish(job, Pipeline(shell, address.command_id, _terms(around, job)), ending, started, around.clock.now()).execution
    pipeline = Pipeline(shell, address.command_id, _terms(around, job))
    try:
        ending = _follow(around, pipeline, job.cmdlet.effect, unheard=unheard)
        execution = finish(job, pipeline, ending, started, around.clock.now()).execution
        if execution.outcome is not Outcome.UNKNOWN:
            with suppress(RemotingError):
                shell.delete(wait=_POLITE)
        return execution
    finally:
        shell.transport.close()


def _terms(around: Surroundings, job: Job[R]) -> Terms:
    return Terms(effect=job.cmdlet.effect, policy=around.policy, clock=around.clock, until=job.until, on_record=job.on_record)


def _follow(around: Surroundings, pipeline: Pipeline, effect: Effect, *, unheard: bool) -> Ending:
    pipeline.sent = True
    try:
        ending = pipeline.follow()
        if ending is not Ending.GONE or pipeline.heard:
            return ending
        around.clock.sleep(around.policy.probe_delay)  # the request may still be on its way
        ending = pipeline.follow()
        if ending is not Ending.GONE or pipeline.heard:
            return ending
        return _explain(around, pipeline, unheard=unheard and not pipeline.reply_lost)
    except KeyboardInterrupt:
        pipeline.shell.transport.reset()
        if effect is Effect.CHANGE:
            return Ending.INTERRUPTED
        with suppress(RemotingError):
            pipeline.shell.stop(pipeline.command_id, wait=_POLITE)
        raise


def _explain(around: Surroundings, pipeline: Pipeline, *, unheard: bool) -> Ending:
    """The server has no output of the command: was it never started, or has somebody collected all?

    A server keeps a collected command until the client signals that it may be forgotten, which lyncops never does. So where a
    collected command can be signalled, one that cannot was never started. Whether this server keeps them is tried out on a
    harmless command first: it is nowhere promised.
    """
    shell = pipeline.shell
    try:
        if not shell.is_alive():
            return Ending.GONE
        if unheard:
            return Ending.NOT_STARTED
        harmless = _run_harmless(around, shell)
        if harmless is None or not _remembers(shell, harmless):
            return Ending.COLLECTED
        return Ending.COLLECTED if _remembers(shell, pipeline.command_id) else Ending.NOT_STARTED
    except RemotingError as failure:
        log.warning("command %s: %s", pipeline.command_id, failure)
        return Ending.GONE


def _run_harmless(around: Surroundings, shell: Shell) -> str | None:
    """Run a READ in the same session; whether it succeeds does not matter."""
    terms = Terms(effect=Effect.READ, policy=around.policy, clock=around.clock)
    other = Pipeline(shell, str(uuid4()).upper(), terms)
    ending = other.start(shell.pack(other.command_id, [(_HARMLESS, {})])) or other.follow()
    return other.command_id if ending is Ending.ENDED else None


def _remembers(shell: Shell, command_id: str) -> bool:
    try:
        shell.terminate(command_id, wait=_POLITE)
    except RemotingError as failure:
        if failure.symptom is not Symptom.GONE:
            raise
        return False
    return True


def stop(around: Surroundings, address: CommandAddress) -> None:
    """Send the stop signal to a command; one that the server does not know any more needs none.

    Raises:
        EndpointError: the server cannot be reached.
    """
    shell = Shell.at(address, around.transport(address.session_id))
    loop = retrying(
        around.policy,
        around.clock,
        Limits(attempts=around.policy.open_attempts),
        again=lambda error: isinstance(error, RemotingError) and error.symptom in {Symptom.NOT_SENT, Symptom.REPEATABLE},
        what=f"stopping command {address.command_id}",
    )

    def signal() -> None:
        try:
            shell.stop(address.command_id)
        except RemotingError as failure:
            if failure.is_answer and failure.symptom is Symptom.REPEATABLE:  # such as: the shell is disconnected
                shell.retake(address.command_id)
            raise

    try:
        loop(signal)
    except RemotingError as failure:
        if failure.symptom is not Symptom.GONE:
            raise endpoint_error(around.endpoint, failure) from failure
        log.info("command %s: the server does not know it any more", address.command_id)
    finally:
        shell.transport.close()
