"""Checks and plans as people read them before anything happens: verdicts, steps with their PowerShell, loss and duration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lyncops.checks.result import CheckResult, Verdict
from lyncops.plan.left_broken import LeftBroken
from lyncops.plan.model import CmdletStep, ManualStep, Plan, Step, WaitStep
from lyncops.plan.rehearsal import Rehearsal
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.text.durations import duration_in_words as duration
from lyncops.values import Outcome
from lyncops.views.blocks import Block, Heading, Table, Text, Tone

_WHAT_A_REHEARSAL_SHOWS: Final = (
    "Each cmdlet was asked for itself, with -WhatIf, as the deployment stands now: that shows that it is there, that you may run "
    "it and that it would begin; not how it ends, how long it takes, or what earlier steps change for it."
)
_TONES = {Verdict.PASSED: Tone.GOOD, Verdict.WARNING: Tone.CAREFUL, Verdict.UNKNOWN: Tone.CAREFUL, Verdict.FAILED: Tone.BAD}


def check_blocks(title: str, checks: Iterable[CheckResult]) -> Iterator[Block]:
    """Every check with its evidence; below, what to do about those that did not pass."""
    checks = tuple(checks)
    yield Heading(title)
    yield Table(
        ("verdict", "check", "evidence"),
        tuple((Text(check.verdict.value, _TONES[check.verdict]), check.check_id, check.evidence) for check in checks),
    )
    for check in checks:
        if check.overridden_because:
            yield Text(f"{check.check_id} is overridden because: {check.overridden_because}", Tone.CAREFUL)
            yield from (Text(change, Tone.CAREFUL, indent=4) for change in check.override_changes)
        elif check.verdict is not Verdict.PASSED and check.remedy:
            yield Text(f"{check.check_id}: {check.remedy}", _TONES[check.verdict])
            yield from (Text(f"first: {command}", indent=4, verbatim=True) for command in check.first)


def plan_blocks(plan: Plan) -> Iterator[Block]:
    """The plan as the operator must see it before anything happens."""
    yield Heading(f"Plan {plan.content_id[:12]}: {plan.procedure.title} in {plan.deployment}")
    yield from check_blocks("Checks", plan.checks)
    if plan.steps or not plan.refusals:
        yield from _course(plan)
    yield from (Text(f"Note: {note}") for note in plan.notes)
    if not plan.refusals:
        yield from broken_blocks(plan.left_broken)
    yield from refusal_blocks(plan.refusals)


def _course(plan: Plan) -> Iterator[Block]:
    yield Heading(f"Steps ({len(plan.steps)}), about {duration(plan.estimate)} in all")
    for number, step in enumerate(plan.steps, start=1):
        yield from _step(number, step)
    if not plan.steps:
        yield Text("Nothing is left to do: what the plan aims at already holds.")
    yield Text("")
    yield Text(f"Done when: {'; '.join(map(str, plan.goal))}")
    yield Text(f"Expected data loss: {plan.expected_loss or 'none'}", Tone.CAREFUL)


def broken_blocks(left: Iterable[LeftBroken]) -> Iterator[Block]:
    """What stays broken, in the order in which it is best mended, each with what to do."""
    left = tuple(left)
    if not left:
        return
    yield Heading("Left broken: do this after the run, in this order")
    for each in left:
        yield Text(each.what, Tone.CAREFUL)
        yield Text(each.remedy, indent=4, verbatim=bool(each.command))


def refusal_blocks(refusals: Iterable[CheckResult]) -> Iterator[Block]:
    """Why the plan must not run, and what to do."""
    refusals = tuple(refusals)
    if not refusals:
        return
    yield Heading("Refused")
    for check in refusals:
        yield Text(f"{check.check_id}: {check.evidence}", Tone.BAD)
        yield Text(check.remedy, indent=4)
        yield from (Text(f"first: {command}", indent=4, verbatim=True) for command in check.first)
        if check.overridable:
            yield Text(f"or, knowing better: --override {check.check_id} --reason TEXT", indent=4)


def rehearsal_blocks(rehearsals: Iterable[Rehearsal]) -> Iterator[Block]:
    """What the servers say that they would do, and what could not be asked."""
    yield Heading("Rehearsal: nothing was changed")
    yield Text(_WHAT_A_REHEARSAL_SHOWS)
    for number, rehearsal in enumerate(rehearsals, start=1):
        yield Text(f"{number:2}. {rehearsal.step.title}", Tone.STRONG)
        if rehearsal.execution is None:
            yield Text(f"not rehearsed, because {rehearsal.because}", Tone.CAREFUL, indent=6)
        else:
            yield from _answer(rehearsal.execution)


def _answer(execution: Execution[object]) -> Iterator[Block]:
    yield Text(execution.cmdlet.to_powershell(), indent=6, verbatim=True)
    tone = Tone.GOOD if execution.outcome is Outcome.SUCCEEDED else Tone.BAD
    yield Text(f"{execution.outcome.value} {execution.reason}".rstrip(), tone, indent=6)
    yield from (Text(str(error), Tone.BAD, indent=6) for error in execution.errors)
    yield from (Text(record.text, Tone.FAINT, indent=6) for record in execution.records if record.kind is not StreamKind.ERROR)


def _step(number: int, step: Step) -> Iterator[Block]:
    optional = "" if isinstance(step, ManualStep) or not step.optional else " (optional)"
    yield Text(f"{number:2}. {step.title}{optional}", Tone.STRONG)
    match step:
        case CmdletStep():
            yield Text(step.cmdlet.to_powershell(), indent=6, verbatim=True)
            yield Text(f"runs on: {step.place}", indent=6)
        case WaitStep():
            yield Text(f"waits up to {duration(step.deadline)} until: {'; '.join(map(str, step.until))}", indent=6)
        case ManualStep():
            yield Text(f"by hand, at {step.where}:", Tone.CAREFUL, indent=6)
            yield from (Text(f"- {line}", indent=8) for line in step.instructions)
            yield Text(f"seen by: {step.how_to_see}", indent=6)
    yield Text(f"why: {step.why}", Tone.FAINT, indent=6)
    yield Text(f"source: {'; '.join(map(str, step.sources))}", Tone.FAINT, indent=6)
    if not isinstance(step, WaitStep):
        if step.after:
            yield Text(f"done when: {'; '.join(map(str, step.after))}", Tone.FAINT, indent=6)
        yield Text(f"undone by: {step.undo or 'nothing'}", Tone.FAINT, indent=6)
    if step.estimate:
        yield Text(f"takes about {duration(step.estimate)}", Tone.FAINT, indent=6)
