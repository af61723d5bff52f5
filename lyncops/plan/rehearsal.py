"""The rehearsal of a plan: the same cmdlets with -WhatIf, for those that have it."""

from __future__ import annotations

import attrs

from lyncops.cmdlets.base import Cmdlet
from lyncops.cmdlets.codec import cmdlet_from_dict
from lyncops.plan.model import Plan
from lyncops.plan.steps import CmdletStep


def rehearsed(cmdlet: Cmdlet[object]) -> Cmdlet[object] | None:
    """The cmdlet with -WhatIf, or None where it has no such parameter.

    -Force is taken away: together with it, -WhatIf is ignored by at least one cmdlet and the change really starts
    (facts page 5, Invoke-CsComputerFailOver).
    """
    if not any(about.name == "WhatIf" for about in cmdlet.parameters()):
        return None
    given = {name: value for name, value in cmdlet.given_arguments().items() if name not in ("Force", "Confirm")}
    return cmdlet_from_dict({"cmdlet": cmdlet.NAME, "arguments": {**given, "WhatIf": True}})


def rehearsal(plan: Plan) -> tuple[CmdletStep, ...]:
    """The plan's cmdlet steps as a server can rehearse them, in order; steps whose cmdlet has no -WhatIf are left out.

    Their `before` and `after` are dropped: a rehearsal changes nothing, so that nothing comes true.
    """
    steps: list[CmdletStep] = []
    for step in plan.steps:
        cmdlet = rehearsed(step.cmdlet) if isinstance(step, CmdletStep) else None
        if cmdlet is not None and isinstance(step, CmdletStep):
            steps.append(attrs.evolve(step, cmdlet=cmdlet, before=(), after=(), undo=""))
    return tuple(steps)
