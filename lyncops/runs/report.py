"""The report of a run for people: what was done, when, with which PowerShell, what was seen before
and after, and what is left to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind
from lyncops.runs.chain import Chain
from lyncops.runs.model import Attempt, Run, RunState, StepRecord, StepState
from lyncops.runs.report_data import report_data
from lyncops.runs.what_came import loss_seen, took
from lyncops.text.brief import brief
from lyncops.text.durations import duration_in_words
from lyncops.text.harmless import harmless, json_text
from lyncops.text.markdown import markdown, markdown_code
from lyncops.values import JsonValue

_MARKS: Final = {
    StepState.PENDING: "not started",
    StepState.RUNNING: "begun",
    StepState.WAITING_FOR_PERSON: "waits for a person",
    StepState.DONE: "done",
    StepState.ALREADY_TRUE: "already done, nothing was sent",
    StepState.FAILED: "FAILED",
    StepState.TIMED_OUT: "TIMED OUT",
    StepState.UNKNOWN: "OUTCOME UNKNOWN",
    StepState.GIVEN_UP: "did not succeed (optional)",
}


@attrs.frozen(slots=True, kw_only=True)
class Report:
    """A run as a report."""

    run: Run
    chain: Chain | None = None  # what the hash chain of its entries says, where it was followed

    def __repr__(self) -> str:
        return brief(self, f"{self.run.run_id}: {self.headline}")

    @classmethod
    def of(cls, run: Run, *, chain: Chain | None = None) -> Report:
        """The report of a run, whatever its state."""
        return cls(run=run, chain=chain)

    def __str__(self) -> str:
        return self.text()

    @property
    def headline(self) -> str:
        """One line: what, on what, its state."""
        plan = self.run.plan
        return f"{plan.procedure.title}: {self.run.state.value.replace('_', ' ')}"

    @property
    def left_to_do(self) -> tuple[str, ...]:
        """What remains for the operator, in order; empty when the run went as planned and leaves
        nothing broken.
        """
        exceptions = (f"Look into: {text}" for text in self.run.exceptions)
        return (
            *_ways_on(self.run),
            *exceptions,
            *_open_steps(self.run),
            *map(str, self.run.left_broken),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """The plan's notes, such as the repair of what can go wrong; then what was
        noted while it ran.
        """
        return (*self.run.plan.notes, *self.run.notes)

    def text(self) -> str:
        """The report as plain text."""
        return "\n".join(_lines(self, _Plain())) + "\n"

    def markdown(self) -> str:
        """The report as Markdown."""
        return "\n".join(_lines(self, _Markdown())) + "\n"

    def data(self) -> dict[str, JsonValue]:
        """The report as JSON's types; times are ISO 8601, durations seconds."""
        return report_data(self.run, chain=self.chain, notes=self.notes, left_to_do=self.left_to_do)

    def json(self) -> str:
        """The report as JSON text."""
        return json_text(self.data(), indent=2)


@attrs.frozen(slots=True)
class Code:
    """PowerShell behind a label."""

    label: str
    powershell: str


class _Plain:
    """Plain text. Every text is harmless and stays on its line, whatever its origin."""

    def title(self, text: str) -> list[str]:
        shown = self.words(text)
        return [shown, "=" * len(shown)]

    def section(self, text: str) -> list[str]:
        return ["", text, "-" * len(text)]

    def item(self, told: str | Code, depth: int = 0) -> str:
        text = (
            self.words(told)
            if isinstance(told, str)
            else f"{told.label}: {self.code(harmless(told.powershell))}"
        )
        return f"{'  ' * depth}- {text}"

    def words(self, text: str) -> str:
        return harmless(text)

    def code(self, text: str) -> str:
        return text


class _Markdown(_Plain):
    """The same, as Markdown."""

    def title(self, text: str) -> list[str]:
        return [f"# {self.words(text)}", ""]

    def section(self, text: str) -> list[str]:
        return ["", f"## {text}", ""]

    def words(self, text: str) -> str:
        return markdown(text)

    def code(self, text: str) -> str:
        return markdown_code(text)


def _lines(report: Report, style: _Plain) -> Iterable[str]:
    run = report.run
    yield from style.title(report.headline)
    for text in (*run_facts(run), *chain_facts(report.chain)):
        yield style.item(text)
    for title, texts in (
        ("Exceptions", run.exceptions),
        ("Left to do", report.left_to_do),
        ("Notes", report.notes),
    ):
        if texts:
            yield from style.section(title)
            yield from map(style.item, texts)
    yield from style.section("Steps")
    for number, record in enumerate(run.steps, start=1):
        yield style.item(f"{number}. {record.step.title}: {_MARKS[record.state]}{_when(record)}")
        for fact in step_facts(record):
            yield style.item(fact, 1)


def run_facts(run: Run) -> Iterable[str]:
    """The run in sentences: whose, when, why, its state; then what was expected and what came."""
    yield from identity_facts(run)
    yield from expectation_facts(run)


def identity_facts(run: Run) -> Iterable[str]:
    """Whose run it is, when it began, why, and its state."""
    yield (
        f"Run {run.run_id} on deployment {run.plan.deployment}, by {run.operator}, begun"
        f" {_stamp(run.created_at)}"
    )
    if run.reason:
        yield f"Reason: {run.reason}"
    if run.changed_at:
        yield f"{run.state.value.replace('_', ' ').capitalize()} since {_stamp(run.changed_at)}"
    if run.why:
        yield run.why


