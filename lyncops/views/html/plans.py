"""A plan as a page shows it: is it possible, its checks, its steps with their PowerShell."""

from __future__ import annotations

from collections.abc import Iterator

from lyncops.checks.words import counted
from lyncops.plan.model import CmdletStep, ManualStep, Plan, Step, WaitStep
from lyncops.runs.waits import waiting
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Heading, Text, Tone
from lyncops.views.html.blocks import html_of, table
from lyncops.views.html.checks import checks_table, linked
from lyncops.views.html.markup import Content, Markup, element, joined, unfolding
from lyncops.views.plan import broken_blocks, possible_block


def plan_html(plan: Plan) -> Markup:
    """All of it, the verdict first."""
    return joined(_parts(plan))


def _parts(plan: Plan) -> Iterator[Markup]:
    title = f"Plan {plan.content_id[:12]}: {plan.procedure.title} in {plan.deployment}"
    yield html_of((Heading(title), possible_block(plan)))
    yield checks_table(plan.checks)
    if plan.steps:
        yield _steps(plan)
    if plan.steps or not plan.refusals:
        yield element("p", element("b", "Done when: "), "; ".join(map(str, plan.goal)))
        loss = Text(f"Expected data loss: {plan.expected_loss or 'none'}", Tone.CAREFUL)
        yield html_of((loss,))
    yield html_of(Text(f"Note: {note}") for note in plan.notes)
    if not plan.refusals:
        yield html_of(broken_blocks(plan.left_broken))


def _steps(plan: Plan) -> Markup:
    """Those of a plan that is refused are folded: they are not meant to be worked through."""
    words = f"{counted(len(plan.steps), 'step')}, about {duration(plan.estimate)} in all"
    steps = table(("", "step", "about"), map(_row, range(1, len(plan.steps) + 1), plan.steps))
    if plan.refusals:
        return unfolding(f"what it would do: {words}", steps)
    return joined((element("h4", words), steps))


def _row(number: int, step: Step) -> Iterator[Content]:
    optional = "" if isinstance(step, ManualStep) or not step.optional else " (optional)"
    title = element("span", f"{step.title}{optional}", class_="lo-strong")
    yield str(number)
    yield joined((title, *what_it_does(step), unfolding("why, source, undoing", *reasons(step))))
    yield duration(step.estimate) if step.estimate else ""


def what_it_does(step: Step) -> Iterator[Markup]:
    """The PowerShell, or what is waited for, or what people do."""
    match step:
        case CmdletStep():
            yield element("p", element("code", step.cmdlet.to_powershell()))
        case WaitStep():
            yield element("p", waiting(step))
        case ManualStep():
            yield element("p", f"by hand, at {step.where}:", class_="lo-careful")
            yield element("ul", *(element("li", line) for line in step.instructions))
            yield element("p", f"seen by: {step.how_to_see}")


def reasons(step: Step) -> Iterator[Markup]:
    """Why, on which source, where it runs, when it is done and what undoes it."""
    yield _fact("Why", step.why)
    if step.sources:
        yield _fact("Source", linked(step.sources))
    if isinstance(step, CmdletStep):
        yield _fact("Runs on", str(step.place))
    if not isinstance(step, WaitStep):
        if step.after:
            yield _fact("Done when", "; ".join(map(str, step.after)))
        yield _fact("Undone by", step.undo or "nothing")


def _fact(name: str, content: Content) -> Markup:
    return element("p", element("b", f"{name}: "), content)
