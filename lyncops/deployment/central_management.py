"""The Central Management store: its copies, its master and its replicas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cached_property

import attrs

from lyncops.text.brief import brief, first_of
from lyncops.values import Fqdn, LyncVersion, Unread


@attrs.frozen(slots=True, kw_only=True)
class StoreCopy:
    """One copy of the Central Management store: a pool with the CentralManagement role."""

    pool: Fqdn
    active: bool | Unread
    version: LyncVersion | Unread
    sql_server: Fqdn | Unread | None = None
    sql_instance: str = ""
    mirror_sql_server: Fqdn | Unread | None = None  # None: no mirror, or its place was not reported
    mirror_sql_instance: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Replica:
    """The replica of the configuration on one computer."""

    computer: Fqdn
    up_to_date: bool
    last_status_report: datetime | None = None
    last_update_creation: datetime | None = None
    product_version: str = ""
    never_reported: bool = False  # the answer says so: it is not an unreadable report


@attrs.frozen(slots=True, kw_only=True)
class CentralManagement:
    """The Central Management store: who claims it, who masters it, and how far its replicas are.

    `active_master` is None (and `file_transfer_agents` empty) when the servers answered that there
    is none.
    """

    copies: tuple[StoreCopy, ...] | Unread
    active_master: Fqdn | Unread | None
    file_transfer_agents: tuple[Fqdn, ...] | Unread
    replicas: tuple[Replica, ...] | Unread

    def __repr__(self) -> str:
        active = first_of(copy.pool for copy in self.active_copies) or "no pool"
        where = "not read" if isinstance(self.copies, Unread) else f"active on {active}"
        if isinstance(self.replicas, Unread):
            return brief(self, f"{where}, replicas not read")
        follow = sum(replica.up_to_date for replica in self.replicas)
        return brief(self, f"{where}, {follow} of {len(self.replicas)} replicas up to date")

    @cached_property
    def _by_computer(self) -> Mapping[Fqdn, tuple[Replica, ...]]:
        found: dict[Fqdn, tuple[Replica, ...]] = {}
        for replica in self.known_replicas:
            found[replica.computer] = (*found.get(replica.computer, ()), replica)
        return found

    @property
    def known_replicas(self) -> tuple[Replica, ...]:
        """The replicas; none where they could not be read."""
        return () if isinstance(self.replicas, Unread) else self.replicas

    def replicas_of(self, computer: Fqdn) -> tuple[Replica, ...]:
        """What is known of the replica of a computer."""
        return self._by_computer.get(computer, ())

    @cached_property
    def _behind(self) -> Mapping[Fqdn, int]:
        """The replicas that are not up to date, each with its place."""
        return {
            one.computer: at for at, one in enumerate(self.known_replicas) if not one.up_to_date
        }

    def replicas_behind_but(self, computers: AbstractSet[Fqdn]) -> list[Replica]:
        """The replicas that are not up to date, but for those of these computers."""
        places = sorted(self._behind[name] for name in self._behind.keys() - computers)
        return [self.known_replicas[at] for at in places]

    def count_but(self, computers: AbstractSet[Fqdn]) -> int:
        """How many computers with a replica there are, but for these."""
        return len(self._by_computer.keys() - computers)

    @cached_property
    def computers_never_heard(self) -> tuple[Fqdn, ...]:
        """The computers of which the store never had a report."""
        return tuple(one.computer for one in self.known_replicas if one.never_reported)

    @cached_property
    def newest_times(self) -> tuple[datetime, ...]:
        """The newest time in the replicas' reports: of those with a zone, and of those without."""
        times = (
            time
            for one in self.known_replicas
            for time in (one.last_status_report, one.last_update_creation)
            if time is not None
        )
        return _newest(times)

    @cached_property
    def newest_good_reports(self) -> tuple[datetime, ...]:
        """The same for the last reports of replicas that are up to date."""
        reports = (one.last_status_report for one in self.known_replicas if one.up_to_date)
        return _newest(time for time in reports if time is not None)

    @property
    def active_copies(self) -> tuple[StoreCopy, ...]:
        """The copies that claim to be active; empty when the copies could not be read."""
        return (
            ()
            if isinstance(self.copies, Unread)
            else tuple(copy for copy in self.copies if copy.active is True)
        )

    @property
    def lone_copy(self) -> StoreCopy | None:
        """The active copy, where no other can take over: there is none, or it is of Lync Server
        2010 (fact: store-2010).
        """
        if len(self.active_copies) != 1 or isinstance(self.copies, Unread):
            return None
        active = self.active_copies[0]
        has_others = any(copy.pool != active.pool for copy in self.copies)
        return None if has_others and active.version is not LyncVersion.V2010 else active


def _newest(times: Iterable[datetime]) -> tuple[datetime, ...]:
    """Times with a zone and without cannot be compared before somebody says which zone is meant."""
    found: dict[bool, datetime] = {}
    for time in times:
        with_zone = time.tzinfo is not None
        found[with_zone] = max(time, found.get(with_zone, time))
    return tuple(found.values())
