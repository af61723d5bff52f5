"""What a check is asked about: a deployment, the pool that first homed the users, the mode, and the
direction of the move.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

from lyncops.deployment.central_management import CentralManagement, StoreCopy
from lyncops.deployment.model import Deployment, Pool
from lyncops.values import Fqdn, Mode, Unread

STORE_FIRST: Final = (
    "The Central Management store could not be read either, and what is in the way of it is in the"
    " way of this question: see store-agents, and rights."
)
"""What to do about an answer that comes by way of the store, where the store does not answer."""


class Direction(enum.Enum):
    """Failover moves the pool's users to its partner, failback moves the same users home."""

    FAILOVER = "failover"
    FAILBACK = "failback"


@attrs.frozen(slots=True)
class CheckContext:
    """One question to one deployment.

    `target` first homed the users, in both directions (the guide's PoolFQDN).
    """

    deployment: Deployment
    target: Fqdn
    mode: Mode
    direction: Direction = Direction.FAILOVER
    next_hop: Fqdn | None = None
    """The new next hop of Edge pools that use the target, if one was named."""

    @property
    def disaster(self) -> bool:
        """Whether the failed side is taken to be gone."""
        return self.mode is Mode.DISASTER

    @property
    def pool(self) -> Pool | None:
        """The pool that first homed the users, where the topology has it."""
        return self.deployment.pool(self.target)

    @property
    def partner(self) -> Pool | None:
        """The backup pool of the pair, where it is known."""
        pool = self.pool
        backup = pool.backup_pool if pool else None
        return (
            None if backup is None or isinstance(backup, Unread) else self.deployment.pool(backup)
        )

    @property
    def leaving(self) -> Pool | None:
        """The pool that serves the users until the move: in disaster mode it is the one that is
        gone.
        """
        return self.pool if self.direction is Direction.FAILOVER else self.partner

    @property
    def receiving(self) -> Pool | None:
        """The pool that serves the users after the move."""
        return self.partner if self.direction is Direction.FAILOVER else self.pool

    @property
    def store(self) -> CentralManagement:
        """The Central Management store."""
        return self.deployment.central_management

    @property
    def store_pool(self) -> Fqdn | None:
        """The pool that holds the active store; None where it is not known or where two claim
        it.
        """
        return store_pool(self.deployment)

    def has_store_copy(self, pool: Fqdn) -> bool | None:
        """Whether a copy of the store, active or standby, is installed on `pool`; None where that
        is not known.
        """
        return (
            None
            if isinstance(self.store.copies, Unread)
            else any(copy.pool == pool for copy in self.store.copies)
        )

    @property
    def lone_store(self) -> StoreCopy | None:
        """The active store that no cmdlet fails over: without a standby copy, or of Lync Server
        2010.

        When its pool is lost, people install it again elsewhere (fact: store-2010).
        """
        return self.store.lone_copy

    @property
    def store_goes_down(self) -> bool:
        """Whether the active store is on the pool that is gone: then its silence is not a finding
        of its own.
        """
        return self.disaster and self.leaving is not None and self.store_pool == self.leaving.fqdn


def store_pool(deployment: Deployment) -> Fqdn | None:
    """The pool that holds the active store; None where it is not known or where two claim it.

    The flags of the copies decide; where they are not known, the master that the store names,
    which is a pool or a machine.
    """
    active = deployment.central_management.active_copies
    if len(active) == 1:
        return active[0].pool
    master = deployment.central_management.active_master
    if active or master is None or isinstance(master, Unread):
        return None
    holder = deployment.pool_of(master)
    return holder.fqdn if holder else None
