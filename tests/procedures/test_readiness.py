from __future__ import annotations

import attrs
import pytest
from hypothesis import given

from lyncops.checks.catalogue import checks_for_failover
from lyncops.deployment.central_management import Replica, StoreCopy
from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.reader import read_deployment
from lyncops.lab.scenarios.generator import scenario_of_size
from lyncops.lab.simulation import Simulation
from lyncops.procedures.readiness import (
    PoolReadiness,
    Readiness,
    ReadinessVerdict,
    readiness,
    without_pool,
)
from lyncops.testing.model import ModelClock, ModelSessions
from lyncops.values import Fqdn, LyncVersion, Mode, SiteName, Unread
from tests.deployments import (
    EDGE1,
    P1,
    P2,
    changed,
    deployments,
    front_end_pool,
    two_sites,
    with_dead,
    with_state,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED
from tests.procedures.model import Site

READY, WARNINGS, NOT_READY = (
    ReadinessVerdict.READY,
    ReadinessVerdict.READY_WITH_WARNINGS,
    ReadinessVerdict.NOT_READY,
)


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
    """Asked of the living pool itself, disaster mode is refused; asked of the pool that is taken to
    be gone, it is not.
    """
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
    assert "partner-healthy" in obstacles(pool, DISASTER), (
        "a partner that is dead today rescues nobody tomorrow"
    )
    assert pool.possible == ()


def test_a_pair_that_is_failed_over_is_not_ready() -> None:
    found = readiness(with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER))
    assert found.verdict is NOT_READY
    assert "not-failed-over" in obstacles(of(found, P1), PLANNED)
    (refusal,) = [
        check
        for check in of(found, P2).modes[0].obstacles
        if check.check_id == "partner-not-failed-over"
    ]
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
    assert (
        readiness(attrs.evolve(two_sites(), pools=Unread("the topology", "no answer"))).verdict
        is None
    )
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


def test_the_loss_of_each_site_is_asked_for_too() -> None:
    found = readiness(two_sites())
    assert [(site.site, site.verdict) for site in found.sites] == [
        ("Redmond", READY),
        ("Dublin", READY),
    ]
    redmond, dublin = found.sites
    assert [pool.pool for pool in redmond.pools] == [P1]
    assert redmond.store == f"The store on {P1} goes to its standby copy before the users."
    assert (dublin.store, dublin.store_command) == ("", "")
    assert readiness(two_sites(), [P1]).sites == (), "whoever names a pool asks for that pool"


def test_a_store_that_two_pools_claim_goes_nowhere_by_itself() -> None:
    found = readiness(with_store(two_sites(), copies=(copy_on(P1), copy_on(P2))))
    for site in found.sites:
        assert site.verdict is NOT_READY
        assert "standby copy" not in site.store
        assert f"active on {P1} and {P2}" in site.store


def copy_on(pool: Fqdn) -> StoreCopy:
    return StoreCopy(pool=pool, active=True, version=LyncVersion.V2013)


def test_a_pair_within_one_site_does_not_survive_it() -> None:
    together = changed(two_sites(), P2, site=SiteName("Redmond"))
    (site,) = readiness(together).sites
    assert site.verdict is NOT_READY
    assert {
        check.check_id for pool in site.pools for mode in pool.modes for check in mode.obstacles
    } >= {"partner-healthy"}


def test_a_store_without_a_standby_is_no_readiness_without_warnings() -> None:
    """It said "ready" the day before its pool died."""
    alone = with_store(
        two_sites(), copies=(StoreCopy(pool=P1, active=True, version=LyncVersion.V2013),)
    )
    found = readiness(alone)
    redmond, _ = found.sites
    assert redmond.verdict is WARNINGS
    assert redmond.store_command.startswith(
        f"lyncops run management-store-failover {P1} --mode disaster"
    )
    assert any("Central Management" in title for title in redmond.pools[0].modes[0].by_hand)
    assert found.verdict is NOT_READY, "a planned failover of that pool is refused today"


def test_a_store_on_a_third_unpaired_pool_is_told_for_the_loss_of_its_site() -> None:
    third = front_end_pool(Fqdn("store.contoso.com"), partner=None, site="Oslo")
    base = two_sites()
    pools = base.front_end_pools
    lonely = with_store(
        attrs.evolve(base, pools=(*pools, third)),
        copies=(StoreCopy(pool=third.fqdn, active=True, version=LyncVersion.V2013),),
        active_master=third.fqdn,
        file_transfer_agents=(third.fqdn,),
    )
    found = readiness(lonely)
    oslo = found.sites[-1]
    assert oslo.verdict is NOT_READY, "its users have no backup pool"
    assert f"management-store-failover {third.fqdn}" in oslo.store_command
    assert oslo.store_command.endswith(f"--to {P1}"), "a living pool outside of the lost site"
    assert found.sites[0].verdict is READY, "the loss of another site leaves the store where it is"
    assert [check.check_id for check in of(found, P1).modes[0].warnings] == [
        "standby-store-installed"
    ]


def test_users_that_are_served_elsewhere_already_are_not_lost_with_their_site() -> None:
    found = readiness(with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER))
    redmond, dublin = found.sites
    assert (redmond.pools, redmond.verdict) == ((), READY)
    assert "partner-not-failed-over" in {
        check.check_id for check in dublin.pools[0].modes[0].obstacles
    }


@given(deployments())
def test_every_deployment_gets_an_answer_that_agrees_with_itself(deployment: Deployment) -> None:
    found = readiness(deployment)
    assert [pool.pool for pool in found.pools] == [pool.fqdn for pool in deployment.front_end_pools]
    for pool in found.pools:
        assert pool.modes
        assert (pool.verdict is NOT_READY) == any(mode.obstacles for mode in pool.modes)
        assert all(check.refuses for mode in pool.modes for check in mode.obstacles)
        assert not any(check.refuses for mode in pool.modes for check in mode.warnings)
    assert (
        found.verdict is None
        or all(pool.verdict is not NOT_READY for pool in found.pools)
        or found.verdict is NOT_READY
    )


@pytest.mark.parametrize("target", [P1, P2])
def test_what_it_promises_for_a_disaster_comes_true_on_the_model(target: Fqdn) -> None:
    site = Site.of("two-sites")
    assert DISASTER in of(readiness(site.read()), target).possible
    site.world.crash(target)
    plan = site.plan("pool-failover", target, DISASTER, accept_data_loss=True)
    assert not plan.is_refused, plan.refusals


def test_pools_are_found_by_name_and_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """With thousands of pools a look through all of them for each question costs minutes."""
    world = Simulation(scenario_of_size(24))
    deployment = read_deployment(ModelSessions(world), name="contoso", clock=ModelClock(world))
    compared: list[str] = []
    same = Fqdn.__eq__

    def counting(one: Fqdn, other: object) -> bool:
        compared.append(one)
        return same(one, other)

    monkeypatch.setattr(Fqdn, "__eq__", counting)
    for pool in deployment.front_end_pools:
        assert deployment.pool(pool.fqdn) is pool
        for machine in pool.machines:
            assert deployment.pool_of(machine.fqdn) is pool
    assert deployment.pool_of(Fqdn("nobody.contoso.com")) is None
    assert len(compared) < 24 * 8
