"""The Windows services of a machine, by product and roles, in the order in which they start (fact:
windows-services).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product

_FRONT_END: Final[Mapping[str, str]] = {
    "W3SVC": "World Wide Web Publishing Service",
    "MASTER": "Master Replicator Agent",
    "REPLICA": "Replica Replicator Agent",
    "RTCCLSAGT": "Centralized Logging Service Agent",
    "FabricHostSvc": "Windows Fabric Host Service",
    "RTCSRV": "Front-End",
    "RTCCAA": "Conferencing Attendant",
    "RTCCAS": "Conferencing Announcement",
    "RTCRGS": "Response Group",
    "RTCCPS": "Call Park",
    "RTCATS": "Audio Test Service",
    "RTCIMMCU": "IM Conferencing",
    "RTCDATAMCU": "Web Conferencing",
    "RTCAVMCU": "Audio/Video Conferencing",
    "RTCASMCU": "Application Sharing",
    "RTCMEDSRV": "Mediation",
    "FTA": "File Transfer Agent",
    "LYNCBACKUP": "Backup Service",
    "RTCXMPPTGW": "XMPP Translating Gateway",
    "RTCHA": "Health Agent",
}
_EDGE: Final[Mapping[str, str]] = {
    "W3SVC": "World Wide Web Publishing Service",
    "REPLICA": "Replica Replicator Agent",
    "RTCCLSAGT": "Centralized Logging Service Agent",
    "RTCSRV": "Access Edge",
    "RTCDATAPROXY": "Web Conferencing Edge",
    "RTCMRAUTH": "Audio/Video Authentication",
    "RTCMEDIARELAY": "Audio/Video Edge",
}
_DIRECTOR: Final = ("W3SVC", "REPLICA", "RTCCLSAGT", "RTCSRV")
_NOT_LYNC: Final = ("W3SVC", "FabricHostSvc")
_STORE_ROLE: Final = ("MASTER", "FTA")  # only where the CentralMgmt role is installed
# What stops on every server of a pool that lost quorum; the services of the machine itself go on.
POOL_SERVICES: Final = (
    "RTCSRV",
    "RTCCAA",
    "RTCCAS",
    "RTCRGS",
    "RTCCPS",
    "RTCATS",
    "RTCIMMCU",
    "RTCDATAMCU",
    "RTCAVMCU",
    "RTCASMCU",
    "RTCMEDSRV",
    "LYNCBACKUP",
    "RTCXMPPTGW",
)
_ROLE_OF_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {
    "MASTER": ("CentralManagement",),
    "FTA": ("CentralManagement",),
    "RTCSRV": ("Registrar", "UserServer"),
    "RTCRGS": ("ApplicationServer",),
    "RTCCAA": ("ApplicationServer",),
    "RTCCAS": ("ApplicationServer",),
    "RTCCPS": ("ApplicationServer",),
    "RTCATS": ("ApplicationServer",),
    "RTCIMMCU": ("ConferencingServer",),
    "RTCDATAMCU": ("ConferencingServer",),
    "RTCAVMCU": ("ConferencingServer",),
    "RTCASMCU": ("ConferencingServer",),
    "RTCMEDSRV": ("MediationServer",),
    "W3SVC": ("WebServer",),
    "LYNCBACKUP": ("BackupServer",),
    "RTCDATAPROXY": ("EdgeServer",),
    "RTCMRAUTH": ("EdgeServer",),
    "RTCMEDIARELAY": ("EdgeServer",),
}


def service_names(pool: PoolSpec, version: Product, *, holds_store: bool) -> tuple[str, ...]:
    """The services installed on a machine of the pool."""
    if pool.kind is Kind.EDGE:
        return tuple(_EDGE)
    if pool.kind is Kind.DIRECTOR:
        return _DIRECTOR
    absent = {
        *(() if holds_store else _STORE_ROLE),
        *(() if pool.backup_pool else ("LYNCBACKUP",)),
        *(() if version.has_xmpp else ("RTCXMPPTGW",)),
        *(("RTCHA",) if version.is_lync else ()),
        *(() if version.has_pairs else ("FabricHostSvc", "RTCXMPPTGW")),
    }
    return tuple(name for name in _FRONT_END if name not in absent)


def display_name(service: str, kind: Kind, version: Product) -> str:
    """The service's display name: the product's name and the role (the prefix on 2013 is
    inferred).
    """
    text = (_EDGE if kind is Kind.EDGE else _FRONT_END)[service]
    return text if service in _NOT_LYNC else f"{version.title} {text}"


def roles_of(service: str, kind: Kind) -> tuple[str, ...]:
    """The roles that a service belongs to; none for the machine's own."""
    if kind is not Kind.EDGE:
        return _ROLE_OF_SERVICE.get(service, ())
    return (
        ("EdgeServer",)
        if service in ("RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY")
        else ()
    )
