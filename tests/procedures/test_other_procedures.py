from __future__ import annotations

from typing import cast

import attrs
import pytest

from lyncops.cmdlets import DatabaseNameType, MirrorRole
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import EdgePool, PoolKind, PoolState
from lyncops.errors import InvalidValueError
from lyncops.plan.conditions import (
    BackupModuleIs,
    EdgeNextHopIs,
    MediaEdgeIs,
    MirrorPrincipalIs,
    StoreIsActiveOn,
)
from lyncops.plan.model import CmdletStep
from lyncops.plan.procedures import PROCEDURES, DatabaseFailover, PoolFailover
from lyncops.values import Fqdn, LyncVersion, OnPool, ServiceId, Unread
from tests.deployments import (
    EDGE1,
    EDGE2,
    P1,
    P2,
    changed,
    media,
    two_sites,
    with_dead,
    with_state,
    with_store,
)
from tests.procedures.asking import DISASTER, PLANNED, ask, ids, powershell, refused_by, step

DOWN = with_store(two_sites(), active_master=None, file_transfer_agents=())


def mirror(
    name: str, *, kind: str = "", on_mirror: bool = False, synchronized: bool = True
) -> DatabaseMirror:
    sides = ("Mirror", "Principal") if on_mirror else ("Principal", "Mirror")
    status = "synchronized" if synchronized else "disconnected"
    return DatabaseMirror(
        database=name,
        database_type=kind,
        state_on_primary=sides[0],
        state_on_mirror=sides[1],
        status_on_primary=status,
        status_on_mirror=status,
    )


# The Central Management store


def test_the_store_alone_moves_without_arguments_while_it_works() -> None:
    plan = ask("management-store-failover", two_sites(), P1, PLANNED)
    assert not plan.is_refused
    assert ids(plan) == ["export-configuration", "export-lis", "store-failover", "store-replicas"]
    assert step(plan, "store-failover").place == OnPool(P2)
    assert plan.goal == (StoreIsActiveOn(P2),)
    assert "before the pool is failed over" not in step(plan, "store-failover").why
    assert powershell(plan, "store-failover") == "Invoke-CsManagementServerFailover -Confirm:$false"


def test_the_store_alone_moves_in_a_disaster_told_where_the_standby_is() -> None:
    dead = with_dead(two_sites(), P1)
    assert refused_by(ask("management-store-failover", dead, P1, DISASTER)) == {
        "data-loss-accepted"
    }
    plan = ask("management-store-failover", dead, P1, DISASTER, accept_data_loss=True, export=False)
    assert not plan.is_refused
    assert "-BackupSqlServerFqdn" in powershell(plan, "store-failover")
    assert "-Force" in powershell(plan, "store-failover")


def test_the_store_leaves_only_the_pool_that_holds_it() -> None:
    plan = ask("management-store-failover", two_sites(), P2, PLANNED)
    assert refused_by(plan) == {"store-on-pool"}
    assert P1 in plan.refusals[0].remedy


def test_a_store_that_does_not_work_cannot_move_without_loss() -> None:
    assert "store-works" in refused_by(ask("management-store-failover", DOWN, P1, PLANNED))


def test_a_store_of_which_nothing_is_known_moves_only_in_a_disaster() -> None:
    gap = Unread("the store", "not available")
    unread = with_store(
        with_dead(two_sites(), P1),
        copies=gap,
        active_master=gap,
        file_transfer_agents=gap,
        replicas=gap,
    )
    assert "store-on-pool" in refused_by(ask("management-store-failover", unread, P1, PLANNED))
    assert not ask(
        "management-store-failover", unread, P1, DISASTER, accept_data_loss=True
    ).is_refused


def test_the_store_of_an_unknown_pool_gets_no_steps() -> None:
    plan = ask("management-store-failover", two_sites(), Fqdn("pool9.contoso.com"), PLANNED)
    assert (refused_by(plan), plan.steps) == ({"pool-exists"}, ())


# Conference content


