"""Sessions that answer from a table: for shapes and refusals that the lab does not produce."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import EndpointError
from lyncops.remoting.execution import BeforeSend, CommandAddress, Execution
from lyncops.remoting.psrp.streams import ErrorRecord, StreamRecord
from lyncops.values import ANYWHERE, Outcome, Place, RemoteObject

R = TypeVar("R")
START = datetime(2014, 6, 1, 3, 0, tzinfo=UTC)


@attrs.frozen
class Refusal:
    """A cmdlet that fails, after having written `output`; an UNKNOWN outcome has no words of the
    server.
    """

    message: str
    output: tuple[object, ...] = ()
    unknown: bool = False


Answer = Sequence[object] | Refusal | Exception
Script = Mapping[str, Answer | Callable[[Cmdlet[object]], Answer]]


class FixedClock:
    def now(self) -> datetime:
        return START

    def sleep(self, duration: timedelta) -> None:
        raise AssertionError(duration)


@attrs.define
class ScriptedSessions:
    """Answers by the cmdlet's class name; what the table does not name is refused."""

    script: Script
    requests: list[Cmdlet[object]] = attrs.field(factory=list[Cmdlet[object]])

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        assert deadline is not None, "every reading has a deadline"
        self.requests.append(cast("Cmdlet[object]", cmdlet))
        answer = self.script.get(
            type(cmdlet).__name__, Refusal(f"{cmdlet.NAME} is refused at {place}")
        )
        if callable(answer):
            answer = answer(cast("Cmdlet[object]", cmdlet))
        future = Future[Execution[R]]()
        if isinstance(answer, Exception):
            future.set_exception(answer)
            return future
        written = answer.output if isinstance(answer, Refusal) else tuple(answer)
        outcome = Outcome.SUCCEEDED
        if isinstance(answer, Refusal):
            outcome = Outcome.UNKNOWN if answer.unknown else Outcome.FAILED
        future.set_result(
            Execution(
                cmdlet=cmdlet,
                outcome=outcome,
                started=START,
                ended=START,
                output=tuple(cmdlet.decode(item) for item in written),
                errors=(
                    (ErrorRecord(message=answer.message),)
                    if isinstance(answer, Refusal) and not answer.unknown
                    else ()
                ),
                reason=answer.message if isinstance(answer, Refusal) else "",
                endpoint="scripted",
            )
        )
        return future

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        raise NotImplementedError

    def collect(
        self,
        address: CommandAddress,
        cmdlet: Cmdlet[R],
        *,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
    ) -> Execution[R]:
        raise NotImplementedError

    def forget(self, address: CommandAddress) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class UnreachableSessions(ScriptedSessions):
    """No endpoint answers, and the sessions say so when asked rather than later."""

    def submit(
        self, cmdlet: Cmdlet[R], *, place: Place = ANYWHERE, deadline: timedelta | None = None
    ) -> Future[Execution[R]]:
        del cmdlet, place, deadline
        raise EndpointError("No endpoint could be reached.")


def thing(**properties: object) -> RemoteObject:
    """An object with these properties."""
    return RemoteObject(properties)
