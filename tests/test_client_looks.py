from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import attrs
import pytest

from lyncops.checks.synchronisation import SyncState
from lyncops.client import Client
from lyncops.cmdlets import BackupModule
from lyncops.deployment.model import Deployment
from lyncops.deployment.scope import EVERYTHING, Scope
from lyncops.errors import EndpointError, InvalidValueError
from lyncops.lab.simulation import Simulation
from lyncops.plan.procedures import BackupServiceSet, BackupServiceSync
from lyncops.procedures.readiness import ReadinessVerdict
from lyncops.runs.connection import Connection
from lyncops.runs.model import RunState
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn
from tests.journals import scratch_journal

P1, P2 = Fqdn("pool1.contoso.com"), Fqdn("pool2.contoso.com")


@pytest.fixture
def world() -> Simulation:
    return Simulation.load("two-sites")


@pytest.fixture
def client(world: Simulation) -> Iterator[Client]:
    with Client(
        Connection(
            name="contoso",
            open_sessions=lambda: ModelSessions(world),
            open_journal=scratch_journal,
            clock=ModelClock(world),
        )
    ) as made:
        yield made


def test_readiness_of_all_pools_and_of_one(client: Client, world: Simulation) -> None:
    assert client.readiness().verdict is ReadinessVerdict.READY
    assert [pool.pool for pool in client.readiness("POOL2.contoso.com").pools] == [P2]
    world.crash(P2)
    assert client.readiness(P1).verdict is ReadinessVerdict.NOT_READY
    with pytest.raises(InvalidValueError):
        client.readiness("a b")


def test_the_backup_service_is_reported_set_and_synchronised(
    client: Client, world: Simulation
) -> None:
    assert client.backup_service(P1).state is SyncState.STEADY
    plan = client.plan(BackupServiceSet(sync_interval=timedelta(minutes=5)))
    assert client.run(plan).state is RunState.COMPLETED
    settings = client.backup_service().settings
    assert getattr(settings, "sync_interval", None) == timedelta(minutes=5)
    plan = client.plan(BackupServiceSync(pool=P1, modules=[BackupModule.DATA_CONF]))
    assert client.run(plan).state is RunState.COMPLETED
    assert world.executions == {
        "Set-CsBackupServiceConfiguration": 1,
        "Invoke-CsBackupServiceSync": 1,
    }


def test_it_is_watched_until_a_backlog_is_gone(client: Client, world: Simulation) -> None:
    world.faults.sync_stuck = frozenset({P2})
    world.clock.sleep(timedelta(minutes=20))
    seen: list[SyncState] = []
    for report in client.watch_backup_service(P1, every=timedelta(minutes=1), until_steady=True):
        seen.append(report.state)
        world.faults.sync_stuck = frozenset()
    assert seen[0] is SyncState.COPYING
    assert seen[-1] is SyncState.STEADY


class Blind(Client):
    """A client whose servers know no topology."""

    def status(self, scope: Scope = EVERYTHING) -> Deployment:
        return attrs.evolve(super().status(scope), pools=())


def test_without_a_pool_nothing_can_be_set(world: Simulation) -> None:
    blind = Blind(
        Connection(
            name="contoso",
            open_sessions=lambda: ModelSessions(world),
            open_journal=scratch_journal,
            clock=ModelClock(world),
        )
    )
    with pytest.raises(EndpointError, match="No Front End pool"):
        blind.plan(BackupServiceSet(sync_interval=timedelta(minutes=1)))
