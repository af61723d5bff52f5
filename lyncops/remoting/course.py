"""The attempts at one cmdlet so far: where they failed, and the outcome of the last one."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

import attrs

from lyncops.remoting.attempt import Attempt, Job
from lyncops.remoting.endpoint import Endpoint
from lyncops.remoting.execution import Execution
from lyncops.remoting.parts import Part, logger
from lyncops.remoting.refusals import UnreachableError
from lyncops.values import Outcome, Place

log = logger("lyncops.remoting")
R = TypeVar("R")
FIRST_ATTEMPTS: Final = 2
"""How often endpoints are tried of which none has ever answered; once, when another cmdlet has just
found that out."""


@attrs.define
class Course(Generic[R]):
    """What has happened to one job so far."""

    job: Job[R]
    place: Place
    attempts: int = 0
    last: Attempt[R] | None = None
    failed: set[Endpoint] = attrs.field(factory=set[Endpoint])
    first_attempts: int = FIRST_ATTEMPTS
    fruitless: int = 0
    """How often no endpoint answered."""
    is_promising: bool = False
    """Whether one of them has answered before, so that it may come back: where none ever did,
    waiting does not help."""

    def is_worth_another(self, result: object) -> bool:
        """Whether another attempt can do no harm, and may do good."""
        if isinstance(result, UnreachableError):
            return (
                self.is_promising or self.last is not None or self.fruitless < self.first_attempts
            )
        return isinstance(result, Attempt) and result.again


def tell(going_on: Part, execution: Execution[object]) -> None:
    """The outcome, for logs and spans."""
    going_on.know(endpoint=execution.endpoint)
    going_on.measure("lyncops.outcome", execution.outcome.value)
    going_on.measure("lyncops.attempts", execution.attempts)
    if execution.outcome is Outcome.FAILED:
        going_on.fail(execution.reason or next(map(str, execution.errors), ""))
    took = (execution.ended - execution.started).total_seconds()
    log.debug("%s: %s after %.2f s", execution.cmdlet.NAME, execution.outcome, took)
