from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.central_management import StoreCopy
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, EdgePool, Pool, PoolKind, PoolState
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.errors import InvalidValueError
from lyncops.plan.conditions import (
    EdgeNextHopIs,
    NoEdgeLeadsTo,
    PoolIsHome,
    PoolStateIs,
    ReplicasUpToDate,
    StoreHasSingleMaster,
    StoreIsActiveOn,
)
from lyncops.plan.model import WaitStep
from lyncops.values import Anywhere, Fqdn, LyncVersion, OnPool, Unread
from tests.deployments import (
    EDGE1,
    EDGE2,
    P1,
    P2,
    changed,
    machine,
    silent,
    two_sites,
    with_dead,
    with_state,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell, refused_by, step

NOBODY_COULD_ASK = Witness(Vantage.SERVER, Says.UNASKED, "no server could be asked")
SQL2 = Fqdn("sql2.contoso.com")
DEAD = with_store(
    with_dead(two_sites(), P1),
    copies=(
        StoreCopy(pool=P1, active=True, version=LyncVersion.V2013),
        StoreCopy(
            pool=P2,
            active=False,
            version=LyncVersion.V2013,
            sql_server=SQL2,
            sql_instance="lync",
            mirror_sql_server=Fqdn("sql2m.contoso.com"),
            mirror_sql_instance="mirror",
        ),
    ),
)


def with_store_mirror(deployment: Deployment, *, principal_on_mirror: bool) -> Deployment:
    sides = ("Mirror", "Principal") if principal_on_mirror else ("Principal", "Mirror")
    mirrors = tuple(
        DatabaseMirror(
            database=name,
            database_type="CentralMgmt",
            state_on_primary=sides[0],
            state_on_mirror=sides[1],
            status_on_primary="synchronized",
            status_on_mirror="synchronized",
        )
        for name in ("xds", "lis")
    )
    return changed(deployment, P2, mirrors=mirrors)


def test_a_planned_failover_moves_next_hop_store_and_pool_in_the_order_of_the_guide() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED)
    assert not plan.is_refused
    assert ids(plan) == [
        "export-configuration",
        "export-lis",
        f"edge-next-hop-{EDGE1}",
        f"edge-replicas-{P2}",
        "store-failover",
        "store-replicas",
        "pool-failover",
    ]
    assert powershell(plan, "store-failover") == "Invoke-CsManagementServerFailover -Confirm:$false"
    assert (
        powershell(plan, "pool-failover")
        == f"Invoke-CsPoolFailOver -PoolFqdn '{P1}' -Confirm:$false -Verbose"
    )
    assert plan.lock == (P1, P2, EDGE1)


def test_in_a_disaster_the_store_comes_first_since_the_next_hop_needs_it() -> None:
    plan = ask("pool-failover", DEAD, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert ids(plan) == [
        "export-configuration",
        "store-failover",
        "store-replicas",
        f"edge-next-hop-{EDGE1}",
        "pool-failover",
        f"edge-replicas-{P2}",
        "store-replicas-rest",
    ]
    assert "-LocalStore" in powershell(plan, "export-configuration")
    assert (
        powershell(plan, "store-failover")
        == f"Invoke-CsManagementServerFailover {BOTH_HALVES} -Confirm:$false"
    )
    assert "-DisasterMode" in powershell(plan, "pool-failover")
    assert "documented target" in plan.expected_loss


def test_a_store_elsewhere_stays_and_lets_the_next_hop_go_first_in_a_disaster_too() -> None:
    plan = ask(
        "pool-failover",
        with_dead(two_sites(active_store=P2), P1),
        P1,
        DISASTER,
        accept_data_loss=True,
        export=False,
    )
    assert ids(plan) == [f"edge-next-hop-{EDGE1}", "pool-failover", f"edge-replicas-{P2}"]
    assert StoreHasSingleMaster() in plan.goal


def test_the_store_moves_on_the_receiving_pool_and_is_verified_on_both_sides() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED)
    failover = step(plan, "store-failover")
    assert failover.place == OnPool(P2)
    assert failover.after == (StoreIsActiveOn(P2),)
    wait = next(s for s in plan.steps if s.step_id == "store-replicas")
    assert isinstance(wait, WaitStep)
    assert wait.optional
    assert StoreIsActiveOn(P2) in wait.until


def test_replicas_of_the_dead_are_not_waited_for() -> None:
    plan = ask("pool-failover", DEAD, P1, DISASTER, accept_data_loss=True)
    wait = next(s for s in plan.steps if s.step_id == "store-replicas-rest")
    assert isinstance(wait, WaitStep)
    words = " ".join(map(str, wait.until))
    assert all(f"pool1-fe{n}.contoso.com" in words for n in (1, 2, 3))


