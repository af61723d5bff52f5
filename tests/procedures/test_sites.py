"""Everybody of a site is served elsewhere, and at home again: two pairs between two sites, on the
lab's model.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import attrs
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from lyncops.lab.scenarios.scenario import Kind, PoolSpec, Scenario, SiteSpec, StoreSpec
from lyncops.plan.model import ManualStep, Plan
from lyncops.plan.procedures import SiteFailback, SiteFailover
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, Mode, SiteName
from tests.deployments import EDGE1, changed, two_sites, with_dead
from tests.procedures.asking import ids, refused_by
from tests.procedures.model import Site
from tests.procedures.scenarios import P1, P2, P3, P4, scenarios
from tests.procedures.test_on_model import FOR_A_WHILE, ON_MODEL, run_whole
from tests.procedures.test_on_model import changed as differing

NORTH: Final = SiteName("North")
DISASTER: Final = Mode.DISASTER


def front_end(fqdn: Fqdn, partner: Fqdn | None, site: str) -> PoolSpec:
    machines = tuple(
        Fqdn(f"{fqdn.partition('.')[0]}-fe{number}.contoso.com") for number in (1, 2, 3)
    )
    return PoolSpec(
        fqdn=fqdn,
        kind=Kind.ENTERPRISE,
        site=site,
        machines=machines,
        users=500,
        backup_pool=partner,
        sql_server=Fqdn(f"sql-{fqdn}"),
    )


def edge(fqdn: Fqdn, site: str, next_hop: Fqdn) -> PoolSpec:
    return PoolSpec(
        fqdn=fqdn,
        kind=Kind.EDGE,
        site=site,
        machines=(Fqdn(f"a-{fqdn}"),),
        next_hop=next_hop,
        federation=fqdn == EDGE1,
    )


TWO_PAIRS: Final = Scenario(
    name="two pairs",
    sites=(SiteSpec(name="North"), SiteSpec(name="South")),
    pools=(
        front_end(P1, P2, "North"),
        front_end(P2, P1, "South"),
        front_end(P3, P4, "North"),
        front_end(P4, P3, "South"),
        edge(EDGE1, "North", P3),
        edge(Fqdn("edge2.contoso.com"), "South", P4),
    ),
    central_management=StoreSpec(copies=(P4, P3), active=(P3,)),
)


def stricken(scenario: Scenario = TWO_PAIRS) -> Site:
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    site.world.crash("site:North")
    site.pass_time(FOR_A_WHILE)
    return site


def away(site: Site, mode: Mode = DISASTER, *, without: tuple[Fqdn, ...] = ()) -> Plan:
    request = SiteFailover(
        site=NORTH, mode=mode, accept_data_loss=mode is DISASTER, without=without
    )
    return make_plan(request, site.read())


def home(site: Site, mode: Mode = Mode.PLANNED) -> Plan:
    return site.made(SiteFailback(site=NORTH, mode=mode))


def serving(site: Site) -> dict[Fqdn, Fqdn | None]:
    pools = site.world.summary().pools
    return {name: pools[name].served_by for name in (P1, P2, P3, P4)}


def test_the_pair_with_the_store_comes_first_and_next_hops_before_their_users() -> None:
    plan = away(stricken())
    assert not plan.is_refused, plan.refusals
    assert [step_id for step_id in ids(plan) if "replicas" not in step_id] == [
        f"{P3}/export-configuration",
        f"{P3}/store-failover",
        f"{P3}/edge-next-hop-{EDGE1}",
        f"{P3}/pool-failover",
        f"{P1}/pool-failover",
    ]
    assert set(plan.pools_to_lock) >= {P1, P2, P3, P4}
    assert plan.notes[0].startswith("The order of this plan")


@pytest.mark.parametrize("mode", list(Mode))
def test_a_site_is_left_and_is_as_before_after_its_failback(mode: Mode) -> None:
    site = Site.of(TWO_PAIRS)
    site.pass_time(FOR_A_WHILE)
    before = site.world.summary()
    if mode is DISASTER:
        site.world.crash("site:North")
        site.pass_time(FOR_A_WHILE)
    run_whole(site, away(site, mode))
    assert serving(site) == {P1: P2, P2: P2, P3: P4, P4: P4}
    site.world.recover("site:North")
    site.pass_time(FOR_A_WHILE)
    back = home(site)
    assert [step_id for step_id in ids(back) if step_id.endswith("/pool-failback")] == [
        f"{P1}/pool-failback",
        f"{P3}/pool-failback",
    ]
    run_whole(site, back)
    assert differing(before, site.world.summary()) == set()


def test_users_who_were_away_on_the_lost_site_come_home_first() -> None:
    site = Site.of(TWO_PAIRS)
    site.pass_time(FOR_A_WHILE)
    run_whole(site, site.plan("pool-failover", P2, Mode.PLANNED))
    site.pass_time(FOR_A_WHILE)
    site.world.crash("site:North")
    site.pass_time(FOR_A_WHILE)
    plan = away(site)
    steps = ids(plan)
    assert steps.index(f"{P1}/pool-failback") < steps.index(f"{P1}/pool-failover")
    run_whole(site, plan)
    assert serving(site) == {P1: P2, P2: P2, P3: P4, P4: P4}


def test_what_was_done_already_is_not_done_again_and_is_brought_home_too() -> None:
    site = stricken()
    run_whole(site, site.plan("pool-failover", P3, DISASTER, accept_data_loss=True))
    plan = away(site)
    assert [step_id for step_id in ids(plan) if "pool-fail" in step_id] == [f"{P1}/pool-failover"]
    run_whole(site, plan)
    assert serving(site)[P3] == P4


def test_a_pool_that_lives_refuses_disaster_mode_and_can_be_left_out() -> None:
    site = Site.of(TWO_PAIRS)
    site.pass_time(FOR_A_WHILE)
    site.world.crash(P3)
    site.pass_time(FOR_A_WHILE)
    refused = away(site)
    assert refused_by(refused) == {"mode-fits"}
    assert any("--without" in note for note in refused.notes)
    run_whole(site, away(site, without=(P1,)))
    assert serving(site) == {P1: P1, P2: P2, P3: P4, P4: P4}


def test_a_pool_without_a_backup_pool_is_named_and_left() -> None:
    lonely = attrs.evolve(
        TWO_PAIRS, pools=(*TWO_PAIRS.pools, front_end(Fqdn("lonely.contoso.com"), None, "North"))
    )
    plan = away(stricken(lonely))
    assert not plan.is_refused
    told = next(check for check in plan.checks if check.check_id == "site-pools")
    assert "lonely.contoso.com has no backup pool" in told.evidence
    assert "Move-CsUser" in told.remedy


def test_a_pair_within_the_site_cannot_leave_it() -> None:
    plan = make_plan(
        SiteFailover(site=SiteName("Redmond"), mode=Mode.PLANNED),
        changed(two_sites(), P2, site=SiteName("Redmond")),
    )
    assert refused_by(plan) == {"site-pools"}
    assert "in the same site" in next(iter(plan.refusals)).evidence


@pytest.mark.parametrize("kind", [SiteFailover, SiteFailback])
def test_a_site_that_does_not_exist_and_a_pool_that_is_not_in_it_are_law(
    kind: type[SiteFailover | SiteFailback],
) -> None:
    unknown = make_plan(kind(site="Oslo", mode=Mode.PLANNED), two_sites())
    assert "site-exists" in refused_by(unknown)
    assert "Redmond" in next(
        check.evidence for check in unknown.refusals if check.check_id == "site-exists"
    )
    strange = make_plan(kind(site="Redmond", mode=Mode.PLANNED, without=(P2,)), two_sites())
    assert "site-pools" in refused_by(strange)


def test_a_site_whose_users_are_at_home_has_nothing_to_bring_back() -> None:
    assert refused_by(make_plan(SiteFailback(site="Redmond", mode=Mode.PLANNED), two_sites())) == {
        "site-pools"
    }


def test_a_loss_must_be_accepted_once_for_all_pools() -> None:
    plan = make_plan(SiteFailover(site="Redmond", mode=DISASTER), with_dead(two_sites(), P1))
    assert refused_by(plan) == {"data-loss-accepted"}


def test_a_name_with_a_space_can_be_pasted() -> None:
    assert SiteFailover(site="New York", mode=Mode.PLANNED).command == "site-failover 'New York'"


def test_an_edge_server_that_is_down_is_asked_for_once() -> None:
    site = stricken()
    run_whole(site, away(site))
    site.world.recover("site:North")
    site.world.crash(EDGE1)
    site.pass_time(timedelta(hours=2))
    gates = [step for step in home(site).steps if isinstance(step, ManualStep)]
    assert len(gates) == 1


@ON_MODEL
@given(scenarios(), st.sampled_from(list(Mode)))
def test_any_site_is_left_and_the_failback_is_the_identity(scenario: Scenario, mode: Mode) -> None:
    site = Site.of(scenario)
    site.pass_time(FOR_A_WHILE)
    before = site.world.summary()
    if mode is DISASTER:
        site.world.crash("site:North")
        site.pass_time(FOR_A_WHILE)
    plan = away(site, mode)
    event(f"{mode.value}: {', '.join(check.check_id for check in plan.refusals) or 'runs'}")
    run_whole(site, plan)
    site.world.recover("site:North")
    site.pass_time(FOR_A_WHILE)
    run_whole(site, home(site))
    assert differing(before, site.world.summary()) == set()
