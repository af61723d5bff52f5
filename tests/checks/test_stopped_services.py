"""Services that are stopped, or go on starting, are not a dead pool: they are started first."""

from __future__ import annotations

import pytest

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment, Machine, WindowsService
from lyncops.values import Fqdn, Mode
from tests.deployments import P1, P2, changed, silent, two_sites

STOPPED, STARTING = "Stopped", "StartPending"
NAMES = tuple(f"pool1-fe{number}.contoso.com" for number in (1, 2, 3))


def answering(*statuses: str) -> Deployment:
    """The machines of pool1 answer with these states of RTCSRV; "" is a machine that is dead by all
    witnesses.
    """
    machines = tuple(
        (
            Machine(fqdn=Fqdn(name), services=(WindowsService(name="RTCSRV", status=status),))
            if status
            else silent(name)
        )
        for name, status in zip(NAMES, statuses, strict=True)
    )
    return changed(two_sites(), P1, machines=machines)


def fits(deployment: Deployment, mode: Mode) -> CheckResult:
    return CHECKS["mode-fits"](CheckContext(deployment, P1, mode))


@pytest.mark.parametrize(
    "statuses",
    [(STOPPED,) * 3, (STARTING,) * 3, (STOPPED, STARTING, STOPPED), (STOPPED, "", "")],
    ids=["stopped", "starting", "both", "one answers"],
)
def test_what_answers_is_started_first(statuses: tuple[str, ...]) -> None:
    disaster = fits(answering(*statuses), Mode.DISASTER)
    assert disaster.verdict is Verdict.WARNING
    assert "Start-CsWindowsService" in disaster.remedy
    assert "is right" not in f"{disaster.evidence}{disaster.remedy}"
    planned = fits(answering(*statuses), Mode.PLANNED)
    assert planned.verdict is Verdict.FAILED
    assert planned.remedy.startswith("Start the services first")
    for name, status in zip(NAMES, statuses, strict=True):
        assert (f"{name}" in disaster.remedy) is bool(status)
        assert not status or f"RTCSRV is {status} on" in disaster.evidence


def test_what_goes_on_starting_has_lost_its_quorum() -> None:
    for mode in Mode:
        starting, halted = (
            fits(answering(*[STARTING] * 3), mode),
            fits(answering(*[STOPPED] * 3), mode),
        )
        assert "quorum" in starting.remedy
        assert (
            f"Reset-CsPoolRegistrarState -PoolFqdn {P1} -ResetType QuorumLossRecovery"
            in starting.remedy
        )
        assert "quorum" not in halted.remedy


def test_a_store_on_a_pool_with_stopped_services_is_started_before_it_is_failed_over() -> None:
    context = CheckContext(answering(*[STOPPED] * 3), P2, Mode.PLANNED)
    where = CHECKS["store-not-on-failed-pool"](context)
    assert where.verdict is Verdict.FAILED
    assert where.remedy.startswith("Start the services first")
    assert not where.first


def test_a_pool_that_is_dead_by_all_witnesses_fits_disaster_mode() -> None:
    gone = changed(answering("", "", ""), P1, backup_modules=())
    assert fits(gone, Mode.DISASTER).verdict is Verdict.PASSED
