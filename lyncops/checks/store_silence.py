"""A store whose pool could not be asked: silence does not prove that it is down, and replicas that
keep reporting are evidence that it is up.
"""

from __future__ import annotations

from typing import Final

import attrs

from lyncops.checks.context import CheckContext
from lyncops.checks.life import Life, life, seems_dead
from lyncops.checks.replicas import newest_time, youngest_follower
from lyncops.checks.words import age
from lyncops.deployment.model import Deployment, Pool
from lyncops.values import Fqdn, Mode, Unread

_LIVES: Final = (Life.VOUCHED, Life.SILENT_BUT_BACKED_UP)


@attrs.frozen(slots=True, kw_only=True)
class UnheardStore:
    """The store names a master and agents, and no machine of the pool that holds it is known to run
    or to be dead.
    """

    holder: Pool
    followed: (
        str  # how long ago a replica that is up to date reported; "" where none did within the hour
    )

    @property
    def is_trusted(self) -> bool:
        """Whether something else says that it works: a replica that follows, or a sign of life of
        its pool.
        """
        return bool(self.followed) or life(self.holder) in _LIVES

    @property
    def evidence(self) -> str:
        """What is known, in sentences."""
        seen = f"The store is on {self.holder.fqdn}, whose machines could not be read."
        if self.followed:
            return f"{seen} A replica that is up to date reported {self.followed} ago."
        if self.is_trusted:
            return f"{seen} It shows other signs of life."
        return f"{seen} No replica is known to follow it."

    @property
    def remedy(self) -> str:
        """How to learn more; a forced failover of a store that works would make two of it."""
        look = f"Look at MASTER and FTA on {self.holder.fqdn} (Get-CsWindowsService there)."
        return f"{look} Do not fail the store over by force while it may work."


def unheard_store(deployment: Deployment) -> UnheardStore | None:
    """The store, if its pool is known by name and could not be asked; None if more is known, or
    less.
    """
    store = deployment.central_management
    master, agents = store.active_master, store.file_transfer_agents
    holder = deployment.pool_of(master) if isinstance(master, Fqdn) else None
    if (
        holder is None
        or isinstance(agents, Unread)
        or not agents
        or holder.is_alive
        or seems_dead(holder)
    ):
        return None
    now = max(newest_time(CheckContext(deployment, holder.fqdn, Mode.PLANNED)), deployment.read_at)
    youngest = youngest_follower(store, now)
    return UnheardStore(holder=holder, followed="" if youngest is None else age(youngest))
