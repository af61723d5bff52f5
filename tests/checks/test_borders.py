"""Where rules end: exactly an hour, exactly one machine, exactly one proposal."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.life import (
    Life,
    dead_from,
    how_to_start,
    life,
    nobody_answers,
    seems_dead,
    stopped,
)
from lyncops.checks.mirrors import mirrors_of
from lyncops.checks.overview import overview
from lyncops.checks.quorum import needed_to_start
from lyncops.checks.replicas import age_of_report, has_fallen_silent, is_faulty, is_fresh
from lyncops.checks.synchronisation import backup_service_report
from lyncops.checks.words import running
from lyncops.cmdlets.enums import DatabaseNameType
from lyncops.deployment.central_management import Replica
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Machine, PoolKind, WindowsService
from lyncops.values import Fqdn, Unread
from tests.checks.asking import DISASTER, FAILED, PASSED, UNKNOWN, WARNING, ask
from tests.deployments import (
    EDGE1,
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

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=1)
FE = Fqdn("pool1-fe1.contoso.com")


def replica(silence: timedelta | None, *, up_to_date: bool) -> Replica:
    return Replica(
        computer=FE,
        up_to_date=up_to_date,
        last_status_report=None if silence is None else NOW - silence,
        last_update_creation=NOW,
    )


@pytest.mark.parametrize(
    ("silence", "fresh", "faulty"),
    [(HOUR, True, False), (HOUR + MOMENT, False, True), (None, False, True)],
)
def test_a_replica_may_be_silent_for_an_hour(
    silence: timedelta | None, *, fresh: bool, faulty: bool
) -> None:
    assert is_fresh(replica(silence, up_to_date=True), NOW) is fresh
    assert is_faulty(replica(silence, up_to_date=False), NOW) is faulty


def test_a_report_without_a_zone_is_in_the_zone_of_the_reading() -> None:
    naive = attrs.evolve(
        replica(HOUR, up_to_date=True), last_status_report=(NOW - HOUR).replace(tzinfo=None)
    )
    assert age_of_report(naive, NOW) == HOUR


def test_where_no_report_could_be_read_a_server_may_have_fallen_silent() -> None:
    unread = with_store(two_sites(), replicas=(replica(None, up_to_date=False),))
    assert has_fallen_silent(unread, FE)


@pytest.mark.parametrize(("pools", "expected"), [((P1,), False), ((P1, P2), True)])
def test_one_silent_machine_is_no_lack_of_rights(
    pools: tuple[Fqdn, ...], *, expected: bool
) -> None:
    silent = two_sites(kind=PoolKind.STANDARD)
    for pool in (P1, P2):
        silent = with_dead(silent, pool)
    left = tuple(pool for pool in silent.front_end_pools if pool.fqdn in pools)
    assert nobody_answers(attrs.evolve(silent, pools=left)) is expected


def test_what_a_stopped_machine_says_is_the_status_of_its_front_end_service() -> None:
    services = (
        WindowsService(name="W3SVC", status="Running"),
        WindowsService(name="RTCSRV", status="StartPending"),
    )
    starting = Machine(fqdn=FE, services=services)
    pool = changed(two_sites(), P1, machines=(starting,)).front_end_pools[0]
    assert stopped(pool) == f"They answer: RTCSRV is StartPending on {FE}."
    assert "QuorumLossRecovery" in how_to_start(pool)


def test_machines_that_answer_without_their_front_end_service_are_neither_up_nor_dead() -> None:
    unclear = Machine(fqdn=FE, services=(WindowsService(name="W3SVC", status="Running"),))
    deployment = changed(two_sites(), P1, machines=(unclear,))
    assert life(deployment.front_end_pools[0]) is Life.UNCLEAR
    found = ask("mode-fits", deployment, DISASTER)
    assert (found.verdict, found.refuses) == (UNKNOWN, True)
    assert "Get-CsWindowsService" in found.remedy


def test_a_pool_that_is_about_to_stop_is_worse_than_one_that_lacks_a_machine() -> None:
    few = (machine(FE), *(machine(f"pool1-fe{n}.contoso.com", up=False) for n in (2, 3)))
    one_less = (*(machine(f"pool1-fe{n}.contoso.com") for n in (2, 3)), machine(FE, up=False))
    for machines, verdict in ((few, FAILED), (one_less, WARNING)):
        deployment = changed(two_sites(), P1, machines=machines)
        told = [one for one in overview(deployment).found if "of pool1" in one.what]
        assert [one.verdict for one in told] == [verdict]


def test_the_synchronisation_of_a_pool_that_is_not_there_is_not_read() -> None:
    alone = attrs.evolve(two_sites(), pools=two_sites().front_end_pools[:1])
    (there, back) = backup_service_report(alone, [P1]).directions
    assert not isinstance(there.modules, Unread)
    assert isinstance(back.modules, Unread)
    assert back.modules.reason == "the topology has no such pool"


def test_only_the_nearest_next_hop_is_proposed() -> None:
    deployment = two_sites()
    others = tuple(
        front_end_pool(Fqdn(name), partner=None, site="Redmond")
        for name in ("pool3.contoso.com", "pool4.contoso.com")
    )
    pools = () if isinstance(deployment.pools, Unread) else deployment.pools
    whole = attrs.evolve(deployment, pools=(*pools, *others))
    assert ask("edge-next-hop", whole).remedy.endswith(
        " Closer, in the same site as the Edge pool: --next-hop pool3.contoso.com."
    )


def test_a_next_hop_on_the_dead_pool_itself_is_the_business_of_another_check() -> None:
    dead = with_dead(two_sites(), P1)
    assert ask("next-hops-alive", dead, DISASTER).verdict is PASSED
    assert "will be moved first" in ask("edge-next-hop", dead, DISASTER).evidence


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("rtcab", "rtcshared", "RTCXDS"), DatabaseNameType.USER),
        (("rgsconfig", "rgsdyn", "cpsdyn"), DatabaseNameType.APPLICATION),
        (("xds", "lis"), DatabaseNameType.CENTRAL_MGMT),
        (("lcscdr", "qoemetrics"), DatabaseNameType.MONITORING),
    ],
)
def test_a_database_without_a_type_is_known_by_its_documented_name(
    names: tuple[str, ...], kind: DatabaseNameType
) -> None:
    mirrors = tuple(
        DatabaseMirror(
            database=name,
            database_type="",
            state_on_primary="Principal",
            state_on_mirror="Mirror",
            status_on_primary="synchronized",
            status_on_mirror="synchronized",
        )
        for name in names
    )
    pool = changed(two_sites(), P1, mirrors=mirrors).front_end_pools[0]
    assert mirrors_of(pool, kind) == mirrors
    for other in DatabaseNameType:
        assert other is kind or not mirrors_of(pool, other)


@pytest.mark.parametrize("pool", [P1, P2])
def test_one_site_that_could_not_be_read_leaves_it_open(pool: Fqdn) -> None:
    unread = changed(two_sites(), pool, site=Unread("its site", "no answer"))
    assert ask("pair-in-different-sites", unread).verdict is UNKNOWN


def test_of_a_pool_without_machines_it_is_known_that_none_runs() -> None:
    pool = changed(two_sites(), P1, machines=()).front_end_pools[0]
    assert running(pool) == f"0 of 0 machines of {P1} run"


def test_a_pool_of_a_size_that_no_page_names_has_its_quorum_all_the_same() -> None:
    pools = two_sites(size=13)
    assert needed_to_start(pools.front_end_pools[1]) is None
    assert ask("partner-quorum", pools).verdict is PASSED


def test_the_version_of_a_pool_without_a_backup_pool_is_not_compared() -> None:
    alone = changed(two_sites(), P1, backup_pool=None)
    assert ask("versions-agree", alone).verdict is UNKNOWN


@pytest.mark.parametrize(("local", "source"), [(True, "a local copy"), (False, "the store")])
def test_a_state_is_told_with_where_it_comes_from(source: str, *, local: bool) -> None:
    deployment = attrs.evolve(two_sites(), from_local_store=local)
    told = ask("is-failed-over", deployment, DISASTER, back=True)
    assert told.verdict is FAILED
    assert f" {source}, which may be older than a failover" in told.evidence


def test_witnesses_of_death_do_not_outweigh_a_backup_service_that_answers() -> None:
    machines = tuple(silent(f"pool1-fe{n}.contoso.com") for n in (1, 2, 3))
    answering = changed(two_sites(), P1, machines=machines).front_end_pools[0]
    assert dead_from(answering)
    assert life(answering) is Life.SILENT_BUT_BACKED_UP
    assert not seems_dead(answering)


def test_only_the_edge_pools_of_the_pool_itself_are_moved() -> None:
    told = ask("edge-next-hop", two_sites()).evidence
    assert told == f"{P1} is the next hop of {EDGE1}. It will be moved first to {P2}."
