"""What is looked at on the days before a disaster: certificates, updates, exports, capacity and
service.
"""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.care import care_of_pair
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.care import CertificateSeen, MachineCare
from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.trials import Deed, PoolTestUsers, Trial, Tried
from lyncops.procedures.readiness import ReadinessVerdict, readiness
from lyncops.procedures.saved import SavedExport, exports_outside
from lyncops.values import Fqdn, Unread
from tests.deployments import NOW, P1, P2, changed, two_sites, with_state

ALICE = "sip:alice@contoso.com"
KINDS = ("the configuration", "locations (LIS)", "response groups")
FE1, FE4 = Fqdn("pool1-fe1.contoso.com"), Fqdn("pool2-fe1.contoso.com")


def asked(check_id: str, deployment: Deployment) -> CheckResult:
    pool = deployment.pool(P1)
    assert pool is not None
    return next(check for check in care_of_pair(deployment, pool) if check.check_id == check_id)


def cared(days: int | None = 365, builds: tuple[str, ...] | Unread = ("Core 7.0.1",)) -> Deployment:
    until = None if days is None else NOW + timedelta(days=days)
    own = MachineCare(
        machine=FE1, certificates=(CertificateSeen(use="Default", until=until),), builds=builds
    )
    other = MachineCare(
        machine=FE4,
        certificates=(CertificateSeen(use="Default", until=NOW + timedelta(days=365)),),
        builds=("Core 7.0.1",),
    )
    return attrs.evolve(two_sites(), care=(own, other))


@pytest.mark.parametrize(
    ("days", "word"), [(29, "ends on 2014-06-30"), (-1, "ended on 2014-05-31")]
)
def test_a_certificate_that_ends_within_30_days_is_named_with_its_server(
    days: int, word: str
) -> None:
    check = asked("certificates", cared(days))
    assert check.verdict is Verdict.WARNING
    assert f"{FE1}: Default {word}" in check.evidence
    assert readiness(cared(days)).verdict is ReadinessVerdict.READY_WITH_WARNINGS


def test_certificates_that_last_are_fine_and_one_that_was_not_read_is_unknown() -> None:
    assert asked("certificates", cared()).verdict is Verdict.PASSED
    assert asked("certificates", cared(None)).verdict is Verdict.UNKNOWN
    silent = MachineCare(
        machine=FE1,
        certificates=Unread("them", "no endpoint"),
        builds=Unread("them", "no endpoint"),
    )
    unread = attrs.evolve(two_sites(), care=(silent,))
    for check_id in ("certificates", "updates"):
        check = asked(check_id, unread)
        assert (check.verdict, check.refuses) == (Verdict.UNKNOWN, False)
        assert "[[machine]]" in check.remedy
    assert readiness(unread).verdict is ReadinessVerdict.READY, (
        "what could not be asked is told, and no warning"
    )


def test_no_endpoint_is_asked_for_where_the_version_has_no_cmdlet() -> None:
    old = Unread("the updates", "this version has no cmdlet for it", asked=False)
    check = asked("updates", cared(builds=old))
    assert check.verdict is Verdict.UNKNOWN
    assert "Programs and Features" in check.remedy
    assert "lyncops.toml" not in check.remedy


def test_of_many_that_were_not_read_two_are_told() -> None:
    silent = tuple(
        MachineCare(
            machine=Fqdn(f"pool1-fe{number}.contoso.com"),
            certificates=Unread(f"those of server {number}", "no endpoint"),
            builds=Unread("them", "no endpoint"),
        )
        for number in (1, 2, 3)
    )
    told = asked("certificates", attrs.evolve(two_sites(), care=silent)).evidence
    assert "server 2" in told
    assert "server 3" not in told


def test_a_pair_on_two_levels_is_told_with_what_differs() -> None:
    check = asked("updates", cared(builds=("Core 7.0.2",)))
    assert check.verdict is Verdict.WARNING
    assert f"{FE1}: Core 7.0.2" in check.evidence
    assert asked("updates", cared()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("users", "verdict"), [(10_000, Verdict.PASSED), (150_000, Verdict.WARNING)]
)
def test_the_users_of_both_are_compared_with_what_was_measured(
    users: int, verdict: Verdict
) -> None:
    counted = changed(changed(two_sites(), P1, users=users), P2, users=users)
    check = asked("capacity", counted)
    assert check.verdict is verdict
    assert f"{2 * users:,} users" in check.evidence
    assert not [
        check for pool in two_sites().front_end_pools for check in care_of_pair(two_sites(), pool)
    ], "nobody was counted"


def test_users_are_tried_at_the_pool_that_serves_them_now() -> None:
    configured = attrs.evolve(two_sites(), test_users=(PoolTestUsers(pool=P1, users=(ALICE,)),))
    works = Tried(trial=Trial(Deed.SIGN_IN, P1, (ALICE,)), works=True)
    assert asked("service", attrs.evolve(configured, tried=(works,))).verdict is Verdict.PASSED
    wrong = attrs.evolve(works, works=False, words="no answer")
    refused = asked("service", attrs.evolve(configured, tried=(wrong,)))
    assert refused.verdict is Verdict.WARNING
    assert "no answer" in refused.evidence
    away = with_state(attrs.evolve(configured, tried=(works,)), P1, PoolState.FAILED_OVER)
    assert asked("service", away).verdict is Verdict.UNKNOWN, (
        "that was tried at the pool that serves nobody"
    )
    nobody = asked("service", attrs.evolve(two_sites(), test_users=()))
    assert "New-CsHealthMonitoringConfiguration" in nobody.remedy


def exports(server: str, days: int) -> tuple[SavedExport, ...]:
    return tuple(
        SavedExport(kind=kind, at=NOW - timedelta(days=days), server=server, file=r"C:\x.zip")
        for kind in KINDS
    )


@pytest.mark.parametrize(
    ("saved", "verdict"),
    [
        (exports("pool2-fe1.contoso.com", 1), Verdict.PASSED),
        (exports("pool2-fe1.contoso.com", 8), Verdict.WARNING),
        (exports("pool1-fe1.contoso.com", 1), Verdict.UNKNOWN),
        (exports("", 1), Verdict.UNKNOWN),
        ((), Verdict.UNKNOWN),
    ],
    ids=["outside", "old", "dies with the pool", "nobody knows where", "none"],
)
def test_an_export_helps_when_it_is_recent_and_elsewhere(
    saved: tuple[SavedExport, ...], verdict: Verdict
) -> None:
    pool = two_sites().pool(P1)
    assert pool is not None
    check = exports_outside(pool, saved, NOW)
    assert check.verdict is verdict
    assert verdict is Verdict.PASSED or "Export-CsLisConfiguration" in check.remedy
