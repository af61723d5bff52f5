from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.context import CheckContext
from lyncops.checks.replicas import newest_time
from lyncops.deployment.central_management import Replica, StoreCopy
from lyncops.deployment.model import Deployment, EdgePool
from lyncops.values import Fqdn, LyncVersion, Mode, Unread
from tests.checks.asking import DISASTER, FAILED, PASSED, PLANNED, UNKNOWN, WARNING, ask
from tests.deployments import (
    EDGE1,
    NO_ANSWER,
    NOW,
    P1,
    P2,
    changed,
    front_end_pool,
    machine,
    silent,
    two_sites,
    with_dead,
    with_store,
)

UNREAD = Unread("the store", NO_ANSWER)
P3 = Fqdn("pool3.contoso.com")


def copies(**flags: bool | Unread) -> tuple[StoreCopy, ...]:
    return tuple(
        StoreCopy(pool=Fqdn(f"{name}.contoso.com"), active=flag, version=LyncVersion.V2013)
        for name, flag in flags.items()
    )


@pytest.mark.parametrize(
    "check_id",
    [
        "store-single-master",
        "store-not-on-failed-pool",
        "store-agents",
        "standby-store-installed",
        "replicas-up-to-date",
    ],
)
def test_a_healthy_store_on_the_other_pool_passes(check_id: str) -> None:
    assert ask(check_id, two_sites(active_store=P2)).verdict is PASSED


def test_two_active_copies_are_a_known_bad_end_with_a_repair() -> None:
    result = ask(
        "store-single-master",
        with_store(two_sites(), copies=copies(pool1=True, pool2=True)),
        DISASTER,
    )
    assert (result.verdict, result.overridable, result.refuses) == (FAILED, True, True)
    assert f"{P1} and {P2}" in result.evidence
    assert "Export-CsConfiguration" in result.remedy


def test_no_active_copy_is_the_other_bad_end() -> None:
    result = ask(
        "store-single-master", with_store(two_sites(), copies=copies(pool1=False, pool2=False))
    )
    assert result.refuses
    assert "Invoke-CsManagementServerFailover -BackupSqlServerFqdn" in result.remedy


def test_a_master_other_than_the_flag_says_is_refused() -> None:
    result = ask("store-single-master", with_store(two_sites(), active_master=P2))
    assert result.refuses
    assert P1 in result.evidence
    assert P2 in result.evidence


@pytest.mark.parametrize("master", [Fqdn("pool1-fe2.contoso.com"), P1, UNREAD])
def test_a_master_is_named_by_pool_or_machine_or_could_not_be_asked(master: Fqdn | Unread) -> None:
    assert (
        ask("store-single-master", with_store(two_sites(), active_master=master)).verdict is PASSED
    )


@pytest.mark.parametrize("master", [Fqdn("stranger.contoso.com"), None])
def test_a_master_that_belongs_to_no_pool_confirms_nothing(master: Fqdn | None) -> None:
    assert (
        ask("store-single-master", with_store(two_sites(), active_master=master)).verdict is UNKNOWN
    )


def test_copies_without_active_are_told_by_the_master() -> None:
    unflagged = with_store(
        two_sites(),
        copies=copies(pool1=UNREAD, pool2=UNREAD),
        active_master=Fqdn("pool2-fe1.contoso.com"),
    )
    assert ask("store-single-master", unflagged).verdict is WARNING
    assert ask("store-not-on-failed-pool", unflagged).verdict is PASSED
    denied = with_store(two_sites(), copies=copies(pool1=False, pool2=UNREAD))
    assert ask("store-single-master", denied).refuses, (
        "its own copy says that the master's pool is not active"
    )
    nobody = with_store(unflagged, active_master=None)
    assert ask("store-single-master", nobody, PLANNED).refuses
    assert not ask("store-single-master", nobody, DISASTER).refuses


def test_copies_that_cannot_be_read() -> None:
    blind = with_store(two_sites(), copies=UNREAD, active_master=UNREAD)
    for check_id in ("store-single-master", "store-not-on-failed-pool"):
        assert ask(check_id, blind, PLANNED).refuses
        assert ask(check_id, blind, DISASTER).verdict is UNKNOWN
        assert not ask(check_id, blind, DISASTER).refuses
    assert ask("standby-store-installed", blind).verdict is UNKNOWN


@pytest.mark.parametrize("mode", [PLANNED, DISASTER])
def test_a_store_on_the_failed_pool_goes_first_where_a_standby_waits(mode: Mode) -> None:
    deployment = with_dead(two_sites(), P1) if mode is DISASTER else two_sites()
    result = ask("store-not-on-failed-pool", deployment, mode)
    assert (result.verdict, result.refuses) == (WARNING, False)
    assert f"first, to {P2}" in result.evidence


