"""The modules that change something: plan, refuse or show, run, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import chain
from typing import Any, Final, cast

import attrs

from lyncops.ansible.answers import Answer, failure, lines, run_answer
from lyncops.ansible.parameters import Parameter
from lyncops.ansible.task import Task
from lyncops.client import Client
from lyncops.errors import EndpointError
from lyncops.plan.model import Plan
from lyncops.plan.procedures import Option, Procedure
from lyncops.runs.events import Event
from lyncops.runs.exit_codes import ExitCode
from lyncops.text.durations import parse_duration
from lyncops.values import JsonValue
from lyncops.views.blocks import Block
from lyncops.views.plan import check_blocks, plan_blocks, refusal_blocks
from lyncops.views.plan_data import plan_data
from lyncops.views.progress import Narration, Pace
from lyncops.views.status import topology_blocks

WHO: Final = (
    Parameter(
        name="operator",
        about=(
            "Who does it, for the journal and the report.",
            "Without it the account that runs Ansible.",
        ),
    ),
    Parameter(
        name="steal_lock",
        about=("Take the pools away from another run that holds them. The journal keeps it.",),
        kind="bool",
        default=False,
    ),
)
HOW: Final = (
    Parameter(
        name="overrides",
        about=(
            "Checks that may fail, each with the reason why: C({CHECK_ID: REASON}).",
            "The plan says what each of them changes, and the report keeps the reasons.",
        ),
        kind="dict",
    ),
    Parameter(name="reason", about=("Why it is done, for the journal and the report.",)),
    *WHO,
)
"""The parameters of every module that runs a procedure."""
_OVERRIDE: Final = "overrides with {}: THE REASON"


@attrs.frozen(slots=True)
class Narrator:
    """Shows each event of a run to those who watch the play with -v."""

    narration: Narration
    tell: Callable[[str], None]
    _pace: Pace = attrs.field(factory=Pace, init=False)

    def observe(self, event: Event) -> None:
        """Say one line, or none where nothing new was seen."""
        if self._pace.is_worth_a_line(event) and (line := self.narration.line(event)):
            self.tell(line)


def procedure_of(kind: type[Procedure], given: Mapping[str, object]) -> Procedure:
    """The procedure that the parameters ask for.

    Raises:
        InvalidValueError: they make no sense together, or one of them has no meaning.
    """
    asked = {
        option.field: _value(option, given[option.field])
        for option in kind.options()
        if given.get(option.field) not in (None, "")
    }
    overrides = cast("Mapping[str, str]", given.get("overrides") or {})
    return kind(overrides=overrides, **cast("dict[str, Any]", asked))


def _value(option: Option, value: object) -> object:
    return parse_duration(str(value)) if issubclass(option.kind, timedelta) else value


def carry_out(procedure: Procedure, task: Task, client: Client) -> Answer:
    """Bring about what the procedure asks for, or say in check mode what would be done.

    Raises:
        LyncOpsError: see `Client.plan` and `Client.run`.
    """
    plan = client.plan(procedure)
    shown: Answer = {"plan": plan_data(plan)}
    if client.is_reached(plan):
        if (open_run := _open_run_of(plan, client)) is not None:
            return {**shown, **open_run}
        unchanged = f"{procedure.title}: nothing to do, it is so already."
        return {**shown, "changed": False, "msg": unchanged}
    if plan.is_refused:
        return {**shown, **_refused(plan)}
    if task.check:
        return {**shown, **_expected(plan, task)}
    pictured = _picture(client, plan) if task.diff else ""
    run = client.run(
        plan,
        operator=task.text("operator"),
        reason=task.text("reason"),
        steal_lock=task.flag("steal_lock"),
        observers=[Narrator(Narration(plan), task.tell)],
    )
    answer: Answer = {**shown, **run_answer(run), "changed": run.has_changed}
    if task.diff:
        answer["diff"] = _compared(plan, pictured, _picture(client, plan, afresh=True))
    return answer


def _open_run_of(plan: Plan, client: Client) -> Answer | None:
    """The failure where a run that is not over has these pools: what the servers show already may
    be half of what it does, and the rest a step for a person.
    """
    run = client.open_run_of(plan)
    if run is None:
        return None
    told = (
        f"The run {run.run_id} has these pools and is {run.state.value}. Go on with it"
        f" (run_resume), or cancel it: lyncops runs cancel {run.run_id}."
    )
    return {**failure(ExitCode.LOCKED, told), "locked_by": run.run_id, "run_id": run.run_id}


def _refused(plan: Plan) -> Answer:
    checks = check_blocks(f"Checks of {plan.procedure.title}", plan.checks, details=False)
    table = _joined(chain(checks, refusal_blocks(plan.refusals, override=_OVERRIDE)))
    return {**failure(ExitCode.REFUSED, table), "error": "PlanRefusedError"}


def _expected(plan: Plan, task: Task) -> Answer:
    """The answer of check mode: the plan, and as the difference the steps that would be taken."""
    short = _joined(plan_blocks(plan, details=False))
    title = f"{plan.procedure.title}: {len(plan.steps)} steps would be taken."
    answer: Answer = {"changed": True, "msg": title, "text": lines(plan_blocks(plan))}
    return {**answer, "diff": {"prepared": f"{short}\n"}} if task.diff else answer


def _compared(plan: Plan, before: str, after: str) -> JsonValue:
    return {
        "before_header": f"{plan.deployment} before",
        "after_header": f"{plan.deployment} after",
        "before": before,
        "after": after,
    }


def _picture(client: Client, plan: Plan, *, afresh: bool = False) -> str:
    """The deployment around the plan's pools, without the time at which it was read."""
    try:
        deployment = client.status() if afresh else client.reading_of(plan)
    except EndpointError as error:
        return f"{error}\n"
    blocks = topology_blocks(deployment, plan.pools_to_lock)
    next(blocks)  # the heading, which has the time
    return f"{_joined(blocks)}\n"


def _joined(blocks: Iterable[Block]) -> str:
    return "\n".join(map(str, lines(blocks))).strip()