def test_in_a_disaster_users_wait_for_the_front_ends_that_receive_them_alone() -> None:
    plan = ask("pool-failover", DEAD, P1, DISASTER, accept_data_loss=True)
    before = ids(plan)[: ids(plan).index("pool-failover")]
    waits = [s for s in plan.steps if isinstance(s, WaitStep) and s.step_id in before]
    receiving = tuple(Fqdn(f"pool2-fe{n}.contoso.com") for n in (1, 2, 3))
    assert [wait.until for wait in waits] == [
        (StoreIsActiveOn(P2), ReplicasUpToDate(only=receiving))
    ]


def test_a_receiving_front_end_that_is_down_is_not_waited_for() -> None:
    machines = (
        machine("pool2-fe1.contoso.com"),
        machine("pool2-fe2.contoso.com"),
        silent("pool2-fe3.contoso.com"),
    )
    plan = ask(
        "pool-failover", changed(DEAD, P2, machines=machines), P1, DISASTER, accept_data_loss=True
    )
    wait = next(s for s in plan.steps if s.step_id == "store-replicas")
    assert isinstance(wait, WaitStep)
    assert "fe3" not in " ".join(map(str, wait.until))


def test_a_silent_edge_of_the_dead_site_is_not_waited_for_with_the_store_but_one_elsewhere_is() -> (
    None
):
    silent_edges = with_dead(with_dead(DEAD, EDGE1), EDGE2)
    plan = ask("pool-failover", silent_edges, P1, DISASTER, accept_data_loss=True)
    wait = next(s for s in plan.steps if s.step_id == "store-replicas-rest")
    assert isinstance(wait, WaitStep)
    words = " ".join(map(str, wait.until))
    assert "edge1-a.contoso.com" in words
    assert "edge2-a.contoso.com" not in words


def test_an_edge_that_is_silent_like_its_site_is_named_and_not_waited_for() -> None:
    plan = ask("pool-failover", with_dead(DEAD, EDGE1), P1, DISASTER, accept_data_loss=True)
    assert ids(plan)[-2:] == ["pool-failover", "store-replicas-rest"]
    assert f"edge-next-hop-{EDGE1}" in ids(plan)
    assert any("edge1-a.contoso.com" in note for note in plan.notes)


def test_a_disaster_plan_tells_what_to_do_when_the_pool_never_comes_back() -> None:
    lost = [
        note
        for note in ask("pool-failover", DEAD, P1, DISASTER, accept_data_loss=True).notes
        if "is lost for good, it cannot be failed back" in note
    ]
    assert len(lost) == 1
    assert "Move-CsConferenceDirectory -Force" in lost[0]
    assert lost[0].endswith("lync-server-2013-front-end-pool-abc-failover-procedure.")
    assert not any(
        "is lost for good, it cannot be failed back" in note
        for note in ask("pool-failover", two_sites(), P1, PLANNED).notes
    )


def test_a_plan_that_moves_the_store_tells_its_bad_ends_and_their_repair() -> None:
    assert any(
        "Install-CsDatabase" in note
        for note in ask("pool-failover", two_sites(), P1, PLANNED).notes
    )
    stays = ask("pool-failover", two_sites(active_store=P2), P1, PLANNED)
    assert not any("Install-CsDatabase" in note for note in stays.notes)


def test_the_pool_is_failed_over_only_when_what_it_needs_is_there_and_read_back_afterwards() -> (
    None
):
    failover = step(ask("pool-failover", two_sites(), P1, PLANNED), "pool-failover")
    assert failover.before == (PoolIsHome(P2), NoEdgeLeadsTo(P1), StoreHasSingleMaster())
    assert failover.after == (PoolStateIs(P1, PoolState.FAILED_OVER),)
    assert failover.place == Anywhere(prefer=P2, avoid=P1)
    assert failover.undo == f"lyncops run pool-failback {P1} --mode planned"


def test_the_goal_names_everything_that_the_plan_changes() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED)
    assert plan.goal == (
        PoolStateIs(P1, PoolState.FAILED_OVER),
        PoolIsHome(P2),
        StoreIsActiveOn(P2),
        EdgeNextHopIs(EDGE1, P2),
    )


