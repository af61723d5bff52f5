from __future__ import annotations

import attrs
import pytest
from hypothesis import given

from lyncops.checks.catalogue import checks_for_failover
from lyncops.deployment.model import Deployment, PoolState, Replica
from lyncops.procedures.readiness import PoolReadiness, Readiness, ReadinessVerdict, readiness, without_pool
from lyncops.values import Fqdn, Mode, Unread
from tests.deployments import EDGE1, P1, P2, deployments, two_sites, with_dead, with_state
from tests.procedures.asking import DISASTER, PLANNED
from tests.procedures.model import Site

READY, WARNINGS, NOT_READY = ReadinessVerdict.READY, ReadinessVerdict.READY_WITH_WARNINGS, ReadinessVerdict.NOT_READY


def of(found: Readiness, pool: Fqdn) -> PoolReadiness:
    return next(one for one in found.pools if one.pool == pool)


def obstacles(pool: PoolReadiness, mode: Mode) -> set[str]:
    return {check.check_id for one in pool.modes if one.mode is mode for check in one.obstacles}


def test_a_healthy_deployment_is_ready_for_maintenance_and_for_a_disaster() -> None:
    found = readiness(two_sites())
    assert found.verdict is READY
    assert [pool.pool for pool in found.pools] == [P1, P2]
    for pool in found.pools:
        assert pool.possible == (PLANNED, DISASTER)
        assert [mode.hypothetical for mode in pool.modes] == [False, True]
    planned, disaster = of(found, P1).modes
    assert planned.expected_loss.startswith("Nothing")
    assert "2 minutes" in disaster.expected_loss
    assert planned.command == "lyncops run pool-failover pool1.contoso.com --mode planned"
    assert disaster.command.endswith("--mode disaster --accept-data-loss")


def test_the_wish_to_have_it_happen_is_no_obstacle() -> None:
    """Asked of the living pool itself, disaster mode is refused; asked of the pool that is taken to be gone, it is not."""
    assert any(check.refuses for check in checks_for_failover(two_sites(), P1, DISASTER))
    assert obstacles(of(readiness(two_sites()), P1), DISASTER) == set()


def test_a_dead_pool_is_asked_for_disaster_alone_and_not_hypothetically() -> None:
    dead = with_dead(two_sites(), P1)
    pool = of(readiness(dead), P1)
    assert [(mode.mode, mode.hypothetical) for mode in pool.modes] == [(DISASTER, False)]
    assert pool.verdict is WARNINGS
    assert {check.check_id for check in pool.modes[0].warnings} >= {"backup-service"}


def test_nobody_can_go_to_a_dead_partner_in_either_mode() -> None:
    pool = of(readiness(with_dead(two_sites(active_store=P2), P1)), P2)
    assert pool.verdict is NOT_READY
    assert "partner-healthy" in obstacles(pool, PLANNED)
    assert "partner-healthy" in obstacles(pool, DISASTER), "a partner that is dead today rescues nobody tomorrow"
    assert pool.possible == ()


def test_a_pair_that_is_failed_over_is_not_ready() -> None:
    found = readiness(with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER))
    assert found.verdict is NOT_READY
    assert "not-failed-over" in obstacles(of(found, P1), PLANNED)
    (refusal,) = [check for check in of(found, P2).modes[0].obstacles if check.check_id == "partner-not-failed-over"]
    assert refusal.first == ("lyncops run pool-failback pool1.contoso.com --mode planned",)


def test_a_warning_of_today_makes_it_ready_with_warnings() -> None:
    healthy = two_sites()
    replicas = healthy.central_management.replicas
    assert not isinstance(replicas, Unread)
    late: Replica = attrs.evolve(replicas[0], up_to_date=False)
    store = attrs.evolve(healthy.central_management, replicas=(late, *replicas[1:]))
    found = readiness(attrs.evolve(healthy, central_management=store))
    assert found.verdict is WARNINGS
    planned, disaster = of(found, P1).modes
    assert [check.check_id for check in planned.warnings] == ["replicas-up-to-date"]
    assert disaster.warnings == ()


def test_rights_that_are_known_to_be_missing_stand_in_the_way() -> None:
    assert readiness(two_sites()).verdict is READY, "that they cannot be known is no warning"
    found = readiness(attrs.evolve(two_sites(), rights=("Get-Command",)))
    assert found.verdict is NOT_READY
    assert obstacles(of(found, P1), PLANNED) == {"rights"}


@pytest.mark.parametrize("name", [Fqdn("nowhere.contoso.com"), EDGE1])
def test_what_is_no_front_end_pool_is_not_ready(name: Fqdn) -> None:
    found = readiness(two_sites(), [name])
    assert found.verdict is NOT_READY
    assert len(found.pools[0].modes) == 1


def test_only_the_pools_that_were_named_are_answered_for() -> None:
    assert [pool.pool for pool in readiness(two_sites(), [P2, P2]).pools] == [P2]


def test_a_topology_that_cannot_be_read_has_no_verdict_and_an_empty_one_is_not_ready() -> None:
    assert readiness(attrs.evolve(two_sites(), pools=Unread("the topology", "no answer"))).verdict is None
    assert readiness(attrs.evolve(two_sites(), pools=())).verdict is NOT_READY


def test_the_store_dies_with_the_pool_that_is_taken_to_be_gone() -> None:
    healthy = two_sites(active_store=P1)
    first, second = (pool for pool in healthy.front_end_pools)
    gone = without_pool(healthy, first)
    assert gone.central_management.active_master is None
    assert gone.central_management.copies == healthy.central_management.copies
    assert without_pool(healthy, second).central_management == healthy.central_management
    pool = gone.pool(P1)
    assert pool is not None
    assert not pool.is_alive
    assert pool.backup_modules == first.backup_modules


@given(deployments())
def test_every_deployment_gets_an_answer_that_agrees_with_itself(deployment: Deployment) -> None:
    found = readiness(deployment)
    assert [pool.pool for pool in found.pools] == [pool.fqdn for pool in deployment.front_end_pools]
    for pool in found.pools:
        assert pool.modes
        assert (pool.verdict is NOT_READY) == any(mode.obstacles for mode in pool.modes)
        assert all(check.refuses for mode in pool.modes for check in mode.obstacles)
        assert not any(check.refuses for mode in pool.modes for check in mode.warnings)
    assert found.verdict is None or all(pool.verdict is not NOT_READY for pool in found.pools) or found.verdict is NOT_READY


@pytest.mark.parametrize("target", [P1, P2])
def test_what_it_promises_for_a_disaster_comes_true_on_the_model(target: Fqdn) -> None:
    site = Site.of("two-sites")
    assert DISASTER in of(readiness(site.read()), target).possible
    site.world.crash(target)
    plan = site.plan("pool-failover", target, DISASTER, accept_data_loss=True)
    assert not plan.is_refused, plan.refusals
