"""Questions to the servers that run side by side, and answers that say why where there is none."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import Generic, TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.result import Result
from lyncops.deployment.order import in_order
from lyncops.errors import LyncOpsError
from lyncops.remoting.execution import Execution
from lyncops.remoting.interface import CmdletRunner
from lyncops.remoting.psrp.streams import ErrorRecord
from lyncops.text.sentences import each_once
from lyncops.values import ANYWHERE, Outcome, Place, Unread

R = TypeVar("R")


@attrs.frozen(slots=True, kw_only=True)
class Question(Generic[R]):
    """What to ask, where, and how long to wait.

    `local` is the same question to a server's local copy (`-LocalStore`), asked when the Central
    Management store does not answer; `partial` takes what was written before an error for an
    answer. The objects of an answer are put in one order, unless their own means something
    (`as_told`).
    """

    what: str
    cmdlet: Cmdlet[R]
    deadline: timedelta
    place: Place = ANYWHERE
    local: Cmdlet[R] | None = None
    partial: bool = False
    as_told: bool = False


class Answer(Generic[R]):
    """The answer to one question, perhaps still on its way."""

    def __init__(self, sessions: CmdletRunner, question: Question[R]) -> None:
        """Ask at once."""
        self._sessions, self._question = sessions, question
        self.error: LyncOpsError | None = None
        self.from_local_store = False
        self.errors: tuple[ErrorRecord, ...] = ()
        """What the server wrote to its error stream, also beside objects that count as an
        answer."""
        self.endpoint = ""
        self.is_silent = False
        """Whether the last answer is not a word of a server: nothing came in time, or nobody was
        reached."""
        self._pending = self._submit(question.cmdlet)
        self._result: tuple[R, ...] | Unread | None = None

    def _submit(self, cmdlet: Cmdlet[R]) -> Future[Execution[R]] | None:
        try:
            return self._sessions.submit(
                cmdlet, place=self._question.place, deadline=self._question.deadline
            )
        except LyncOpsError as error:
            self.error = error
            return None

    def settle(self) -> None:
        """Wait for the first answer; where there is none, ask the local copy without waiting for
        that.
        """
        if self._result is not None or self.from_local_store:
            return
        result = self._wait()
        # A server answered
        if isinstance(result, Unread) and self._question.local is not None and self.error is None:
            self.from_local_store = True
            self._pending = self._submit(self._question.local)
        else:
            self._result = result

    def get(self) -> tuple[R, ...] | Unread:
        """What was written (which may be nothing), or why it could not be read, in the server's
        own words.
        """
        self.settle()
        if self._result is None:
            self._result = self._wait()
        return self._result

    def first(self) -> R | Unread | None:
        """The first object written; None when nothing was."""
        result = self.get()
        return result if isinstance(result, Unread) else next(iter(result), None)

    def _wait(self) -> tuple[R, ...] | Unread:
        # What was understood is enough: the raw objects of a thousand pools take more than they do
        pending, self._pending = self._pending, None
        self.is_silent = True
        if pending is None:
            return Unread(self._question.what, str(self.error))
        try:
            execution = pending.result()
        except LyncOpsError as error:
            self.error = error
            return Unread(self._question.what, str(error))
        self.endpoint = execution.endpoint
        self.errors = execution.errors
        succeeded = execution.outcome is Outcome.SUCCEEDED
        self.is_silent = not succeeded and not execution.errors
        if succeeded or (self._question.partial and execution.output):
            return self._without_strays(execution.output)
        said = each_once(map(str, execution.errors), between="; ")
        return Unread(self._question.what, said or execution.reason or "the server did not say why")

    def _without_strays(self, output: tuple[R, ...]) -> tuple[R, ...] | Unread:
        """The objects that were asked for, without texts and nulls among them.

        Nothing else: nothing was understood.
        """
        found = tuple(item for item in output if not (isinstance(item, Result) and item.is_stray))
        if output and not found:
            return Unread(
                self._question.what, "the answer was not understood: it contains no object"
            )
        return found if self._question.as_told else in_order(found)


def settle_all(answers: list[Answer[object]]) -> None:
    """Wait for the first answers of all, so that their second questions run side by side too."""
    for answer in answers:
        answer.settle()
