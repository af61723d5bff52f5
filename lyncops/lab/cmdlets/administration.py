"""Roles, versions: Get-CsAdminRole, Get-CsServerVersion, Get-CsServerPatchVersion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.rbac import ROLES, role_allows
from lyncops.lab.cmdlets.registry import Store, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.parameters.catalogue import catalogue
from lyncops.values import RemoteObject

_ROLE: Final = "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Role"
_PATCH: Final = "Microsoft.Rtc.Management.Deployment.ComponentVersion"


@reads("Get-CsAdminRole")
def get_cs_admin_role(call: Call) -> Iterator[RemoteObject]:
    """The roles with their cmdlets; beyond CsAdministrator the lists are guesses (fact: ocs-powershell)."""
    version = call.world.version_of(call.machine.fqdn).value
    known = [spec.name for spec in catalogue().values() if "-Cs" in spec.name and version in spec.versions]
    for role in chosen(call, ROLES, lambda name: (name,), placeholders.UNKNOWN_ITEM):
        cmdlets = [
            call.make("Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Cmdlet", {"Name": name}, text=f"Name={name}")
            for name in known
            if role_allows(role, name)
        ]
        values = {
            "Identity": role,
            "SID": f"S-1-5-21-1000-{sorted(ROLES).index(role)}",
            "IsStandardRole": True,
            "Cmdlets": cmdlets,
            "ConfigScopes": ["Global"],
            "UserScopes": ["Global"],
            "Template": "",
        }
        yield call.make(_ROLE, values, text=role)


@reads("Get-CsServerVersion", store=Store.NONE, on_edge=True)
def get_cs_server_version(call: Call) -> Iterator[str]:
    """One line of text, as the reference page's example has it."""
    product = call.world.version_of(call.machine.fqdn)
    name = f"{'Microsoft ' if product.title.startswith('Lync') else ''}{product.title} {product.value}"
    yield f"{name} ({product.build}): Volume license key installed."


@reads("Get-CsServerPatchVersion", store=Store.NONE, on_edge=True)
def get_cs_server_patch_version(call: Call) -> Iterator[RemoteObject]:
    """Components with their versions, 2015 and later."""
    product = call.world.version_of(call.machine.fqdn)
    for component in ("Core Components", "Front End Server", "Web Components Server"):
        name = f"{product.title} {product.value}, {component}"
        yield call.make(_PATCH, {"ComponentName": name, "Version": product.build}, text=name)
