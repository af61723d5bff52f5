"""Which cmdlets the operator may run, asked where a server can tell: an OcsPowershell endpoint has no others.

(fact: ocs-powershell)
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from lyncops.cmdlets import CommandInfo, GetCommand
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.topology import UNASKED
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Unread

_WHAT: Final = "the operator's rights"
_GROUPS_DECIDE: Final = (
    "on a WinRM endpoint every cmdlet exists for everybody; group membership decides, and only the attempt shows it"
)
_DEADLINE: Final = timedelta(seconds=60)
_OCS: Final = "/ocspowershell"
# What procedures send. With a star: a pattern that fits nothing is not an error, a name is.
# Get-Command itself always exists, so that
# an answer is never empty. Asking for everything would carry some 700 descriptions over the wire.
ASKED: Final = (
    "Get-Command",
    "Invoke-Cs*",
    "Set-CsBackupServiceConfiguration*",
    "Set-CsConferenceServer*",
    "Set-CsEdgeServer*",
    "Set-CsMediationServer*",
    "Set-CsRegistrar*",
    "Set-CsSite*",
    "Start-CsWindowsService*",
    "Stop-CsWindowsService*",
    "Enable-CsTopology*",
    "Export-CsConfiguration*",
    "Export-CsLisConfiguration*",
    "Export-CsRgsConfiguration*",
    "Import-CsRgsConfiguration*",
)


class RightsReading:
    """The question, asked at once where an answer means something."""

    def __init__(self, sessions: CmdletRunner, endpoint: str, scope: Scope) -> None:
        """Ask when `scope` wants it and the endpoint that serves offers its callers no more than their roles have."""
        self._scope = scope
        self._answer: Answer[CommandInfo] | None = None
        if Facet.RIGHTS in scope.facets and endpoint.rstrip("/").casefold().endswith(_OCS):
            self._answer = Answer(sessions, Question(what=_WHAT, cmdlet=GetCommand(name=ASKED), deadline=_DEADLINE))

    def names(self) -> tuple[str, ...] | Unread:
        """The cmdlets that the session offers, of those that procedures send."""
        if Facet.RIGHTS not in self._scope.facets:
            return Unread(_WHAT, UNASKED, asked=False)
        if self._answer is None:
            return Unread(_WHAT, _GROUPS_DECIDE, asked=False)
        found = self._answer.get()
        return found if isinstance(found, Unread) else tuple(sorted({command.name for command in found if command.name}))
