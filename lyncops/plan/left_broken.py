"""What the loss of a pool or a site leaves broken, and no step of the plan repairs: listed once,
with what to do about it.
"""

from __future__ import annotations

import attrs

from lyncops.sources import Sources


@attrs.frozen(slots=True, kw_only=True)
class LeftBroken:
    """One thing that does not work after the run.

    `command` is the procedure that repairs it; it is "" where only people can, and `by_hand` says
    how.
    """

    what: str
    command: str = ""
    by_hand: str = ""
    sources: Sources = ()

    @property
    def remedy(self) -> str:
        """What to do, in one line: `next: lyncops run ...`, or by hand."""
        return f"next: {self.command}" if self.command else f"by hand: {self.by_hand}"

    def __str__(self) -> str:
        return f"{self.what} {self.remedy[0].upper()}{self.remedy[1:]}"