def expectation_facts(run: Run) -> Iterable[str]:
    """What was expected and what came: the goal, the loss, the duration; and the overrides."""
    if run.goal_evidence:
        yield f"Goal, as read from the servers: {run.goal_evidence}"
    if run.plan.expected_loss:
        yield f"Expected loss, as announced before the run: {run.plan.expected_loss}"
    yield f"Actual loss: {loss_seen(run)}"
    yield f"Duration: expected {_about(run.plan.estimate)}, {_spent(run)}"
    for check in run.plan.checks:
        if check.overridden_because:
            changed = " ".join(check.override_changes)
            told = f"Check {check.check_id} was overridden: {check.overridden_because} {changed}"
            yield told.rstrip()


def chain_facts(chain: Chain | None) -> Iterable[str]:
    """What the journal's hash chain says of the run, and the hash that is worth keeping."""
    if chain is None:
        return
    yield f"Journal: {chain}"
    yield from (f"Journal: {flaw}" for flaw in chain.flaws)
    if chain.tip:
        yield (
            f"Hash of its last entry, to be kept outside of the journal: {chain.tip} (lyncops runs"
            f" verify {chain.run_id} --kept {chain.tip})"
        )


def _spent(run: Run) -> str:
    spent = took(run)
    return "not over yet" if spent is None else f"took {duration_in_words(spent)}"


def _about(estimate: timedelta) -> str:
    return f"about {duration_in_words(estimate)}" if estimate else "not estimated"


def step_facts(record: StepRecord) -> Iterable[str | Code]:
    """What was sent, what was seen before and after, every attempt, and what undoes it."""
    step = record.step
    if isinstance(step, CmdletStep):
        yield Code("PowerShell", step.cmdlet.to_powershell())
    if record.evidence_before:
        yield f"Before: {record.evidence_before}"
    for attempt in record.attempts:
        yield from attempt_facts(attempt)
        yield from _lines_of(attempt)
    if record.evidence_after:
        yield f"After: {record.evidence_after}"
    if record.why:
        yield record.why
    if record.attempts and step.undo and record.state is not StepState.ALREADY_TRUE:
        yield f"Undone by: {step.undo}"


def attempt_facts(attempt: Attempt) -> Iterable[str]:
    """When and where it was sent, how it ended, its errors and warnings; who had it sent again."""
    yield _attempt(attempt)
    yield from (line for error in attempt.errors for line in _error(error))
    yield from (f"Warning: {warning}" for warning in attempt.warnings)
    if attempt.released:
        yield f"Sent again at the request of {attempt.released}, although its outcome was unknown"


def _lines_of(attempt: Attempt) -> Iterable[str]:
    """What it wrote, but for what is said already."""
    said = {
        StreamKind.ERROR: {str(error) for error in attempt.errors},
        StreamKind.WARNING: set(attempt.warnings),
    }
    for line in attempt.lines:
        if line.text not in said.get(line.stream, ()):
            percent = f" ({line.percent} %)" if line.percent is not None else ""
            yield f"{line.at:%H:%M:%S} {line.stream.value}: {line.text}{percent}"
    if attempt.lines_left_out:
        yield f"{attempt.lines_left_out} more lines were not kept"


def _error(error: ErrorRecord) -> Iterable[str]:
    yield f"Error: {error}"
    if len(error.causes) > 1:
        yield from (f"Caused by: {cause}" for cause in error.causes[1:])


def _attempt(attempt: Attempt) -> str:
    outcome = attempt.outcome.value if attempt.outcome else "not known yet"
    outcome = (
        f"never started at the server: {attempt.proof.value}"
        if attempt.proof is not None
        else outcome
    )
    where = f"{attempt.address.endpoint}, command {attempt.address.command_id}"
    told = {str(error) for error in attempt.errors}
    reason = f" ({attempt.reason})" if attempt.reason and attempt.reason not in told else ""
    return (
        f"Attempt {attempt.number} at {_stamp(attempt.prepared_at)} through {where}:"
        f" {outcome}{reason}"
    )


def _ways_on(run: Run) -> Iterable[str]:
    resume = f"lyncops resume {run.run_id}"
    match run.state:
        case RunState.PENDING_MANUAL_STEP:
            yield f"Do the manual step, then: {resume}"
        case RunState.UNKNOWN:
            yield (
                f"Check what the servers show (lyncops status); this makes lyncops check again: "
                f"{resume}"
            )
            if run.current is not None and run.current.awaits_word:
                again = f'{resume} --send-again --reason "..."'
                yield (
                    "Send it again only if you are sure that it did not run and is not running: "
                    f"{again}"
                )
        case RunState.PAUSED_BY_FAILED_STEP | RunState.TIMED_OUT:
            yield f"Fix what stopped it, then: {resume}"
        case RunState.PAUSED_BY_OPERATOR | RunState.RUNNING | RunState.PENDING:
            yield f"Continue with: {resume}"
        case RunState.FAILED:
            yield (
                "Make a new plan from what the servers show now: lyncops plan"
                f" {run.plan.procedure.command}"
            )
        case RunState.COMPLETED | RunState.COMPLETED_WITH_EXCEPTIONS | RunState.CANCELLED:
            return


def _open_steps(run: Run) -> Iterable[str]:
    return (_to_do(record.step) for record in run.steps if not record.state.is_settled)


def _to_do(step: Step) -> str:
    return (
        f"{step.title} ({step.where}): {' '.join(step.instructions)}"
        if isinstance(step, ManualStep)
        else step.title
    )


def _when(record: StepRecord) -> str:
    if record.started_at is None:
        return ""
    if record.ended_at is None:
        return f", since {_stamp(record.started_at)}"
    return f", {_stamp(record.started_at)}, took {_duration(record.started_at, record.ended_at)}"


def _duration(start: datetime, end: datetime) -> str:
    seconds = round((end - start).total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"
