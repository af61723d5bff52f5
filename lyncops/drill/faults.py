"""What can go wrong beside the disaster: played on purpose in a drill, and told with what became of
it.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.plan.steps import CmdletStep
from lyncops.remoting.execution import BeforeSend, Execution, Fence, Sending
from lyncops.remoting.psrp.streams import StreamRecord
from lyncops.runs.model import Run, StepRecord
from lyncops.testing.model import ModelSessions
from lyncops.text.brief import brief
from lyncops.values import ANYWHERE, Effect, Outcome, Place

R = TypeVar("R")


class Fault(enum.StrEnum):
    """One of them; they come in this order, each at the next command that changes something."""

    SECOND_OPERATOR = "a second operator starts the same run"
    LOST_ANSWER = "the answer of a command is lost"
    DEAD_LAPTOP = "the computer with lyncops dies while a command runs"


@attrs.frozen(slots=True, kw_only=True)
class Mishap:
    """A fault that was played: at which cmdlet, and what became of it.

    `cmdlet` is empty where it did not come to it: too few commands changed something.
    """

    fault: Fault
    cmdlet: str = ""
    became: str = ""
    harmless: bool = True

    def __repr__(self) -> str:
        return brief(self, str(self))

    def __str__(self) -> str:
        """`Fault at cmdlet: what became of it`."""
        at = f", at {self.cmdlet}" if self.cmdlet else ""
        return f"{self.fault}{at}: {self.became}"


class LaptopDiedError(BaseException):
    """The process of the client ends here, without another word to the journal of the run."""


@attrs.define
class FaultySessions(ModelSessions):
    """Sessions with the lab in which the faults happen, one at each command that changes
    something; the second operator comes together with the next one.
    """

    faults: list[Fault] = attrs.field(factory=list[Fault])
    second_operator: Callable[[], tuple[str, bool]] | None = None
    played: list[Mishap] = attrs.field(factory=list[Mishap])

    def run(
        self,
        cmdlet: Cmdlet[R],
        *,
        place: Place = ANYWHERE,
        deadline: timedelta | None = None,
        on_record: Callable[[StreamRecord], None] | None = None,
        before_send: BeforeSend | None = None,
    ) -> Execution[R]:
        """Run it, and lose the answer or the client if it is time for that.

        Raises:
            LaptopDiedError: the client is gone. The command has run.
        """
        if cmdlet.effect is Effect.READ or not self.faults:
            return super().run(
                cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=before_send
            )
        fault: Fault | None = None

        def sending(about: Sending) -> Fence | None:
            nonlocal fault
            fence = before_send(about) if before_send is not None else None
            self._meet_second_operator(cmdlet.NAME)
            fault = self.faults.pop(0) if self.faults else None
            return fence

        execution = super().run(
            cmdlet, place=place, deadline=deadline, on_record=on_record, before_send=sending
        )
        if fault is None:
            return execution
        self.played.append(Mishap(fault=fault, cmdlet=cmdlet.NAME))
        if fault is Fault.DEAD_LAPTOP:
            raise LaptopDiedError
        if execution.address is not None:
            self.forget(execution.address)
        return attrs.evolve(
            execution,
            outcome=Outcome.UNKNOWN,
            output=(),
            raw=(),
            errors=(),
            reason="the answer was lost",
        )

    def _meet_second_operator(self, cmdlet: str) -> None:
        if self.faults[:1] == [Fault.SECOND_OPERATOR] and self.second_operator is not None:
            fault = self.faults.pop(0)
            became, harmless = self.second_operator()
            self.played.append(Mishap(fault=fault, cmdlet=cmdlet, became=became, harmless=harmless))


def told(
    played: Iterable[Mishap], left: Iterable[Fault], runs: Iterable[Run]
) -> tuple[Mishap, ...]:
    """The faults with what became of them, as the journal shows it."""
    records = [record for run in runs for record in run.steps]
    return (
        *(mishap if mishap.became else _settled(mishap, records) for mishap in played),
        *(
            Mishap(fault=fault, became="not played: too few commands change something")
            for fault in left
        ),
    )


def _settled(mishap: Mishap, records: Iterable[StepRecord]) -> Mishap:
    is_dead = mishap.fault is Fault.DEAD_LAPTOP
    for record in records:
        step, attempts = record.step, record.attempts
        if isinstance(step, CmdletStep) and mishap.cmdlet == step.cmdlet.NAME and attempts:
            sent = sum(attempt.sent for attempt in attempts)
            times = "once" if sent == 1 else f"{sent} times"
            found_again = attempts[-1].outcome is Outcome.SUCCEEDED
            how = "its answer was collected later" if found_again else "its effect was read back"
            who = "another process resumed the run; " if is_dead else ""
            return attrs.evolve(
                mishap,
                became=f"{who}{how}, it was sent {times}, and its step is {record.state}",
                harmless=record.state.is_settled,
            )
    return attrs.evolve(mishap, became="the journal has no such command", harmless=False)


def run_too_often(executions: Counter[str], runs: Iterable[Run]) -> tuple[str, ...]:
    """The cmdlets that ran more often than the journal has attempts for: none, ever."""
    attempts = Counter[str]()
    for run in runs:
        for record in run.steps:
            if isinstance(record.step, CmdletStep):
                for name, _ in record.step.cmdlet.commands():
                    attempts[name.casefold()] += len(record.attempts)
    return tuple(
        f"{name} ran {number} times, in {attempts[name.casefold()]} attempts"
        for name, number in sorted(executions.items())
        if number > attempts[name.casefold()]
    )
