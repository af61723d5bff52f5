"""What a plan locks and which rights it asks for follow from its steps."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Final, cast

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment
from lyncops.deployment.rights_reading import ASKED
from lyncops.plan.model import CmdletStep, Plan
from lyncops.plan.procedures import PROCEDURES
from lyncops.procedures import make_plan
from lyncops.values import Effect, Fqdn, OnMachine, SiteName, Unread
from tests.deployments import (
    EDGE1,
    EDGE2,
    P1,
    P2,
    deployments,
    front_end_pool,
    two_sites,
    with_store,
)
from tests.procedures.asking import PLANNED, ask, asked
from tests.procedures.requests import requests

P3: Final = Fqdn("pool3.contoso.com")
P4: Final = Fqdn("pool4.contoso.com")
slowly: Final = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def rights_in(plan: Plan) -> CheckResult:
    return next(check for check in plan.checks if check.check_id == "rights")


def sent_by(plan: Plan) -> set[str]:
    """The cmdlets that a plan cannot do without."""
    steps = (
        step
        for step in plan.steps
        if isinstance(step, CmdletStep) and not isinstance(step.place, OnMachine)
    )
    return {step.cmdlet.NAME for step in steps if not step.optional}


@pytest.mark.parametrize("name", sorted(PROCEDURES))
@slowly
@given(data=st.data())
def test_rights_are_asked_for_what_is_sent_no_more_and_no_less(
    name: str, data: st.DataObject
) -> None:
    deployment: Deployment = data.draw(deployments(pairs=1))
    request = data.draw(requests(name))
    sent = sent_by(make_plan(request, deployment))
    if not sent:
        return
    assert all(any(fnmatchcase(each, pattern) for pattern in ASKED) for each in sent), (
        "a right that is not read"
    )
    enough = make_plan(request, attrs.evolve(deployment, rights=(*sent, "Get-Command")))
    assert rights_in(enough).verdict in (Verdict.PASSED, Verdict.WARNING)
    for each in sent:
        lacking = make_plan(
            request, attrs.evolve(deployment, rights=(*(sent - {each}), "Get-Command"))
        )
        assert rights_in(lacking).refuses
        assert each in rights_in(lacking).evidence


@pytest.mark.parametrize("name", sorted(PROCEDURES))
@slowly
@given(data=st.data())
def test_every_pool_that_a_command_names_is_locked(name: str, data: st.DataObject) -> None:
    deployment: Deployment = data.draw(deployments())
    plan = make_plan(data.draw(requests(name)), deployment)
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    for step in plan.steps:
        if isinstance(step, CmdletStep) and step.cmdlet.effect is Effect.CHANGE:
            text = step.cmdlet.to_powershell()
            assert {pool.fqdn for pool in pools if pool.fqdn in text} <= set(plan.lock), text


def with_second_pair(deployment: Deployment) -> Deployment:
    pools = deployment.pools
    assert not isinstance(pools, Unread)
    pair = (
        front_end_pool(P3, partner=P4, site="Redmond"),
        front_end_pool(P4, partner=P3, site="Dublin"),
    )
    return attrs.evolve(deployment, pools=(*pools, *pair))


def test_a_failover_locks_the_edge_pools_that_it_moves() -> None:
    plan = ask("pool-failover", two_sites(active_store=P2), P1, PLANNED)
    assert set(plan.lock) == {P1, P2, EDGE1}


def test_the_pair_of_the_store_is_locked_where_a_plan_writes_to_it() -> None:
    deployment = with_second_pair(two_sites())
    assert set(ask("pool-failover", deployment, P3, PLANNED).lock) == {P3, P4}
    edges = ask("edge-next-hop", deployment, EDGE1, next_hop=P3)
    assert set(edges.lock) == {EDGE1, P3, P1, P2}
    settings_ = make_plan(
        asked("backup-service-set", "", pool=None, authorized_groups=("A",)), deployment
    )
    assert set(settings_.lock) == {P1, P2}
    route: Any = asked(
        "edge-federation-failover", EDGE1, other_edge=EDGE2, sites=(SiteName("Redmond"),)
    )
    assert set(make_plan(route, deployment).lock) == {EDGE1, EDGE2, P1, P2}


def test_a_right_that_only_an_optional_step_needs_is_a_warning() -> None:
    plain = ask("pool-failover", two_sites(), P1, PLANNED)
    few = attrs.evolve(two_sites(), rights=tuple(sent_by(plain)))
    check = rights_in(ask("pool-failover", few, P1, PLANNED))
    assert (check.verdict, check.refuses) == (Verdict.WARNING, False)
    assert "Export-CsConfiguration" in check.evidence


def test_a_store_whose_holder_is_not_known_locks_what_is_known() -> None:
    unread = with_store(two_sites(), copies=Unread("the copies", "no answer"), active_master=None)
    plan = make_plan(cast("Any", asked("edge-association", P1, edge_pool=EDGE2)), unread)
    assert set(plan.lock) == {P1, EDGE2}