def test_standard_edition_keeps_the_store_beside_itself() -> None:
    dead = with_dead(two_sites(kind=PoolKind.STANDARD), P1)
    plan = ask("pool-failover", dead, P1, DISASTER, accept_data_loss=True)
    assert f"-BackupSqlServerFqdn '{P2}'" in powershell(plan, "store-failover")
    assert "-BackupSqlInstanceName 'rtc'" in powershell(plan, "store-failover")


BOTH_HALVES = (
    f"-BackupSqlServerFqdn '{SQL2}' -Force -BackupMirrorSqlInstanceName 'mirror' "
    "-BackupMirrorSqlServerFqdn 'sql2m.contoso.com' -BackupSqlInstanceName 'lync'"
)


@pytest.mark.parametrize("on_mirror", [True, False])
def test_both_halves_of_a_mirrored_standby_are_named_whichever_is_principal(
    *, on_mirror: bool
) -> None:
    deployment = with_store_mirror(DEAD, principal_on_mirror=on_mirror)
    plan = ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True)
    assert BOTH_HALVES in powershell(plan, "store-failover")
    unasked = changed(deployment, P2, mirrors=Unread("the mirrors", "no answer"))
    assert BOTH_HALVES in powershell(
        ask("pool-failover", unasked, P1, DISASTER, accept_data_loss=True), "store-failover"
    )


def test_a_standby_without_a_mirror_has_none_named() -> None:
    alone = DatabaseMirror(
        database="xds",
        database_type="CentralMgmt",
        state_on_primary="DatabaseInaccessibleOrMirroringNotEnabled",
        state_on_mirror="DatabaseInaccessibleOrMirroringNotEnabled",
        status_on_primary="",
        status_on_mirror="",
    )
    deployment = changed(with_store_mirror(DEAD, principal_on_mirror=False), P2, mirrors=(alone,))
    plan = ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True)
    assert "-BackupMirror" not in powershell(plan, "store-failover")


def test_an_unknown_mirror_of_the_standby_is_asked_for() -> None:
    silent = with_store(with_dead(two_sites(), P1))
    mirrored = with_store_mirror(silent, principal_on_mirror=True)
    plan = ask("pool-failover", mirrored, P1, DISASTER, accept_data_loss=True)
    assert refused_by(plan) == {"store-sql-server"}
    assert "--store-mirror-sql-server" in plan.refusals[0].remedy
    named = ask(
        "pool-failover",
        mirrored,
        P1,
        DISASTER,
        accept_data_loss=True,
        store_sql_server=SQL2,
        store_sql_instance="named",
        store_mirror_sql_server=Fqdn("sql2m.contoso.com"),
        store_mirror_sql_instance="other",
    )
    assert not named.is_refused
    for words in (
        f"-BackupSqlServerFqdn '{SQL2}'",
        "'named'",
        "-BackupMirrorSqlServerFqdn 'sql2m.contoso.com'",
        "'other'",
    ):
        assert words in powershell(named, "store-failover")


def test_an_unreadable_store_is_taken_to_have_died_with_the_pool() -> None:
    gap = Unread("the store", "not available")
    deployment = with_store(
        DEAD, copies=gap, active_master=gap, file_transfer_agents=gap, replicas=gap
    )
    plan = ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True)
    assert not plan.is_refused
    assert ids(plan).index("store-failover") < ids(plan).index("pool-failover")
    assert "-BackupSqlServerFqdn 'pool2-sql.contoso.com'" in powershell(plan, "store-failover")


def test_a_store_that_died_on_a_third_pool_is_refused_with_what_must_come_first() -> None:
    third, fourth = Fqdn("pool3.contoso.com"), Fqdn("pool4.contoso.com")
    healthy = two_sites()
    assert not isinstance(healthy.pools, Unread)
    renamed = tuple(
        attrs.evolve(
            pool,
            fqdn=name,
            backup_pool=other,
            machines=tuple(
                (machine if up else silent)(m.fqdn.replace("pool", "other")) for m in pool.machines
            ),
            backup_modules=pool.backup_modules if up else (),
        )
        for pool, name, other, up in zip(
            healthy.pools[:2], (third, fourth), (fourth, third), (False, True), strict=True
        )
    )
    copies = tuple(
        StoreCopy(pool=p, active=p == third, version=LyncVersion.V2013) for p in (third, fourth)
    )
    deployment = with_store(
        attrs.evolve(with_dead(healthy, P1), pools=(*with_pools(with_dead(healthy, P1)), *renamed)),
        copies=copies,
        active_master=None,
        file_transfer_agents=(),
    )
    plan = ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True)
    assert "store-not-on-failed-pool" in refused_by(plan)
    assert any(
        f"management-store-failover {third}" in first
        for check in plan.refusals
        for first in check.first
    )
    assert "store-failover" not in ids(plan)


