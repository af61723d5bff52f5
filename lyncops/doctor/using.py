"""What a session can do once it is open: second hop, rights, quotas, Disconnect. Pure."""

from __future__ import annotations

from typing import Final

from lyncops.checks.check import Finding, failed, passed, unknown, warning
from lyncops.checks.words import counted, exactly, listed, sentence
from lyncops.deployment.witnesses import Word
from lyncops.doctor.examination import EndpointFindings, Quotas
from lyncops.remoting.endpoint import EndpointKind
from lyncops.remoting.visit import SessionFacts
from lyncops.values import Unread

NEEDED: Final = (
    "Invoke-CsPoolFailOver",
    "Invoke-CsPoolFailBack",
    "Invoke-CsManagementServerFailover",
    "Invoke-CsBackupServiceSync",
)
"""What the rescue of a pool sends at the least."""
USEFUL: Final = ("Set-CsEdgeServer", "Set-CsRegistrar", "Set-CsSite", "Invoke-CsDatabaseFailover")
"""What some procedures need beside them: for Edge pools, their routes and mirrors."""
_MEMORY: Final = 512
_SHELLS: Final = 5
_HOP: Final = (
    'One of: auth = "credssp" (Enable-WSManCredSSP -Role Server on the server); Kerberos with'
    " delegation (Set-ADComputer TARGET -PrincipalsAllowedToDelegateToAccount (Get-ADComputer"
    " SERVER)); a JEA endpoint with a run-as account. See docs/connecting.md."
)

_DENIED_TOO: Final = (
    " Where it goes along already: Add-LocalGroupMember -Group Administrators -Member ACCOUNT on"
    " each of them."
)


def second_hop(found: EndpointFindings) -> Finding | None:
    """Can the endpoint's server ask other machines in the account's name?"""
    if not found.is_open:
        return None
    if found.endpoint.dedicated:
        return passed("Not needed: this address serves for its own machine only.")
    if not found.hops:
        return unknown(
            "No other machine is known that could be asked.",
            "Get-CsWindowsService -ComputerName OTHER",
            blocking=False,
        )
    reached = [hop for hop in found.hops if hop.word in (Word.ANSWERED, Word.REFUSED)]
    if reached:
        return passed(f"{reached[-1].target} answers to a question through this server.")
    asked = listed(hop.target for hop in found.hops)
    said = sentence(found.hops[0].reason)
    if any(hop.word is Word.NO_ANSWER for hop in found.hops):
        return unknown(
            f"{asked} could not be asked, for no answer came over the network: {said}",
            "Ask again when they run.",
            blocking=True,
        )
    if (
        any(hop.word is Word.DENIED for hop in found.hops)
        and found.logon is not None
        and found.logon.delegated
    ):
        return failed(
            f"The identity goes along, and {asked} may not be asked: {said}",
            f"Add-LocalGroupMember -Group Administrators -Member {found.username or 'ACCOUNT'} on"
            " each of them; then log on again.",
        )
    if all(hop.word is Word.UNASKED for hop in found.hops):
        return unknown(
            f"{asked} could not be asked: {said}",
            "See the other checks of this endpoint.",
            blocking=True,
        )
    how = (
        f" The account logged on with {found.logon}, and its identity goes no further."
        if _stays(found)
        else ""
    )
    denied = any(hop.word is Word.DENIED for hop in found.hops)
    return failed(
        f"{asked} could not be asked: {said}{how}", f"{_HOP}{_DENIED_TOO if denied else ''}"
    )


def _stays(found: EndpointFindings) -> bool:
    return found.logon is not None and not found.logon.delegated


