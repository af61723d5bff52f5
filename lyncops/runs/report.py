"""A run told to people: what was done, when, with which PowerShell, what was seen before and after,
and what is left to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from lyncops.plan.steps import CmdletStep, ManualStep, Step
from lyncops.remoting.psrp.streams import ErrorRecord, StreamKind
from lyncops.runs.model import Attempt, Run, RunState, StepRecord, StepState
from lyncops.text.brief import brief
from lyncops.text.harmless import harmless, json_text
from lyncops.values import JsonValue

_MARKUP: Final = frozenset("\\`*_<>[]#|&~")
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
    """A run, ready to be told."""

    run: Run

    def __repr__(self) -> str:
        return brief(self, f"{self.run.run_id}: {self.headline}")

    @classmethod
    def of(cls, run: Run) -> Report:
        """The report of a run, whatever its state."""
        return cls(run=run)

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
        """What was told before the run, such as the repair of what can go wrong; then what was
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
        run = self.run
        return {
            "run": run.run_id,
            "procedure": run.plan.procedure.NAME,
            "target": None if run.plan.target is None else str(run.plan.target),
            "mode": run.plan.mode.value if run.plan.mode else None,
            "deployment": run.plan.deployment,
            "plan": run.plan.content_id,
            "operator": run.operator,
            "reason": run.reason,
            "state": run.state.value,
            "why": run.why,
            "created_at": run.created_at.isoformat(),
            "changed_at": _iso(run.changed_at),
            "goal_evidence": run.goal_evidence,
            "expected_loss": run.plan.expected_loss,
            "overridden": {
                check.check_id: check.overridden_because
                for check in run.plan.checks
                if check.overridden_because
            },
            "notes": list(self.notes),
            "exceptions": list(run.exceptions),
            "left_to_do": list(self.left_to_do),
            "next": [each.command for each in run.left_broken if each.command],
            "steps": [_step_data(record) for record in run.steps],
        }

    def json(self) -> str:
        """The report as JSON text."""
        return json_text(self.data(), indent=2)


@attrs.frozen(slots=True)
class Code:
    """PowerShell behind a label."""

    label: str
    powershell: str


class _Plain:
    """Plain text. What is told is harmless and stays on its line, whoever wrote it."""

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
        return "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in harmless(text))

    def code(self, text: str) -> str:
        longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
        fence = "`" * (longest + 1)
        return f"{fence} {text} {fence}" if longest else f"`{text}`"


def _lines(report: Report, style: _Plain) -> Iterable[str]:
    run = report.run
    yield from style.title(report.headline)
    for text in run_facts(run):
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
    """The run in sentences: whose, when, why, its state and its expected loss."""
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
    if run.goal_evidence:
        yield f"Goal, as read from the servers: {run.goal_evidence}"
    if run.plan.expected_loss:
        yield f"Expected loss, as announced before the run: {run.plan.expected_loss}"
    for check in run.plan.checks:
        if check.overridden_because:
            changed = " ".join(check.override_changes)
            told = f"Check {check.check_id} was overridden: {check.overridden_because} {changed}"
            yield told.rstrip()


def step_facts(record: StepRecord) -> Iterable[str | Code]:
    """What was sent, what was seen before and after, every attempt, and what undoes it."""
    step = record.step
    if isinstance(step, CmdletStep):
        yield Code("PowerShell", step.cmdlet.to_powershell())
    if record.evidence_before:
        yield f"Before: {record.evidence_before}"
    for attempt in record.attempts:
        yield _attempt(attempt)
        yield from (line for error in attempt.errors for line in _error(error))
        yield from (f"Warning: {warning}" for warning in attempt.warnings)
        yield from _lines_of(attempt)
        if attempt.released:
            yield (
                f"Sent again at the request of {attempt.released}, although its outcome was unknown"
            )
    if record.evidence_after:
        yield f"After: {record.evidence_after}"
    if record.why:
        yield record.why
    if record.attempts and step.undo and record.state is not StepState.ALREADY_TRUE:
        yield f"Undone by: {step.undo}"


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


def _step_data(record: StepRecord) -> dict[str, JsonValue]:
    step = record.step
    return {
        "id": step.step_id,
        "title": step.title,
        "why": step.why,
        "sources": [{"title": one.title, "url": one.url} for one in step.sources],
        "state": record.state.value,
        "state_why": record.why,
        "powershell": step.cmdlet.to_powershell() if isinstance(step, CmdletStep) else None,
        "started_at": _iso(record.started_at),
        "ended_at": _iso(record.ended_at),
        "evidence_before": record.evidence_before,
        "evidence_after": record.evidence_after,
        "exceptions": list(record.exceptions),
        "undo": step.undo,
        "attempts": [_attempt_data(attempt) for attempt in record.attempts],
    }


def _attempt_data(attempt: Attempt) -> dict[str, JsonValue]:
    return {
        "number": attempt.number,
        "prepared_at": attempt.prepared_at.isoformat(),
        "ended_at": _iso(attempt.ended_at),
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "sent": attempt.sent,
        "proof": attempt.proof.name.lower() if attempt.proof else None,
        "released": attempt.released,
        "endpoint": attempt.address.endpoint,
        "logon": attempt.address.logon,
        "command_id": attempt.address.command_id,
        "errors": [str(error) for error in attempt.errors],
        "causes": [[str(cause) for cause in error.causes] for error in attempt.errors],
        "warnings": list(attempt.warnings),
        "lines": [
            {
                "at": line.at.isoformat(),
                "stream": line.stream.value,
                "text": line.text,
                "percent": line.percent,
            }
            for line in attempt.lines
        ],
        "lines_left_out": attempt.lines_left_out,
        "reason": attempt.reason,
    }


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


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
