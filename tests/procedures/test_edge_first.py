from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import attrs

from lyncops.deployment.central_management import Replica
from lyncops.deployment.model import Deployment, Machine, PoolState
from lyncops.plan.conditions import ReplicasUpToDate, ServicesAre
from lyncops.plan.model import ManualStep
from lyncops.plan.procedures import PoolFailback
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, Unread
from tests.deployments import EDGE1, EDGE2, NOW, P1, P2, machine, silent, two_sites, with_state
from tests.procedures.asking import PLANNED

SERVER = Fqdn("edge1-a.contoso.com")


def failed_over(server: Machine, *, silent_for: timedelta | None) -> Deployment:
    """A failed-over pool whose site has this Edge server; `silent_for` is the age of its last
    report (None: there was none).
    """
    deployment = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    edge = tuple(
        attrs.evolve(pool, machines=(server,)) if pool.fqdn == EDGE1 else pool for pool in pools
    )
    store = deployment.central_management
    replicas: Iterable[Replica] = () if isinstance(store.replicas, Unread) else store.replicas
    late = Replica(
        computer=SERVER,
        up_to_date=False,
        last_status_report=NOW - silent_for if silent_for is not None else None,
    )
    kept = (*(replica for replica in replicas if replica.computer != SERVER), late)
    return attrs.evolve(
        deployment, pools=edge, central_management=attrs.evolve(store, replicas=kept)
    )


def gates(deployment: Deployment, edges: tuple[Fqdn, ...] | None = None) -> list[ManualStep]:
    overrides = {"replicas-up-to-date": "the Edge server is known to be down"}
    plan = make_plan(
        PoolFailback(pool=P1, mode=PLANNED, overrides=overrides, edges=edges), deployment
    )
    found = [step for step in plan.steps if isinstance(step, ManualStep)]
    assert list(plan.steps[: len(found)]) == found, "gates come first"
    return found


def test_an_edge_server_that_answers_and_does_not_run_comes_first() -> None:
    stopped = machine(SERVER, services=("RTCSRV",), up=False)
    (gate,) = gates(failed_over(stopped, silent_for=timedelta(minutes=1)))
    assert gate.where == SERVER
    assert gate.after == (ServicesAre(SERVER, ("RTCSRV",)),)


def test_one_that_cannot_be_asked_is_known_by_its_replica() -> None:
    for silence in (timedelta(hours=2), None):
        (gate,) = gates(failed_over(silent(SERVER), silent_for=silence))
        assert gate.after == (ReplicasUpToDate(only=(SERVER,)),)


def test_one_that_reported_lately_is_not_waited_for() -> None:
    assert gates(failed_over(silent(SERVER), silent_for=timedelta(minutes=5))) == []


def test_the_operator_can_go_on_without_it() -> None:
    down = failed_over(silent(SERVER), silent_for=timedelta(hours=2))
    assert gates(down, (EDGE2,)) == []
    assert len(gates(down, (EDGE1, EDGE2))) == 1
