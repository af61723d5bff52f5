"""What to read: a full snapshot, or just the facets of some pools that a condition needs."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

import attrs

from lyncops.deployment.network import Question
from lyncops.deployment.trials import Trial
from lyncops.values import Fqdn


class Facet(enum.StrEnum):
    """A part of a deployment that is read by cmdlets of its own.

    The topology (sites, pools, services, Edges) is always read.
    """

    POOL_STATE = "pool state"
    BACKUP_STATUS = "Backup Service status"
    MIRRORS = "database mirrors"
    BACK_END = "user databases"
    MACHINES = "services on machines"
    STORE = "Central Management store"
    REPLICAS = "replicas"
    USERS = "users"
    SETTINGS = "Backup Service configuration"
    RIGHTS = "the operator's rights"
    TEST_USERS = "test users"
    CARE = "certificates and updates of machines"
    WITNESSES = "signs of life of machines, as seen from here"


@attrs.frozen(slots=True)
class Scope:
    """Facets to read; `pools` limits the per-pool facets to those pools (empty: all Front End
    pools).

    Among `pools` may be a machine: of its pool, only that machine's services are then read.

    `lookups` are questions to the network outside and `trials` are what to try as a user: asked
    only where the answer is needed.
    """

    facets: frozenset[Facet] = frozenset()
    pools: frozenset[Fqdn] = frozenset()
    lookups: frozenset[Question] = frozenset()
    trials: frozenset[Trial] = frozenset()

    @classmethod
    def of(cls, *facets: Facet, pools: Iterable[Fqdn] = ()) -> Scope:
        """A scope of these facets."""
        return cls(frozenset(facets), frozenset(pools))

    @classmethod
    def trying(cls, *trials: Trial) -> Scope:
        """A scope of these trials."""
        return cls(trials=frozenset(trials))

    @classmethod
    def asking(cls, *questions: Question) -> Scope:
        """A scope of these questions to the network."""
        return cls(lookups=frozenset(questions))

    def covers(self, *names: Fqdn) -> bool:
        """Whether the per-pool facets of something with one of these names are to be read."""
        return not self.pools or not self.pools.isdisjoint(names)

    def __or__(self, other: Scope) -> Scope:
        """Both scopes; a scope without pools means all of them."""
        pools = self.pools | other.pools if self.pools and other.pools else frozenset[Fqdn]()
        return Scope(
            self.facets | other.facets,
            pools,
            self.lookups | other.lookups,
            self.trials | other.trials,
        )


# Without the users: no cmdlet counts them, so that counting carries every user object over the wire
# (20,000 for one pool). Without the test users, certificates and updates: only readiness and who
# tries something as a user need them.
EVERYTHING: Final = Scope(frozenset(Facet) - {Facet.USERS, Facet.TEST_USERS, Facet.CARE})
