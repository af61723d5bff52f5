"""Set-CsEdgeServer, Set-CsRegistrar, Set-CsConferenceServer, Set-CsMediationServer, Set-CsDirector:
next hop and associations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import changes
from lyncops.lab.model.configuration import ServiceRecord

# Parameters that name another service, with the roles that it may have (fact: edge-cmdlets).
_REFERENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "Registrar": ("Registrar", "Director"),
    "BackupRegistrar": ("Registrar",),
    "EdgeServer": ("EdgeServer",),
    "UserServer": ("UserServer",),
    "WebServer": ("WebServer",),
}
_NOT_PROPERTIES: Final = (
    "Identity",
    "Force",
    "WhatIf",
    "Confirm",
    "Verbose",
    "Debug",
    "ErrorAction",
    "WarningAction",
)
_PORT: Final = "AccessEdgeExternalSipPort"


@changes("Set-CsEdgeServer")
def set_cs_edge_server(call: Call) -> None:
    """`-Registrar` is the next hop; the identity is that of the Edge pool (fact: edge-identity).

    Whether `-AccessEdgeExternalSipPort` can enable federation is not established (fact:
    federation-port): a switch decides.
    """
    _set(call, "EdgeServer")


@changes("Set-CsRegistrar")
def set_cs_registrar(call: Call) -> None:
    """`-EdgeServer` is the Edge pool for media."""
    _set(call, "Registrar")


@changes("Set-CsConferenceServer")
def set_cs_conference_server(call: Call) -> None:
    """`-EdgeServer` is the Edge pool for media."""
    _set(call, "ConferencingServer")


@changes("Set-CsMediationServer")
def set_cs_mediation_server(call: Call) -> None:
    """`-EdgeServer` is the Edge pool for media."""
    _set(call, "MediationServer")


@changes("Set-CsDirector")
def set_cs_director(call: Call) -> None:
    """`-EdgeServer` is the Edge pool for media."""
    _set(call, "Director")


def _set(call: Call, role: str) -> None:
    world = call.world
    with world.lock:
        record = _record(call, role)
        changed = {
            name: _value(call, record, name)
            for name in call.arguments
            if name not in _NOT_PROPERTIES
        }
    if not call.should_process(record.identity) or not call.start():
        return
    with world.lock:
        current = world.configuration.service(record.identity) or record
        properties = {**current.properties, **changed}
        call.change(
            world.configuration.with_service(attrs.evolve(current, properties=properties)),
            needs_enabling=True,
        )


def _record(call: Call, role: str) -> ServiceRecord:
    """The service of the call; the role's prefix may be omitted (fact: edge-identity)."""
    configuration = call.world.configuration
    identity = call.text("Identity").removeprefix("Service:").removeprefix("service:")
    if not identity:
        only = configuration.of_role(role)
        if len(only) == 1:
            return only[0]
    record = configuration.service(identity if ":" in identity else f"{role}:{identity}")
    if record is None or record.role != role:
        call.fail(
            placeholders.UNKNOWN_SERVICE.format(identity),
            category="ObjectNotFound",
            target=identity,
        )
    return record


def _value(call: Call, record: ServiceRecord, name: str) -> object:
    if name in _REFERENCES:
        return _reference(call, name)
    if (
        name == _PORT
        and record.properties[_PORT] is None
        and not call.world.switches.port_enables_federation
    ):
        return None
    return call.value(name)


def _reference(call: Call, name: str) -> str | None:
    text = call.text(name)
    if not text:
        return None
    roles = _REFERENCES[name]
    candidates = (text,) if ":" in text else tuple(f"{role}:{text}" for role in roles)
    for candidate in candidates:
        record = call.world.configuration.service(candidate)
        if record is not None and record.role in roles:
            return record.identity
    return call.fail(
        placeholders.UNKNOWN_SERVICE.format(text), category="ObjectNotFound", target=text
    )
