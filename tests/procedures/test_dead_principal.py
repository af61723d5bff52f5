"""The SQL Server of a principal dies and its mirror lives: the mirror serves, and what was before
comes back.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets import DatabaseNameType, MirrorRole
from lyncops.deployment.model import Deployment
from lyncops.plan.model import Plan
from lyncops.procedures.readiness import ReadinessVerdict, readiness
from lyncops.runs.model import RunState
from lyncops.values import Fqdn
from tests.deployments import EDGE1, P1, P2
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell, refused_by
from tests.procedures.model import Site

SQL1, SQL1M = "sql1.contoso.com", "sql1m.contoso.com"
USER, STORE = DatabaseNameType.USER, DatabaseNameType.CENTRAL_MGMT
TO_THE_MIRROR = f"lyncops run database-failover {P1} --database-type User --accept-data-loss"
THE_STORE_TOO = f"lyncops run database-failover {P1} --database-type CentralMgmt --accept-data-loss"


@pytest.fixture
def site() -> Site:
    """The SQL Server that holds all principals of pool1, the store's among them, is dead."""
    site = Site.of("two-sites")
    site.world.crash(SQL1)
    return site


def answer(plan: Plan, check_id: str) -> CheckResult:
    return next(check for check in plan.checks if check.check_id == check_id)


def ran(site: Site, plan: Plan) -> None:
    assert not plan.is_refused, plan.refusals
    assert site.run(plan).state is RunState.COMPLETED
    assert site.reached(plan).holds


@pytest.mark.parametrize("kind", [USER, STORE])
def test_the_mirror_becomes_principal_by_force_with_consent_alone(
    site: Site, kind: DatabaseNameType
) -> None:
    asked = site.plan("database-failover", P1, database_type=kind)
    assert refused_by(asked) == {"data-loss-accepted"}
    assert not asked.steps, "nothing is forced without consent"
    assert "had not yet sent" in asked.expected_loss
    plan = site.plan("database-failover", P1, database_type=kind, accept_data_loss=True)
    assert answer(plan, "mirrors-synchronized").verdict is Verdict.WARNING
    assert "only copy" in answer(plan, "mirrors-synchronized").remedy
    assert answer(plan, "mirror-forced").verdict is Verdict.WARNING
    assert "-NewPrincipal 'Mirror'" in powershell(plan, f"database-failover-{kind.casefold()}")
    assert "-Force" in powershell(plan, f"database-failover-{kind.casefold()}")
    ran(site, plan)


def test_there_and_back_with_the_mirroring_resumed_between(site: Site) -> None:
    before = Site.of("two-sites").world.summary().pools[P1].databases_on_mirror
    ran(site, site.plan("database-failover", P1, accept_data_loss=True))
    again = site.plan("database-failover", P1, accept_data_loss=True)
    assert refused_by(again) == {"mirrors-synchronized"}, "the dead half cannot become principal"
    assert "unreachable" in again.refusals[0].evidence
    there = site.plan("database-failover", P1, principal=MirrorRole.MIRROR)
    assert not there.is_refused
    assert answer(there, "mirrors-synchronized").verdict is Verdict.PASSED
    site.world.recover(SQL1)
    back = site.plan("database-failover", P1)
    assert ids(back) == ["resume-mirroring-user", "database-failover-user"]
    assert "suspended" in answer(back, "mirror-forced").evidence
    assert "-Force" not in powershell(back, "database-failover-user")
    run = site.run(back)
    assert run.state is RunState.PENDING_MANUAL_STEP
    assert site.world.executions["Invoke-CsDatabaseFailover"] == 1
    site.world.outside.resume_mirroring(P1)
    assert site.resumed(run.run_id).state is RunState.COMPLETED
    assert site.reached(back).holds
    assert site.world.summary().pools[P1].databases_on_mirror == before


def test_the_other_half_may_be_the_one_that_is_left(site: Site) -> None:
    site.world.recover(SQL1)
    ran(site, site.plan("database-failover", P1))
    site.world.crash(SQL1M)
    plan = site.plan("database-failover", P1, accept_data_loss=True)
    assert "-NewPrincipal 'Primary'" in powershell(plan, "database-failover-user")
    ran(site, plan)


def test_the_dead_half_is_refused_by_name_too(site: Site) -> None:
    plan = site.plan("database-failover", P1, principal=MirrorRole.PRIMARY, accept_data_loss=True)
    assert refused_by(plan) == {"mirrors-synchronized"}
    assert "-Force" not in powershell(plan, "database-failover-user")


