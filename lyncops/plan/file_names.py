"""The names of files that a plan makes on servers: they are whole only when the run begins.

An export fails where its file exists, and a saved plan may run days later, or again: so each run
has files of its own, which have its id in their names.
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep, Step

RUN: Final = "{run}"
"""The placeholder for the run id in a file name."""


def named_after(plan: Plan, run_id: str) -> Plan:
    """The plan with the id of its run in the names of the files that it makes."""
    return attrs.evolve(plan, steps=tuple(_named(step, run_id) for step in plan.steps))


def _named(step: Step, run_id: str) -> Step:
    if not isinstance(step, CmdletStep):
        return step
    file = step.cmdlet.arguments().get("FileName")
    if not isinstance(file, str) or RUN not in file:
        return step
    evolve: Any = attrs.evolve  # each cmdlet with a FileName has it in this field
    return attrs.evolve(step, cmdlet=evolve(step.cmdlet, file_name=file.replace(RUN, run_id)))
