"""A plan as data for programs that show it or decide by it: one object for each check and step."""

from __future__ import annotations

from lyncops.checks.result import CheckResult
from lyncops.plan.model import CmdletStep, ManualStep, Plan, Step, WaitStep
from lyncops.values import JsonValue
from lyncops.views.plan import NOTHING_TO_DO


def plan_data(plan: Plan) -> dict[str, JsonValue]:
    """What an operator would be shown of it. `lyncops.plan.codec` writes the plan itself."""
    return {
        "content_id": plan.content_id,
        "title": plan.procedure.title,
        "deployment": plan.deployment,
        "refused": plan.is_refused,
        "checks": [check_data(check) for check in plan.checks],
        "steps": [_step_data(step) for step in plan.steps],
        "goal": [str(condition) for condition in plan.goal],
        "expected_loss": plan.expected_loss,
        "estimate_seconds": plan.estimate.total_seconds(),
        "notes": list(plan.notes),
    }


def nothing_to_do_data(plan: Plan) -> dict[str, JsonValue]:
    """The answer to a run of a plan whose goal is reached already."""
    return {
        "changed": False,
        "nothing_to_do": True,
        "procedure": plan.procedure.NAME,
        "target": None if plan.target is None else str(plan.target),
        "mode": None if plan.mode is None else plan.mode.value,
        "deployment": plan.deployment,
        "plan": plan.content_id,
        "told": NOTHING_TO_DO,
    }


def check_data(check: CheckResult) -> dict[str, JsonValue]:
    """A check with its answer."""
    return {
        "id": check.check_id,
        "question": check.question,
        "verdict": check.verdict.value,
        "evidence": check.evidence,
        "remedy": check.remedy,
        "refuses": check.refuses,
        "overridable": check.overridable,
        "overridden_because": check.overridden_because,
        "first": list(check.first),
    }


def _step_data(step: Step) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = {
        "id": step.step_id,
        "title": step.title,
        "why": step.why,
        "estimate_seconds": step.estimate.total_seconds(),
        "undo": step.undo,
    }
    match step:
        case CmdletStep():
            return {**data, "kind": "cmdlet", "powershell": step.cmdlet.to_powershell()}
        case WaitStep():
            return {**data, "kind": "wait", "until": [str(condition) for condition in step.until]}
        case ManualStep():
            return {
                **data,
                "kind": "by hand",
                "where": step.where,
                "instructions": list(step.instructions),
            }
