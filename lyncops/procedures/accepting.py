"""A plan that is not refused goes on with what it did not know: its steps ask no more than its
checks did.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import Facet
from lyncops.plan.conditions import Condition, PoolIsAlive, UnlessRefuted, scope_of
from lyncops.plan.model import Plan
from lyncops.plan.steps import Step, WaitStep


def accepted(plan: Plan, deployment: Deployment) -> Plan:
    """The plan, with the preconditions of its steps as its checks judged them when it was made.

    What could not be read then stops a step only where it is seen to be wrong later. A pool that an
    operator knows to live, against what was seen, is not asked for a sign of life again: no step of
    a plan could give it one.
    """
    if plan.is_refused:
        return plan
    steps: list[Step] = []
    changed: frozenset[Facet] = frozenset()
    for step in plan.steps:
        steps.append(_accepted(step, deployment, changed))
        if not isinstance(step, WaitStep):
            changed |= scope_of(step.after).facets
    return attrs.evolve(plan, steps=tuple(steps))


def _accepted(step: Step, deployment: Deployment, changed: frozenset[Facet]) -> Step:
    if isinstance(step, WaitStep) or not step.before:
        return step
    return attrs.evolve(step, before=tuple(_asked(step.before, deployment, changed)))


def _asked(
    conditions: tuple[Condition, ...], deployment: Deployment, changed: frozenset[Facet]
) -> Iterator[Condition]:
    """What an earlier step changes is asked as it is: it can be read by then."""
    for condition in conditions:
        holds = condition.evaluate(deployment).holds
        if holds is None and not condition.scope.facets & changed:
            yield UnlessRefuted(condition)
        elif holds is not False or not isinstance(condition, PoolIsAlive):
            yield condition
