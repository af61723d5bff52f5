from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyncops.checks.catalogue import (
    CHECKS,
    FAILBACK,
    FAILOVER,
    apply_overrides,
    checks_for_failback,
    checks_for_failover,
)
from lyncops.checks.loss import expected_loss
from lyncops.checks.result import CheckResult, Verdict
from lyncops.checks.words import age, counted, listed, sentence
from lyncops.deployment.model import Deployment, PoolState
from lyncops.errors import InvalidValueError
from lyncops.values import Fqdn, Mode
from tests.checks.asking import DISASTER, PLANNED
from tests.deployments import EDGE1, P1, P2, deployments, two_sites, with_dead, with_state

STABLE_IDS = {
    *(
        "pool-exists",
        "pool-is-front-end",
        "pool-is-paired",
        "partner-healthy",
        "partner-not-failed-over",
        "not-failed-over",
    ),
    *(
        "is-failed-over",
        "mode-fits",
        "store-single-master",
        "store-not-on-failed-pool",
        "store-agents",
        "replicas-up-to-date",
    ),
    *(
        "edge-next-hop",
        "next-hops-alive",
        "backup-service",
        "versions-agree",
        "partner-quorum",
        "rights",
        "version-supports",
    ),
    *(
        "pair-in-different-sites",
        "backup-service-running",
        "standby-store-installed",
        "home-pool-healthy",
    ),
}
EVERY_POOL = st.sampled_from(
    [Fqdn(f"pool{number}.contoso.com") for number in range(1, 5)]
    + [Fqdn("lonely.contoso.com"), EDGE1]
)


def refusals(results: tuple[CheckResult, ...]) -> set[str]:
    return {result.check_id for result in results if result.refuses}


def test_the_ids_are_stable() -> None:
    assert set(CHECKS) == STABLE_IDS
    assert len({check.check_id for check in FAILOVER}) == len(FAILOVER)
    assert len({check.check_id for check in FAILBACK}) == len(FAILBACK)


def test_a_healthy_deployment_may_be_failed_over_as_planned() -> None:
    assert not refusals(checks_for_failover(two_sites(), P1, PLANNED))
    assert refusals(checks_for_failover(two_sites(), P1, DISASTER)) == {"mode-fits"}


def test_a_dead_site_does_not_stop_the_rescue() -> None:
    dead = with_dead(two_sites(), P1)
    assert not refusals(checks_for_failover(dead, P1, DISASTER))
    assert "mode-fits" in refusals(checks_for_failover(dead, P1, PLANNED))


def test_a_failed_over_pool_may_come_home() -> None:
    over = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)
    assert not refusals(checks_for_failback(over, P1, PLANNED))
    assert refusals(checks_for_failback(two_sites(), P1, PLANNED)) == {"is-failed-over"}
    assert not refusals(checks_for_failback(with_dead(over, P2), P1, DISASTER))


def test_what_is_no_pool_gets_one_answer() -> None:
    assert [
        result.check_id
        for result in checks_for_failover(two_sites(), Fqdn("x.contoso.com"), PLANNED)
    ] == ["pool-exists"]
    assert [result.check_id for result in checks_for_failover(two_sites(), EDGE1, PLANNED)] == [
        "pool-exists",
        "pool-is-front-end",
    ]


def test_an_override_writes_the_reason_into_the_result() -> None:
    results = checks_for_failover(two_sites(), P1, DISASTER)
    overridden = apply_overrides(results, {"mode-fits": " SQL is gone "})
    assert not refusals(overridden)
    assert (
        next(r for r in overridden if r.check_id == "mode-fits").overridden_because == "SQL is gone"
    )


def test_an_override_of_what_passed_changes_nothing() -> None:
    results = checks_for_failover(two_sites(), P1, PLANNED)
    assert apply_overrides(results, {"mode-fits": "to be sure"}) == results


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"no-such-check": "because"}, "has no check"),
        ({"not-failed-over": "because"}, "cannot be overridden"),
        ({"mode-fits": "  "}, "has no reason"),
    ],
)
def test_overrides_that_are_refused(overrides: dict[str, str], said: str) -> None:
    results = checks_for_failover(with_state(two_sites(), P1, PoolState.FAILED_OVER), P1, DISASTER)
    with pytest.raises(InvalidValueError, match=said):
        apply_overrides(results, overrides)


@given(deployments(), EVERY_POOL, st.sampled_from(Mode))
def test_checks_answer_whatever_was_read_and_never_break_the_order_rule(
    deployment: Deployment, pool: Fqdn, mode: Mode
) -> None:
    for results in (
        checks_for_failover(deployment, pool, mode),
        checks_for_failback(deployment, pool, mode),
    ):
        for result in results:
            assert result.evidence.strip()
            assert result.sources
            assert result.verdict in (Verdict.PASSED, Verdict.WARNING) or result.remedy
            assert not (result.verdict in (Verdict.PASSED, Verdict.WARNING) and result.refuses)
    assert expected_loss(deployment, pool, mode)
    found = deployment.pool(pool)
    over = [p.fqdn for p in deployment.front_end_pools if p.state is PoolState.FAILED_OVER]
    if found is not None and (pool in over or found.backup_pool in over):
        laws = [
            r
            for r in checks_for_failover(deployment, pool, mode)
            if r.refuses and not r.overridable
        ]
        assert laws
    if found is not None and found.kind.is_front_end and pool not in over:
        assert refusals(checks_for_failback(deployment, pool, mode)) & {
            "is-failed-over",
            "pool-is-paired",
        }


@given(deployments(), EVERY_POOL, st.sampled_from(Mode))
def test_the_same_deployment_gets_the_same_answers(
    deployment: Deployment, pool: Fqdn, mode: Mode
) -> None:
    assert checks_for_failover(deployment, pool, mode) == checks_for_failover(
        deployment, pool, mode
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (7200, "2 hours"),
        (200_000, "2 days"),
        (40 * 86_400 - 300, "40 days"),
        (86_400 - 60, "1 day"),
        (20 * 3600, "20 hours"),
        (59.6, "1 minute"),
        (3590, "1 hour"),
        (-5, "0 seconds"),
    ],
)
def test_ages(seconds: float, said: str) -> None:
    assert age(timedelta(seconds=seconds)) == said


def test_lists_numbers_and_sentences() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")] == [
        "none",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert counted(20_000, "user") == "20,000 users"
    assert [sentence("access is denied"), sentence("Done!"), sentence("")] == [
        "Access is denied.",
        "Done!",
        ".",
    ]
    assert P2 in listed([P2])
