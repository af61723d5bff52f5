"""Rehearsing a plan: its cmdlets are sent with -WhatIf, which changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from lyncops.cmdlets.base import Cmdlet
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Scope
from lyncops.plan.conditions import scope_of
from lyncops.plan.model import Plan
from lyncops.plan.rehearsal import Rehearsal, RehearsedStep, conditions_of, rehearsal
from lyncops.remoting.execution import Execution
from lyncops.values import Place


class RunsHarmless(Protocol):
    """Runs one cmdlet that changes nothing."""

    def __call__(
        self, cmdlet: Cmdlet[object], *, place: Place, deadline: timedelta | None
    ) -> Execution[object]:
        """Run it and wait for its end."""
        ...


def rehearse(
    plan: Plan, *, read: Callable[[Scope], Deployment], run: RunsHarmless
) -> tuple[Rehearsal, ...]:
    """What each step's cmdlet answers to -WhatIf; every step that is not rehearsed has a reason.

    Raises:
        EndpointError: no server could be reached.
    """
    parts = rehearsal(plan, read(scope_of(conditions_of(plan))))
    return tuple(_rehearse(part, run) for part in parts)


def _rehearse(part: RehearsedStep, run: RunsHarmless) -> Rehearsal:
    if part.ask is None:
        return Rehearsal(step=part.step, because=part.because)
    execution = run(part.ask.cmdlet, place=part.ask.place, deadline=part.ask.deadline)
    return Rehearsal(step=part.step, execution=execution)
