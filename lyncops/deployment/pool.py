"""What a topology is made of: sites, pools with their machines, and Edge pools."""

from __future__ import annotations

import enum
from functools import cached_property
from typing import Final

import attrs

from lyncops.cmdlets.enums import ServiceStatus
from lyncops.deployment.backup_module import BackupModule
from lyncops.deployment.gaps import FRONT_END
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.text.brief import brief
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread


class PoolKind(enum.StrEnum):
    """What a pool of the topology is."""

    ENTERPRISE = "Enterprise"
    STANDARD = "Standard"
    DIRECTOR = "Director"
    EDGE = "Edge"
    MEDIATION = "Mediation"
    OTHER = "other"  # SQL servers and file stores appear in Get-CsPool too

    @property
    def is_front_end(self) -> bool:
        """Whether users can be homed on it, so that it can be failed over."""
        return self in (PoolKind.ENTERPRISE, PoolKind.STANDARD)

    @property
    def takes_next_hop(self) -> bool:
        """Whether it has a registrar, so that it can be an Edge pool's next hop."""
        return self.is_front_end or self is PoolKind.DIRECTOR

    @property
    def is_asked(self) -> bool:
        """Whether its machines are asked whether they run."""
        return self.takes_next_hop or self is PoolKind.EDGE


class PoolState(enum.StrEnum):
    """`PoolState` of the service-scoped registrar configuration (fact: pool-state)."""

    ACTIVE = "Active"
    FAILING_OVER = "FailingOver"
    FAILED_OVER = "FailedOver"
    FAILED_BACK = "FailedBack"

    @property
    def is_home(self) -> bool:
        """Whether the pool's users are served by the pool itself."""
        return self in (PoolState.ACTIVE, PoolState.FAILED_BACK)


_STATUSES: Final = frozenset(status.value.casefold() for status in ServiceStatus)


@attrs.frozen(slots=True, kw_only=True)
class Site:
    """A central site and its routes."""

    name: SiteName
    display_name: str = ""
    federation_route: ServiceId | None = None
    xmpp_federation_route: ServiceId | None = None


@attrs.frozen(slots=True, kw_only=True)
class WindowsService:
    """A Lync service on one machine."""

    name: str
    # Running, Stopped, StartPending, ...; whatever the server said where that is none of the known
    # ones
    status: str

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.status.casefold() == "running"

    @property
    def is_understood(self) -> bool:
        """Whether its status is one that is known: of another nothing follows, not even that it
        does not run.
        """
        return self.status.casefold() in _STATUSES


@attrs.frozen(slots=True, kw_only=True)
class Machine:
    """A computer of a pool.

    `services` is Unread when it did not answer: that is how a dead machine looks.
    """

    fqdn: Fqdn
    services: tuple[WindowsService, ...] | Unread
    witnesses: tuple[Witness, ...] = ()  # of whether it lives, where its services do not tell

    def __repr__(self) -> str:
        state = "up" if self.is_up else "down" if self.is_down else "not known"
        return brief(self, f"{self.fqdn}: {state}")

    @cached_property
    def is_up(self) -> bool:
        """Whether it answered and its Front-End (or Access Edge) service RTCSRV runs."""
        return any(service.is_running for service in self._front_end)

    @cached_property
    def is_down(self) -> bool:
        """Whether it answered and RTCSRV does not run.

        Neither up nor down is one whose answer leaves that open.
        """
        return bool(self._front_end) and all(
            service.is_understood and not service.is_running for service in self._front_end
        )

    def vouched(self, testimony: Says) -> tuple[Witness, ...]:
        """The witnesses that say this."""
        return tuple(witness for witness in self.witnesses if witness.testimony is testimony)

    def is_dead_from(self, vantage: Vantage) -> bool:
        """Whether a witness at this place says that it is dead."""
        return any(witness.vantage is vantage for witness in self.vouched(Says.DEAD))

    @property
    def _front_end(self) -> tuple[WindowsService, ...]:
        services = () if isinstance(self.services, Unread) else self.services
        return tuple(service for service in services if service.name.upper() == FRONT_END)