def test_a_store_without_a_standby_is_refused_while_it_lives_and_comes_by_hand_when_it_died() -> (
    None
):
    lonely = with_store(two_sites(), copies=copies(pool1=True))
    result = ask("store-not-on-failed-pool", lonely, PLANNED)
    assert result.refuses
    assert f"Install the store on {P2}" in result.remedy
    assert ask("standby-store-installed", lonely).verdict is WARNING
    died = ask("store-not-on-failed-pool", with_dead(lonely, P1), DISASTER)
    assert (died.verdict, died.refuses) == (WARNING, False)
    assert f"no standby copy, so it must be installed by hand on {P2} first" in died.evidence
    assert "saved copies" in died.remedy


def third_pool(deployment: Deployment) -> Deployment:
    third = front_end_pool(P3, partner=None, site="Oslo")
    pools = deployment.pools
    assert not isinstance(pools, Unread)
    return with_store(
        attrs.evolve(deployment, pools=(*pools, third)), copies=copies(pool3=True), active_master=P3
    )


def test_a_store_on_a_third_pool_must_live() -> None:
    elsewhere = third_pool(two_sites())
    assert ask("store-not-on-failed-pool", elsewhere).verdict is PASSED
    standby = ask("standby-store-installed", elsewhere)
    assert standby.verdict is WARNING
    assert f"The store on {P3} has no standby copy" in standby.evidence
    paired = with_store(elsewhere, copies=copies(pool3=True, pool4=False))
    assert (
        ask("standby-store-installed", paired).evidence
        == "Neither pool of the pair holds the store."
    )
    dead = ask("store-not-on-failed-pool", with_dead(paired, P3), DISASTER)
    assert dead.refuses
    assert dead.first == (
        f"lyncops run management-store-failover {P3} --mode disaster --accept-data-loss",
    )


@pytest.mark.parametrize("check_id", ["store-not-on-failed-pool", "store-agents"])
def test_a_dead_store_without_a_standby_advises_no_command_that_would_be_refused(
    check_id: str,
) -> None:
    dead = with_dead(third_pool(two_sites()), P3)
    result = ask(check_id, dead, DISASTER)
    assert (result.verdict, result.refuses, result.first) == (WARNING, False, ())
    assert f"it must be installed by hand on {P2} first" in result.evidence
    planned = ask(check_id, dead, PLANNED)
    assert planned.refuses
    assert planned.first == (
        f"lyncops run management-store-failover {P3} --mode disaster --accept-data-loss --to {P2}",
    )


def test_a_store_without_a_standby_whose_services_stopped_is_started_not_installed_again() -> None:
    stopped = with_store(third_pool(two_sites()), active_master=None, file_transfer_agents=())
    result = ask("store-agents", stopped, DISASTER)
    assert result.refuses
    assert "Start MASTER and FTA" in result.remedy


def test_in_a_disaster_failback_the_store_comes_home_first_where_a_standby_waits() -> None:
    result = ask("store-not-on-failed-pool", two_sites(active_store=P2), DISASTER, back=True)
    assert result.verdict is WARNING
    assert f"failed over first, to {P1}" in result.evidence
    alone = with_store(two_sites(active_store=P2), copies=copies(pool2=True))
    by_hand = ask("store-not-on-failed-pool", alone, DISASTER, back=True)
    assert not by_hand.refuses
    assert f"it must be installed by hand on {P1} first" in by_hand.evidence


def test_a_store_without_agents_is_unavailable() -> None:
    silent = with_store(two_sites(active_store=P2), file_transfer_agents=())
    result = ask("store-agents", silent)
    assert result.refuses
    assert "no file transfer agent" in result.evidence
    both = ask("store-agents", with_store(silent, active_master=None))
    assert "no master and no file transfer agent" in both.evidence


def test_silence_of_a_store_that_died_with_the_pool_is_expected() -> None:
    dead = with_dead(two_sites(), P1)
    for check_id in ("store-agents", "replicas-up-to-date"):
        assert ask(check_id, dead, DISASTER).verdict is WARNING
    unread = with_store(dead, active_master=UNREAD, file_transfer_agents=UNREAD)
    assert "expected" in ask("store-agents", unread, DISASTER).evidence
    assert ask("store-agents", unread, PLANNED).refuses


def test_agents_on_another_pool_than_the_store_are_told() -> None:
    result = ask(
        "store-agents",
        with_store(two_sites(), file_transfer_agents=(Fqdn("pool2-fe1.contoso.com"),)),
    )
    assert result.verdict is WARNING
    assert "pool2-fe1" in result.evidence


