"""Before a run begins: does what the plan was made from still hold?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lyncops.checks.result import CheckResult
from lyncops.cmdlets.base import Cmdlet
from lyncops.errors import InvalidValueError, PlanRefusedError
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.text.sentences import at_a_glance
from lyncops.values import Effect

R = TypeVar("R")
Recheck = Callable[[Plan], None]
"""Looks at the servers afresh; raises PlanRefusedError when the plan must not run any more."""


def require_unrefused(plan: Plan) -> None:
    """Refuse a plan that a check refuses.

    Raises:
        PlanRefusedError: the message names the checks, the remedy what to do about the first.
    """
    if plan.refusals:
        raise refused(plan, plan.refusals)


def require_pools(plan: Plan) -> None:
    """Refuse a plan that names no pool at all: nothing would keep two of its runs apart.

    Raises:
        PlanRefusedError: see above.
    """
    if not plan.pools_to_lock:
        raise PlanRefusedError(
            "The plan names no pool to lock, so it could run twice at the same time.",
            remedy=f"Make the plan again: lyncops plan {plan.procedure.command}.",
        )


def require_harmless(cmdlet: Cmdlet[R]) -> None:
    """Refuse a cmdlet that would change something outside of a plan.

    Raises:
        InvalidValueError: see above.
    """
    if cmdlet.effect is Effect.CHANGE:
        raise InvalidValueError(
            f"{cmdlet.NAME} changes the deployment; on its own it would be neither checked nor"
            " journalled.",
            remedy="Run it as a step of a plan, or see what it would do with what_if=True.",
        )


def require_deployment(plan: Plan, name: str) -> None:
    """Refuse a plan that was made for another deployment than `name`.

    Raises:
        InvalidValueError: see above.
    """
    if plan.deployment != name:
        raise InvalidValueError(
            f"The plan is for the deployment {plan.deployment!r}; this client is connected to"
            f" {name!r}.",
            remedy=(
                "Use the configuration of that deployment, or make the plan again with this one."
            ),
        )


def compare(plan: Plan, fresh: Plan) -> None:
    """Refuse `plan` when the same request would be refused now, or would need a step that `plan`
    lacks.

    Raises:
        PlanRefusedError: see above; or `plan` does not lock a pool that such a plan locks. A step
            that is no longer needed is no reason: it will be found to be already true.
    """
    require_unrefused(fresh)
    unlocked = sorted(set(fresh.lock) - set(plan.pools_to_lock))
    if unlocked:  # whatever the file says: two runs on one pair of pools must not be possible
        raise PlanRefusedError(
            f"The plan does not lock {', '.join(unlocked)}, so somebody else could work there at"
            " the same time.",
            remedy=f"Make the plan again: lyncops plan {plan.procedure.command}.",
        )
    known = {step.step_id for step in plan.steps}
    missing = [step.title for step in fresh.steps if _is_needed(step) and step.step_id not in known]
    if missing:
        raise PlanRefusedError(
            "The servers have changed since the plan was made: it would now also need:"
            f" {'; '.join(missing)}.",
            remedy=f"Make the plan again: lyncops plan {plan.procedure.command}.",
        )


def _is_needed(step: Step) -> bool:
    return isinstance(step, ManualStep) or (isinstance(step, CmdletStep) and not step.optional)


def refused(plan: Plan, refusals: tuple[CheckResult, ...]) -> PlanRefusedError:
    """The error of a plan that these checks refuse."""
    reasons = " ".join(
        f"[{check.check_id}] {at_a_glance(check.evidence).rstrip('.')}." for check in refusals
    )
    return PlanRefusedError(
        f"{plan.procedure.title} is refused, nothing was changed. {reasons}",
        remedy=refusals[0].remedy,
        check_id=refusals[0].check_id,
    )
