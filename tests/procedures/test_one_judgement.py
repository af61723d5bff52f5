"""A check and the precondition of a step judge alike: what a plan found bearable does not stop it
half way.
"""

from __future__ import annotations

from typing import Final

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyncops.deployment.model import Deployment, PoolState
from lyncops.plan.conditions import (
    Condition,
    FederatedEdgeIs,
    NoEdgeLeadsTo,
    PoolIsHome,
    StoreHasSingleMaster,
    StoreIsActiveOn,
    UnlessRefuted,
)
from lyncops.plan.model import CmdletStep, ManualStep, Plan
from lyncops.plan.procedures import PROCEDURES
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, Unread
from tests.deployments import (
    EDGE1,
    P1,
    P2,
    changed,
    deployments,
    two_sites,
    with_dead,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, step
from tests.procedures.requests import requests

UNREAD: Final = Unread("it", "no answer")
FOREIGN: Final = with_store(
    two_sites(active_store=P2),
    file_transfer_agents=(Fqdn("pool1-fe1.contoso.com"), Fqdn("pool2-fe1.contoso.com")),
)


def first_asked(plan: Plan) -> list[tuple[CmdletStep, Condition]]:
    """What is asked before a command, but for what an earlier step of the plan brings about."""
    found: list[tuple[CmdletStep, Condition]] = []
    made: set[type] = {NoEdgeLeadsTo, FederatedEdgeIs, StoreIsActiveOn}
    for each in plan.steps:
        # People bring the store
        if isinstance(each, ManualStep) and each.step_id.startswith("store-"):
            made.add(StoreHasSingleMaster)
        if isinstance(each, CmdletStep):
            inner = [(c, c.condition if isinstance(c, UnlessRefuted) else c) for c in each.before]
            found += [(each, condition) for condition, bare in inner if type(bare) not in made]
            if each.step_id == "store-failover":
                made.add(StoreHasSingleMaster)
            if each.step_id == "pool-failback":
                made.add(PoolIsHome)
    return found


@pytest.mark.parametrize("name", sorted(PROCEDURES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_no_step_of_an_accepted_plan_is_stopped_by_what_the_plan_knew(
    name: str, data: st.DataObject
) -> None:
    """Nor by what its operator has overridden."""
    deployment: Deployment = data.draw(deployments(pairs=1))
    request = data.draw(requests(name))
    refused = {
        check.check_id: "seen by hand"
        for check in make_plan(request, deployment).refusals
        if check.overridable
    }
    plan = make_plan(
        attrs.evolve(request, overrides=refused if data.draw(st.booleans()) else {}), deployment
    )
    if plan.is_refused:
        return
    for each, condition in first_asked(plan):
        assert condition.evaluate(deployment).holds, (each.title, condition)


def test_a_foreign_file_transfer_agent_warns_and_stops_nothing() -> None:
    plan = ask("pool-failover", FOREIGN, P1, PLANNED)
    assert not plan.is_refused
    assert next(check for check in plan.checks if check.check_id == "store-agents").remedy
    before = step(plan, "pool-failover").before
    assert StoreHasSingleMaster() in before
    assert StoreHasSingleMaster().evaluate(FOREIGN).holds


def test_a_missing_active_flag_warns_and_stops_nothing() -> None:
    store = two_sites(active_store=P2).central_management
    assert not isinstance(store.copies, Unread)
    copies = tuple(attrs.evolve(copy, active=UNREAD) for copy in store.copies)
    unflagged = with_store(two_sites(active_store=P2), copies=copies)
    assert not ask("pool-failover", unflagged, P1, PLANNED).is_refused
    assert StoreHasSingleMaster().evaluate(unflagged).holds


def test_a_partner_whose_state_cannot_be_read_stops_no_rescue_and_one_that_is_away_does() -> None:
    gone = with_dead(two_sites(active_store=P2), P1)
    blind = changed(gone, P2, state=UNREAD)
    plan = ask("pool-failover", blind, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    home, *_ = step(plan, "pool-failover").before
    assert home == UnlessRefuted(PoolIsHome(P2))
    assert home.evaluate(blind).holds
    assert home.evaluate(changed(gone, P2, state=PoolState.FAILED_OVER)).holds is False


def test_edge_pools_that_cannot_be_read_stop_no_rescue() -> None:
    blind = attrs.evolve(with_dead(two_sites(active_store=P2), P1), edges=UNREAD)
    plan = ask("pool-failover", blind, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert all(condition.evaluate(blind).holds for condition in step(plan, "pool-failover").before)
    assert EDGE1 not in str(plan.goal)
