"""A plan as a runbook: what a person does by hand, step by step, when lyncops is gone.

Three forms of the same: Markdown, a page to print, and a PowerShell script that asks before and
after each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from lyncops.errors import PlanRefusedError
from lyncops.plan.conditions import Condition
from lyncops.plan.file_names import named_after
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.runs.recheck import refused
from lyncops.text.durations import duration_in_words as duration
from lyncops.text.harmless import harmless
from lyncops.views.reading import reading_of

BEFORE_ANYTHING: Final = (
    "This was right when the plan was made. Look first whether the servers still show it.",
    "Work alone: nothing keeps another operator from working on these pools at the same time.",
    "Do the steps in this order. Read back after each one; if what it says does not show, stop.",
    "Do not send a command twice because its answer was lost: read back what it did.",
)


@attrs.frozen(slots=True, kw_only=True)
class Check:
    """Something that must hold, and the PowerShell that shows it ("" where none does)."""

    what: str
    reading: str


@attrs.frozen(slots=True, kw_only=True)
class Item:
    """One step for a person."""

    number: int
    title: str
    why: str
    about: str  # how long it takes, "" where that is not known
    optional: bool
    where: str
    command: str  # PowerShell; "" where there is nothing to send
    by_hand: tuple[str, ...]
    before: tuple[Check, ...]
    after: tuple[Check, ...]
    within: str  # how long what must hold after it may take
    undo: str
    sources: tuple[str, ...]


@attrs.frozen(slots=True, kw_only=True)
class Runbook:
    """The whole of it."""

    title: str
    plan_id: str
    made_at: str
    duration: str
    loss: str
    locked: tuple[str, ...]
    warnings: tuple[str, ...]  # checks that did not pass or were overridden
    items: tuple[Item, ...]
    goal: tuple[Check, ...]
    notes: tuple[str, ...]
    afterwards: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan) -> Runbook:
        """The runbook of a plan.

        Raises:
            PlanRefusedError: a check refuses the plan: nobody is to work through it.
        """
        if plan.refusals:
            raise refused_runbook(plan)
        named = named_after(plan, f"by-hand-{plan.content_id[:8]}")
        steps = named.steps
        return cls(
            title=harmless(f"{plan.procedure.title} in {plan.deployment}"),
            plan_id=plan.content_id,
            made_at=f"{plan.created_at:%Y-%m-%d %H:%M:%S %Z}",
            duration=duration(plan.estimate) if plan.estimate else "not estimated",
            loss=harmless(plan.expected_loss or "none"),
            locked=tuple(map(str, plan.pools_to_lock)),
            warnings=tuple(map(harmless, _warnings(plan))),
            items=tuple(_item(number, step) for number, step in enumerate(steps, start=1)),
            goal=_checks(plan.goal),
            notes=tuple(map(harmless, plan.notes)),
            afterwards=tuple(harmless(str(each)) for each in plan.left_broken),
        )


def refused_runbook(plan: Plan) -> PlanRefusedError:
    """The error of a runbook that nobody is to follow."""
    error = refused(plan, plan.refusals)
    what = f"No runbook was written: {error.what}"
    remedy = f"{error.remedy} All checks: lyncops check {plan.procedure.command}"
    return PlanRefusedError(what, remedy=remedy.lstrip(), check_id=error.check_id)


def _warnings(plan: Plan) -> Iterator[str]:
    for check in plan.checks:
        if check.overridden_because:
            yield f"{check.check_id} is overridden because: {check.overridden_because}"
        elif check.verdict.value != "passed":
            yield f"{check.check_id}: {check.evidence} {check.remedy}".rstrip()


def _item(number: int, step: Step) -> Item:
    after = step.until if isinstance(step, WaitStep) else step.after
    return Item(
        number=number,
        title=harmless(step.title),
        why=harmless(step.why),
        about=duration(step.estimate) if step.estimate else "",
        optional=not isinstance(step, ManualStep) and step.optional,
        where=harmless(_where(step)),
        command=harmless(step.cmdlet.to_powershell()) if isinstance(step, CmdletStep) else "",
        by_hand=tuple(map(harmless, _by_hand(step))),
        before=() if isinstance(step, WaitStep) else _checks(step.before),
        after=_checks(after),
        within=_within(step),
        undo=harmless(step.undo or "nothing"),
        sources=tuple(harmless(f"{one.title}: {one.url}") for one in step.sources),
    )


def _where(step: Step) -> str:
    match step:
        case CmdletStep():
            return str(step.place)
        case ManualStep():
            return step.where
        case WaitStep():
            return ""


def _by_hand(step: Step) -> tuple[str, ...]:
    if isinstance(step, ManualStep):
        return (*step.instructions, f"Seen by: {step.how_to_see}")
    return ()


def _within(step: Step) -> str:
    match step:
        case WaitStep():
            return duration(step.deadline)
        case CmdletStep():
            return duration(step.settle) if step.after else ""
        case ManualStep():
            return ""


def _checks(conditions: tuple[Condition, ...]) -> tuple[Check, ...]:
    return tuple(
        Check(what=harmless(str(one)), reading=harmless(reading_of(one))) for one in conditions
    )
