"""How the pools of a deployment are: which of them may be silent or dead, gathered once.

A reading that differs in few pools keeps what was gathered, and looks at those alone: readiness
asks what would be if a pool were gone, for each of thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain, islice
from typing import Final

import attrs

from lyncops.deployment.order import natural
from lyncops.deployment.pool import Pool
from lyncops.deployment.witnesses import Says, Vantage
from lyncops.values import Fqdn, SiteName, Unread

_WITHOUT_REPLICA: Final = ("Database", "Store")  # the ends of the roles, in both their spellings


def has_a_sign(pool: Pool) -> bool:
    """Whether a machine of it answered, or a witness sees one alive."""
    return any(
        not isinstance(machine.services, Unread) or bool(machine.vouched(Says.ALIVE))
        for machine in pool.machines
    )


def is_stricken(pool: Pool) -> bool:
    """Whether it is a Front End pool of which no machine is up."""
    return pool.kind.is_front_end and not pool.is_alive


def is_next_hop(pool: Pool) -> bool:
    """Whether it is up and can be the next hop of an Edge pool."""
    return pool.kind.takes_next_hop and pool.is_alive


def may_be_dead(pool: Pool) -> bool:
    """Whether none of its machines is up, and of one that is seen or said."""
    return not pool.is_alive and any(one.is_down or one.vouched(Says.DEAD) for one in pool.machines)


def _is_whole(pool: Pool) -> bool:
    return len(pool.machines_up) == len(pool.machines)


@attrs.frozen(slots=True, eq=False)
class _Gathered:
    """Of all pools of one reading, by their places."""

    pools: tuple[Pool, ...]

    @cached_property
    def stricken(self) -> Counter[SiteName]:
        """How many Front End pools of each site have no machine up."""
        return Counter(_sites(filter(is_stricken, self.pools)))

    @cached_property
    def living(self) -> Counter[SiteName]:
        """How many pools of each site give a sign of life."""
        return Counter(_sites(filter(has_a_sign, self.pools)))

    @cached_property
    def others(self) -> Mapping[SiteName, AbstractSet[int]]:
        """The other pools with a machine that is not known to be up, by site."""
        return _by_site(
            (at, pool)
            for at, pool in enumerate(self.pools)
            if not pool.kind.takes_next_hop and not _is_whole(pool)
        )

    @cached_property
    def silent(self) -> Mapping[int, tuple[Fqdn, ...]]:
        """The machines whose replicas cannot follow, by the places of their pools."""
        found: dict[int, tuple[Fqdn, ...]] = {}
        for at, pool in enumerate(self.pools):
            machines = () if _is_whole(pool) else self._silent_of(pool)
            if machines:
                found[at] = machines
        return found

    def _silent_of(self, pool: Pool) -> tuple[Fqdn, ...]:
        if isinstance(pool.site, Unread):
            return silent_of(pool, stricken=False, living=True)
        stricken, living = self.stricken[pool.site] > 0, self.living[pool.site] > 0
        return silent_of(pool, stricken=stricken, living=living)

    @cached_property
    def next_hops(self) -> tuple[int, ...]:
        """The pools that are up and can be a next hop, by their names."""
        places = (at for at, pool in enumerate(self.pools) if is_next_hop(pool))
        return tuple(sorted(places, key=lambda at: natural(self.pools[at].fqdn)))

    @cached_property
    def next_hops_in(self) -> Mapping[SiteName, tuple[int, ...]]:
        """The same for each site."""
        found: dict[SiteName, list[int]] = {}
        for at in self.next_hops:
            site = self.pools[at].site
            if not isinstance(site, Unread):
                found.setdefault(site, []).append(at)
        return {site: tuple(places) for site, places in found.items()}

    def where(self, holds: Callable[[Pool], bool]) -> AbstractSet[int]:
        """The pools of which this holds, each asked once."""
        found = self._where.get(holds)
        if found is None:
            found = frozenset(at for at, pool in enumerate(self.pools) if holds(pool))
            self._where[holds] = found
        return found

    @cached_property
    def _where(self) -> dict[Callable[[Pool], bool], frozenset[int]]:
        return {}

    @cached_property
    def asked(self) -> int:
        """How many Front Ends were asked."""
        return sum(map(_asked, self.pools))

    @cached_property
    def answered(self) -> int:
        """How many Front Ends answered."""
        return sum(map(_answered, self.pools))


@attrs.frozen(slots=True, eq=False)
class Signs:
    """How the pools are: those of one reading, of which some (`changed`, by place) are otherwise
    now.
    """

    pools: tuple[Pool, ...]
    _all: _Gathered
    changed: Mapping[int, Pool] = attrs.field(factory=dict[int, Pool])

    @classmethod
    def of(cls, pools: tuple[Pool, ...]) -> Signs:
        """Of a reading by itself."""
        return cls(pools, _Gathered(pools))

    def but(self, pools: tuple[Pool, ...], changed: Mapping[int, Pool]) -> Signs:
        """Of the same reading with these pools changed; `pools` are all of them, afterwards."""
        return Signs(pools, self._all, {**self.changed, **changed})

    @cached_property
    def nobody_answers(self) -> bool:
        """Whether several Front Ends were asked, and none answered."""
        answered = self._all.answered + self._more(_answered)
        return answered == 0 and self._all.asked + self._more(_asked) > 1

    def _more(self, count: Callable[[Pool], int]) -> int:
        was = self._all.pools
        return sum(count(pool) - count(was[at]) for at, pool in self.changed.items())

    @cached_property
    def _stricken(self) -> Mapping[SiteName, int]:
        """How many more Front End pools of a site are out than in the reading by itself."""
        return self._more_in_sites(is_stricken)

    @cached_property
    def _living(self) -> Mapping[SiteName, int]:
        return self._more_in_sites(has_a_sign)

    def _more_in_sites(self, holds: Callable[[Pool], bool]) -> Mapping[SiteName, int]:
        more: dict[SiteName, int] = {}
        for at, pool in self.changed.items():
            for one, sign in ((pool, 1), (self._all.pools[at], -1)):
                if not isinstance(one.site, Unread) and holds(one):
                    more[one.site] = more.get(one.site, 0) + sign
        return more

    def is_stricken(self, site: SiteName | Unread) -> bool:
        """Whether a Front End pool of the site has no machine up."""
        if isinstance(site, Unread):
            return False
        return self._all.stricken[site] + self._stricken.get(site, 0) > 0

    def is_living(self, site: SiteName | Unread) -> bool:
        """Whether a pool of the site gives a sign of life."""
        if isinstance(site, Unread):
            return True
        return self._all.living[site] + self._living.get(site, 0) > 0

    @cached_property
    def silent(self) -> Mapping[int, tuple[Fqdn, ...]]:
        """The machines whose replicas cannot follow, by the places of their pools.

        What no change can have touched is taken from the reading by itself.
        """
        found = dict(self._all.silent)
        touched = set(self.changed)
        for site in {*self._stricken, *self._living}:
            touched |= self._all.others.get(site, frozenset())
        for at in touched:
            found.pop(at, None)
            machines = self._silent_of(self.pools[at])
            if machines:
                found[at] = machines
        return found

    def _silent_of(self, pool: Pool) -> tuple[Fqdn, ...]:
        return silent_of(
            pool, stricken=self.is_stricken(pool.site), living=self.is_living(pool.site)
        )

    @cached_property
    def silent_machines(self) -> frozenset[Fqdn]:
        """Their names."""
        return frozenset(chain.from_iterable(self.silent.values()))

    def next_hops_from(self, site: SiteName | None) -> Iterator[Fqdn]:
        """The Front End and Director pools that are up, those of the site first, by their names;
        none is looked at before it is wanted.
        """
        if any(map(is_next_hop, self.changed.values())):
            yield from self.of(self.pools).next_hops_from(site)
            return
        near = () if site is None else self._all.next_hops_in.get(site, ())
        own = frozenset(near)
        for at in near:
            if at not in self.changed:
                yield self.pools[at].fqdn
        for at in self._all.next_hops:
            if at not in own and at not in self.changed:
                yield self.pools[at].fqdn

    def first_next_hops_from(self, site: SiteName | None) -> tuple[Fqdn, ...]:
        """The first two of them, looked for once: one of them may be the pool that is left."""
        found = self._first_next_hops.get(site)
        if found is None:
            found = tuple(islice(self.next_hops_from(site), 2))
            self._first_next_hops[site] = found
        return found

    @cached_property
    def _first_next_hops(self) -> dict[SiteName | None, tuple[Fqdn, ...]]:
        return {}

    def where(self, holds: Callable[[Pool], bool]) -> AbstractSet[int]:
        """Where the pools stand of which this holds; it is asked of each once, and again only of
        those that changed.
        """
        now = {at for at, pool in self.changed.items() if holds(pool)}
        return (self._all.where(holds) - self.changed.keys()) | now


def silent_of(pool: Pool, *, stricken: bool, living: bool) -> tuple[Fqdn, ...]:
    """The machines of a pool whose replicas cannot follow: Front Ends and Directors that are down,
    Edge servers of a dead site.

    Most Edge servers cannot be asked from inside (fact: edge-replication), and a dead pool does not
    make its site silent: an Edge server counts only where its site is `stricken` and no machine of
    it gives a sign of life, or where it is dead from here. What a witness sees alive never counts.
    """
    if not _has_replicas(pool):
        return ()
    return tuple(
        machine.fqdn
        for machine in pool.machines
        if not machine.vouched(Says.ALIVE)
        and (
            not machine.is_up
            if pool.kind.takes_next_hop
            else isinstance(machine.services, Unread)
            and stricken
            and (not living or machine.is_dead_from(Vantage.HERE))
        )
    )


def _has_replicas(pool: Pool) -> bool:
    """Whether its machines have a replica of the configuration: SQL Servers, file stores and
    gateways, which the topology lists as pools too, have none (fact: pool-objects).
    """
    roles = {service.role for service in pool.services}
    return not roles or any(
        not role.endswith(_WITHOUT_REPLICA) and role != "PstnGateway" for role in roles
    )


def _asked(pool: Pool) -> int:
    if not pool.kind.is_front_end:
        return 0
    return sum(not isinstance(one.services, Unread) or one.services.asked for one in pool.machines)


def _answered(pool: Pool) -> int:
    if not pool.kind.is_front_end:
        return 0
    return sum(not isinstance(one.services, Unread) for one in pool.machines)


def _sites(pools: Iterable[Pool]) -> Iterator[SiteName]:
    return (pool.site for pool in pools if not isinstance(pool.site, Unread))


def _by_site(placed: Iterable[tuple[int, Pool]]) -> Mapping[SiteName, AbstractSet[int]]:
    found: dict[SiteName, set[int]] = {}
    for at, pool in placed:
        if not isinstance(pool.site, Unread):
            found.setdefault(pool.site, set()).add(at)
    return found
