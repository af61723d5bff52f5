"""Rights, versions, certificates, and the module that brings the cmdlets."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from lyncops.cmdlets.base import (
    EVERY_VERSION,
    ONLY_2010,
    SINCE_2013,
    SINCE_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.kinds import GLOBAL_IDENTITY, IDENTITY, STRING, STRINGS, SWITCH, Kind
from lyncops.cmdlets.reading import as_bool, as_datetime, as_fqdn, as_name, as_text, several
from lyncops.cmdlets.result import Result, prop, result
from lyncops.cmdlets.versions import lync_version_of_product
from lyncops.values import Fqdn, LyncVersion, RemoteObject

_SUBSCRIPTION: Final = "Skype for Business Server Subscription Edition"
CERTIFICATE_TYPES: Final = Kind[tuple[str, ...]]("CertType[]", STRINGS.convert)


@result
class AdminRole(Result):
    """An administrator role and the cmdlets that it allows, in a session on the OcsPowershell
    endpoint only.

    (fact: ocs-powershell)
    """

    BARE: ClassVar[str] = "Identity"

    identity: str | None = prop(as_name, "Identity", "Name", default=None)
    sid: str | None = prop(as_text, "SID", default=None)
    is_standard_role: bool | None = prop(as_bool, "IsStandardRole", default=None)
    cmdlets: tuple[str, ...] = prop(several(as_name), "Cmdlets", default=())
    config_scopes: tuple[str, ...] = prop(several(as_name), "ConfigScopes", default=())
    user_scopes: tuple[str, ...] = prop(several(as_name), "UserScopes", default=())
    template: str | None = prop(as_text, "Template", default=None)


@result
class Certificate(Result):
    """A certificate that a Lync service uses."""

    thumbprint: str | None = prop(as_text, "Thumbprint", default=None)
    subject: str | None = prop(as_text, "Subject", default=None)
    issuer: str | None = prop(as_text, "Issuer", default=None)
    use: str | None = prop(as_text, "Use", "Type", default=None)
    not_before: datetime | None = prop(as_datetime, "NotBefore", default=None)
    not_after: datetime | None = prop(as_datetime, "NotAfter", default=None)


@result
class HealthMonitoring(Result):
    """The two test users of a pool, by their SIP addresses (fact: test-users)."""

    BARE: ClassVar[str] = "Identity"

    pool: Fqdn | None = prop(as_fqdn, "Identity", "TargetFqdn", default=None)
    first_user: str | None = prop(as_text, "FirstTestUserSipUri", default=None)
    second_user: str | None = prop(as_text, "SecondTestUserSipUri", default=None)


@result
class ServerVersion(Result):
    """The sentence in which a server states its version, and what it means (`version` is None if it
    is not a known one).
    """

    BARE: ClassVar[str] = "Version"

    text: str | None = prop(as_text, "Version", "Text", default=None)

    @property
    def version(self) -> LyncVersion | None:
        """The product generation."""
        return lync_version_of_product(self.text or "")

    @property
    def own_name(self) -> str:
        """The product's name, if its year does not give it (fact: subscription-edition)."""
        return _SUBSCRIPTION if _SUBSCRIPTION.casefold() in (self.text or "").casefold() else ""


@result
class CommandInfo(Result):
    """A cmdlet that exists in a session."""

    BARE: ClassVar[str] = "Name"

    name: str | None = prop(as_name, "Name", default=None)
    module_name: str | None = prop(as_text, "ModuleName", "Source", default=None)


@result
class ProviderItem(Result):
    """A setting of the WSMan drive: its name and its value, which arrives as text."""

    BARE: ClassVar[str] = "Name"

    name: str | None = prop(as_name, "Name", default=None)
    value: str | None = prop(as_text, "Value", default=None)


@command("Get-CsAdminRole", EVERY_VERSION, sets=("Filter", "Identity", "SID"))
class GetCsAdminRole(Cmdlet[AdminRole]):
    """Ask for administrator roles and the cmdlets that they allow."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", STRING, default=None, sets=("Identity",))
    sid: str | None = parameter("Sid", STRING, default=None, sets=("SID",))


@command("Get-CsAdminRoleAssignment", EVERY_VERSION)
class GetCsAdminRoleAssignment(Cmdlet[AdminRole]):
    """Ask which roles a user has."""

    identity: str = parameter("Identity", STRING)
    force: bool = parameter("Force", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)


@command("Get-CsServerVersion", EVERY_VERSION)
class GetCsServerVersion(Cmdlet[ServerVersion]):
    """Ask this server for its version, as a sentence."""


@command("Get-CsServerPatchVersion", SINCE_2015)
class GetCsServerPatchVersion(Cmdlet[RemoteObject]):
    """Ask for the patch level of this server's components."""

    report: str | None = parameter("Report", STRING, default=None)


@command("Get-CsCertificate", EVERY_VERSION)
class GetCsCertificate(Cmdlet[Certificate]):
    """Ask for this server's certificates."""

    type: tuple[str, ...] | None = parameter("Type", CERTIFICATE_TYPES, default=None)
    netport_id: str | None = parameter("NetportId", STRING, default=None, versions=ONLY_2010)
    report: str | None = parameter("Report", STRING, default=None)
    identity: str | None = parameter("Identity", IDENTITY, default=None, versions=SINCE_2013)


@command("Get-CsHealthMonitoringConfiguration", EVERY_VERSION, sets=("Filter", "Identity"))
class GetCsHealthMonitoringConfiguration(Cmdlet[HealthMonitoring]):
    """Ask for the test users of pools."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", GLOBAL_IDENTITY, default=None, sets=("Identity",))


@command("Import-Module", EVERY_VERSION)
class ImportModule(Cmdlet[NoOutput]):
    """Bring the cmdlets into a session of a WinRM endpoint (fact: module-name).

    The module is `Lync` on 2013, `SkypeForBusiness` on 2015 and 2019.

    PowerShell's own cmdlet, so not in Lync's reference. Never for OcsPowershell, which has nothing
    else.
    """

    name: str = parameter("Name", STRING)


@command("Get-Command", EVERY_VERSION)
class GetCommand(Cmdlet[CommandInfo]):
    """Ask which cmdlets exist in the session.

    On OcsPowershell: those of the caller's roles, and no others (fact: ocs-powershell).

    PowerShell's own cmdlet, so not in Lync's reference. A name that does not exist is an error, a
    pattern that fits nothing is not.
    """

    name: tuple[str, ...] | None = parameter("Name", STRINGS, default=None)


@command("Get-ChildItem", EVERY_VERSION)
class GetChildItem(Cmdlet[ProviderItem]):
    r"""Ask for what a drive holds: `WSMan:\localhost\Shell` has the quotas of remote PowerShell.

    PowerShell's own cmdlet, so not in Lync's reference. Restricted sessions do not have it.
    """

    path: tuple[str, ...] | None = parameter("Path", STRINGS, default=None)