def rights(found: EndpointFindings) -> Finding | None:
    """Does the session offer what a rescue needs?"""
    facts = found.session
    if not isinstance(facts, SessionFacts):
        return None
    if found.endpoint.dedicated:
        return passed("Not needed: this address serves for its own machine only.")
    account = found.username or "the account"
    if found.commands is None or isinstance(found.commands, Unread):
        why = found.commands.reason if found.commands else "not asked"
        return unknown(
            f"Which cmdlets the session offers is not known: {sentence(why)}",
            "Get-Command Invoke-Cs*",
            blocking=True,
        )
    missing = [name for name in (*NEEDED, *USEFUL) if name.casefold() not in found.commands]
    if missing:
        is_bearable = set(missing) <= set(USEFUL)
        told = (
            "The session does not offer"
            f" {listed(missing)}{', which only some procedures need' if is_bearable else ''}."
        )
        return (warning if is_bearable else failed)(told, _remedy_of_missing(found, account))
    limited = found.endpoint.kind is EndpointKind.OCS or not facts.module
    if limited:
        return passed(
            f"The session offers {counted(len(found.commands), 'cmdlet')} that procedures send, and"
            " only what is allowed."
        )
    return unknown(
        "The session has all cmdlets, as every WinRM session of the module has: the groups of the"
        " account decide.",
        f"whoami /groups in a session of {account}: RTCUniversalServerAdmins must be there, and"
        " BUILTIN\\Administrators on each Front End.",
        blocking=False,
    )


def _remedy_of_missing(found: EndpointFindings, account: str) -> str:
    if found.endpoint.kind is not EndpointKind.OCS:
        return (
            "Add them to VisibleCmdlets in the role (.psrc) of this configuration;"
            " Get-PSSessionCapability shows what it has."
        )
    if isinstance(found.roles, tuple):
        holders = [
            role.name
            for role in found.roles
            if all(name.casefold() in role.cmdlets for name in (*NEEDED, *USEFUL))
        ]
        if holders:
            return (
                f"Add-ADGroupMember {holders[0]} -Members {account} (roles that have them:"
                f" {listed(holders)}); then log on again."
            )
    return (
        "Get-CsAdminRole | Where-Object { $_.Cmdlets -match 'Invoke-CsPoolFailOver' } names the"
        " roles that have them."
    )


def quotas(found: EndpointFindings) -> Finding | None:
    """Are the server's limits high enough?"""
    if not found.is_open:
        return None
    told = found.quotas
    if not isinstance(told, Quotas):
        why = sentence(told.reason) if isinstance(told, Unread) else "Nobody asked."
        return unknown(
            f"The limits of sessions cannot be read from here: {why}",
            "winrm get winrm/config/winrs",
            blocking=False,
        )
    values = {
        "MaxMemoryPerShellMB": told.memory_mb,
        "MaxShellsPerUser": told.shells_per_user,
        "MaxProcessesPerShell": told.processes_per_shell,
        "MaxConcurrentUsers": told.users,
    }
    said = ", ".join(f"{name} {value}" for name, value in values.items() if value is not None)
    said += f", IdleTimeout {exactly(told.idle)}" if told.idle is not None else ""
    if told.memory_mb is not None and 0 < told.memory_mb < _MEMORY:
        return warning(
            f"Little memory for Lync's module: {said}.",
            "winrm set winrm/config/winrs '@{MaxMemoryPerShellMB=\"1024\"}'",
        )
    if told.shells_per_user is not None and 0 < told.shells_per_user <= _SHELLS:
        return warning(
            f"Few sessions for each user: {said}.",
            "winrm set winrm/config/winrs '@{MaxShellsPerUser=\"30\"}'",
        )
    return passed(f"{said}.")


def disconnect(found: EndpointFindings) -> Finding | None:
    """Can a session be disconnected and reconnected?"""
    if not found.is_open:
        return None
    if found.disconnect == "":
        return passed("A session can be disconnected and reconnected.")
    why = (
        found.disconnect.reason
        if isinstance(found.disconnect, Unread)
        else found.disconnect or "not tried"
    )
    return warning(
        f"A session cannot be disconnected and reconnected: {sentence(why)} Where a connection is"
        " lost"
        " while a cmdlet runs, its answer may be lost too; the state is then read instead.",
        "$PSVersionTable on the server: 3.0 or later can, over WinRM.",
    )
