"""Role-based access control of OcsPowershell: which role offers which cmdlets (fact:
ocs-powershell).

That CsAdministrator has all is documented; the lists of the other roles are not established and
guessed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Verbs or whole names; the AD group has the role's name.
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "CsAdministrator": ("*",),
    "CsServerAdministrator": (
        "Get-",
        "Test-",
        "Debug-",
        "Start-CsWindowsService",
        "Stop-CsWindowsService",
        "Start-CsPool",
        "Invoke-CsComputerFailOver",
        "Invoke-CsComputerFailBack",
        "Invoke-CsPoolFailOver",
        "Invoke-CsPoolFailBack",
        "Invoke-CsBackupServiceSync",
        "Invoke-CsManagementStoreReplication",
        "Invoke-CsDatabaseFailover",
    ),
    "CsViewOnlyAdministrator": ("Get-",),
    "CsHelpDesk": (
        "Get-CsUser",
        "Get-CsUserPoolInfo",
        "Get-CsPool",
        "Get-CsSite",
        "Test-CsRegistration",
        "Test-CsIM",
    ),
    "CsResponseGroupAdministrator": (
        "Export-CsRgsConfiguration",
        "Import-CsRgsConfiguration",
        "Get-CsPool",
        "Get-CsService",
    ),
}


def role_allows(role: str, cmdlet: str) -> bool:
    """Whether a role offers a cmdlet."""
    return any(
        entry == "*"
        or (
            cmdlet.startswith(entry)
            if entry.endswith("-")
            else cmdlet.casefold() == entry.casefold()
        )
        for entry in ROLES.get(role, ())
    )


def allows(groups: frozenset[str], cmdlet: str) -> bool:
    """Whether one of the groups is a role that offers the cmdlet."""
    return any(role_allows(role, cmdlet) for role in groups)