def with_pools(deployment: Deployment) -> tuple[Pool, ...]:
    return deployment.pools if not isinstance(deployment.pools, Unread) else ()


def test_the_order_rule_names_the_failback_that_must_come_first() -> None:
    plan = ask("pool-failover", with_state(two_sites(), P1, PoolState.FAILED_OVER), P2, PLANNED)
    assert "partner-not-failed-over" in refused_by(plan)
    refusal = next(check for check in plan.refusals if check.check_id == "partner-not-failed-over")
    assert refusal.first == (f"lyncops run pool-failback {P1} --mode planned",)
    assert refusal.remedy


def test_the_order_rule_cannot_be_overridden() -> None:
    with pytest.raises(InvalidValueError, match="cannot be overridden"):
        ask(
            "pool-failover",
            with_state(two_sites(), P1, PoolState.FAILED_OVER),
            P2,
            PLANNED,
            overrides={"partner-not-failed-over": "I know better"},
        )


def test_disaster_mode_wants_the_loss_accepted_and_shows_it() -> None:
    plan = ask("pool-failover", DEAD, P1, DISASTER)
    assert refused_by(plan) == {"data-loss-accepted"}
    assert "--accept-data-loss" in plan.refusals[0].remedy
    assert plan.refusals[0].evidence == plan.expected_loss


def test_a_planned_failover_of_a_dead_pool_is_refused_for_the_mode() -> None:
    assert "mode-fits" in refused_by(ask("pool-failover", DEAD, P1, PLANNED))


def test_an_override_with_a_reason_lets_the_plan_through_and_keeps_the_reason() -> None:
    living = ask("pool-failover", two_sites(), P1, DISASTER, accept_data_loss=True)
    assert refused_by(living) == {"mode-fits"}
    plan = ask(
        "pool-failover",
        two_sites(),
        P1,
        DISASTER,
        accept_data_loss=True,
        overrides={"mode-fits": "the Back End is down"},
    )
    assert not plan.is_refused
    assert [check.overridden_because for check in plan.checks if check.check_id == "mode-fits"] == [
        "the Back End is down"
    ]


def test_an_overridden_check_is_not_asked_again_before_the_failover() -> None:
    unread = attrs.evolve(two_sites(), edges=Unread("the Edge pools", "no answer"))
    assert refused_by(ask("pool-failover", unread, P1, PLANNED)) == {"edge-next-hop"}
    plan = ask(
        "pool-failover",
        unread,
        P1,
        PLANNED,
        overrides={"edge-next-hop": "looked in Topology Builder"},
    )
    assert NoEdgeLeadsTo(P1) not in step(plan, "pool-failover").before


@pytest.mark.parametrize("target", ["pool9.contoso.com", "pool1-fe1.contoso.com"])
def test_a_pool_that_does_not_exist_gets_a_plan_without_steps(target: str) -> None:
    plan = ask("pool-failover", two_sites(), Fqdn(target), PLANNED)
    assert refused_by(plan) == {"pool-exists"}
    assert plan.steps == ()
    assert plan.lock == (Fqdn(target),)


def test_a_next_hop_can_be_chosen_and_must_be_able_to_take_over() -> None:
    assert refused_by(ask("pool-failover", two_sites(), P1, PLANNED, next_hop=P1)) == {
        "next-hop-target"
    }
    assert refused_by(ask("pool-failover", two_sites(), P1, PLANNED, next_hop=EDGE1)) == {
        "next-hop-target"
    }
    assert refused_by(
        ask("pool-failover", two_sites(), P1, PLANNED, next_hop=Fqdn("x.contoso.com"))
    ) == {"next-hop-target"}
    director = attrs.evolve(
        two_sites().front_end_pools[1], fqdn=Fqdn("dir.contoso.com"), kind=PoolKind.DIRECTOR
    )
    deployment = attrs.evolve(two_sites(), pools=(*with_pools(two_sites()), director))
    plan = ask("pool-failover", deployment, P1, PLANNED, next_hop=director.fqdn)
    assert not plan.is_refused
    assert EdgeNextHopIs(EDGE1, director.fqdn) in plan.goal
    for down, verdict in (
        (machine("dir.contoso.com", up=False), Verdict.FAILED),
        (silent("dir.contoso.com"), Verdict.FAILED),
        (silent("dir.contoso.com", NOBODY_COULD_ASK), Verdict.UNKNOWN),
    ):
        dead = attrs.evolve(director, machines=(down,))
        deployment = attrs.evolve(two_sites(), pools=(*with_pools(two_sites()), dead))
        plan = ask("pool-failover", deployment, P1, PLANNED, next_hop=dead.fqdn)
        assert "next-hop-target" in refused_by(plan)
        assert (
            next(check for check in plan.checks if check.check_id == "next-hop-target").verdict
            is verdict
        )


