"""A deployment: an immutable snapshot of what the servers said.

What could not be read is an `Unread`, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property

import attrs

from lyncops.deployment.care import MachineCare
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.gaps import Gap, GapIndex, Need, Part, unread_in
from lyncops.deployment.network import Network
from lyncops.deployment.pool import (
    EdgePool,
    Link,
    Machine,
    MediaEdge,
    Pool,
    PoolKind,
    PoolState,
    Site,
    WindowsService,
)
from lyncops.deployment.relations import Relations, grouped, same_make
from lyncops.deployment.signs import Signs
from lyncops.deployment.trials import PoolTestUsers, Tried, no_test_users
from lyncops.text.brief import brief, first_of, told
from lyncops.text.harmless import harmless
from lyncops.values import Fqdn, LyncVersion, Unread

__all__ = [
    "BackupServiceSettings",
    "Deployment",
    "EdgePool",
    "Link",
    "Machine",
    "MediaEdge",
    "Pool",
    "PoolKind",
    "PoolState",
    "Site",
    "WindowsService",
]


@attrs.frozen(slots=True, kw_only=True)
class BackupServiceSettings:
    """The global configuration of the Backup Service.

    A figure is None where the answer does not have it.
    """

    sync_interval: timedelta
    authorized_universal_groups: tuple[str, ...] = ()
    authorized_local_accounts: tuple[str, ...] = ()
    max_concurrent_calls: int | None = None
    max_batches_per_cms_sync: int | None = None
    max_batches_per_user_store_sync: int | None = None
    max_data_conf_package_size_kb: int | None = None
    max_high_priority_percentage: int | None = (
        None  # of the queue, per synchronisation of a user store: 2015 and later
    )
    response_groups_copied: bool | None = None  # EnableRgsBackupService: 2019


@attrs.frozen(slots=True, kw_only=True)
class Deployment:
    """What the servers said at `read_at`."""

    name: str
    version: LyncVersion | Unread
    read_at: datetime
    read_through: str  # the endpoint that served
    sites: tuple[Site, ...] | Unread
    pools: tuple[Pool, ...] | Unread
    edges: tuple[EdgePool, ...] | Unread
    central_management: CentralManagement
    backup_service: BackupServiceSettings | Unread
    # Cmdlets (by name) that the session offers, where that can be known
    rights: tuple[str, ...] | Unread = ()
    # Those that exist in the session, where rights are not known by that
    offered: tuple[str, ...] | Unread = ()
    own_product: str = ""  # the product's name, if the version's year does not give it
    from_local_store: bool = False
    # Why the topology was read there: what the question to the Central Management store came to
    store_silence: str = ""
    network: Network = attrs.field(factory=Network)  # what was asked of DNS and ports outside
    test_users: tuple[PoolTestUsers, ...] | Unread = attrs.field(factory=no_test_users)
    tried: tuple[Tried, ...] = ()  # what servers tried as a user
    care: tuple[MachineCare, ...] = ()  # certificates and updates of Front Ends
    gaps: tuple[Gap, ...] = ()  # what the answers left open, where no value can say so

    def __repr__(self) -> str:
        pools = first_of(f"{one.fqdn} {told(one.state)}" for one in self.front_end_pools)
        none = "pools not read" if isinstance(self.pools, Unread) else "no Front End pool"
        return brief(self, f"{self.name}: {pools or none}, read {self._when}")

    def __str__(self) -> str:
        """The picture in short: pools, the store, Edge pools, and what could not be read."""
        head = f"{self.name}: {self.product or 'unknown version'}, read {self._when}"
        edges = () if isinstance(self.edges, Unread) else self.edges
        values = (*self.front_end_pools, self.central_management, *edges)
        lines = (f"{head} through {self.read_through}", *map(repr, values), *map(str, self.unread))
        return "\n  ".join(map(harmless, lines))

    @property
    def _when(self) -> str:
        return f"{self.read_at:%Y-%m-%d %H:%M:%S %Z}"

    @property
    def product(self) -> str:
        """The product as the server calls it; "" where it is not known."""
        version = self.version
        return self.own_product if isinstance(version, Unread) else self.product_of(version)

    def product_of(self, version: LyncVersion) -> str:
        """The product of a pool of this version: by the name that the server gave to its own."""
        return self.own_product if self.own_product and version is self.version else version.product

    @cached_property
    def relations(self) -> Relations:
        """What leads to what, gathered once."""
        replicas = self.central_management.replicas
        return Relations(
            pools=self._pools,
            edges=() if isinstance(self.edges, Unread) else self.edges,
            sites=() if isinstance(self.sites, Unread) else self.sites,
            computers=()
            if isinstance(replicas, Unread)
            else tuple(one.computer for one in replicas if not one.never_reported),
        )

    @cached_property
    def signs(self) -> Signs:
        """Which pools may be silent or dead, gathered once."""
        return Signs.of(self._pools)

    @cached_property
    def _gap_index(self) -> GapIndex:
        return GapIndex.of(self.gaps)

    @property
    def _pools(self) -> tuple[Pool, ...]:
        return () if isinstance(self.pools, Unread) else self.pools

    def pool(self, fqdn: Fqdn) -> Pool | None:
        """The pool of that name, or None."""
        at = self.relations.place.get(fqdn)
        return None if at is None else self._pools[at]

    def pools_at(self, places: Iterable[int]) -> Iterator[Pool]:
        """The pools at these places of the topology."""
        return map(self._pools.__getitem__, places)

    def with_pool(self, changed: Pool) -> Deployment:
        """The same reading with `changed` in the place of the pool of that name."""
        return self.with_pools((changed,))

    def with_pools(
        self,
        changed: Iterable[Pool],
        *,
        store: CentralManagement | None = None,
        settled: Iterable[Part] = (),
    ) -> Deployment:
        """The same reading with each of these pools in the place of the one of its name, and with
        another `store`.

        What the answers left open of their `settled` parts is taken to be known. What was gathered
        about the other pools is kept, so that thousands of such readings cost no more than their
        differences.
        """
        ours = self.relations
        places = {ours.place[pool.fqdn]: pool for pool in changed if pool.fqdn in ours.place}
        open_now = self._gap_index.without(settled, (pool.fqdn for pool in places.values()))
        pools = self._exchanged(places)
        other = attrs.evolve(
            self,
            pools=self.pools if isinstance(self.pools, Unread) else pools,
            central_management=self.central_management if store is None else store,
            gaps=open_now.gaps,
        )
        object.__setattr__(other, "_gap_index", open_now)
        same_replicas = other.central_management.replicas is self.central_management.replicas
        if same_replicas and not ours.has_twins:
            if all(same_make(ours.pools[at], pool) for at, pool in places.items()):
                object.__setattr__(other, "relations", ours)
            object.__setattr__(other, "signs", self.signs.but(pools, places))
        return other

    def _exchanged(self, places: Mapping[int, Pool]) -> tuple[Pool, ...]:
        if self.relations.has_twins:
            named = {pool.fqdn: pool for pool in places.values()}
            return tuple(named.get(pool.fqdn, pool) for pool in self._pools)
        found = self._pools
        for at, pool in places.items():
            found = (*found[:at], pool, *found[at + 1 :])
        return found

    @cached_property
    def _care_by_machine(self) -> Mapping[Fqdn, tuple[int, ...]]:
        return grouped((one.machine, at) for at, one in enumerate(self.care))

    def care_of(self, machines: Iterable[Fqdn]) -> tuple[MachineCare, ...]:
        """What was read of the care for these machines, in the order of the reading."""
        places = {at for name in machines for at in self._care_by_machine.get(name, ())}
        return tuple(self.care[at] for at in sorted(places))

    @cached_property
    def _tried_by_pool(self) -> Mapping[Fqdn, tuple[Tried, ...]]:
        return grouped((one.trial.pool, one) for one in self.tried)

    def tried_at(self, pool: Fqdn) -> tuple[Tried, ...]:
        """What servers tried as a user at a pool."""
        return self._tried_by_pool.get(pool, ())

    @cached_property
    def _test_users_by_pool(self) -> Mapping[Fqdn, tuple[str, ...]]:
        known = () if isinstance(self.test_users, Unread) else self.test_users
        return {one.pool: one.users for one in reversed(known)}

    def test_users_of(self, pool: Fqdn) -> tuple[str, ...]:
        """The test users of a pool; none where none are known."""
        return self._test_users_by_pool.get(pool, ())

    @cached_property
    def front_end_pools(self) -> tuple[Pool, ...]:
        """The pools that can be failed over; empty when the pools could not be read."""
        return tuple(pool for pool in self._pools if pool.kind.is_front_end)

    def pool_of(self, fqdn: Fqdn) -> Pool | None:
        """The pool that is called so or has a machine called so: servers name either (fact:
        store-status).
        """
        at = self.relations.owner(fqdn)
        return None if at is None else self._pools[at]

    def open_questions(self, *needs: Need) -> tuple[Gap, ...]:
        """What the answers left open of what is needed."""
        return self._gap_index.open_questions(needs)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Everything that was asked for and could not be read or understood, anywhere in the
        snapshot, each once.
        """
        return tuple(
            dict.fromkeys(
                (
                    *(found for found in unread_in(self) if found.asked),
                    *(gap.unread for gap in self.gaps),
                )
            )
        )
