from __future__ import annotations

from lyncops.deployment.reader import read_deployment
from lyncops.deployment.scope import Facet, Scope
from lyncops.lab.simulation import Simulation
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn, Unread

FE1, EDGE2A, POOL2 = Fqdn("fe1.contoso.com"), Fqdn("edge2a.contoso.com"), Fqdn("pool2.contoso.com")


def asked(scope: Scope) -> set[str]:
    """The machines whose services were read."""
    world = Simulation.load("two-sites")
    deployment = read_deployment(
        ModelSessions(world), name="contoso", clock=ModelClock(world), scope=scope
    )
    assert not isinstance(deployment.pools, Unread)
    return {
        str(m.fqdn)
        for pool in deployment.pools
        for m in pool.machines
        if not isinstance(m.services, Unread)
    }


def test_a_scope_that_names_machines_reads_only_these() -> None:
    assert asked(Scope.of(Facet.MACHINES, pools=(FE1, EDGE2A))) == {FE1, EDGE2A}


def test_a_scope_that_names_a_pool_reads_all_its_machines() -> None:
    assert asked(Scope.of(Facet.MACHINES, pools=(POOL2, FE1))) == {
        FE1,
        *(f"fe{n}.contoso.com" for n in (4, 5, 6)),
    }


def test_a_scope_without_names_reads_every_machine() -> None:
    assert len(asked(Scope.of(Facet.MACHINES))) == 10
