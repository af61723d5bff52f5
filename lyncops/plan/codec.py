"""Plans as JSON text, and back: what is read is the plan that was written, or an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

from cattrs import transform_error
from cattrs.errors import BaseValidationError
from cattrs.v import format_exception

from lyncops.errors import LyncOpsError, PlanFormatError
from lyncops.plan.model import Plan
from lyncops.plan.serial import CONVERTER, canonical
from lyncops.plan.steps import CmdletStep

FORMAT: Final = 1
_REMEDY: Final = "Make the plan again with `lyncops plan`; a saved plan is not meant to be edited."


def plan_to_data(plan: Plan) -> dict[str, object]:
    """The plan as JSON's types: the plan itself, and beside it what readers want and lyncops derives from it.

    Derived are `content_id`, `refused`, `estimate_seconds` and `powershell` (each step's text by its id).
    """
    return {
        "format": FORMAT,
        "content_id": plan.content_id,
        "refused": plan.is_refused,
        "estimate_seconds": plan.estimate.total_seconds(),
        "powershell": {step.step_id: step.cmdlet.to_powershell() for step in plan.steps if isinstance(step, CmdletStep)},
        "plan": CONVERTER.unstructure(plan),
    }


def plan_to_json(plan: Plan) -> str:
    """The plan as JSON text."""
    return json.dumps(plan_to_data(plan), indent=2, ensure_ascii=False)


def plan_from_json(text: str) -> Plan:
    """Read a plan that `plan_to_json` wrote.

    Raises:
        PlanFormatError: the text is no plan, one of another format, or one that was altered after it was saved.
    """
    try:
        document: object = json.loads(text)
    except ValueError as problem:
        raise PlanFormatError(f"The plan is no JSON: {problem}.", remedy=_REMEDY) from problem
    if not isinstance(document, dict) or "plan" not in document:
        raise PlanFormatError("The JSON is no saved plan: it has no field `plan`.", remedy=_REMEDY)
    data = cast("Mapping[str, object]", document)
    if data.get("format") != FORMAT:
        raise PlanFormatError(f"The plan has format {data.get('format')!r}; this lyncops reads format {FORMAT}.", remedy=_REMEDY)
    plan = _structure(data["plan"])
    if data.get("content_id") != plan.content_id:
        raise PlanFormatError("The plan was altered after it was saved: its content id does not fit.", remedy=_REMEDY)
    if canonical(data) != canonical(plan_to_data(plan)):
        raise PlanFormatError("The plan was altered after it was saved: what it shows is not what it would do.", remedy=_REMEDY)
    return plan


def _in_words(problem: BaseException, kind: type | None) -> str:
    """What is wrong with one field; a value's own class says it best."""
    if isinstance(problem, LyncOpsError):
        return problem.what.rstrip(".")
    own = isinstance(problem, ValueError | TypeError) and not isinstance(problem, BaseValidationError)
    return str(problem) if own else format_exception(problem, kind)


def _structure(data: object) -> Plan:
    try:
        return CONVERTER.structure(data, Plan)
    except BaseValidationError as problem:
        what = "; ".join(transform_error(problem, path="plan", format_exception=_in_words))
        raise PlanFormatError(f"The plan cannot be read: {what}.", remedy=_REMEDY) from problem
    except (LyncOpsError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise PlanFormatError(f"The plan cannot be read: {problem}.", remedy=_REMEDY) from problem
