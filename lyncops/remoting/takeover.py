"""Back to a command that this or another process sent, perhaps one that has died."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeVar

from lyncops.remoting.attempt import Job, finish
from lyncops.remoting.execution import CommandAddress, Execution
from lyncops.remoting.failures import RemotingError, Symptom
from lyncops.remoting.outcome import EndReason
from lyncops.remoting.pipeline import CommandOptions, Pipeline
from lyncops.remoting.refusals import endpoint_error
from lyncops.remoting.retry import Limits, log, retrying
from lyncops.remoting.session_context import SessionContext
from lyncops.remoting.session_key import SessionKey
from lyncops.remoting.shell import Shell
from lyncops.values import Effect

R = TypeVar("R")
_POLITE: Final = timedelta(seconds=5)
_CONFIGURATION: Final = frozenset(
    {Symptom.BAD_CREDENTIALS, Symptom.CANNOT_LOG_ON, Symptom.UNTRUSTED, Symptom.NOT_SERVED}
)


def _attached(around: SessionContext, address: CommandAddress) -> Shell:
    shell = Shell.at(address, around.transport(SessionKey.of(address)))
    end = around.clock.now() + around.policy.lost_contact
    loop = retrying(
        around.policy,
        around.clock,
        Limits(attempts=around.policy.open_attempts, until=end),
        again=lambda error: (
            isinstance(error, RemotingError)
            and error.symptom in {Symptom.NOT_SENT, Symptom.REPEATABLE}
        ),
        what=f"reattaching to command {address.command_id}",
    )
    try:
        loop(shell.retake, address.command_id)
    except RemotingError:
        shell.transport.close()
        raise
    shell.pool.inbox.forget()  # what came before went to somebody else
    return shell


def collect(
    around: SessionContext, address: CommandAddress, job: Job[R], *, unheard: bool
) -> Execution[R]:
    """Wait for the end of a command that was sent before.

    `unheard`: this process sent it and has heard nothing of it.

    Nothing here makes the server forget anything: who asks next, perhaps after this process died,
    finds what this one found.
    """
    started = around.clock.now()
    try:
        shell = _attached(around, address)
    except RemotingError as failure:
        if failure.symptom in _CONFIGURATION:  # waiting does not help, and people can do something
            raise endpoint_error(around.endpoint, failure) from failure
        ending = EndReason.GONE if failure.symptom is Symptom.GONE else EndReason.CONTACT_LOST
        shell = Shell.at(address, around.transport(SessionKey.of(address)))
        return finish(
            job,
            Pipeline(shell, address.command_id, _terms(around, job)),
            ending,
            started,
            around.clock.now(),
        ).execution
    pipeline = Pipeline(shell, address.command_id, _terms(around, job))
    try:
        ending = _follow(around, pipeline, job.cmdlet.effect, unheard=unheard)
        return finish(job, pipeline, ending, started, around.clock.now()).execution
    finally:
        shell.transport.close()


def _terms(around: SessionContext, job: Job[R]) -> CommandOptions:
    return CommandOptions(
        effect=job.cmdlet.effect,
        policy=around.policy,
        clock=around.clock,
        until=job.until,
        on_record=job.on_record,
    )


def _follow(
    around: SessionContext, pipeline: Pipeline, effect: Effect, *, unheard: bool
) -> EndReason:
    pipeline.sent = True
    pipeline.heard = not unheard
    try:
        ending = pipeline.follow()
        if ending is not EndReason.GONE:
            return ending
        around.clock.sleep(around.policy.probe_delay)  # the request may still be on its way
        ending = pipeline.follow()
        if ending is not EndReason.GONE:
            return ending
        return _explain(pipeline)
    except KeyboardInterrupt:
        pipeline.shell.transport.reset()
        if effect is Effect.CHANGE:
            return EndReason.INTERRUPTED
        with suppress(RemotingError):
            pipeline.shell.stop(pipeline.command_id, wait=_POLITE)
        raise


def _explain(pipeline: Pipeline) -> EndReason:
    """The server has no output of the command: was it never started, has somebody collected all, or
    is the session gone?

    Whether it was started can be proven by the process that sent it, and by no other: what the
    server does not know any more may have been collected, or forgotten at somebody's word.
    """
    ending = pipeline.disprove()
    if ending is EndReason.UNPROVEN and _lives(pipeline.shell):
        return EndReason.COLLECTED
    return (
        pipeline.follow()
        if ending is None
        else EndReason.GONE
        if ending is EndReason.UNPROVEN
        else ending
    )


def _lives(shell: Shell) -> bool:
    try:
        return shell.is_alive(wait=_POLITE)
    except RemotingError as failure:
        log.warning("session %s: %s", shell.id, failure)
        return False


def forget(around: SessionContext, address: CommandAddress, *, whole: bool) -> None:
    """Make the server forget a command, or the `whole` session: kept for ever they use up what a
    server holds.

    Only to be called when its end is known and written down. That it fails does no harm.
    """
    shell = Shell.at(address, around.transport(SessionKey.of(address)))
    try:
        if whole:
            shell.delete(wait=_POLITE)
        else:
            shell.terminate(address.command_id, wait=_POLITE)
    except RemotingError as failure:
        if failure.symptom is Symptom.BAD_CREDENTIALS:
            raise endpoint_error(around.endpoint, failure) from failure
        log.info("command %s: %s", address.command_id, failure)
    finally:
        shell.transport.close()
