"""Checks and plans as people read them before anything happens: verdicts, steps with their
PowerShell, loss and duration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import counted, listed
from lyncops.plan.left_broken import LeftBroken
from lyncops.plan.model import CmdletStep, ManualStep, Plan, Step, WaitStep
from lyncops.plan.rehearsal import Rehearsal
from lyncops.remoting.execution import Execution
from lyncops.remoting.psrp.streams import StreamKind
from lyncops.runs.waits import waiting
from lyncops.text.durations import duration_in_words as duration
from lyncops.values import Outcome
from lyncops.views.blocks import Block, Heading, Table, Text, Tone

_WHAT_A_REHEARSAL_SHOWS: Final = (
    "Each cmdlet was sent on its own, with -WhatIf, to the deployment as it is now. This shows that"
    " the cmdlet exists, that you may run it and that it would start; not how it would end, how"
    " long it would take, or what earlier steps would change for it."
)
TONES: Final = {
    Verdict.PASSED: Tone.GOOD,
    Verdict.WARNING: Tone.CAREFUL,
    Verdict.UNKNOWN: Tone.CAREFUL,
    Verdict.FAILED: Tone.BAD,
}

_SAID: Final = {
    Verdict.PASSED: "passed",
    Verdict.WARNING: "warn",
    Verdict.UNKNOWN: "could not be answered",
    Verdict.FAILED: "failed",
}


def check_blocks(
    title: str, checks: Iterable[CheckResult], *, details: bool = True
) -> Iterator[Block]:
    """The verdict, then the checks with their evidence and what to do; without `details` those that
    passed are counted.
    """
    checks = tuple(checks)
    yield from verdict_blocks(title, checks, details=details)
    yield from _table(checks, details=details)
    yield from _remedies(checks)


def verdict_blocks(
    title: str, checks: Sequence[CheckResult], *, details: bool = True
) -> Iterator[Block]:
    """Whether the checks let it happen, and how many passed."""
    yield Heading(title)
    yield _verdict([check.check_id for check in checks if check.refuses])
    yield Text(_counts(checks, details=details))


def _verdict(refused: Sequence[str]) -> Text:
    if refused:
        return Text(f"Not possible now: refused by {listed(refused)}.", Tone.BAD)
    return Text("Possible now.", Tone.GOOD)


def _counts(checks: Sequence[CheckResult], *, details: bool) -> str:
    """How many checks passed, and how many did not."""
    numbers = [(verdict, sum(one.verdict is verdict for one in checks)) for verdict in Verdict]
    told = listed(f"{number} {_SAID[verdict]}" for verdict, number in numbers if number)
    passed = any(check.verdict is Verdict.PASSED for check in checks)
    more = "" if details or not passed else " --details shows those that passed."
    return f"Of {counted(len(checks), 'check')} {told}.{more}"


def _table(checks: Sequence[CheckResult], *, details: bool) -> Iterator[Block]:
    rows = tuple(
        (Text(check.verdict.value, TONES[check.verdict]), check.check_id, check.evidence)
        for check in checks
        if details or _is_remarkable(check)
    )
    if rows:
        yield Table(("verdict", "check", "evidence"), rows)


def _is_remarkable(check: CheckResult) -> bool:
    return check.verdict is not Verdict.PASSED or bool(check.overridden_because)


def _remedies(checks: Iterable[CheckResult]) -> Iterator[Block]:
    for check in filter(_is_remarkable, checks):
        if check.overridden_because:
            yield Text(
                f"{check.check_id} is overridden because: {check.overridden_because}", Tone.CAREFUL
            )
            yield from (Text(change, Tone.CAREFUL, indent=4) for change in check.override_changes)
        elif check.remedy:
            yield Text(f"{check.check_id}: {check.remedy}", TONES[check.verdict])
            yield from (
                Text(f"first: {command}", indent=4, verbatim=True) for command in check.first
            )


NOTHING_TO_DO: Final = "Nothing to do: the plan's goal is already reached."


def plan_blocks(plan: Plan, *, details: bool = True, is_reached: bool = False) -> Iterator[Block]:
    """The plan as the operator must see it before anything happens: the verdict first, then checks,
    steps and notes.

    Without `details` only the checks that did not pass, and of each step its title and its
    PowerShell. `is_reached`: the servers show already what is asked for, whatever the checks say.
    """
    refusals = plan.refusals
    yield Heading(f"Plan {plan.content_id[:12]}: {plan.procedure.title} in {plan.deployment}")
    if is_reached:
        yield Text(NOTHING_TO_DO, Tone.GOOD)
        yield from (Text(f"Asked for: {condition}", indent=4) for condition in plan.goal)
        yield from _table(plan.checks, details=True) if details else ()
        return
    yield possible_block(plan)
    yield Text(_counts(plan.checks, details=details))
    yield from _table(plan.checks, details=details)
    yield from _remedies(check for check in plan.checks if check not in refusals)
    if plan.steps or not refusals:
        yield from _course(plan, details=details)
    yield from (Text(f"Note: {note}") for note in plan.notes)
    if not refusals:
        yield from broken_blocks(plan.left_broken)
    yield from refusal_blocks(refusals)


def possible_block(plan: Plan) -> Text:
    """Whether the plan can run now, and how much it would do."""
    if plan.refusals:
        return _verdict([check.check_id for check in plan.refusals])
    if not plan.steps:
        return Text(NOTHING_TO_DO, Tone.GOOD)
    steps = counted(len(plan.steps), "step")
    return Text(
        f"Possible now: {steps}, about {duration(plan.estimate)}. Nothing has been changed.",
        Tone.GOOD,
    )


def _course(plan: Plan, *, details: bool) -> Iterator[Block]:
    yield Heading(f"Steps ({len(plan.steps)}), about {duration(plan.estimate)} in all")
    for number, step in enumerate(plan.steps, start=1):
        yield from _step(number, step, details=details)
    if plan.steps:
        yield Text("")
    yield Text(f"Done when: {'; '.join(map(str, plan.goal))}")
    yield Text(f"Expected data loss: {plan.expected_loss or 'none'}", Tone.CAREFUL)


def broken_blocks(left: Iterable[LeftBroken]) -> Iterator[Block]:
    """What stays broken, in the best order of repair, each with what to do."""
    left = tuple(left)
    if not left:
        return
    yield Heading("Still broken after the run: do this, in this order")
    for each in left:
        yield Text(each.what, Tone.CAREFUL)
        yield Text(each.remedy, indent=4, verbatim=bool(each.command))


def question_blocks(plan: Plan) -> Iterator[Block]:
    """What is about to happen, in short: the last thing that an operator reads before the
    question.
    """
    yield Heading("About to run")
    yield Text(f"{plan.procedure.title} in {plan.deployment}", Tone.STRONG)
    yield Text(f"{counted(len(plan.steps), 'step')}, about {duration(plan.estimate)}")
    yield Text(f"Expected data loss: {plan.expected_loss or 'none'}", Tone.CAREFUL)


def refusal_blocks(
    refusals: Iterable[CheckResult], *, override: str = "--override {} --reason TEXT"
) -> Iterator[Block]:
    """Why the plan must not run, and what to do; `override` is how a check is overridden here."""
    refusals = tuple(refusals)
    if not refusals:
        return
    yield Heading("Refused")
    for check in refusals:
        yield Text(f"{check.check_id}: {check.evidence}", Tone.BAD)
        yield Text(check.remedy, indent=4)
        yield from (Text(f"first: {command}", indent=4, verbatim=True) for command in check.first)
        if check.overridable:
            how = override.format(check.check_id)
            yield Text(f"or, if you know better: {how}", indent=4)


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
    yield from (
        Text(record.text, Tone.FAINT, indent=6)
        for record in execution.records
        if record.kind is not StreamKind.ERROR
    )


def _step(number: int, step: Step, *, details: bool) -> Iterator[Block]:
    optional = "" if isinstance(step, ManualStep) or not step.optional else " (optional)"
    takes = f", about {duration(step.estimate)}" if step.estimate and not details else ""
    yield Text(f"{number:2}. {step.title}{optional}{takes}", Tone.STRONG)
    yield from _what(step, details=details)
    if details:
        yield from _reasons(step)


def _what(step: Step, *, details: bool) -> Iterator[Block]:
    match step:
        case CmdletStep():
            yield Text(step.cmdlet.to_powershell(), indent=6, verbatim=True)
            if details:
                yield Text(f"runs on: {step.place}", indent=6)
        case WaitStep():
            if details:
                yield Text(waiting(step), indent=6)
        case ManualStep():
            yield Text(f"by hand, at {step.where}:", Tone.CAREFUL, indent=6)
            yield from (Text(f"- {line}", indent=8) for line in step.instructions)
            yield Text(f"seen by: {step.how_to_see}", indent=6)


def _reasons(step: Step) -> Iterator[Block]:
    yield Text(f"why: {step.why}", Tone.FAINT, indent=6)
    yield Text(f"source: {'; '.join(map(str, step.sources))}", Tone.FAINT, indent=6)
    if not isinstance(step, WaitStep):
        if step.after:
            yield Text(f"done when: {'; '.join(map(str, step.after))}", Tone.FAINT, indent=6)
        yield Text(f"undone by: {step.undo or 'nothing'}", Tone.FAINT, indent=6)
    if step.estimate:
        yield Text(f"takes about {duration(step.estimate)}", Tone.FAINT, indent=6)
