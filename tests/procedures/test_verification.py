"""Service, not only state: what a server tries as a user after a move, on the model."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.deployment.model import PoolState
from lyncops.deployment.scope import EVERYTHING, Facet, Scope
from lyncops.deployment.trials import Deed, PoolTestUsers, Trial
from lyncops.errors import InvalidValueError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.conditions import UserCan
from lyncops.plan.model import Plan, WaitStep
from lyncops.plan.procedures import PoolFailover
from lyncops.runs.model import RunState
from lyncops.values import Unread
from tests.deployments import EDGE1, P1, P2, two_sites, with_state
from tests.procedures.asking import DISASTER, PLANNED, ask, ids
from tests.procedures.model import Site

ALICE, ANNA = "sip:alice@contoso.com", "sip:anna@contoso.com"
OF_P1 = f"verify-service-{P1}"
WITH_TEST_USERS = EVERYTHING | Scope.of(Facet.TEST_USERS)
CONFIGURED = attrs.evolve(two_sites(), test_users=(PoolTestUsers(pool=P1, users=(ALICE, ANNA)),))


def trials(plan: Plan, step_id: str = OF_P1) -> tuple[object, ...]:
    step = next(step for step in plan.steps if step.step_id == step_id)
    assert isinstance(step, WaitStep)
    assert step.optional
    return step.until


def test_the_test_users_of_the_moved_pool_are_tried_at_the_pool_that_serves_them_then() -> None:
    plan = ask("pool-failover", CONFIGURED, P1, PLANNED, verify=True)
    assert ids(plan)[-1] == OF_P1
    assert trials(plan) == (
        UserCan(Deed.SIGN_IN, P2, (ALICE,)),
        UserCan(Deed.MESSAGE, P2, (ALICE, ANNA)),
        UserCan(Deed.PRESENCE, P2, (ALICE, ANNA)),
    )
    assert plan_from_json(plan_to_json(plan)) == plan
    home = ask(
        "pool-failback", with_state(CONFIGURED, P1, PoolState.FAILED_OVER), P1, PLANNED, verify=True
    )
    assert {one.pool for one in trials(home) if isinstance(one, UserCan)} == {P1}


def test_one_user_that_is_named_signs_in() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED, verify_users=("bob@contoso.com",))
    assert trials(plan) == (UserCan(Deed.SIGN_IN, P2, ("sip:bob@contoso.com",)),)


def test_what_is_missing_to_try_it_is_told_and_refuses_nothing() -> None:
    nobody = attrs.evolve(two_sites(), test_users=())
    unread = attrs.evolve(two_sites(), test_users=Unread("the test users", "access denied"))
    for deployment, told in (
        (nobody, "New-CsHealthMonitoringConfiguration"),
        (unread, "access denied"),
    ):
        plan = ask("pool-failover", deployment, P1, PLANNED, verify=True)
        assert OF_P1 not in ids(plan)
        assert not plan.is_refused
        assert any(told in note and "--verify-user" in note for note in plan.notes)
    assert any("--verify" in note for note in ask("pool-failover", two_sites(), P1, PLANNED).notes)


@pytest.mark.parametrize(
    "users", [("alice",), ("a b@contoso.com",), ("a@b.c", "d@e.f", "g@h.i"), ("",)]
)
def test_what_is_no_user_is_refused_with_a_sentence(users: tuple[str, ...]) -> None:
    with pytest.raises(InvalidValueError):
        PoolFailover(pool=P1, mode=PLANNED, verify_users=users)


def test_users_are_seen_to_be_served_after_a_rescue_and_after_the_way_home() -> None:
    site = Site.of("two-sites")
    site.pass_time(timedelta(minutes=20))
    site.world.crash(P1)
    plan = ask(
        "pool-failover",
        site.read(WITH_TEST_USERS),
        P1,
        DISASTER,
        accept_data_loss=True,
        verify=True,
    )
    run = site.run(plan)
    assert run.state is RunState.COMPLETED, (run.why, run.exceptions)
    assert "alice@contoso.com can sign in at pool2.contoso.com" in run.record(OF_P1).evidence_after
    site.world.recover(P1)
    site.pass_time(timedelta(minutes=20))
    home = site.run(
        ask("pool-failback", site.read(WITH_TEST_USERS), P1, PLANNED, verify=True, edges=(EDGE1,))
    )
    assert home.state is RunState.COMPLETED, (home.why, home.exceptions)
    assert "at pool1.contoso.com" in home.record(OF_P1).evidence_after


def test_everybody_of_a_pair_is_tried_at_the_pool_that_serves_them_all() -> None:
    site = Site.of("two-sites")
    plan = ask("evacuate", site.read(WITH_TEST_USERS), P2, PLANNED, verify=True)
    assert site.run(plan).state is RunState.COMPLETED
    assert {one.pool for one in trials(plan) if isinstance(one, UserCan)} == {P2}


@pytest.mark.slow
def test_a_user_who_cannot_sign_in_is_an_exception_and_never_a_failure_of_the_move() -> None:
    site = Site.of("two-sites")
    run = site.run(
        site.plan(
            "pool-failover", P1, PLANNED, verify_users=("bob@contoso.com", "nobody@contoso.com")
        )
    )
    assert run.state is RunState.COMPLETED_WITH_EXCEPTIONS
    assert "nobody@contoso.com" in run.record(OF_P1).evidence_after
    assert site.world.summary().pools[P1].served_by == P2


def test_a_trial_says_who_does_what_where() -> None:
    words = [str(Trial(deed, P2, (ALICE, ANNA)[: deed.users])) for deed in Deed]
    assert words == [
        f"alice@contoso.com can sign in at {P2}",
        f"alice@contoso.com can send a message to anna@contoso.com at {P2}",
        f"alice@contoso.com can see the presence of the other (anna@contoso.com) at {P2}",
    ]


def test_what_was_not_tried_is_unknown() -> None:
    condition = UserCan(Deed.SIGN_IN, P2, (ALICE,))
    assert condition.evaluate(two_sites()).holds is None
