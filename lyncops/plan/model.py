"""Plans and their steps: immutable values with a content id, JSON in and out."""
# CONTRACT SKETCH: the owner of lyncops/plan completes it (content id, JSON in lyncops/plan/codec.py).

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from lyncops.checks.result import CheckResult
from lyncops.cmdlets.base import Cmdlet
from lyncops.plan.conditions import Condition
from lyncops.values import ANYWHERE, Fqdn, LyncVersion, Mode, Place


@attrs.frozen(slots=True, kw_only=True)
class CmdletStep:
    """One cmdlet. It counts as done when `after` holds in a fresh reading, not when the cmdlet has ended."""

    step_id: str
    title: str
    why: str
    source: str
    cmdlet: Cmdlet[object]
    place: Place = ANYWHERE
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    settle: timedelta = timedelta(minutes=5)  # how long `after` may take to become true once the cmdlet has ended
    deadline: timedelta = timedelta(hours=2)  # of the cmdlet itself
    estimate: timedelta = timedelta(0)
    undo: str = ""  # what undoes it, in words or PowerShell; "" = nothing does
    optional: bool = False  # a failure is listed as an exception and the run goes on


@attrs.frozen(slots=True, kw_only=True)
class WaitStep:
    """Waits until all conditions hold."""

    step_id: str
    title: str
    why: str
    source: str
    until: tuple[Condition, ...]
    deadline: timedelta
    poll: timedelta = timedelta(seconds=15)
    estimate: timedelta = timedelta(0)
    undo: str = ""
    optional: bool = False  # on deadline: listed as an exception and the run goes on


@attrs.frozen(slots=True, kw_only=True)
class ManualStep:
    """Something no cmdlet can do. The run pauses here; on resume `after` is checked where it can be."""

    step_id: str
    title: str
    why: str
    source: str
    instructions: tuple[str, ...]
    where: str
    how_to_see: str
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    estimate: timedelta = timedelta(0)
    undo: str = ""


Step = CmdletStep | WaitStep | ManualStep


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

    @property
    def content_id(self) -> str:
        """A hash of everything that matters but `created_at`: the same plan has the same id, an altered file another."""
        raise NotImplementedError

    @property
    def refusals(self) -> tuple[CheckResult, ...]:
        """The checks that refuse the plan."""
        return tuple(check for check in self.checks if check.refuses)

    @property
    def estimate(self) -> timedelta:
        """How long the steps will take, from the documented figures."""
        return sum((step.estimate for step in self.steps), timedelta(0))