def test_conference_content_comes_from_the_backup_pool() -> None:
    plan = ask("conference-restore", two_sites(), P1)
    assert not plan.is_refused
    assert ids(plan) == ["conference-sync", "conference-steady"]
    assert f"-PoolFqdn '{P2}'" in powershell(plan, "conference-sync")
    assert plan.goal == (BackupModuleIs(P2, "ConfServices.DataConf"),)


def test_conference_content_waits_for_the_pool_to_be_home() -> None:
    plan = ask("conference-restore", with_state(two_sites(), P1, PoolState.FAILED_OVER), P1)
    assert refused_by(plan) == {"pool-is-home"}
    assert plan.refusals[0].first == (f"lyncops run pool-failback {P1} --mode planned",)
    assert "pool-is-home" in refused_by(
        ask("conference-restore", changed(two_sites(), P1, state=Unread("s", "r")), P1)
    )
    assert refused_by(ask("conference-restore", DOWN, P1)) == {"store-works"}
    assert refused_by(ask("conference-restore", two_sites(), Fqdn("pool9.contoso.com"))) == {
        "pool-exists"
    }


# Edge next hop


def test_an_edge_pool_is_led_to_the_named_pool() -> None:
    plan = ask("edge-next-hop", two_sites(), EDGE1, next_hop=P2)
    assert not plan.is_refused
    assert ids(plan) == [f"edge-next-hop-{EDGE1}", f"edge-replicas-{P2}"]
    assert plan.goal == (EdgeNextHopIs(EDGE1, P2),)
    back = ask(
        "edge-next-hop",
        attrs.evolve(two_sites(), edges=(EdgePool(fqdn=EDGE1, next_hop=None),)),
        EDGE1,
        next_hop=P1,
    )
    assert step(back, f"edge-next-hop-{EDGE1}").undo == ""


@pytest.mark.parametrize("to", [EDGE2, Fqdn("nowhere.contoso.com")])
def test_an_edge_pool_leads_to_no_edge_pool_whatever_the_operator_says(to: Fqdn) -> None:
    plan = ask("edge-next-hop", two_sites(), EDGE1, next_hop=to)
    assert refused_by(plan) == {"next-hop-target"}
    assert not plan.refusals[0].overridable
    assert P2 in plan.refusals[0].remedy
    assert plan.steps == ()


def test_only_an_edge_pool_can_be_led() -> None:
    plan = ask("edge-next-hop", two_sites(), P1, next_hop=P2)
    assert refused_by(plan) == {"edge-exists"}
    assert (
        plan.refusals[0].evidence
        == f"{P1} is a pool of kind Enterprise; the Edge pools are {EDGE1} and {EDGE2}."
    )
    machine = ask("edge-next-hop", two_sites(), Fqdn("edge1-a.contoso.com"), next_hop=P2)
    assert f"is a machine of {EDGE1}" in machine.refusals[0].evidence
    unread = attrs.evolve(two_sites(), edges=Unread("edges", "none"))
    assert refused_by(ask("edge-next-hop", unread, EDGE1, next_hop=P2)) == {"edge-exists"}


def test_a_next_hop_cannot_move_without_a_store_to_write_to() -> None:
    refused = ask("edge-next-hop", DOWN, EDGE1, next_hop=P2)
    assert refused_by(refused) == {"store-works"}
    assert (
        f"management-store-failover {P1} --mode disaster --accept-data-loss"
        in refused.refusals[0].remedy
    )


def test_a_next_hop_must_be_named() -> None:
    with pytest.raises(TypeError, match="next_hop"):
        ask("edge-next-hop", two_sites(), EDGE1)


# Media association


