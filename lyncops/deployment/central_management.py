"""The Central Management store: its copies, its master and its replicas."""

from __future__ import annotations

from datetime import datetime

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
    mirror_sql_server: Fqdn | Unread | None = None  # None: no mirror, or nobody says where it is
    mirror_sql_instance: str = ""


@attrs.frozen(slots=True, kw_only=True)
class Replica:
    """The replica of the configuration on one computer."""

    computer: Fqdn
    up_to_date: bool
    last_status_report: datetime | None = None
    last_update_creation: datetime | None = None
    product_version: str = ""
    never_reported: bool = False  # the answer says so: it is no report that was not understood


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
