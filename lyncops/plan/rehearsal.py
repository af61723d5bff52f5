"""The rehearsal of a plan: the same cmdlets with -WhatIf, as far as that can show anything.

A server answers -WhatIf for the deployment as it is now. It shows that the cmdlet, its parameters
and the rights are there and that the server would begin; not how it ends, how long it takes, or
what earlier steps of the plan change for later ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.codec import cmdlet_from_dict
from lyncops.deployment.model import Deployment
from lyncops.plan.conditions import Condition
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.remoting.execution import Execution


@attrs.frozen(slots=True, kw_only=True)
class RehearsedStep:
    """A step of the plan with what a server can be asked instead, or with the reason why nothing is
    asked.
    """

    step: Step
    ask: CmdletStep | None = (
        None  # its cmdlet with -WhatIf; it waits for nothing, since nothing will come true
    )
    because: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Rehearsal:
    """What the servers say that a step would do, asked with -WhatIf; or why they were not asked."""

    step: Step
    execution: Execution[object] | None = None
    because: str = ""  # why it was not rehearsed


def rehearsed(cmdlet: Cmdlet[object]) -> Cmdlet[object] | None:
    """The cmdlet with -WhatIf, or None where it has no such parameter.

    -Force is taken away: together with it, -WhatIf is ignored by at least one cmdlet and the change
    really starts (fact: whatif-force).
    """
    if not any(about.name == "WhatIf" for about in cmdlet.parameters()):
        return None
    given = {
        name: value
        for name, value in cmdlet.given_arguments().items()
        if name not in ("Force", "Confirm")
    }
    return cmdlet_from_dict({"cmdlet": cmdlet.NAME, "arguments": {**given, "WhatIf": True}})


def conditions_of(plan: Plan) -> tuple[Condition, ...]:
    """What must be read to decide which steps can be rehearsed."""
    return tuple(condition for step in plan.steps for condition in (*_before(step), *_after(step)))


def rehearsal(plan: Plan, deployment: Deployment) -> tuple[RehearsedStep, ...]:
    """Every step of the plan, in order, for a reading that covers `conditions_of(plan)`.

    A step that needs what an earlier step is yet to bring about is not rehearsed: the server would
    refuse it for that alone. One that needs what no step brings about is: then the server's refusal
    is the answer.
    """
    return tuple(_rehearsed(plan, number, deployment) for number in range(len(plan.steps)))


def _rehearsed(plan: Plan, number: int, deployment: Deployment) -> RehearsedStep:
    step = plan.steps[number]
    if isinstance(step, WaitStep):
        return RehearsedStep(step=step, because="it only waits")
    if isinstance(step, ManualStep):
        return RehearsedStep(step=step, because="it is done by hand")
    cmdlet = rehearsed(step.cmdlet)
    if cmdlet is None:
        return RehearsedStep(step=step, because=f"{step.cmdlet.NAME} has no -WhatIf")
    missing = "; ".join(_yet_to_come(plan, number, deployment))
    if missing:
        return RehearsedStep(step=step, because=missing)
    return RehearsedStep(
        step=step, ask=attrs.evolve(step, cmdlet=cmdlet, before=(), after=(), undo="")
    )


def _yet_to_come(plan: Plan, number: int, deployment: Deployment) -> Iterator[str]:
    """What the step needs and does not have now, with the earlier steps that bring it about."""
    for needed in _before(plan.steps[number]):
        truth = needed.evaluate(deployment)
        earlier = () if truth.holds else plan.steps[:number]
        aiming = [n for n, step in enumerate(earlier, start=1) if needed in _after(step)]
        menders = aiming or [
            n for n, step in enumerate(earlier, start=1) if _mends(step, needed, deployment)
        ]
        if menders:
            yield (f"it depends on the result of {_steps(menders)}: {needed}; now {truth.evidence}")


def _steps(numbers: list[int]) -> str:
    *others, last = map(str, numbers)
    return f"steps {', '.join(others)} and {last}" if others else f"step {last}"


def _mends(step: Step, needed: Condition, deployment: Deployment) -> bool:
    """Whether the step aims at something of the same kind that does not hold yet."""
    return any(
        (goal.scope.facets & needed.scope.facets or not (goal.scope.facets or needed.scope.facets))
        and not goal.evaluate(deployment).holds
        for goal in _after(step)
    )


def _before(step: Step) -> tuple[Condition, ...]:
    return () if isinstance(step, WaitStep) else step.before


def _after(step: Step) -> tuple[Condition, ...]:
    return () if isinstance(step, WaitStep) else step.after