def test_where_no_candidate_could_be_read_the_next_hop_says_what_is_unknown() -> None:
    director = attrs.evolve(
        two_sites().front_end_pools[1], fqdn=Fqdn("dir.contoso.com"), kind=PoolKind.DIRECTOR
    )
    deployment = attrs.evolve(two_sites(), pools=(*with_pools(two_sites()), director))
    unread = (silent("fe.contoso.com", NOBODY_COULD_ASK), silent("fe-b.contoso.com"))
    for pool in (P2, director.fqdn):
        deployment = changed(deployment, pool, machines=unread)

    def next_hop(deployment: Deployment, chosen: Fqdn) -> CheckResult:
        plan = ask("pool-failover", deployment, P1, PLANNED, next_hop=chosen)
        return next(check for check in plan.checks if check.check_id == "next-hop-target")

    found = next_hop(deployment, P2)
    assert found.verdict is Verdict.UNKNOWN, "one of the two may be up"
    assert "not known of fe.contoso.com" in found.evidence
    assert "no server could be asked" in found.evidence
    assert f"Whether {P2} and {director.fqdn} can be the next hop could not be read" in found.remedy
    assert "lyncops doctor" in found.remedy
    assert "override this check with a reason" in found.remedy
    assert f"Whether {P2} can" in next_hop(with_dead(deployment, director.fqdn), P2).remedy
    dead = next_hop(with_dead(with_dead(deployment, director.fqdn), P2), P2)
    assert dead.verdict is Verdict.FAILED
    assert dead.remedy == "No other Front End or Director pool is known to be up: start one first."


def test_a_pool_that_no_edge_leads_to_needs_no_edge_step() -> None:
    deployment = attrs.evolve(two_sites(), edges=(EdgePool(fqdn=EDGE1, next_hop=P2),))
    assert not any(
        "edge" in step_id for step_id in ids(ask("pool-failover", deployment, P1, PLANNED))
    )


def test_an_edge_of_which_no_replica_ever_came_is_not_waited_for() -> None:
    central = two_sites().central_management.replicas
    assert not isinstance(central, Unread)
    without = tuple(replica for replica in central if "edge" not in replica.computer)
    plan = ask("pool-failover", with_store(two_sites(), replicas=without), P1, PLANNED)
    assert f"edge-next-hop-{EDGE1}" in ids(plan)
    assert f"edge-replicas-{P2}" not in ids(plan)


def test_within_a_site_the_plan_says_what_microsofts_page_does_by_hand() -> None:
    plan = ask("pool-failover", changed(two_sites(), P2, site=Unread("site", "none")), P1, PLANNED)
    assert "Topology Builder" not in step(plan, f"edge-next-hop-{EDGE1}").why
    site = two_sites().front_end_pools[0].site
    near = ask("pool-failover", changed(two_sites(), P2, site=site), P1, PLANNED)
    assert "Topology Builder" in step(near, f"edge-next-hop-{EDGE1}").why


def test_the_next_hop_step_can_be_undone_by_its_own_text() -> None:
    plan = ask("pool-failover", two_sites(), P1, PLANNED)
    assert (
        step(plan, f"edge-next-hop-{EDGE1}").undo
        == f"Set-CsEdgeServer -Identity 'EdgeServer:{EDGE1}' -Registrar 'Registrar:{P1}'"
        " -Confirm:$false"
    )


def test_the_estimate_is_made_of_the_documented_figures() -> None:
    assert (
        timedelta(minutes=20)
        < ask("pool-failover", two_sites(), P1, PLANNED).estimate
        < timedelta(minutes=40)
    )


def test_the_operator_is_told_what_does_not_follow() -> None:
    words = " ".join(ask("pool-failover", two_sites(), P1, PLANNED).notes)
    assert all(
        word in words
        for word in ("RegistrarPool", "Response groups", "LIS", "Conference directories")
    )


def test_every_check_says_why_it_refuses_and_what_to_do() -> None:
    for plan in (
        ask("pool-failover", DEAD, P1, PLANNED),
        ask("pool-failover", two_sites(), P1, DISASTER),
    ):
        assert plan.is_refused
        for check in plan.refusals:
            assert check.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
            assert check.evidence
            assert check.remedy
