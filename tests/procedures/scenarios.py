"""Invented deployments for the lab's model: a pair of pools in two sites, Edge pools, a store,
sometimes a second pair.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Product, Scenario, SiteSpec, StoreSpec
from lyncops.values import Fqdn

P1: Final = Fqdn("pool1.contoso.com")
P2: Final = Fqdn("pool2.contoso.com")
P3: Final = Fqdn("pool3.contoso.com")
P4: Final = Fqdn("pool4.contoso.com")
SITES: Final = ("North", "South")
PRODUCTS: Final = st.sampled_from([Product.V2013, Product.V2015, Product.V2019])


@st.composite
def pairs(
    draw: st.DrawFn, first: Fqdn, second: Fqdn, version: Product
) -> tuple[PoolSpec, PoolSpec]:
    kind = draw(st.sampled_from([Kind.STANDARD, Kind.ENTERPRISE]))
    mirrored = kind is Kind.ENTERPRISE and version is not Product.V2019 and draw(st.booleans())
    made: list[PoolSpec] = []
    for fqdn, partner, site in ((first, second, SITES[0]), (second, first, SITES[1])):
        host, _, domain = fqdn.partition(".")
        size = draw(st.sampled_from([1, 3]))
        standard = kind is Kind.STANDARD
        made.append(
            PoolSpec(
                fqdn=fqdn,
                kind=kind,
                site=site,
                machines=(
                    (fqdn,)
                    if standard
                    else tuple(Fqdn(f"{host}-fe{n}.{domain}") for n in range(1, size + 1))
                ),
                users=draw(st.sampled_from([1, 500, 20_000])),
                backup_pool=partner,
                sql_server=None if standard else Fqdn(f"{host}-sql.{domain}"),
                mirror_server=Fqdn(f"{host}-mirror.{domain}") if mirrored else None,
                principal_on_mirror=draw(st.sampled_from([(), ("xds", "lis")])) if mirrored else (),
            )
        )
    return made[0], made[1]


@st.composite
def scenarios(draw: st.DrawFn, *, second_pair: bool | None = None) -> Scenario:
    """`second_pair`: whether each site has two pools; None: in one of four."""
    version = draw(PRODUCTS)
    pools = list(draw(pairs(P1, P2, version)))
    holders = [(P1, P2), (P2, P1)]
    if draw(st.integers(0, 3)) == 0 if second_pair is None else second_pair:
        pools += draw(pairs(P3, P4, version))
        holders += [(P3, P4), (P4, P3)]
    edges = [
        PoolSpec(
            fqdn=Fqdn(f"edge{n}.contoso.com"),
            kind=Kind.EDGE,
            site=SITES[n - 1],
            machines=(Fqdn(f"edge{n}a.contoso.com"),),
            next_hop=draw(st.sampled_from([pool.fqdn for pool in pools])),
            federation=n == 1,
        )
        for n in range(1, draw(st.integers(0, 2)) + 1)
    ]
    active, standby = draw(st.sampled_from(holders))
    return Scenario(
        name="invented",
        version=version,
        sync_interval=draw(st.sampled_from([timedelta(seconds=30), timedelta(minutes=2)])),
        sites=tuple(SiteSpec(name=name, display_name=name) for name in SITES),
        pools=(*pools, *edges),
        central_management=StoreSpec(copies=(active, standby), active=(active,)),
    )
