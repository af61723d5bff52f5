"""One attempt at one cmdlet: what runs, and its outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import LyncOpsError
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution
from lyncops.remoting.outcome import EndReason, Evidence, Judgement, judge
from lyncops.remoting.pipeline import Pipeline
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.remoting.retry import log
from lyncops.values import Effect, Outcome, RemoteObject, Unread

R = TypeVar("R")


@attrs.frozen(slots=True, kw_only=True)
class Job(Generic[R]):
    """One cmdlet to run, with all that the caller said about it."""

    cmdlet: Cmdlet[R]
    deadline: timedelta | None = None
    until: datetime | None = None
    on_record: Callable[[StreamRecord], None] | None = None
    before_send: BeforeSend | None = None


@attrs.frozen(slots=True, kw_only=True)
class Attempt(Generic[R]):
    """The outcome of one attempt.

    `again`: another can do no harm; `resend`: under the same id, which the server refuses twice.
    """

    execution: Execution[R]
    ending: EndReason
    again: bool = False
    resend: CommandAddress | None = None

    def __str__(self) -> str:
        return self.execution.reason


def finish(
    job: Job[R], pipeline: Pipeline, ending: EndReason, started: datetime, ended: datetime
) -> Attempt[R]:
    """Judge a pipeline, and put its output into the cmdlet's own result class."""
    transcript = pipeline.transcript
    verdict = judge(
        job.cmdlet.effect,
        Evidence(
            ending=ending,
            state=transcript.state,
            errors=tuple(transcript.errors),
            output_lost=pipeline.output_lost,
            deadline=job.deadline,
            proof=pipeline.proof,
            seen=pipeline.refusal,
        ),
    )
    output, misread = _decode(job.cmdlet, transcript.output)
    if misread and job.cmdlet.effect is Effect.READ and verdict.outcome is Outcome.SUCCEEDED:
        verdict = Judgement(outcome=Outcome.UNKNOWN, reason=misread)
    address = pipeline.shell.address_of(pipeline.command_id)
    execution = Execution(
        cmdlet=job.cmdlet,
        outcome=verdict.outcome,
        started=started,
        ended=ended,
        output=output,
        raw=tuple(transcript.output),
        errors=tuple(transcript.errors),
        records=tuple(transcript.records),
        reason=(
            " ".join(part for part in (verdict.reason, misread) if part)
            if verdict.reason != misread
            else misread
        ),
        address=address,
        endpoint=address.endpoint,
        proof=verdict.proof,
        heard=pipeline.heard,
        running=ending is EndReason.DEADLINE and job.cmdlet.effect is Effect.CHANGE,
        interrupted=ending is EndReason.INTERRUPTED,
    )
    resend = (
        address if ending is EndReason.NOT_STARTED and job.cmdlet.effect is Effect.CHANGE else None
    )
    return Attempt(execution=execution, ending=ending, again=verdict.again, resend=resend)


def _decode(cmdlet: Cmdlet[R], items: list[object]) -> tuple[tuple[R, ...], str]:
    output: list[R] = []
    misread = ""
    # A list that was written as one object is what its items are.
    flat = (
        each
        for item in items
        for each in (cast("list[object]", item) if isinstance(item, list) else [item])
    )
    for item in flat:
        if isinstance(item, Unread):
            log.warning("%s wrote something that cannot be read: %s", cmdlet.NAME, item.reason)
            misread = f"An object that it wrote cannot be read: {item.reason}."
            continue
        try:
            output.append(cmdlet.decode(item))
        except (LyncOpsError, ValueError, TypeError, LookupError, AttributeError) as error:
            log.warning("%s wrote something that is not understood: %s", cmdlet.NAME, error)
            kind = (
                ", ".join(item.type_names[:1])
                if isinstance(item, RemoteObject)
                else type(item).__name__
            )
            misread = f"Part of what it wrote is not understood ({kind}); it is kept as it came."
    return tuple(output), misread
