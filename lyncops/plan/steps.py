"""The three kinds of step: a cmdlet, a wait, and something that no cmdlet can do."""

from __future__ import annotations

from datetime import timedelta

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.plan.conditions import Condition
from lyncops.sources import Sources
from lyncops.text.brief import brief
from lyncops.values import ANYWHERE, Place


@attrs.frozen(slots=True, kw_only=True)
class CmdletStep:
    """One cmdlet.

    It counts as done when `after` holds in a fresh reading, not when the cmdlet has ended.

    A step without `after` asks the servers for work that a later WaitStep sees the end of (a sync,
    an export).
    """

    step_id: str
    title: str
    why: str
    sources: Sources
    cmdlet: Cmdlet[object]
    place: Place = ANYWHERE
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    # How long `after` may take to become true once the cmdlet has ended
    settle: timedelta = timedelta(minutes=5)
    deadline: timedelta = timedelta(hours=2)  # of the cmdlet itself
    estimate: timedelta = timedelta(0)
    undo: str = ""  # what undoes it, in words or PowerShell; "" = nothing does
    optional: bool = False  # a failure is listed as an exception and the run goes on

    def __repr__(self) -> str:
        return brief(self, f"{self.step_id}: {self.cmdlet.to_powershell()}")


@attrs.frozen(slots=True, kw_only=True)
class WaitStep:
    """Waits until all conditions hold."""

    step_id: str
    title: str
    why: str
    sources: Sources
    until: tuple[Condition, ...]
    deadline: timedelta
    poll: timedelta = timedelta(seconds=15)
    estimate: timedelta = timedelta(0)
    undo: str = ""
    optional: bool = False  # on deadline: listed as an exception and the run goes on

    def __repr__(self) -> str:
        return brief(self, f"{self.step_id}: {self.title}")


@attrs.frozen(slots=True, kw_only=True)
class ManualStep:
    """Something no cmdlet can do.

    The run pauses here; on resume `after` is checked where it can be.
    """

    step_id: str
    title: str
    why: str
    sources: Sources
    instructions: tuple[str, ...]
    where: str
    how_to_see: str
    before: tuple[Condition, ...] = ()
    after: tuple[Condition, ...] = ()
    estimate: timedelta = timedelta(0)
    undo: str = ""

    def __repr__(self) -> str:
        return brief(self, f"{self.step_id}: {self.title}")


Step = CmdletStep | WaitStep | ManualStep
