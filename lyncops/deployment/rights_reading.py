"""Which cmdlets the session has: on an OcsPowershell endpoint those that the operator may run, and
no others.

(fact: ocs-powershell) On a WinRM endpoint group membership decides what of them works; but what
does not exist there, as in a restricted session configuration (JEA), cannot be sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatch
from typing import Final

from lyncops.cmdlets import CommandInfo, GetCommand
from lyncops.deployment.asking import Answer, Question
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.topology import UNASKED
from lyncops.remoting.interface import CmdletRunner
from lyncops.values import Unread

_WHAT: Final = "the operator's rights"
_OFFERED: Final = "the cmdlets of the session"
_GROUPS_DECIDE: Final = (
    "on a WinRM endpoint every cmdlet exists for everybody; group membership decides, and only the"
    " attempt shows it"
)
_STAYS: Final = (
    "a server of SQL or Active Directory refused the account's log-on: its identity goes no further"
    " than the Front End that is asked, so that cmdlets that change something will fail too"
)
_DEADLINE: Final = timedelta(seconds=60)
_NO_LOG_ON: Final = "AuthenticationError"
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


def was_asked_for(name: str) -> bool:
    """Whether an answer without this cmdlet proves that the session lacks it."""
    return any(fnmatch(name.casefold(), pattern.casefold()) for pattern in ASKED)


class RightsReading:
    """The question, asked at once."""

    def __init__(self, sessions: CmdletRunner, endpoint: str, scope: Scope) -> None:
        """Ask when `scope` wants it."""
        self._roles_decide = endpoint.rstrip("/").casefold().endswith(_OCS)
        what = _WHAT if self._roles_decide else _OFFERED
        self._answer: Answer[CommandInfo] | None = None
        if Facet.RIGHTS in scope.facets:
            self._answer = Answer(
                sessions, Question(what=what, cmdlet=GetCommand(name=ASKED), deadline=_DEADLINE)
            )

    def names(self, others: Iterable[Answer[object]] = ()) -> tuple[str, ...] | Unread:
        """The cmdlets that the operator may run, of those that procedures send.

        What came of the `others` shows whether the account's identity goes on to SQL Server (fact:
        double-hop).
        """
        if self._answer is None:
            return Unread(_WHAT, UNASKED, asked=False)
        if self._roles_decide:
            return self._names(self._answer)
        stays = any(error.category == _NO_LOG_ON for other in others for error in other.errors)
        return Unread(_WHAT, _STAYS if stays else _GROUPS_DECIDE, asked=False)

    def offered(self) -> tuple[str, ...] | Unread:
        """The cmdlets that exist in the session, of those that procedures send, where roles do not
        decide.
        """
        if self._answer is None or self._roles_decide:
            return Unread(_OFFERED, UNASKED, asked=False)
        return self._names(self._answer)

    def _names(self, answer: Answer[CommandInfo]) -> tuple[str, ...] | Unread:
        found = answer.get()
        if isinstance(found, Unread):
            return found
        names = tuple(sorted({command.name for command in found if command.name}))
        return names or Unread(_OFFERED, "the answer names none, not even Get-Command")
