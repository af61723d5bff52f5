"""Services that are stopped, or go on starting, are not a dead pool: they are started first."""

from __future__ import annotations

import pytest

from lyncops.checks.catalogue import CHECKS
from lyncops.checks.context import CheckContext
from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import Deployment, Machine, WindowsService
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.values import Fqdn, Mode, Unread
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


@pytest.mark.parametrize("status", [STOPPED, STARTING])
def test_too_few_run_and_the_others_answer(status: str) -> None:
    """A pool of five with one running Front End does not serve; nothing of it is dead."""
    size = len(NAMES) + 2
    names = [f"pool1-fe{number}.contoso.com" for number in range(1, size + 1)]
    machines = tuple(
        Machine(
            fqdn=Fqdn(name),
            services=(WindowsService(name="RTCSRV", status="Running" if not at else status),),
        )
        for at, name in enumerate(names)
    )
    for mode in Mode:
        check = fits(changed(two_sites(size=size), P1, machines=machines), mode)
        assert check.verdict is (Verdict.WARNING if mode is Mode.DISASTER else Verdict.FAILED)
        assert check.remedy.startswith("Start the services first")
        assert "is right" not in f"{check.evidence}{check.remedy}"
        assert names[0] not in check.remedy


def test_a_stopped_machine_is_started_first_where_the_others_are_silent() -> None:
    deployment = answering(STOPPED, "", "")
    unproven = Witness(Vantage.HERE, Says.SILENT, "no answer at port 443")
    pool = deployment.pool(P1)
    assert pool is not None
    machines = (pool.machines[0], *(silent(name, unproven) for name in NAMES[1:]))
    unseen = Unread("the Backup Service status", "no answer")
    for mode in Mode:
        check = fits(changed(deployment, P1, machines=machines, backup_modules=unseen), mode)
        assert check.verdict is Verdict.UNKNOWN
        assert check.remedy.startswith("Start the services first")
        assert f"RTCSRV is Stopped on {NAMES[0]}" in check.evidence


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
