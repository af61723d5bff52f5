"""Plans: immutable values with a content id."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import attrs

from lyncops.checks.result import CheckResult
from lyncops.plan.conditions import Condition
from lyncops.plan.serial import CONVERTER, canonical
from lyncops.plan.steps import CmdletStep, ManualStep, Step, WaitStep
from lyncops.values import Effect, Fqdn, LyncVersion, Mode

__all__ = ["CmdletStep", "ManualStep", "Mode", "Plan", "Step", "WaitStep"]


@attrs.frozen(slots=True, kw_only=True)
class Plan:
    """What will be done, why, and what stands in the way."""

    procedure: str  # the verb on the command line: pool-failover, ...
    target: Fqdn  # the pool named by the operator
    mode: Mode | None
    deployment: str  # its name
    version: LyncVersion | None
    created_at: datetime
    lock: tuple[Fqdn, ...]  # the pair of pools that nobody else may work on
    checks: tuple[CheckResult, ...]
    steps: tuple[Step, ...]
    goal: tuple[Condition, ...]
    expected_loss: str = ""
    notes: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()  # what else the operator asked for, each as NAME=JSON: enough to plan it anew

    @property
    def content_id(self) -> str:
        """A hash of everything that matters but `created_at`: the same plan has the same id, an altered file another."""
        data: dict[str, object] = CONVERTER.unstructure(self)
        del data["created_at"]
        return hashlib.sha256(canonical(data).encode()).hexdigest()

    @property
    def pools_to_lock(self) -> tuple[Fqdn, ...]:
        """The pools that nobody else may work on meanwhile: those of `lock`, and those that its target and its changes name.

        A file can be written by hand; what it would change cannot be left unlocked by it.
        """
        changes = (step.cmdlet for step in self.steps if isinstance(step, CmdletStep) and step.cmdlet.effect is Effect.CHANGE)
        named = (cmdlet.arguments().get("PoolFqdn") for cmdlet in changes)
        return tuple(sorted({self.target, *self.lock, *(Fqdn(str(name)) for name in named if name)}))

    @property
    def refusals(self) -> tuple[CheckResult, ...]:
        """The checks that refuse the plan."""
        return tuple(check for check in self.checks if check.refuses)

    @property
    def is_refused(self) -> bool:
        """Whether a check stands in the way, so that the plan must not run."""
        return bool(self.refusals)

    @property
    def estimate(self) -> timedelta:
        """How long the steps will take, from the documented figures."""
        return sum((step.estimate for step in self.steps), timedelta(0))
