"""What a task answers: the values that a play registers, and how a failure says what it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, cast

from lyncops.errors import LyncOpsError, RunCutOffError, RunLockedError
from lyncops.plan.steps import ManualStep
from lyncops.runs.exit_codes import ExitCode, exit_code, exit_code_of
from lyncops.runs.model import Run, RunState
from lyncops.runs.report import Report
from lyncops.values import JsonValue
from lyncops.views.blocks import Block, plain_lines
from lyncops.views.run import run_blocks

Answer = dict[str, JsonValue]
"""What Ansible registers of a task."""
_HIDDEN: Final = "********"
_DONE: Final = (ExitCode.DONE, ExitCode.DONE_WITH_EXCEPTIONS)


def lines(blocks: Iterable[Block]) -> list[JsonValue]:
    """The blocks as lines, which every callback of Ansible's shows one below the other."""
    return list(chain.from_iterable(plain_lines(block) for block in blocks))


def failure(code: ExitCode, message: str) -> Answer:
    """A failed task. `failure_kind` is what a play decides by; its words are those of the exit
    codes.
    """
    return {"failed": True, "changed": False, "failure_kind": code.name.lower(), "msg": message}


def failure_of(error: LyncOpsError) -> Answer:
    """What an error of lyncops is as a failed task."""
    answer = failure(exit_code_of(error), str(error)) | {"error": type(error).__name__}
    if isinstance(error, RunCutOffError):
        answer["run_id"] = error.run_id
    if isinstance(error, RunLockedError):
        answer["locked_by"] = error.run_id
    return answer


def run_answer(run: Run) -> Answer:
    """The state of a run: failed, unless it is done or waits for a person."""
    report = Report.of(run)
    answer: Answer = {
        "run_id": run.run_id,
        "state": run.state.value,
        "report": report.data(),
        "exceptions": list(run.exceptions),
        "left_to_do": list(report.left_to_do),
        "text": lines(run_blocks(run)),
        "msg": report.headline,
    }
    pending = _pending(run)
    if pending is not None:
        told = f"The run {run.run_id} waits for a person: {pending['title']} ({pending['where']})."
        return {**answer, "pending": pending, "msg": told, "warnings": [told]}
    code = exit_code(run.state)
    if code in _DONE:
        warnings: list[JsonValue] = [f"{report.headline}: {text}" for text in run.exceptions]
        return {**answer, "warnings": warnings} if warnings else answer
    return {**answer, **failure(code, "\n".join(map(str, lines(run_blocks(run)))).strip())}


def _pending(run: Run) -> Answer | None:
    """What the run waits for."""
    waits = run.current is not None and run.state is RunState.PENDING_MANUAL_STEP
    step = run.current.step if run.current is not None and waits else None
    if not isinstance(step, ManualStep):
        return None
    return {
        "step_id": step.step_id,
        "title": step.title,
        "where": step.where,
        "instructions": list(step.instructions),
        "how_to_see": step.how_to_see,
    }


def without(secrets: Iterable[str], value: JsonValue) -> JsonValue:
    """The value with every secret in its texts replaced."""
    found = [secret for secret in secrets if secret]
    match value:
        case str():
            for secret in found:
                value = value.replace(secret, _HIDDEN)
            return value
        case list():
            return [without(found, item) for item in value]
        case dict():
            return {key: without(found, item) for key, item in value.items()}
        case _:
            return value


def plain(value: object) -> JsonValue:
    """The value in JSON's own types: Ansible marks texts with where they come from."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            items = cast("Mapping[object, object]", value)
            return {str(key): plain(item) for key, item in items.items()}
        case list() | tuple():
            return [plain(item) for item in cast("Iterable[object]", value)]
        case _:
            return "".join(str(value))