def behind(minutes: float | None, computer: str = "pool2-fe1.contoso.com") -> Deployment:
    report = None if minutes is None else NOW - timedelta(minutes=minutes)
    stale = Replica(computer=Fqdn(computer), up_to_date=False, last_status_report=report)
    fresh = Replica(computer=Fqdn("edge1-a.contoso.com"), up_to_date=True, last_status_report=NOW)
    return with_store(two_sites(), replicas=(stale, fresh))


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(2, WARNING), (59, WARNING), (61, FAILED), (None, FAILED), (3000, FAILED)],
)
def test_a_false_replica_is_judged_by_its_last_report(
    minutes: float | None, verdict: object
) -> None:
    assert ask("replicas-up-to-date", behind(minutes)).verdict is verdict


def test_the_evidence_says_who_and_since_when() -> None:
    assert (
        "pool2-fe1.contoso.com (last report 2 hours ago)"
        in ask("replicas-up-to-date", behind(125)).evidence
    )
    assert "(never reported)" in ask("replicas-up-to-date", behind(None)).evidence


def test_replicas_never_stop_a_rescue_and_those_of_the_dead_do_not_count() -> None:
    assert ask("replicas-up-to-date", behind(90), DISASTER).verdict is WARNING
    gone = ask("replicas-up-to-date", behind(90, "pool1-fe1.contoso.com"), DISASTER)
    assert gone.verdict is PASSED
    assert "3 machines that cannot be updated not counted" in gone.evidence


def test_a_dead_pool_of_another_pair_stands_in_nobodys_way() -> None:
    late = behind(90, "pool3-fe1.contoso.com")
    pools = late.pools
    assert not isinstance(pools, Unread)
    other = attrs.evolve(late, pools=(*pools, front_end_pool(P3, partner=None, site="Oslo")))
    assert ask("replicas-up-to-date", other).verdict is WARNING
    assert ask("replicas-up-to-date", with_dead(other, P3)).verdict is PASSED


@pytest.mark.parametrize("minutes", [40 * 24 * 60, None], ids=["off for 40 days", "never reported"])
@pytest.mark.parametrize("computer", ["app1.contoso.com", "edge2-a.contoso.com"])
def test_a_server_that_the_move_does_not_need_refuses_nothing(
    minutes: float | None, computer: str
) -> None:
    """A trusted application server, an Edge server."""
    result = ask("replicas-up-to-date", behind(minutes, computer))
    assert (result.verdict, result.refuses) == (WARNING, False)
    assert f"not needed for this move: {computer}" in result.evidence


@pytest.mark.parametrize("stopped", [True, False])
def test_the_front_end_that_is_to_be_repaired_does_not_refuse_its_pools_move(
    stopped: bool,  # noqa: FBT001
) -> None:
    late = behind(3000, "pool1-fe1.contoso.com")
    pool = late.pool(P1)
    assert pool is not None
    name = "pool1-fe1.contoso.com"
    down = machine(name, up=False) if stopped else silent(name)
    repaired = changed(late, P1, machines=(down, *pool.machines[1:]))
    assert ask("replicas-up-to-date", late).refuses
    assert ask("replicas-up-to-date", repaired).verdict is WARNING


def test_a_clock_that_runs_behind_the_servers_does_no_harm() -> None:
    late = attrs.evolve(behind(30), read_at=NOW - timedelta(hours=9))
    assert ask("replicas-up-to-date", late).verdict is WARNING
    assert newest_time(CheckContext(late, P1, PLANNED)) == NOW
    assert newest_time(CheckContext(with_store(late, replicas=UNREAD), P1, PLANNED)) == late.read_at


def test_nothing_returned_at_all_is_a_finding() -> None:
    empty = with_store(two_sites(), replicas=())
    assert ask("replicas-up-to-date", empty, PLANNED).refuses
    assert ask("replicas-up-to-date", empty, DISASTER).verdict is WARNING
    unread = with_store(two_sites(active_store=P2), replicas=UNREAD)
    assert ask("replicas-up-to-date", unread, PLANNED).refuses
    assert not ask("replicas-up-to-date", unread, DISASTER).refuses


def test_a_next_hop_is_moved_first() -> None:
    result = ask("edge-next-hop", two_sites())
    assert (result.verdict, result.refuses) == (WARNING, False)
    assert EDGE1 in result.evidence
    assert f"moved first to {P2}" in result.evidence


def test_a_next_hop_may_be_named_by_a_machine_or_be_absent() -> None:
    edges = (
        EdgePool(fqdn=EDGE1, next_hop=Fqdn("pool1-fe2.contoso.com")),
        EdgePool(fqdn=Fqdn("e2.contoso.com"), next_hop=None),
    )
    assert ask("edge-next-hop", attrs.evolve(two_sites(), edges=edges)).verdict is WARNING
    assert ask("edge-next-hop", attrs.evolve(two_sites(), edges=edges[1:])).verdict is PASSED


def test_edges_that_cannot_be_read_do_not_stop_a_rescue() -> None:
    blind = attrs.evolve(two_sites(), edges=UNREAD)
    assert ask("edge-next-hop", blind, PLANNED).refuses
    assert not ask("edge-next-hop", blind, DISASTER).refuses
