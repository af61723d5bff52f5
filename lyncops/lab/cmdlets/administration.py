"""Roles, versions and certificates of a server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from zlib import crc32

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.rbac import ROLES, role_allows
from lyncops.lab.cmdlets.registry import Store, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.parameters.catalogue import catalogue
from lyncops.lab.scenarios.scenario import Product
from lyncops.values import RemoteObject

_ROLE: Final = "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Role"
_CERTIFICATE: Final = "Microsoft.Rtc.Management.Deployment.CertificateReference"
_PATCH: Final = "Microsoft.Rtc.Management.Deployment.ComponentVersion"


@reads("Get-CsAdminRole")
def get_cs_admin_role(call: Call) -> Iterator[RemoteObject]:
    """The roles with their cmdlets; beyond CsAdministrator the lists are guesses (fact:
    ocs-powershell).
    """
    version = call.world.version_of(call.machine.fqdn).value
    known = [
        spec.name
        for spec in catalogue().values()
        if "-Cs" in spec.name and version in spec.versions
    ]
    for role in chosen(call, ROLES, lambda name: (name,), placeholders.UNKNOWN_ITEM):
        cmdlets = [
            call.make(
                "Microsoft.Rtc.Management.WritableConfig.Settings.Roles.Cmdlet",
                {"Name": name},
                text=f"Name={name}",
            )
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


def _name(call: Call, product: Product) -> str:
    """What a server calls its product (fact: subscription-edition)."""
    is_subscription = product is Product.V2019 and call.world.switches.subscription_edition
    return f"{product.title} {'Subscription Edition' if is_subscription else product.value}"


@reads("Get-CsServerVersion", store=Store.NONE, on_edge=True)
def get_cs_server_version(call: Call) -> Iterator[str]:
    """One line of text, as the reference page's example has it."""
    product = call.world.version_of(call.machine.fqdn)
    vendor = "Microsoft " if product.is_lync else ""
    yield f"{vendor}{_name(call, product)} ({product.build}): Volume license key installed."


@reads("Get-CsServerPatchVersion", store=Store.NONE, on_edge=True)
def get_cs_server_patch_version(call: Call) -> Iterator[RemoteObject]:
    """Components with their versions, 2015 and later."""
    product = call.world.version_of(call.machine.fqdn)
    build = call.machine.patch
    for component in ("Core Components", "Front End Server", "Web Components Server"):
        name = f"{_name(call, product)}, {component}"
        yield call.make(_PATCH, {"ComponentName": name, "Version": build}, text=name)


@reads("Get-CsCertificate", store=Store.NONE, on_edge=True)
def get_cs_certificate(call: Call) -> Iterator[RemoteObject]:
    """The certificate of this computer, with the properties that the reference's examples use:
    NotAfter, Issuer, Subject.
    """
    machine = call.machine
    values = {
        "Issuer": "CN=Lab CA",
        "NotAfter": machine.certificate_until,
        "NotBefore": machine.certificate_until - timedelta(days=730),
        "Subject": f"CN={machine.pool}",
        "Thumbprint": f"{crc32(machine.fqdn.encode()):08X}" * 5,
        "Use": "Default",
    }
    yield call.make(_CERTIFICATE, values, text=f"CN={machine.pool}")
