"""Does the session have the cmdlets that the plan sends?

A restricted session configuration (JEA) may lack some of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from lyncops.checks.check import failed, result_of
from lyncops.checks.result import CheckResult
from lyncops.checks.words import listed
from lyncops.deployment.model import Deployment
from lyncops.deployment.rights_reading import was_asked_for
from lyncops.plan.steps import CmdletStep, Step
from lyncops.sources import page
from lyncops.values import Unread


def lacking(steps: Iterable[Step], deployment: Deployment) -> tuple[CheckResult, ...]:
    """One more check, which fails, where cmdlets of these steps do not exist in the session.

    That they exist proves nothing on a WinRM endpoint: group membership decides there. On
    OcsPowershell, `rights` shows it.
    """
    if isinstance(deployment.offered, Unread) or not deployment.offered:
        return ()
    offered = {name.casefold() for name in deployment.offered}
    needed = dict.fromkeys(step.cmdlet.NAME for step in steps if isinstance(step, CmdletStep))
    missing = [name for name in needed if was_asked_for(name) and name.casefold() not in offered]
    if not missing:
        return ()
    finding = failed(
        f"The session at {deployment.read_through} has no {listed(missing)}. The plan would stop"
        " halfway.",
        "Allow the cmdlet in the role capability of its session configuration (VisibleCmdlets), or"
        " use an endpoint that has it. Get-PSSessionCapability on that server shows which cmdlets"
        " a user can run.",
    )
    question = "Does the session have the cmdlets of this plan?"
    return (result_of("cmdlets-offered", question, (page("JEA session configurations"),), finding),)
