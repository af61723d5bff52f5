"""The mutable state of a lab: machines, pools, SQL Servers, databases, copies of user data and of
the Central Management store.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from lyncops.lab.model.configuration import Configuration
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product
from lyncops.values import Fqdn

PRESENCE: Final = "UserServices.PresenceFocus"
CONFERENCE: Final = "ConfServices.DataConf"
STORE_MODULE: Final = "CentralMgmt.CMSMaster"


class Power(enum.Enum):
    """What a machine does when one talks to it."""

    UP = "up"
    HUNG = "hung"
    DOWN = "down"


@attrs.define(slots=True)
class ServiceState:
    """A Windows service; `due` is when a pending start or stop is over."""

    status: str
    due: datetime | None = None
    wanted: bool = (
        True  # False after somebody stopped it: a pool that regains quorum does not start it
    )


@attrs.define(slots=True)
class Replica:
    """A machine's own read-only copy of the configuration."""

    configuration: Configuration
    applied: datetime  # when the store's content that it has was written
    last_report: datetime | None
    last_creation: datetime
    requested: datetime | None = None  # when somebody last asked for its replication


@attrs.define(slots=True, kw_only=True)
class MachineState:
    """A computer that runs Lync services."""

    fqdn: Fqdn
    pool: Fqdn
    power: Power
    since: datetime  # when it last came up
    services: dict[str, ServiceState]
    replica: Replica
    certificate_until: datetime  # the end of its default certificate
    patch: str  # the build of its components
    files: dict[str, object] = attrs.field(factory=dict[str, object])  # by folded path

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self.power is Power.UP

    def runs(self, service: str) -> bool:
        """Whether it answers and this service runs."""
        return (
            self.is_up and service in self.services and self.services[service].status == "Running"
        )


@attrs.define(slots=True, kw_only=True)
class Track:
    """One module of the data of one pool's users: until when it was written, and until when the
    other side has it.
    """

    written: datetime
    copied: datetime
    initialized: bool = True
    # Conference content that a failback left on the backup pool
    left_behind: timedelta = timedelta()
    restored: datetime | None = None  # when that content will be back

    def start_restoring(self, now: datetime) -> None:
        """Bring back the conference content that was left behind; the more there is, the longer it
        takes (a guess).
        """
        if self.left_behind and self.restored is None:
            self.restored = now + timedelta(minutes=1) + self.left_behind / 10

    @property
    def unsynced(self) -> timedelta:
        """How much would be lost if the side that serves the users were lost now."""
        return max(self.written - self.copied, timedelta())


@attrs.define(slots=True, kw_only=True)
class Database:
    """A mirrored or single database of a pool."""

    name: str
    type: str
    is_mirrored: bool
    principal_on_mirror: bool = False
    synchronized: bool = True


@attrs.define(slots=True, kw_only=True)
class PoolRuntime:
    """A pool and its current state.

    `serving` is the pool that serves its users; there is at most one, by construction.
    """

    spec: PoolSpec
    version: Product
    running: bool  # its Front Ends have quorum, or it is no Enterprise pool
    serving: Fqdn | None
    tracks: dict[str, Track] = attrs.field(factory=dict[str, Track])
    databases: list[Database] = attrs.field(factory=list[Database])
    response_groups: dict[str, Fqdn] = attrs.field(factory=dict[str, Fqdn])  # name -> owner
    read_only: bool = False
    failed_over_at: datetime | None = None
    moving: bool = False  # a failover or failback of it runs

    @property
    def fqdn(self) -> Fqdn:
        """Its name."""
        return self.spec.fqdn

    @property
    def kind(self) -> Kind:
        """What it is."""
        return self.spec.kind

    @property
    def sql_server(self) -> Fqdn:
        """The primary SQL Server; the machine itself on Standard Edition."""
        return self.spec.sql_server or self.spec.machines[0]


@attrs.define(slots=True, kw_only=True)
class StoreCopy:
    """A copy of the Central Management store."""

    pool: Fqdn
    active: bool
    configuration: Configuration
    lis_entries: int


@attrs.define(slots=True, kw_only=True)
class Store:
    """The Central Management store: its copies, and the service connection point that names the
    master (fact: store-copies).
    """

    copies: dict[Fqdn, StoreCopy]
    point: Fqdn
    changed: datetime
    # What the standby copy has not seen yet, oldest first
    written: list[tuple[datetime, Configuration]]
    published: bool = True  # see Switches.enable_topology_needed

    @property
    def claimants(self) -> tuple[StoreCopy, ...]:
        """The copies that claim to be active."""
        return tuple(copy for copy in self.copies.values() if copy.active)

    @property
    def configuration(self) -> Configuration:
        """The content at the service connection point."""
        return self.copies[self.point].configuration


@attrs.frozen(slots=True, kw_only=True)
class Loss:
    """Data that a disaster mode gave up: per module how many minutes, and about how many items."""

    at: datetime
    cmdlet: str
    pool: Fqdn
    unsynced: Mapping[str, timedelta]
    items: int


@attrs.frozen(slots=True, kw_only=True)
class HistoryEntry:
    """A CHANGE cmdlet whose effect really started."""

    at: datetime
    cmdlet: str
    machine: Fqdn
    user: str
    arguments: Mapping[str, object]
