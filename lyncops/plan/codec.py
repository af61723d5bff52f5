"""Plans as JSON text, and back: what is read is the plan that was written, or an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

import attrs
from cattrs import transform_error
from cattrs.errors import BaseValidationError
from cattrs.v import format_exception

from lyncops.errors import LyncOpsError, PlanFormatError
from lyncops.plan.model import Plan, content_id_of
from lyncops.plan.serial import CONVERTER, canonical
from lyncops.plan.steps import CmdletStep
from lyncops.sources import page

FORMAT: Final = 2
"""2 since the procedure's options are fields of their own; 1 had them as texts in `choices`."""
_OTHER_ID: Final = "The plan was altered after it was saved: its content id does not match."
_OTHER_LOOK: Final = (
    "The plan was altered after it was saved: what it shows differs from what it would do."
)
_BESIDE: Final = frozenset({"changed", "nothing_to_do", "see"})  # `plan --json` says these too
_REMEDY: Final = "Make the plan again with `lyncops plan`; saved plans cannot be edited."


def plan_to_data(plan: Plan) -> dict[str, object]:
    """The plan as JSON's types: the plan itself, and beside it what readers want and lyncops
    derives from it.

    Derived are `content_id`, `refused`, `estimate_seconds` and `powershell` (each step's text by
    its id).
    """
    return {
        "format": FORMAT,
        "content_id": plan.content_id,
        "refused": plan.is_refused,
        "estimate_seconds": plan.estimate.total_seconds(),
        "powershell": {
            step.step_id: step.cmdlet.to_powershell()
            for step in plan.steps
            if isinstance(step, CmdletStep)
        },
        "plan": CONVERTER.unstructure(plan),
    }


def plan_to_json(plan: Plan) -> str:
    """The plan as JSON text."""
    return json.dumps(plan_to_data(plan), indent=2, ensure_ascii=False)


def plan_from_json(text: str) -> Plan:
    """Read a plan that `plan_to_json` wrote.

    Raises:
        PlanFormatError: the text is not a plan, or one of another format, or one that was altered
            after it was saved.
    """
    data = _document(text)
    match data.get("format"):
        case 1:
            return _of_format_1(data)
        case 2:
            plan = _structure(data["plan"])
        case other:
            raise PlanFormatError(
                f"The plan has format {other!r}; this lyncops reads formats 1 to {FORMAT}.",
                remedy=_REMEDY,
            )
    if data.get("content_id") != plan.content_id:
        raise PlanFormatError(_OTHER_ID, remedy=_REMEDY)
    if canonical(data) != canonical(plan_to_data(plan)):
        raise PlanFormatError(_OTHER_LOOK, remedy=_REMEDY)
    return plan


def saved_id(text: str) -> str:
    """The content id in the text of a saved plan, which an older form of the same plan may have
    had.

    Raises:
        PlanFormatError: the text is not a saved plan.
    """
    return str(_document(text).get("content_id"))


def _document(text: str) -> Mapping[str, object]:
    try:
        document: object = json.loads(text)
    except ValueError as problem:
        raise PlanFormatError(f"The plan is not JSON: {problem}.", remedy=_REMEDY) from problem
    if not isinstance(document, dict) or "plan" not in document:
        raise PlanFormatError(
            "The JSON is not a saved plan: it has no field `plan`.", remedy=_REMEDY
        )
    fields = cast("Mapping[str, object]", document)
    return {name: value for name, value in fields.items() if name not in _BESIDE}


def _of_format_1(data: Mapping[str, object]) -> Plan:
    """A plan of lyncops 0.1: its content id is that of its own form, which is checked as such."""
    plain = data["plan"]
    old = cast("Mapping[str, object]", plain if isinstance(plain, dict) else {})
    if data.get("content_id") != content_id_of(old):
        raise PlanFormatError(_OTHER_ID, remedy=_REMEDY)
    if "choices" not in old or "options" in old:
        raise PlanFormatError(_OTHER_LOOK, remedy=_REMEDY)
    plan = _structure(upgraded(old))
    as_of_old = {"format": 1, "content_id": data["content_id"], "plan": old}
    if canonical(data) != canonical({**plan_to_data(plan), **as_of_old}):
        raise PlanFormatError(_OTHER_LOOK, remedy=_REMEDY)
    return plan


_RENAMED: Final = {
    "edge-association": {"edge": "edge_pool"},
    "edge-federation-failover": {"edge": "other_edge"},
    "edge-federation-failback": {"edge": "other_edge"},
    "xmpp-failover": {"edge": "other_edge"},
    "xmpp-failback": {"edge": "other_edge"},
}


def _with_sources(value: object) -> object:
    """Checks and steps with their source, which was one text, as a list of sources."""
    if not isinstance(value, list):
        return value
    entries = cast("list[object]", value)
    return [
        _with_source(cast("dict[str, object]", e)) if isinstance(e, dict) else e for e in entries
    ]


def _with_source(entry: dict[str, object]) -> dict[str, object]:
    if "source" not in entry:
        return entry
    text = str(entry["source"])
    guide_page = attrs.evolve(page("Managing disaster recovery"), title=text)
    sources = [CONVERTER.unstructure(guide_page)] if text else []
    return {
        **{name: value for name, value in entry.items() if name != "source"},
        "sources": sources,
    }


def upgraded(old: Mapping[str, object]) -> dict[str, object]:
    """The plain data of a plan of format 1 in today's form.

    Raises:
        PlanFormatError: its choices cannot be read.
    """
    new = {name: _with_sources(value) for name, value in old.items() if name != "choices"}
    renamed = _RENAMED.get(str(old.get("procedure")), {})
    options: dict[str, object] = {}
    choices = cast("list[object]", old.get("choices") or [])
    for choice in choices:
        name, _, text = str(choice).partition("=")
        try:
            value: object = json.loads(text)
        except ValueError as problem:
            raise PlanFormatError(
                f"The plan's choice {name} cannot be read.", remedy=_REMEDY
            ) from problem
        if name == "to_mirror":
            options["principal"] = "Mirror" if value else "Primary"
        else:
            options[renamed.get(name, name)] = value
    return {**new, "options": options}


def _in_words(problem: BaseException, kind: type | None) -> str:
    """What is wrong with one field; a value's own class says it best."""
    if isinstance(problem, LyncOpsError):
        return problem.what.rstrip(".")
    own = isinstance(problem, ValueError | TypeError) and not isinstance(
        problem, BaseValidationError
    )
    return str(problem) if own else format_exception(problem, kind)


def _structure(data: object) -> Plan:
    try:
        return CONVERTER.structure(data, Plan)
    except BaseValidationError as problem:
        what = "; ".join(transform_error(problem, path="plan", format_exception=_in_words))
        raise PlanFormatError(f"The plan cannot be read: {what}.", remedy=_REMEDY) from problem
    except (LyncOpsError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise PlanFormatError(f"The plan cannot be read: {problem}.", remedy=_REMEDY) from problem
