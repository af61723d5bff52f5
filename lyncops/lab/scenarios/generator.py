"""Scenarios of any size, for benchmarks and invented deployments."""

from __future__ import annotations

from lyncops.lab.scenarios.checks import check
from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product, Scenario, SiteSpec, StoreSpec
from lyncops.values import Fqdn


def scenario_of_size(
    pools: int,
    *,
    version: Product = Product.V2013,
    front_ends: int = 3,
    users: int = 20_000,
    standard: bool = False,
) -> Scenario:
    """A deployment of `pools` Front End pools in pairs, each in a site of its own, with one Edge
    pool per pair.

    The first pair holds the Central Management store; the first Edge pool is federated. An odd last
    pool is unpaired.

    Raises:
        ScenarioError: the numbers make no deployment, for example no pool at all.
    """
    numbers = range(1, pools + 1)
    fronts = tuple(
        _front_end(n, pools, (front_ends, users), version, standard=standard) for n in numbers
    )
    edges = tuple(
        PoolSpec(
            fqdn=_name("edge", n),
            kind=Kind.EDGE,
            site=f"Site{n}",
            machines=(_name("edge", n),),
            next_hop=fronts[n - 1].fqdn,
            federation=n == 1,
        )
        for n in numbers
        if n % 2
    )
    scenario = Scenario(
        name=f"{pools}-pools",
        version=version,
        description=f"{pools} pools in pairs",
        sites=tuple(SiteSpec(name=f"Site{n}", federation_route=_name("edge", 1)) for n in numbers),
        pools=fronts + edges,
        central_management=StoreSpec(
            copies=tuple(p.fqdn for p in fronts[:2]), active=tuple(p.fqdn for p in fronts[:1])
        ),
    )
    check(scenario, f"{pools}-pools")
    return scenario


def _name(prefix: str, number: int) -> Fqdn:
    return Fqdn(f"{prefix}{number}.contoso.com")


def _front_end(
    number: int, pools: int, size: tuple[int, int], version: Product, *, standard: bool
) -> PoolSpec:
    front_ends, users = size
    partner = number + 1 if number % 2 else number - 1
    fqdn = _name("pool", number)
    mirrored = version.has_mirroring and not standard
    return PoolSpec(
        fqdn=fqdn,
        kind=Kind.STANDARD if standard else Kind.ENTERPRISE,
        site=f"Site{number}",
        machines=(
            (fqdn,)
            if standard
            else tuple(Fqdn(f"fe{number}-{m}.contoso.com") for m in range(1, front_ends + 1))
        ),
        users=users,
        backup_pool=_name("pool", partner) if partner <= pools else None,
        sql_server=None if standard else _name("sql", number),
        mirror_server=_name("sqlmirror", number) if mirrored else None,
        media_edge=_name("edge", min(number, partner)),
        conference_directories=(number,),
    )