def test_each_service_that_uses_media_has_its_step_and_its_read_back() -> None:
    services = tuple(
        ServiceId(role, P1) for role in ("Registrar", "ConferencingServer", "MediationServer")
    )
    plan = ask(
        "edge-association",
        changed(two_sites(), P1, services=services, media_edges=media(EDGE1, EDGE1)),
        P1,
        edge_pool=EDGE2,
    )
    assert not plan.is_refused
    assert [powershell(plan, step_id) for step_id in ids(plan)] == [
        (
            f"Set-CsConferenceServer -Identity 'ConferencingServer:{P1}' -EdgeServer"
            f" 'EdgeServer:{EDGE2}' -Confirm:$false"
        ),
        (
            f"Set-CsMediationServer -Identity 'MediationServer:{P1}' -EdgeServer"
            f" 'EdgeServer:{EDGE2}' -Confirm:$false"
        ),
        (
            f"Set-CsRegistrar -Identity 'Registrar:{P1}' -EdgeServer 'EdgeServer:{EDGE2}'"
            " -Confirm:$false"
        ),
    ]
    assert plan.goal == (MediaEdgeIs(P1, EDGE2),)
    roles = [
        cast("MediaEdgeIs", condition).role
        for one in plan.steps
        for condition in cast("CmdletStep", one).after
    ]
    assert roles == ["ConferencingServer", "MediationServer", "Registrar"]
    assert (
        step(plan, "edge-association-registrar").undo
        == f"lyncops run edge-association {P1} --edge {EDGE1}"
    )


def test_an_association_needs_pool_and_edge() -> None:
    assert refused_by(ask("edge-association", two_sites(), P1, edge_pool=P2)) == {"edge-exists"}
    assert "pool-exists" in refused_by(
        ask("edge-association", two_sites(), Fqdn("x.contoso.com"), edge_pool=EDGE2)
    )
    assert refused_by(ask("edge-association", two_sites(), EDGE1, edge_pool=EDGE2)) == {
        "pool-is-front-end"
    }


# Mirrored databases


def test_the_mirror_becomes_principal_and_the_primary_again() -> None:
    names = ("rtcab", "rtcshared", "rtcxds")
    there = ask(
        "database-failover", changed(two_sites(), P1, mirrors=tuple(map(mirror, names))), P1
    )
    assert (
        powershell(there, "database-failover-user")
        == f"Invoke-CsDatabaseFailover -DatabaseType 'User' -NewPrincipal 'Mirror' -PoolFqdn '{P1}'"
        " -Confirm:$false"
    )
    assert there.goal == (MirrorPrincipalIs(P1, names, on_mirror=True),)
    moved = changed(two_sites(), P1, mirrors=tuple(mirror(name, on_mirror=True) for name in names))
    storeless = changed(DOWN, P1, mirrors=tuple(map(mirror, names)))
    assert powershell(ask("database-failover", storeless, P1), "database-failover-user").endswith(
        " -LocalStore"
    )
    back = ask("database-failover", moved, P1)
    assert "'Primary'" in powershell(back, "database-failover-user")
    assert step(there, "database-failover-user").undo == powershell(back, "database-failover-user")


def test_only_the_databases_of_the_asked_type_move() -> None:
    mixed = changed(
        two_sites(),
        P1,
        mirrors=(mirror("rtcxds", kind="User"), mirror("xds", kind="CentralMgmt"), mirror("lis")),
    )
    plan = ask("database-failover", mixed, P1, database_type=DatabaseNameType.CENTRAL_MGMT)
    assert plan.goal == (MirrorPrincipalIs(P1, ("xds", "lis"), on_mirror=True),)
    unknown = ask("database-failover", mixed, P1, database_type=DatabaseNameType.LYSS)
    assert "mirrors-synchronized" in refused_by(unknown)


def test_databases_on_different_sides_want_a_side_named() -> None:
    split = changed(two_sites(), P1, mirrors=(mirror("rtcab"), mirror("rtcxds", on_mirror=True)))
    assert refused_by(ask("database-failover", split, P1)) == {"mirror-side"}
    plan = ask("database-failover", split, P1, principal=MirrorRole.PRIMARY)
    assert not plan.is_refused
    assert plan.goal == (MirrorPrincipalIs(P1, ("rtcab", "rtcxds"), on_mirror=False),)