def test_a_pool_whose_mirror_lives_is_led_there_by_both_modes(site: Site) -> None:
    deployment = site.read()
    planned = answer(ask("pool-failover", deployment, P1, PLANNED), "mode-fits")
    assert (planned.verdict, planned.first) == (Verdict.FAILED, (TO_THE_MIRROR,))
    disaster = answer(
        ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True), "mode-fits"
    )
    assert (disaster.verdict, disaster.first) == (Verdict.WARNING, (TO_THE_MIRROR,))
    for result in (planned, disaster):
        assert "--mode" not in result.remedy, "no mode sends to the other"
    partner = answer(ask("pool-failover", deployment, P2, PLANNED), "partner-healthy")
    assert (partner.verdict, partner.first) == (Verdict.FAILED, (TO_THE_MIRROR,))


def test_a_store_whose_mirror_lives_is_not_failed_over(site: Site) -> None:
    deployment = site.read()
    agents = answer(ask("pool-failover", deployment, P2, PLANNED), "store-agents")
    assert (agents.verdict, agents.first) == (Verdict.FAILED, (THE_STORE_TOO,))
    works = answer(ask("edge-next-hop", deployment, EDGE1, next_hop=Fqdn(P2)), "store-works")
    assert (works.verdict, works.first) == (Verdict.FAILED, (THE_STORE_TOO,))
    assert "management-store-failover" not in f"{agents.remedy}{works.remedy}"
    store = ask("management-store-failover", deployment, P1, PLANNED)
    assert answer(store, "store-works").first == (THE_STORE_TOO,)


def test_readiness_names_it_first(site: Site) -> None:
    found = {pool.pool: pool for pool in readiness(site.read()).pools}
    planned = next(mode for mode in found[P1].modes if mode.mode is PLANNED)
    first = {command for check in planned.obstacles for command in check.first}
    assert {TO_THE_MIRROR, THE_STORE_TOO} <= first


def test_a_pool_that_is_gone_is_not_sent_to_its_mirror(site: Site) -> None:
    for machine in site.world.scenario.pools[0].machines:
        site.world.crash(machine)
    plan = ask("pool-failover", site.read(), P1, DISASTER, accept_data_loss=True)
    assert not any(
        "database-failover" in command for check in plan.checks for command in check.first
    )


def test_the_store_and_the_users_come_back_without_a_failover_of_the_pool(site: Site) -> None:
    for kind in (USER, STORE, DatabaseNameType.APPLICATION):
        ran(site, site.plan("database-failover", P1, database_type=kind, accept_data_loss=True))
    deployment: Deployment = site.read()
    assert not refused_by(ask("edge-next-hop", deployment, EDGE1, next_hop=Fqdn(P2)))
    assert (
        answer(ask("pool-failover", deployment, P1, PLANNED), "mode-fits").verdict is Verdict.PASSED
    )


def test_readiness_warns_of_databases_that_run_on_their_only_copy(site: Site) -> None:
    for kind in (USER, STORE, DatabaseNameType.APPLICATION):
        ran(site, site.plan("database-failover", P1, database_type=kind, accept_data_loss=True))
    found = next(pool for pool in readiness(site.read()).pools if pool.pool == P1)
    assert found.verdict is ReadinessVerdict.READY_WITH_WARNINGS
    copies = next(check for check in found.care if check.check_id == "database-copies")
    assert "there is only one copy" in copies.evidence
    site.world.recover(SQL1)
    site.pass_time(timedelta(minutes=10))
    found = next(pool for pool in readiness(site.read()).pools if pool.pool == P1)
    copies = next(check for check in found.care if check.check_id == "database-copies")
    assert "is suspended" in copies.evidence


@pytest.fixture
def both_dead(site: Site) -> Site:
    """Both halves of the Back End are dead, and the store with them; the Front Ends run."""
    site.world.crash(SQL1M)
    return site


def test_a_back_end_that_took_the_store_along_is_left_in_disaster_mode(both_dead: Site) -> None:
    deployment = both_dead.read()
    planned = ask("pool-failover", deployment, P1, PLANNED)
    assert answer(planned, "mode-fits").verdict is Verdict.FAILED
    assert "--mode disaster" in answer(planned, "mode-fits").remedy
    assert "or its Back End is gone" in answer(planned, "store-works").remedy
    partner = answer(ask("pool-failover", deployment, P2, PLANNED), "partner-healthy")
    assert partner.verdict is Verdict.WARNING
    assert "on the same SQL Server" in partner.evidence
    other = answer(planned, "partner-healthy")
    assert (other.verdict, other.refuses) == (Verdict.UNKNOWN, False)
    assert "The Central Management store could not be read either" in other.remedy
    plan = both_dead.plan("pool-failover", P1, DISASTER, accept_data_loss=True)
    assert answer(plan, "mode-fits").verdict is Verdict.WARNING
    assert "--mode planned" not in answer(plan, "mode-fits").remedy
    ran(both_dead, plan)


def test_the_store_alone_is_brought_over_from_a_dead_back_end(both_dead: Site) -> None:
    works = answer(both_dead.plan("management-store-failover", P1, PLANNED), "store-works")
    assert "or its Back End is gone" in works.remedy
    ran(
        both_dead,
        both_dead.plan("management-store-failover", P1, DISASTER, accept_data_loss=True),
    )
