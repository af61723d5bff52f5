"""What deserves attention in a deployment: never nothing in a state that cannot be."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.overview import last_known, overview
from lyncops.checks.result import Verdict
from lyncops.cmdlets import DatabaseNameType
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.model import Deployment, PoolState
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.runs.model import RunState
from lyncops.values import Unread
from tests.deployments import EDGE1, P1, P2, changed, two_sites, with_dead, with_state, with_store
from tests.procedures.model import Site


def told(deployment: Deployment) -> str:
    return " ".join(one.what for one in overview(deployment).found)


def store_of(deployment: Deployment) -> CentralManagement:
    return deployment.central_management


def test_a_healthy_deployment_has_nothing_to_say() -> None:
    assert overview(two_sites()).found == ()
    assert overview(two_sites()).verdict is Verdict.PASSED


def test_rights_that_no_server_tells_are_not_a_finding() -> None:
    assert isinstance(two_sites().rights, Unread)


def two_stores() -> Deployment:
    copies = store_of(two_sites()).copies
    assert isinstance(copies, tuple)
    return with_store(two_sites(), copies=tuple(attrs.evolve(copy, active=True) for copy in copies))


def broken_backup() -> Deployment:
    modules = two_sites().front_end_pools[0].backup_modules
    assert isinstance(modules, tuple)
    return changed(
        two_sites(), P1, backup_modules=(attrs.evolve(modules[0], export=ExportState.ERROR),)
    )


def late_replica() -> Deployment:
    replicas = store_of(two_sites()).replicas
    assert isinstance(replicas, tuple)
    return with_store(
        two_sites(), replicas=(attrs.evolve(replicas[0], up_to_date=False), *replicas[1:])
    )


def no_active_copy() -> Deployment:
    copies = store_of(two_sites()).copies
    assert isinstance(copies, tuple)
    return with_store(
        two_sites(), copies=tuple(attrs.evolve(copy, active=False) for copy in copies)
    )


def other_master() -> Deployment:
    active = store_of(two_sites()).active_copies[0].pool
    return with_store(two_sites(), active_master=P1 if active == P2 else P2)


@pytest.mark.parametrize(
    ("deployment", "verdict", "says"),
    [
        (no_active_copy(), Verdict.FAILED, "No copy of the Central Management store is active"),
        (other_master(), Verdict.WARNING, "answers as its master"),
        (changed(two_sites(), P1, backup_pool=None), Verdict.WARNING, f"pool of {P2} is {P1}"),
        (
            changed(two_sites(), P1, backup_pool=None, state=PoolState.FAILED_OVER),
            Verdict.FAILED,
            "has no backup pool that could serve its users",
        ),
        (two_stores(), Verdict.FAILED, "only one may be"),
        (with_store(two_sites(), active_master=None), Verdict.FAILED, "names no master"),
        (
            with_store(two_sites(), file_transfer_agents=()),
            Verdict.FAILED,
            "no file transfer agent",
        ),
        (late_replica(), Verdict.WARNING, "Behind the store"),
        (broken_backup(), Verdict.WARNING, "reports errors"),
        (with_state(two_sites(), P1, PoolState.FAILED_OVER), Verdict.WARNING, f"served by {P2}"),
        (
            with_state(
                with_state(two_sites(), P1, PoolState.FAILED_OVER), P2, PoolState.FAILED_OVER
            ),
            Verdict.FAILED,
            "each reports that the other",
        ),
        (with_dead(two_sites(), P1), Verdict.FAILED, "have no service"),
        (with_dead(two_sites(), P1), Verdict.FAILED, f"The next hop of {EDGE1} is {P1}"),
        (
            with_dead(with_state(two_sites(), P1, PoolState.FAILED_OVER), P1),
            Verdict.FAILED,
            f"served by {P2}",
        ),
        (
            changed(two_sites(), P1, state=Unread("the state", "denied")),
            Verdict.UNKNOWN,
            "1 answer could not be read",
        ),
        (attrs.evolve(two_sites(), pools=Unread("the pools", "denied")), Verdict.UNKNOWN, "denied"),
    ],
)
def test_what_is_wrong_is_told(deployment: Deployment, verdict: Verdict, says: str) -> None:
    assert overview(deployment).verdict is verdict
    assert says in told(deployment)


def test_the_worst_comes_first() -> None:
    both = with_dead(with_state(two_sites(), P2, PoolState.FAILED_OVER), P1)
    verdicts = [one.verdict for one in overview(both).found]
    assert verdicts[0] is Verdict.FAILED
    assert verdicts == sorted(
        verdicts, key=[Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING].index
    )


def test_the_state_of_a_dead_pool_is_only_what_was_last_known() -> None:
    assert last_known(with_dead(two_sites(), P1).front_end_pools[0])
    assert not last_known(two_sites().front_end_pools[0])


DENIED = Witness(Vantage.SERVER, Says.DENIED, "fe4.contoso.com says: access is denied")
UNREACHED = Witness(Vantage.SERVER, Says.SILENT, "it has reached no other machine")


@pytest.mark.parametrize("witness", [DENIED, UNREACHED])
def test_a_pool_that_nobody_may_ask_is_neither_dead_nor_alive(witness: Witness) -> None:
    """Without delegation a living pool and one that is off look alike to a server."""
    found = with_dead(two_sites(active_store=P2), P1, (witness,))
    assert overview(found).verdict is Verdict.UNKNOWN
    assert f"Whether 3 machines of {P1} run is not known." in told(found)
    assert witness.evidence in told(found), "and why"
    assert "no service" not in told(found)
    assert "next hop" not in told(found)


def test_databases_whose_principal_is_gone_are_told_with_what_serves_them_again() -> None:
    site = Site.of("two-sites")
    site.world.crash("sql1.contoso.com")
    seen = told(site.read())
    assert "of pool1.contoso.com is unreachable; the mirror answers" in seen
    for kind in ("User", "Application", "CentralMgmt"):
        command = f"lyncops run database-failover pool1.contoso.com --database-type {kind}"
        assert command in seen
        plan = site.plan(
            "database-failover",
            P1,
            database_type=DatabaseNameType(kind),
            accept_data_loss=True,
        )
        assert site.run(plan).state is RunState.COMPLETED
    alone = told(site.read())
    assert "is unreachable" not in alone
    assert "of pool1.contoso.com run without a mirror" in alone
    site.world.recover("sql1.contoso.com")
    site.pass_time(timedelta(minutes=10))
    assert "of pool1.contoso.com is suspended" in told(site.read())


def test_user_databases_that_are_not_online_are_told() -> None:
    assert "not online" in told(changed(two_sites(), P1, back_end_online=False))