@pytest.mark.parametrize(
    "mirrors",
    [(), (mirror("rtcxds", synchronized=False),), Unread("mirrors", "no answer")],
    ids=["none", "behind", "unread"],
)
def test_without_a_synchronised_mirror_nothing_moves(mirrors: object) -> None:
    assert "mirrors-synchronized" in refused_by(
        ask("database-failover", changed(two_sites(), P1, mirrors=mirrors), P1)
    )


def test_2019_has_no_mirroring() -> None:
    new = changed(two_sites(), P1, mirrors=(mirror("rtcxds"),), version=LyncVersion.V2019)
    assert refused_by(ask("database-failover", new, P1)) == {"version-has-mirroring"}
    subscription = "Skype for Business Server Subscription Edition"
    named = attrs.evolve(new, version=LyncVersion.V2019, own_product=subscription)
    refusal = ask("database-failover", named, P1).refusals[0]
    assert refusal.evidence == f"{P1} is {subscription}."
    assert "2019" not in refusal.remedy
    unread = changed(
        two_sites(), P1, mirrors=(mirror("rtcxds"),), version=Unread("version", "no answer")
    )
    assert not ask("database-failover", unread, P1).is_refused
    assert refused_by(ask("database-failover", new, Fqdn("pool9.contoso.com"))) == {"pool-exists"}

    assert ask("database-failover", new, P1).checks[-1].check_id == "version-has-mirroring"


def test_a_standard_edition_server_has_no_mirror_and_says_so() -> None:
    plan = ask(
        "database-failover", changed(two_sites(kind=PoolKind.STANDARD, size=1), P1, mirrors=()), P1
    )
    assert refused_by(plan) == {"mirrors-synchronized"}
    assert "Standard Edition" in plan.refusals[0].evidence
    assert "set up the mirror" not in plan.refusals[0].remedy


def test_a_pool_without_partner_can_move_its_databases_too() -> None:
    alone = changed(two_sites(), P1, mirrors=(mirror("rtcxds"),), backup_pool=None)
    assert ask("database-failover", alone, P1).lock == (P1,)


# Enabling the topology


def test_the_topology_is_enabled_after_settings_where_the_operator_asks_for_it() -> None:
    failover = ids(
        ask("pool-failover", two_sites(), P1, PLANNED, enable_topology=True, export=False)
    )
    assert failover[:2] == [f"edge-next-hop-{EDGE1}", "enable-topology"]
    assert (
        ids(ask("edge-next-hop", two_sites(), EDGE1, next_hop=P2, enable_topology=True))[1]
        == "enable-topology"
    )
    assert (
        ids(ask("edge-association", two_sites(), P1, edge_pool=EDGE2, enable_topology=True))[-1]
        == "enable-topology"
    )
    assert "enable-topology" not in ids(ask("pool-failover", two_sites(), P1, PLANNED))


# The catalogue


def test_the_catalogue_knows_each_procedure_by_its_name() -> None:
    for name, procedure in PROCEDURES.items():
        assert name == procedure.NAME
        assert all((procedure.SUMMARY, procedure.GUIDE, procedure.__doc__))
        own = {field.name for field in attrs.fields(procedure)} - {"overrides"}
        assert {option.field for option in procedure.options()} == own
        assert all(option.asked.about for option in procedure.options())


def test_a_mode_is_wanted_where_there_are_two_and_refused_where_there_is_none() -> None:
    with pytest.raises(TypeError, match="mode"):
        ask("pool-failover", two_sites(), P1)
    with pytest.raises(InvalidValueError, match="not one of planned, disaster"):
        PoolFailover(pool=P1, mode="sideways")
    with pytest.raises(TypeError, match="mode"):
        ask("conference-restore", two_sites(), P1, PLANNED)


def test_a_database_type_is_read_in_any_letter_case_and_refused_when_unknown() -> None:
    assert DatabaseFailover(pool=P1, database_type="uSER").database_type is DatabaseNameType.USER
    with pytest.raises(InvalidValueError):
        DatabaseFailover(pool=P1, database_type="Nonsense")
