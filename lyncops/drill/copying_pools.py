"""The pools of a copy: their machines, users, databases, and what they are to each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import attrs

from lyncops.deployment.backup_module import SETTLED, BackupModule, ExportState
from lyncops.deployment.model import Deployment, EdgePool, Machine, Pool, PoolKind, PoolState
from lyncops.deployment.topology_file import BACKUP_REGISTRAR
from lyncops.deployment.witnesses import Says
from lyncops.drill.fitting import machines_of
from lyncops.drill.notes import Notes
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product
from lyncops.values import Fqdn, LyncVersion, Unread

KINDS: Final = {
    PoolKind.ENTERPRISE: Kind.ENTERPRISE,
    PoolKind.STANDARD: Kind.STANDARD,
    PoolKind.DIRECTOR: Kind.DIRECTOR,
    PoolKind.EDGE: Kind.EDGE,
}
USERS: Final = 5000
"""Users of a pool whose users were not counted; it decides how long moving them takes."""
_PAIR: Final = 2
_BACKLOG: Final = timedelta(minutes=30)


class PoolCopying:
    """The pools of one copy in the making."""

    def __init__(
        self, deployment: Deployment, pools: tuple[Pool, ...], version: Product, notes: Notes
    ) -> None:
        self._deployment, self._pools, self._version = deployment, pools, version
        self._notes = notes
        self._untested: list[Fqdn] = []
        self._named: set[str] = set()
        self._edges = {
            edge.fqdn: edge
            for edge in (() if isinstance(deployment.edges, Unread) else deployment.edges)
        }

    def copied(self) -> tuple[PoolSpec, ...]:
        """Every pool of a kind that the lab runs."""
        known = [pool for pool in self._pools if pool.kind in KINDS]
        found = tuple(self._pool(pool, number) for number, pool in enumerate(known, 1))
        if self._untested:
            first = f"{self._untested[0]}{' and others' if self._untested[1:] else ''}"
            self._notes.miss(
                f"It is not tried whether users of {first} can sign in: no test users are known."
            )
        return found

    def _pool(self, pool: Pool, number: int) -> PoolSpec:
        site = self._first_site() if isinstance(pool.site, Unread) else pool.site
        if isinstance(pool.site, Unread):
            self._notes.assume(f"The site of {{}} was not read: {site} is assumed.", pool.fqdn)
        common = PoolSpec(
            fqdn=pool.fqdn,
            kind=KINDS[pool.kind],
            site=str(site),
            machines=machines_of(
                pool.fqdn, KINDS[pool.kind], tuple(one.fqdn for one in pool.machines), self._notes
            ),
            version=self._version_of(pool),
            down=tuple(m.fqdn for m in pool.machines if self._is_down(pool, m)),
        )
        if pool.kind is PoolKind.EDGE:
            return self._edge(common, self._edges.get(pool.fqdn))
        return self._front_end(common, pool, number) if pool.kind.is_front_end else common

    def _first_site(self) -> str:
        sites = self._deployment.sites
        read = () if isinstance(sites, Unread) else tuple(site.name for site in sites)
        told = (pool.site for pool in self._pools if not isinstance(pool.site, Unread))
        return str(next(iter((*read, *told)), "Site1"))

    def _version_of(self, pool: Pool) -> Product | None:
        if not isinstance(pool.version, LyncVersion):
            return None
        version = Product(pool.version.value)
        return None if version is self._version else version

    def _is_down(self, pool: Pool, machine: Machine) -> bool:
        """An Edge server answers only for itself: its silence is copied as silence.

        What a Front End answers through another may be a matter of rights.
        """
        if machine.is_up:
            return False
        if machine.is_down or machine.vouched(Says.DEAD):
            return True
        if not isinstance(machine.services, Unread):
            return False
        if not machine.services.asked:
            self._notes.assume("It was not read whether {} run: yes is assumed.", machine.fqdn)
            return False
        is_silent = pool.kind is PoolKind.EDGE and not machine.vouched(Says.ALIVE)
        state = "off" if is_silent else "running"
        self._notes.assume(f"{{}} did not answer: assumed to be {state}.", machine.fqdn)
        return is_silent

    def _edge(self, spec: PoolSpec, edge: EdgePool | None) -> PoolSpec:
        hop = edge.next_hop if edge is not None else None
        if hop is None or not self._takes_next_hop(hop):
            hop = self._deployment.front_end_pools[0].fqdn
            self._notes.assume(
                f"The next hop of Edge pool {spec.fqdn} was not read: {hop} is assumed."
            )
        return attrs.evolve(spec, next_hop=hop, federation=edge is not None and edge.has_federation)

    def _takes_next_hop(self, fqdn: Fqdn) -> bool:
        pool = self._deployment.pool(fqdn)
        return pool is not None and pool.kind.takes_next_hop

    def _front_end(self, spec: PoolSpec, pool: Pool, number: int) -> PoolSpec:
        mirror = self._mirror_server(pool)
        mirrors = () if isinstance(pool.mirrors, Unread) or mirror is None else pool.mirrors
        modules = () if isinstance(pool.backup_modules, Unread) else pool.backup_modules
        if isinstance(pool.backup_modules, Unread) and pool.backup_pool is not None:
            self._notes.assume(
                "The Backup Service of {} was not read: it is assumed to be steady.", pool.fqdn
            )
        sql = pool.sql_server
        if sql is None and pool.kind is PoolKind.ENTERPRISE:
            sql = Fqdn(f"sql.{pool.fqdn}")
            self._notes.assume(f"The SQL Server of {pool.fqdn} was not read: {sql} is assumed.")
        testers = self._testers(pool, number)
        return attrs.evolve(
            spec,
            users=max(self._users(pool), len(testers)),
            named_users=testers,
            test_users=testers,
            backup_pool=self._backup_pool(pool),
            sql_server=None if pool.kind is PoolKind.STANDARD else sql,
            sql_instance=pool.sql_instance or "rtc",
            mirror_server=mirror,
            principal_on_mirror=tuple(m.database for m in mirrors if m.mirror_is_principal),
            unsynchronized=tuple(m.database for m in mirrors if not m.is_synchronized),
            media_edge=self._media_edge(pool),
            conference_directories=(number,),
            failed_over=self._is_failed_over(pool),
            backup_initialized=not _never_copied(modules),
            backup_backlog=timedelta() if _is_settled(modules) else _BACKLOG,
        )

    def _media_edge(self, pool: Pool) -> Fqdn | None:
        named = tuple(dict.fromkeys(one.edge for one in pool.media_edges))
        known = [name for name in named if name is not None and self._is_edge(name)]
        for name in named:
            if name != (known[0] if known else None):
                self._notes.miss(
                    f"A service of {pool.fqdn} uses {name or 'no Edge pool'} for media: in the copy"
                    f" all use {known[0] if known else 'none'}."
                )
        return known[0] if known else None

    def _is_edge(self, fqdn: Fqdn) -> bool:
        pool = self._deployment.pool(fqdn)
        return pool is not None and pool.kind is PoolKind.EDGE

    def _testers(self, pool: Pool, number: int) -> tuple[str, ...]:
        """Two users, with the names of the pool's test users where these are of use."""
        found = self._deployment.test_users_of(pool.fqdn)
        names = [user.removeprefix("sip:").partition("@")[0] for user in found]
        if len(names) != _PAIR:
            self._untested.append(pool.fqdn)
            return ()
        if len({*names} - self._named) < _PAIR:
            names = [f"user{number}a", f"user{number}b"]
        self._named.update(names)
        return tuple(names)

    def _users(self, pool: Pool) -> int:
        if isinstance(pool.users, int):
            return pool.users
        self._notes.assume(
            f"Users were not counted: {USERS:,} in each such pool are assumed"
            " (lyncops snapshot --count-users counts them)."
        )
        return USERS

    def _backup_pool(self, pool: Pool) -> Fqdn | None:
        named = next((one.to.pool for one in pool.links if one.role == BACKUP_REGISTRAR), None)
        if isinstance(pool.backup_pool, Unread) and named is not None:
            self._notes.assume(
                "The topology document has backup registrars, not pairs: these are assumed to"
                " be pairs: {}.",
                " and ".join(sorted((pool.fqdn, named))),
            )
            return named
        if isinstance(pool.backup_pool, Unread):
            self._notes.assume("The backup pool of {} was not read: none is assumed.", pool.fqdn)
            return None
        return pool.backup_pool

    def _is_failed_over(self, pool: Pool) -> bool:
        if isinstance(pool.state, Unread):
            self._notes.assume("The state of {} was not read: Active is assumed.", pool.fqdn)
            return False
        if pool.state is PoolState.FAILING_OVER:
            self._notes.assume("{} was failing over: FailedOver is assumed.", pool.fqdn)
        return not pool.state.is_home

    def _mirror_server(self, pool: Pool) -> Fqdn | None:
        """No answer names it: of the SQL Servers that hold the same kinds of databases and are no
        pool's own, the next one of the site.
        """
        if isinstance(pool.mirrors, Unread):
            return self._assumed_mirror(pool)
        if not any(mirror.has_role for mirror in pool.mirrors):
            return None
        if not (self._version_of(pool) or self._version).has_mirroring:
            self._notes.miss(f"{pool.fqdn} has mirrors, which its version has not: the copy none.")
            return None
        store = self._deployment.central_management.copies
        for copy in () if isinstance(store, Unread) else store:
            if copy.pool == pool.fqdn and isinstance(copy.mirror_sql_server, Fqdn):
                return copy.mirror_sql_server
        return next(self._spare_servers(pool), Fqdn(f"mirror.{pool.fqdn}"))

    def _assumed_mirror(self, pool: Pool) -> Fqdn | None:
        spare = next(self._spare_servers(pool), None)
        can_be = (self._version_of(pool) or self._version).has_mirroring
        if spare is None or pool.kind is not PoolKind.ENTERPRISE or not can_be:
            self._notes.assume("The mirrors of {} were not read: none is assumed.", pool.fqdn)
            return None
        self._notes.assume(
            "The mirrors were not read: SQL Servers that are no pool's own are assumed to have"
            " mirrors of all databases, which are synchronised: {}.",
            f"{spare} of {pool.fqdn}",
        )
        return spare

    def _spare_servers(self, pool: Pool) -> Iterator[Fqdn]:
        own = {one.sql_server for one in self._deployment.front_end_pools}
        mirrored = [
            one.fqdn
            for one in self._deployment.front_end_pools
            if one.site == pool.site and (isinstance(one.mirrors, Unread) or one.mirrors)
        ]
        spare = [
            one.fqdn
            for one in self._pools
            if one.site == pool.site
            and one.fqdn not in own
            and any(service.role.casefold() == "userdatabase" for service in one.services)
        ]
        place = mirrored.index(pool.fqdn) if pool.fqdn in mirrored else 0
        yield from spare[place : place + 1]


def _never_copied(modules: tuple[BackupModule, ...]) -> bool:
    return any(
        module.export is ExportState.NOT_INITIALIZED
        and not module.is_idle_store
        and not module.is_idle_response_groups
        for module in modules
    )


def _is_settled(modules: tuple[BackupModule, ...]) -> bool:
    return all(
        module.export in SETTLED or module.export is ExportState.NOT_INITIALIZED
        for module in modules
    )