@attrs.frozen(slots=True)
class MediaEdge:
    """The Edge pool that one service of a pool uses for media: registrar, conferencing and
    mediation each have their own.
    """

    service: ServiceId
    edge: Fqdn | None

    @property
    def role(self) -> str:
        """The role of the service, by the one of its two spellings that Get-CsService has (fact:
        service-objects).
        """
        return (
            "ConferencingServer"
            if self.service.role.casefold() == "conferenceserver"
            else self.service.role
        )


@attrs.frozen(slots=True, kw_only=True)
class Link:
    """A service of a pool, by its role, that needs a service of another pool: its next hop, or what
    it depends on.
    """

    role: str
    to: ServiceId


@attrs.frozen(slots=True, kw_only=True)
class Pool:
    """A pool.

    The fields after `services` are read for Front End pools only and have their defaults elsewhere.
    """

    fqdn: Fqdn
    kind: PoolKind
    site: SiteName | Unread
    version: LyncVersion | Unread
    machines: tuple[Machine, ...]  # in the order of the topology
    services: tuple[ServiceId, ...] = ()
    backup_pool: Fqdn | Unread | None = None
    state: PoolState | Unread = PoolState.ACTIVE
    backup_modules: tuple[BackupModule, ...] | Unread = ()
    mirrors: tuple[DatabaseMirror, ...] | Unread = ()
    users: int | Unread = 0  # homed here, whoever serves them
    media_edges: tuple[MediaEdge, ...] = ()  # per service that uses an Edge pool for media
    sql_server: Fqdn | None = None  # of the user store
    sql_instance: str = ""
    back_end_online: bool | Unread | None = (
        None  # its user database, as SQL Server tells; None: not asked (Standard Edition)
    )
    # Of any pool: what its services need of other pools, as far as the answers have it
    links: tuple[Link, ...] = ()
    web_names: tuple[Fqdn, ...] = ()  # external names of its web services

    def __repr__(self) -> str:
        words = [str(self.kind)]
        if self.kind.is_front_end:
            words.append("state not read" if isinstance(self.state, Unread) else self.state)
        if self.kind.is_asked:
            words.append(f"{len(self.machines_up)} of {len(self.machines)} machines up")
            silent = sum(not one.is_up and not one.is_down for one in self.machines)
            words += [f"{silent} not known"] if silent else []
        if isinstance(self.backup_pool, Fqdn):
            words.append(f"backup pool {self.backup_pool}")
        return brief(self, f"{self.fqdn}: {', '.join(words)}")

    @property
    def edges_for_media(self) -> tuple[Fqdn, ...]:
        """The Edge pools that its services use for media: one, unless a change was broken off."""
        return tuple(dict.fromkeys(one.edge for one in self.media_edges if one.edge is not None))

    @cached_property
    def machines_up(self) -> tuple[Machine, ...]:
        """The machines that answer with a running Front-End service."""
        return tuple(machine for machine in self.machines if machine.is_up)

    @property
    def is_alive(self) -> bool:
        """Whether at least one of its machines is up."""
        return bool(self.machines_up)


@attrs.frozen(slots=True, kw_only=True)
class EdgePool:
    """The Edge service of an Edge pool."""

    fqdn: Fqdn
    next_hop: Fqdn | None
    external_sip_port: int | None = None
    external_fqdn: Fqdn | None = None  # of its Access Edge service: the name that partners know

    def __repr__(self) -> str:
        return brief(self, f"{self.fqdn}: next hop {self.next_hop or 'none'}")

    @property
    def has_federation(self) -> bool:
        """Federation is enabled: the external SIP port is 5061 (fact: federated-edge-port)."""
        return self.external_sip_port == 5061
