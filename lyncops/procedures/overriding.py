"""What an override changes in the plan: the same plan with it and without it, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.checks.words import listed
from lyncops.plan.conditions import Condition
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, Step, WaitStep


def changes_between(without: Plan, overridden: Plan) -> tuple[str, ...]:
    """What the overridden plan does otherwise than the one without the override, in sentences."""
    return tuple(_changes(without, overridden)) or ("The plan is the same, and not refused.",)


def _changes(without: Plan, overridden: Plan) -> Iterator[str]:
    before = {step.step_id: step for step in without.steps}
    after = {step.step_id: step for step in overridden.steps}
    for step_id, step in before.items():
        if step_id not in after:
            yield f"Left out: {step.title}."
    for step_id, step in after.items():
        if step_id not in before:
            yield f"Added: {step.title}."
        else:
            yield from _changes_of_step(before[step_id], step)
    if without.expected_loss != overridden.expected_loss:
        yield f"The expected loss becomes: {overridden.expected_loss}"


def _changes_of_step(before: Step, after: Step) -> Iterator[str]:
    asked = set(_asked_first(after))
    dropped = [condition for condition in _asked_first(before) if condition not in asked]
    if dropped:
        yield f"{after.title}: sent without first checking whether {listed(dropped)}."
    if isinstance(before, CmdletStep) and isinstance(after, CmdletStep):
        sent = (before.cmdlet.to_powershell(), after.cmdlet.to_powershell())
        if sent[0] != sent[1]:
            yield f"{after.title}: sends {sent[1]} in place of {sent[0]}"


def _asked_first(step: Step) -> tuple[Condition, ...]:
    return () if isinstance(step, WaitStep) else step.before
