"""Plans: immutable values with a content id."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast

import attrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from lyncops.checks.result import CheckResult
from lyncops.plan.conditions import Condition
from lyncops.plan.left_broken import LeftBroken
from lyncops.plan.procedures import Procedure, procedure_named
from lyncops.plan.serial import CONVERTER, canonical
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.text.brief import brief, first_of
from lyncops.text.durations import duration_in_words
from lyncops.values import Effect, Fqdn, LyncVersion, Mode, SiteName

__all__ = ["CmdletStep", "ManualStep", "Mode", "Plan", "Step", "WaitStep"]


@attrs.frozen(slots=True, kw_only=True)
class Plan:
    """What will be done, why, and what prevents it."""

    procedure: Procedure  # what was asked for: enough to make the plan again
    deployment: str  # its name
    version: LyncVersion | None
    created_at: datetime
    lock: tuple[Fqdn, ...]  # the pools that no other run may work on during this one
    checks: tuple[CheckResult, ...]
    steps: tuple[Step, ...]
    goal: tuple[Condition, ...]
    expected_loss: str = ""
    notes: tuple[str, ...] = ()
    # What stays broken after it, in the best order of repair
    left_broken: tuple[LeftBroken, ...] = ()

    def __repr__(self) -> str:
        what = f"{len(self.steps)} steps, about {duration_in_words(self.estimate)}"
        if self.is_refused:
            what = f"refused by {first_of(check.check_id for check in self.refusals)}"
        return brief(self, f"{self.procedure.title}: {what}")

    def __str__(self) -> str:
        """The plan in short: what refuses it, else its steps with their PowerShell, its loss and
        its duration.
        """
        if self.refusals:
            reasons = (
                f"{check.check_id}: {check.evidence} {check.remedy}" for check in self.refusals
            )
            return "\n  ".join((f"{self.procedure.title}: refused", *reasons))
        lines = [
            (
                f"{self.procedure.title}: {len(self.steps)} steps, about"
                f" {duration_in_words(self.estimate)}"
            )
        ]
        for number, step in enumerate(self.steps, start=1):
            lines.append(f"{number:4}. {step.title}")
            if isinstance(step, CmdletStep):
                lines.append(f"      {step.cmdlet.to_powershell()}")
        return "\n".join((*lines, f"  Expected data loss: {self.expected_loss or 'none'}"))

    @property
    def target(self) -> Fqdn | SiteName | None:
        """The pool, Edge pool or site that the operator named; None where it is the whole
        deployment.
        """
        return self.procedure.target

    @property
    def mode(self) -> Mode | None:
        """Planned or disaster; None where there is only one way."""
        return self.procedure.mode

    @property
    def content_id(self) -> str:
        """A hash of everything but `created_at`: the same plan has the same id, an altered file
        another.
        """
        return content_id_of(CONVERTER.unstructure(self))

    @property
    def pools_to_lock(self) -> tuple[Fqdn, ...]:
        """The pools that no other run may work on during this one: those of `lock`, of the target
        and of the changes.

        A file can be written by hand; what it would change cannot be left unlocked by it.
        """
        changes = (
            step.cmdlet
            for step in self.steps
            if isinstance(step, CmdletStep) and step.cmdlet.effect is Effect.CHANGE
        )
        named = (cmdlet.arguments().get("PoolFqdn") for cmdlet in changes)
        pools = {*self.lock, *(Fqdn(str(name)) for name in named if name)}
        target = self.procedure.target_pool
        return tuple(sorted(pools if target is None else {target, *pools}))

    @property
    def refusals(self) -> tuple[CheckResult, ...]:
        """The checks that refuse the plan."""
        return tuple(check for check in self.checks if check.refuses)

    @property
    def is_refused(self) -> bool:
        """Whether a check refuses the plan, so that it must not run."""
        return bool(self.refusals)

    @property
    def estimate(self) -> timedelta:
        """How long the steps will take, from the documented figures."""
        return sum((step.estimate for step in self.steps), timedelta(0))


def content_id_of(data: Mapping[str, object]) -> str:
    """The content id of a plan in its form as plain data."""
    content = {name: value for name, value in data.items() if name != "created_at"}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


_IN_PLAIN_SIGHT: Final = ("procedure", "target", "mode", "options")


def _plain(procedure: Procedure) -> dict[str, object]:
    """The procedure's name, target and mode, and what was asked for other than by default."""
    values: dict[str, object] = CONVERTER.unstructure(procedure)
    asked = {option.field: option for option in procedure.options()}
    plain = {
        name: values[name]
        for name, option in asked.items()
        if not option.asked.is_target
        and name != "mode"
        and (option.required or getattr(procedure, name) != option.default)
    }
    mode = procedure.mode
    return {
        "procedure": procedure.NAME,
        "target": None if procedure.target is None else str(procedure.target),
        "mode": None if mode is None else mode.value,
        "options": plain,
    }


def procedure_from_data(data: Mapping[str, object], overrides: Mapping[str, str]) -> Procedure:
    """The procedure of a plan in its form as plain data.

    Raises:
        InvalidValueError: there is no such procedure, or its options make no sense.
        ValueError: an option is not understood (cattrs' errors are of this kind).
    """
    kind = procedure_named(str(data["procedure"]))
    named = next((o.field for o in kind.options() if o.asked.is_target), None)
    options = data.get("options")
    values: dict[str, object] = dict(cast("Mapping[str, object]", options) if options else {})
    if named is not None:
        values[named] = data.get("target")
    if kind.MODES:
        values["mode"] = data.get("mode")
    return CONVERTER.structure({**values, "overrides": dict(overrides)}, kind)


def _plan_to_data(plan: Plan) -> dict[str, object]:
    return {**_plain(plan.procedure), **_PLAN_TO_DATA(plan)}


def _plan_from_data(data: Mapping[str, object], _: object) -> Plan:
    rest = {name: value for name, value in data.items() if name not in _IN_PLAIN_SIGHT}
    checks = CONVERTER.structure(data["checks"], tuple[CheckResult, ...])
    overrides = {c.check_id: c.overridden_because for c in checks if c.overridden_because}
    return _PLAN_FROM_DATA({**rest, "procedure": procedure_from_data(data, overrides)}, Plan)


def _as_it_is(value: object, _: object) -> Procedure:
    if not isinstance(value, Procedure):
        raise TypeError(f"{value!r} is not a procedure")
    return value


CONVERTER.register_structure_hook_func(lambda kind: kind is Procedure, _as_it_is)
# Left out where empty: so the checks of older plans keep their form, and those plans their id.
_LEFT_OUT: Final = override(omit_if_default=True)
CONVERTER.register_unstructure_hook(
    CheckResult, make_dict_unstructure_fn(CheckResult, CONVERTER, override_changes=_LEFT_OUT)
)
_PLAN_TO_DATA: Final = make_dict_unstructure_fn(
    Plan, CONVERTER, procedure=override(omit=True), left_broken=override(omit_if_default=True)
)
_PLAN_FROM_DATA: Final = make_dict_structure_fn(Plan, CONVERTER, _cattrs_forbid_extra_keys=True)
CONVERTER.register_unstructure_hook(Plan, _plan_to_data)
CONVERTER.register_structure_hook(Plan, _plan_from_data)
