"""Whether a scenario contradicts itself. Each rule names the field and the cure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from lyncops.errors import ScenarioError
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product, Scenario
from lyncops.values import Fqdn

# The fact front-end-quorum.
_MAX_MACHINES: Final = {
    Product.V2010: 12,
    Product.V2013: 12,
    Product.V2015: 12,
    Product.V2019: 16,
}
_BROKEN_STORES: Final = {"": 1, "both active": 2, "none active": 0}


def check(scenario: Scenario, file: str) -> None:
    """Find the first contradiction in `scenario`.

    Raises:
        ScenarioError: it contradicts itself.
    """
    for what, cure in _contradictions(scenario):
        raise ScenarioError(f"{file}: {what}", remedy=cure)


def _contradictions(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield from _check_names(scenario)
    pools = {pool.fqdn: pool for pool in scenario.pools}
    for pool in scenario.pools:
        yield from _check_members(pool, scenario)
        yield from _check_pair(pool, pools)
        yield from _check_edges(pool, pools)
        yield from _check_sql(pool, scenario)
    yield from _check_sites(scenario, pools)
    yield from _check_store(scenario, pools)
    yield from _check_services(scenario, pools)


def _check_names(scenario: Scenario) -> Iterator[tuple[str, str]]:
    if not scenario.sites:
        yield "there is no site.", "Add a [[site]]."
    if not any(pool.kind.homes_users for pool in scenario.pools):
        yield "there is no Front End pool.", 'Add a [[pool]] of kind "enterprise" or "standard".'
    yield from _check_unique(scenario)
    sites = {site.name.casefold() for site in scenario.sites}
    for pool in scenario.pools:
        if pool.site.casefold() not in sites:
            yield (
                f"pool {pool.fqdn}: site {pool.site} does not exist.",
                f"Name one of: {', '.join(sorted(sites))}.",
            )


def _check_unique(scenario: Scenario) -> Iterator[tuple[str, str]]:
    pools = scenario.pools
    directories = [d for pool in pools for d in pool.conference_directories]
    for field, names, cure in (
        (
            "site.name",
            [site.name.casefold() for site in scenario.sites],
            "Give every site a name of its own.",
        ),
        ("pool.fqdn", [pool.fqdn for pool in pools], "Give every pool a name of its own."),
        (
            "pool.machines",
            [m for pool in pools for m in pool.machines],
            "A machine belongs to one pool; remove it elsewhere.",
        ),
        (
            "pool.conference_directories",
            directories,
            "A directory belongs to one pool; remove it elsewhere.",
        ),
    ):
        for name, count in Counter[object](names).items():
            if count > 1:
                yield f"{field}: {name} occurs {count} times.", cure


def _check_users(pool: PoolSpec, where: str) -> Iterator[tuple[str, str]]:
    if pool.users < 0 or pool.users < len(pool.named_users):
        yield (
            f"{where}: users is {pool.users} but {len(pool.named_users)} are named.",
            "Count the named ones too.",
        )
    if pool.test_users and (
        len(pool.test_users) != 2 or not set(pool.test_users) <= set(pool.named_users)
    ):
        yield (
            f"{where}: test_users is {', '.join(pool.test_users)}.",
            "Name two of its named_users.",
        )


def _check_members(pool: PoolSpec, scenario: Scenario) -> Iterator[tuple[str, str]]:
    where = f"pool {pool.fqdn}"
    version = pool.version or scenario.version
    if not pool.machines:
        yield f"{where}: machines is empty.", "Name the pool's machines."
    if pool.kind is Kind.STANDARD and pool.machines != (pool.fqdn,):
        yield (
            f"{where}: a Standard Edition pool is one machine of the same name.",
            f'Write machines = ["{pool.fqdn}"].',
        )
    if pool.kind is Kind.ENTERPRISE and pool.fqdn in pool.machines:
        yield (
            f"{where}: an Enterprise pool has a name of its own.",
            "Give the machine or the pool another name.",
        )
    if pool.kind is Kind.ENTERPRISE and len(pool.machines) > _MAX_MACHINES[version]:
        yield (
            f"{where}: {len(pool.machines)} machines.",
            f"{version.value} supports at most {_MAX_MACHINES[version]} Front Ends.",
        )
    if pool.kind is Kind.ENTERPRISE and version is Product.V2019 and len(pool.machines) == 2:
        yield (
            f"{where}: 2019 refuses an Enterprise pool of two servers.",
            "Give it one machine, or three and more.",
        )
    for machine in pool.down:
        if machine not in pool.machines:
            yield (
                f"{where}: down names {machine}, which is not a member.",
                f"Name one of: {', '.join(pool.machines)}.",
            )
    yield from _check_users(pool, where)
    if pool.users and not pool.kind.homes_users:
        yield f"{where}: a pool of kind {pool.kind.value} homes no users.", "Remove users."


def _check_pair(pool: PoolSpec, pools: dict[Fqdn, PoolSpec]) -> Iterator[tuple[str, str]]:
    where = f"pool {pool.fqdn}"
    if pool.backup_pool is None:
        if pool.failed_over:
            yield (
                f"{where}: failed_over without backup_pool.",
                "Name the backup pool, or remove failed_over.",
            )
        return
    partner = pools.get(pool.backup_pool)
    if pool.version is Product.V2010:
        yield f"{where}: Lync Server 2010 has no pool pairs.", "Remove backup_pool."
    if partner is None:
        yield f"{where}: backup_pool {pool.backup_pool} does not exist.", "Name an existing pool."
    elif partner.fqdn == pool.fqdn:
        yield f"{where}: backup_pool is the pool itself.", "Name the other pool."
    elif partner.backup_pool != pool.fqdn:
        yield (
            (
                f"{where}: backup_pool is {partner.fqdn}, but the backup_pool of {partner.fqdn} is"
                f" {partner.backup_pool}."
            ),
            f'Pairs are symmetrical: write backup_pool = "{pool.fqdn}" there.',
        )
    elif not pool.kind.homes_users or partner.kind is not pool.kind:
        yield (
            f"{where}: cannot be paired with {partner.fqdn}.",
            "Pair Enterprise with Enterprise and Standard with Standard pools.",
        )
    elif pool.failed_over and partner.failed_over:
        yield (
            f"{where}: both pools of the pair are failed over.",
            "At most one of a pair can be failed over.",
        )


def _check_edges(pool: PoolSpec, pools: dict[Fqdn, PoolSpec]) -> Iterator[tuple[str, str]]:
    where = f"pool {pool.fqdn}"
    if pool.kind is Kind.EDGE:
        hop = pools.get(pool.next_hop) if pool.next_hop is not None else None
        if hop is None or hop.kind is Kind.EDGE:
            yield (
                f"{where}: next_hop {pool.next_hop} is not a Front End or Director pool.",
                "Name the pool that the Edge talks to.",
            )
    elif pool.next_hop is not None or pool.federation:
        yield (
            f"{where}: next_hop and federation belong to Edge pools.",
            'Remove them, or write kind = "edge".',
        )
    if pool.media_edge is not None and (
        pool.media_edge not in pools or pools[pool.media_edge].kind is not Kind.EDGE
    ):
        yield f"{where}: media_edge {pool.media_edge} is not an Edge pool.", "Name an Edge pool."


def _check_sql(pool: PoolSpec, scenario: Scenario) -> Iterator[tuple[str, str]]:
    where = f"pool {pool.fqdn}"
    if pool.kind is Kind.ENTERPRISE and pool.sql_server is None:
        yield f"{where}: sql_server is missing.", "Name the SQL Server of the Enterprise pool."
    if pool.mirror_server is None:
        if pool.principal_on_mirror or pool.unsynchronized or pool.witness is not None:
            yield f"{where}: speaks of a mirror but has no mirror_server.", "Add mirror_server."
        return
    if pool.kind is not Kind.ENTERPRISE:
        yield f"{where}: only Enterprise pools have a mirror_server.", "Remove mirror_server."
    if not (pool.version or scenario.version).has_mirroring:
        yield f"{where}: 2019 has no SQL mirroring.", "Remove mirror_server."
    if pool.mirror_server == pool.sql_server:
        yield f"{where}: mirror_server is sql_server.", "Name another SQL Server."


def _check_sites(scenario: Scenario, pools: dict[Fqdn, PoolSpec]) -> Iterator[tuple[str, str]]:
    for site in scenario.sites:
        for field, route in (
            ("federation_route", site.federation_route),
            ("xmpp_federation_route", site.xmpp_federation_route),
        ):
            edge = pools.get(route) if route is not None else None
            if route is not None and (edge is None or edge.kind is not Kind.EDGE):
                yield (
                    f"site {site.name}: {field} {route} is not an Edge pool.",
                    "Name an Edge pool.",
                )
            if field == "federation_route" and edge is not None and not edge.federation:
                yield (
                    f"site {site.name}: federation is not enabled on {route}.",
                    "Write federation = true at that Edge pool.",
                )
        if site.xmpp_federation_route is not None and not scenario.version.has_xmpp:
            yield f"site {site.name}: 2019 has no XMPP gateway.", "Remove xmpp_federation_route."


def _check_services(scenario: Scenario, pools: dict[Fqdn, PoolSpec]) -> Iterator[tuple[str, str]]:
    sites = {site.name.casefold() for site in scenario.sites}
    for service in scenario.services:
        where = f"service {service.fqdn}"
        target = pools.get(service.leads_to)
        if service.fqdn in pools:
            yield f"{where}: a pool has this name.", "Give it a name of its own."
        if service.site.casefold() not in sites:
            yield f"{where}: site {service.site} does not exist.", "Name an existing site."
        if target is None or not target.kind.homes_users:
            yield f"{where}: leads_to {service.leads_to} is not a Front End pool.", "Name one."


def _check_store(scenario: Scenario, pools: dict[Fqdn, PoolSpec]) -> Iterator[tuple[str, str]]:
    store = scenario.central_management
    for fqdn in store.copies:
        if fqdn not in pools or not pools[fqdn].kind.homes_users:
            yield (
                f"central_management.copies: {fqdn} is not a Front End pool.",
                "Name Front End pools.",
            )
    if len(set(store.copies)) != len(store.copies) or not 1 <= len(store.copies) <= 2:
        yield (
            f"central_management.copies has {len(store.copies)} entries.",
            "Name the pool of the store and, if paired, its backup pool.",
        )
    elif len(store.copies) == 2 and pools[store.copies[0]].backup_pool != store.copies[1]:
        yield "central_management.copies are not a pair.", "The standby copy is on the backup pool."
    for fqdn in store.active:
        if fqdn not in store.copies:
            yield (
                f"central_management.active: {fqdn} holds no copy.",
                f"Name one of: {', '.join(store.copies)}.",
            )
    if store.broken not in _BROKEN_STORES:
        yield (
            f"central_management.broken is {store.broken!r}.",
            'Write "both active" or "none active", or remove it.',
        )
    elif len(store.active) != _BROKEN_STORES[store.broken]:
        yield (
            f"central_management.active names {len(store.active)} pools.",
            (
                'Name exactly one; or say broken = "both active" with two, broken = "none active"'
                " with none."
            ),
        )
