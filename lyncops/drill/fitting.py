"""What the lab cannot hold of a topology is taken out of a copy, and named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from lyncops.drill.notes import Notes
from lyncops.lab.scenarios.scenario import (
    Kind,
    PoolSpec,
    Product,
    Scenario,
    ServiceSpec,
    SiteSpec,
)
from lyncops.values import Fqdn


def fitted(scenario: Scenario, notes: Notes) -> Scenario:
    """The same deployment without what contradicts itself; what goes is noted."""
    pools = tuple(
        _of_one_state(_paired(tuple(_apart(scenario.pools, notes)), scenario.version, notes), notes)
    )
    names = {pool.fqdn for pool in pools}
    return attrs.evolve(
        scenario,
        sites=_all_sites(scenario, notes),
        pools=pools,
        services=tuple(_beside(scenario.services, names, notes)),
    )


def _all_sites(scenario: Scenario, notes: Notes) -> tuple[SiteSpec, ...]:
    sites = {site.name.casefold(): site for site in reversed(scenario.sites)}
    named = [one.site for one in scenario.pools] + [one.site for one in scenario.services]
    for name in named:
        if name.casefold() not in sites:
            sites[name.casefold()] = SiteSpec(name=name)
            notes.assume(f"The site {name} was not read: it is assumed to have no routes.")
    read = [site.name.casefold() for site in scenario.sites]
    return tuple(sites[name] for name in dict.fromkeys((*read, *sites)))


def _apart(pools: tuple[PoolSpec, ...], notes: Notes) -> Iterator[PoolSpec]:
    """Each pool once, and each machine in one pool: a Standard Edition pool is its machine."""
    homes = {pool.fqdn: pool.fqdn for pool in pools if pool.kind is Kind.STANDARD}
    seen: set[Fqdn] = set()
    for pool in pools:
        if pool.fqdn in seen:
            notes.miss(f"The topology has {pool.fqdn} more than once: the copy has the first.")
            continue
        seen.add(pool.fqdn)
        for machine in dict.fromkeys(pool.machines):
            home = homes.setdefault(machine, pool.fqdn)
            if home != pool.fqdn:
                notes.miss(
                    f"{machine} is in {home} and in {pool.fqdn}: in the copy it is in {home}."
                )
        own = tuple(one for one in dict.fromkeys(pool.machines) if homes[one] == pool.fqdn)
        own = own or (Fqdn(f"fe1.{pool.fqdn}"),)
        yield attrs.evolve(pool, machines=own, down=tuple(one for one in pool.down if one in own))


def _paired(pools: tuple[PoolSpec, ...], version: Product, notes: Notes) -> tuple[PoolSpec, ...]:
    named = {pool.fqdn: pool for pool in pools}
    found: list[PoolSpec] = []
    for pool in pools:
        why = "" if pool.backup_pool is None else _unpaired(pool, pool.backup_pool, named, version)
        if why:
            notes.miss(f"In the copy {pool.fqdn} has no backup pool: {why}.")
        found.append(attrs.evolve(pool, backup_pool=None) if why else pool)
    return tuple(found)


def _unpaired(pool: PoolSpec, name: Fqdn, named: Mapping[Fqdn, PoolSpec], version: Product) -> str:
    """Why the lab cannot hold this pair (fact: backup-relation)."""
    partner = named.get(name)
    if partner is None or not partner.kind.homes_users:
        return f"{name}, which it names, is not a Front End pool of the copy"
    if partner is pool:
        return "it names itself"
    if Product.V2010 in (pool.version or version, partner.version or version):
        return "Lync Server 2010 has no pool pairs"
    if partner.backup_pool != pool.fqdn:
        other = partner.backup_pool or "no backup pool"
        return f"it names {name}, but {name} names {other}"
    return ""


def _of_one_state(pools: tuple[PoolSpec, ...], notes: Notes) -> Iterator[PoolSpec]:
    over = {pool.fqdn for pool in pools if pool.failed_over}
    for pool in pools:
        if pool.fqdn in over and pool.backup_pool is None:
            over.discard(pool.fqdn)
            notes.miss(f"{pool.fqdn} is failed over without a backup pool: the copy has it Active.")
        elif pool.fqdn in over and pool.backup_pool in over:
            over.discard(pool.fqdn)
            notes.miss(
                f"{pool.fqdn} and {pool.backup_pool} are both failed over: the copy has"
                f" {pool.fqdn} Active."
            )
        yield attrs.evolve(pool, failed_over=pool.fqdn in over)


def _beside(
    services: tuple[ServiceSpec, ...], pools: set[Fqdn], notes: Notes
) -> Iterator[ServiceSpec]:
    taken = set(pools)
    for service in services:
        if service.fqdn in taken or service.leads_to not in pools:
            notes.miss(f"The lab does not simulate {service.fqdn} ({service.role.value}).")
            continue
        taken.add(service.fqdn)
        yield service


def machines_of(fqdn: Fqdn, kind: Kind, read: tuple[Fqdn, ...], notes: Notes) -> tuple[Fqdn, ...]:
    """The machines of a pool as the lab has them: a Standard Edition pool is its one machine, and
    an Enterprise pool has a name of its own.
    """
    if kind is Kind.STANDARD:
        if read not in ((), (fqdn,)):
            notes.miss(f"The machines of the Standard Edition pool {fqdn} are only itself here.")
        return (fqdn,)
    if kind is not Kind.ENTERPRISE:
        return read or (fqdn,)
    known = tuple(name for name in read if name != fqdn)
    if known != read:
        notes.miss(f"The Enterprise pool {fqdn} has a machine of its name, the copy has not.")
    if not known:
        known = (Fqdn(f"fe1.{fqdn}"),)
        notes.assume(f"The machines of {fqdn} were not read: {known[0]} is assumed.")
    return known
