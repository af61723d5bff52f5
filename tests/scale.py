"""Invented deployments of any size, and how much a computation does, counted and not timed."""

from __future__ import annotations

import cProfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final, TypeVar

import attrs

from lyncops.deployment.care import CertificateSeen, MachineCare
from lyncops.deployment.gaps import Gap, Part
from lyncops.deployment.model import (
    Deployment,
    EdgePool,
    Link,
    Machine,
    MediaEdge,
    Pool,
    PoolKind,
    Site,
)
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread
from tests.deployments import NOW, edge_pool, front_end_pool, silent, store, two_sites

T = TypeVar("T")
_DOMAIN: Final = "contoso.com"


def deployment_of(pools: int, *, sites: int = 0, dead: int = 0, unclear: int = 0) -> Deployment:
    """Pairs of Front End pools with an Edge pool, a Mediation pool and a trunk for each pair.

    `sites` is how many they are spread over (0: each pool has its own); `dead` and `unclear` are
    how many of the first pools do not answer, and how many have an answer that was not understood.
    """
    names = [Fqdn(f"pool{number}.{_DOMAIN}") for number in range(1, pools + 1)]
    fronts = tuple(_front_end(names, at, sites or pools, dead) for at in range(pools))
    edges = tuple(
        edge_pool(Fqdn(f"edge{at}.{_DOMAIN}"), site=_site(at, sites or pools))
        for at in range(0, pools, 2)
    )
    rest = tuple(_mediation(names, at, sites or pools) for at in range(0, pools, 2))
    every = (*fronts, *edges, *rest)
    machines = tuple(machine.fqdn for pool in fronts for machine in pool.machines)
    return attrs.evolve(
        two_sites(),
        name=f"{pools}-pools",
        sites=tuple(
            Site(
                name=SiteName(_site(at, sites or pools)),
                federation_route=ServiceId("EdgeServer", edges[0].fqdn),
            )
            for at in range(sites or pools)
        ),
        pools=every,
        edges=tuple(
            EdgePool(
                fqdn=edge.fqdn, next_hop=names[2 * at], external_sip_port=443 + 4618 * (not at)
            )
            for at, edge in enumerate(edges)
        ),
        central_management=store(
            every, active=names[-1], copies={names[0]: False, names[-1]: True}
        ),
        care=tuple(map(_care, machines)),
        gaps=tuple(
            Gap(part=Part.BACKUP_STATUS, what=f"a module of {name}", reason="no name", pool=name)
            for name in names[:unclear]
        ),
    )


def _site(at: int, sites: int) -> str:
    return f"Site{at % sites}"


def _front_end(names: list[Fqdn], at: int, sites: int, dead: int) -> Pool:
    partner = names[at ^ 1] if at ^ 1 < len(names) else None
    pool = front_end_pool(names[at], partner=partner, site=_site(at, sites))
    machines: tuple[Machine, ...] = pool.machines
    if at < dead:
        machines = tuple(silent(machine.fqdn) for machine in machines)
    edge = Fqdn(f"edge{at & ~1}.{_DOMAIN}")
    return attrs.evolve(
        pool,
        machines=machines,
        backup_modules=Unread(f"the Backup Service status of {pool.fqdn}", "no answer")
        if at < dead
        else pool.backup_modules,
        media_edges=(MediaEdge(ServiceId("Registrar", pool.fqdn), edge),),
    )


def _mediation(names: list[Fqdn], at: int, sites: int) -> Pool:
    fqdn = Fqdn(f"med{at}.{_DOMAIN}")
    return Pool(
        fqdn=fqdn,
        kind=PoolKind.MEDIATION,
        site=SiteName(_site(at, sites)),
        version=LyncVersion.V2013,
        machines=(
            Machine(fqdn=fqdn, services=Unread(f"the services of {fqdn}", "no", asked=False)),
        ),
        services=(ServiceId("MediationServer", fqdn),),
        links=(Link(role="MediationServer", to=ServiceId("Registrar", names[at])),),
    )


def _care(machine: Fqdn) -> MachineCare:
    certificate = CertificateSeen(use="Default", until=NOW + timedelta(days=300))
    return MachineCare(machine=machine, certificates=(certificate,), builds=("5.0.8308.0",))


class Seen(tuple[T, ...]):
    """Values of which every look at one is a call, so that a loop over them is counted too."""

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        for one in super().__iter__():  # noqa: UP028 - each is to be a call of this function
            yield one


def work_of(compute: Callable[[], object]) -> int:
    """How many calls a computation takes: the same on every machine, and however busy it is."""
    profile = cProfile.Profile()
    profile.runcall(compute)
    return sum(entry.callcount for entry in profile.getstats())


def watched(deployment: Deployment) -> Deployment:
    """The same reading, of which nothing is known yet, and every look at a part of it counts."""
    assert isinstance(deployment.pools, tuple)
    assert isinstance(deployment.edges, tuple)
    assert isinstance(deployment.sites, tuple)
    store = deployment.central_management
    assert isinstance(store.replicas, tuple)
    return attrs.evolve(
        deployment,
        pools=Seen(deployment.pools),
        edges=Seen(deployment.edges),
        sites=Seen(deployment.sites),
        care=Seen(deployment.care),
        gaps=Seen(deployment.gaps),
        central_management=attrs.evolve(store, replicas=Seen(store.replicas)),
    )


def growth(make: Callable[[int], Callable[[], object]], sizes: tuple[int, int, int]) -> float:
    """By how much more work the second step between three sizes takes than the first, for each
    thing that is added: 1 where the work is linear.
    """
    small, middle, large = (work_of(make(size)) for size in sizes)
    first, second = sizes[1] - sizes[0], sizes[2] - sizes[1]
    return (large - middle) / second / ((middle - small) / first)
