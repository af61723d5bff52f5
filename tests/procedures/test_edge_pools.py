"""Federation and XMPP on another Edge pool: every step, every refusal, without a server."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypedDict, Unpack, cast

import attrs
import pytest

from lyncops.checks.result import Verdict
from lyncops.deployment.central_management import Replica
from lyncops.deployment.model import Deployment, EdgePool, Machine, Pool, Site
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.errors import InvalidValueError
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.conditions import (
    FederatedEdgeIs,
    HostLeadsTo,
    PortIsOpen,
    ReplicasUpToDate,
    RouteKind,
    ServiceNames,
    ServicesAre,
    SiteRouteIs,
)
from lyncops.plan.model import CmdletStep, ManualStep, Plan, WaitStep
from lyncops.plan.procedures import MovesRoutes, MovesXmpp
from lyncops.procedures import make_plan
from lyncops.values import Fqdn, LyncVersion, OnMachine, ServiceId, SiteName, Unread
from tests.deployments import (
    EDGE1,
    EDGE2,
    NOW,
    P1,
    P2,
    changed,
    edge_pool,
    machine,
    media,
    silent,
    two_sites,
    with_store,
)
from tests.procedures.asking import asked

REDMOND, DUBLIN = SiteName("Redmond"), SiteName("Dublin")
CONTOSO, XMPP = Fqdn("contoso.com"), Fqdn("xmpp.contoso.com")
EDGE1A, EDGE2A = Fqdn("edge1-a.contoso.com"), Fqdn("edge2-a.contoso.com")
SIP1, SIP2 = Fqdn("sip-edge1.contoso.com"), Fqdn("sip-edge2.contoso.com")
THIRD: Final = Fqdn("edge3.contoso.com")


def on(edge: Fqdn, *, federated: Fqdn | None = None) -> Deployment:
    """Both routes of both sites lead to `edge`; `federated` (default: the same) has federation."""
    route = ServiceId("EdgeServer", edge)
    owner = federated or edge
    return attrs.evolve(
        two_sites(),
        sites=tuple(
            Site(name=name, federation_route=route, xmpp_federation_route=route)
            for name in (REDMOND, DUBLIN)
        ),
        edges=(
            EdgePool(
                fqdn=EDGE1,
                next_hop=P1,
                external_sip_port=5061 if owner == EDGE1 else None,
                external_fqdn=SIP1,
            ),
            EdgePool(
                fqdn=EDGE2,
                next_hop=P2,
                external_sip_port=5061 if owner == EDGE2 else None,
                external_fqdn=SIP2,
            ),
        ),
    )


class Asked(TypedDict, total=False):
    other_edge: Fqdn
    sites: tuple[SiteName, ...]
    domains: tuple[Fqdn, ...]
    xmpp_host: Fqdn
    enable_topology: bool
    overrides: dict[str, str]


def plan(name: str, deployment: Deployment, target: Fqdn = EDGE1, **options: Unpack[Asked]) -> Plan:
    if "xmpp" in name:
        options.setdefault("domains", (CONTOSO,))
    return make_plan(asked(name, target, **options), deployment)


def ids(made: Plan) -> list[str]:
    return [step.step_id for step in made.steps]


def refused_by(made: Plan) -> set[str]:
    return {check.check_id for check in made.refusals}


def verdict(made: Plan, check_id: str) -> Verdict:
    return next(check.verdict for check in made.checks if check.check_id == check_id)


def cmdlet(made: Plan, step_id: str) -> str:
    step = next(step for step in made.steps if step.step_id == step_id)
    assert isinstance(step, CmdletStep)
    return step.cmdlet.to_powershell()


def gate(made: Plan, step_id: str) -> ManualStep:
    step = next(step for step in made.steps if step.step_id == step_id)
    assert isinstance(step, ManualStep)
    return step


UNASKED = Witness(Vantage.HERE, Says.UNASKED, "it has no [[machine]]")


def without_endpoint(deployment: Deployment, edge: Fqdn) -> Deployment:
    pool = deployment.pool(edge)
    assert pool is not None
    return changed(deployment, edge, machines=tuple(silent(m.fqdn, UNASKED) for m in pool.machines))


def with_replica(deployment: Deployment, computer: Fqdn, *, age: timedelta | None) -> Deployment:
    """The replica of a computer is behind, and was last heard of `age` ago (None: never)."""
    replicas = cast("tuple[Replica, ...]", deployment.central_management.replicas)
    report = None if age is None else NOW - age
    behind = (
        (
            attrs.evolve(one, up_to_date=False, last_status_report=report)
            if one.computer == computer
            else one
        )
        for one in replicas
    )
    return with_store(deployment, replicas=tuple(behind))


# Federation


def test_federation_goes_by_topology_builder_replication_setup_and_the_routes_of_the_sites() -> (
    None
):
    made = plan("edge-federation-failover", on(EDGE1))
    assert not made.is_refused
    assert ids(made) == [
        "topology-federation",
        "edge-replicas-topology",
        "edge-setup",
        "federation-route-Redmond",
        "federation-route-Dublin",
        "edge-replicas-route",
    ]
    assert made.lock[:2] == (EDGE1, EDGE2)
    assert gate(made, "topology-federation").after == (FederatedEdgeIs(EDGE2),)
    assert gate(made, "edge-setup").after == (PortIsOpen(SIP2, 5061),)
    told = " ".join(gate(made, "topology-federation").instructions)
    assert told.index(f"{EDGE1}: Edit") < told.index(f"{EDGE2}: Edit") < told.index("Publish")
    assert "AccessEdgeExternalSipPort is 5061" in gate(made, "topology-federation").how_to_see


def test_the_route_is_set_by_the_parameters_that_exist_and_undone_likewise() -> None:
    made = plan("edge-federation-failover", on(EDGE1))
    assert (
        cmdlet(made, "federation-route-Redmond")
        == "Set-CsSite -Identity 'Redmond' -FederationRoute 'EdgeServer:edge2.contoso.com'"
        " -Confirm:$false"
    )
    step = made.steps[3]
    assert isinstance(step, CmdletStep)
    assert step.undo == cmdlet(made, "federation-route-Redmond").replace("edge2", "edge1")
    assert step.before == (FederatedEdgeIs(EDGE2),)
    assert step.after == (SiteRouteIs(REDMOND, RouteKind.SIP, ServiceId("EdgeServer", EDGE2)),)


def test_routes_are_set_where_the_store_is_held() -> None:
    step = plan("edge-federation-failover", on(EDGE1)).steps[3]
    assert isinstance(step, CmdletStep)
    assert str(step.place) == f"a Front End of {P1}, else the first endpoint that answers"


def test_the_goal_is_one_federated_edge_pool_to_which_every_site_leads() -> None:
    route = ServiceId("EdgeServer", EDGE2)
    sites = (SiteRouteIs(REDMOND, RouteKind.SIP, route), SiteRouteIs(DUBLIN, RouteKind.SIP, route))
    assert plan("edge-federation-failover", on(EDGE1)).goal == (FederatedEdgeIs(EDGE2), *sites)


def test_only_sites_whose_route_leads_there_change() -> None:
    sites = (Site(name=REDMOND, federation_route=ServiceId("EdgeServer", EDGE1)), Site(name=DUBLIN))
    made = plan("edge-federation-failover", attrs.evolve(on(EDGE1), sites=sites))
    assert "federation-route-Dublin" not in ids(made)
    assert f"--edge {EDGE2} --site Redmond" in " ".join(made.notes)


def test_setup_waits_for_the_servers_that_need_it_only() -> None:
    wait = plan("edge-federation-failover", on(EDGE1)).steps[1]
    assert isinstance(wait, WaitStep)
    assert wait.until == (ReplicasUpToDate(only=(EDGE2A,)),)
    assert not wait.optional


def test_federation_comes_home_once_its_edge_pool_runs_again() -> None:
    stopped = changed(
        on(EDGE2), EDGE1, machines=(machine(EDGE1A, services=("RTCSRV", "REPLICA"), up=False),)
    )
    made = plan("edge-federation-failback", with_replica(stopped, EDGE1A, age=timedelta(hours=9)))
    assert not made.is_refused
    assert ids(made)[:2] == [f"edge-start-{EDGE1A}", "topology-federation"]
    assert made.goal[0] == FederatedEdgeIs(EDGE1)
    assert cmdlet(made, "federation-route-Dublin").count("EdgeServer:edge1.contoso.com") == 1
    first = made.steps[0]
    assert isinstance(first, CmdletStep)
    assert (first.place, first.after) == (
        OnMachine(EDGE1A),
        (ServicesAre(EDGE1A, ("RTCSRV", "REPLICA")),),
    )
    assert verdict(made, "edge-alive") is verdict(made, "edge-replicas") is Verdict.WARNING


def test_nothing_comes_home_that_never_left() -> None:
    made = plan("edge-federation-failback", on(EDGE1))
    assert refused_by(made) == {"other-edge"}
    assert made.refusals[0].remedy == "There is nothing to fail back."
    assert made.steps == ()


@pytest.mark.parametrize(
    ("deployment", "expected"),
    [
        (on(EDGE1), Verdict.PASSED),
        (on(EDGE1, federated=EDGE2), Verdict.WARNING),
        (
            attrs.evolve(
                on(EDGE1),
                edges=tuple(
                    EdgePool(fqdn=e, next_hop=P1, external_sip_port=5061) for e in (EDGE1, EDGE2)
                ),
            ),
            Verdict.WARNING,
        ),
        (
            attrs.evolve(
                on(EDGE1), edges=tuple(EdgePool(fqdn=e, next_hop=P1) for e in (EDGE1, EDGE2))
            ),
            Verdict.FAILED,
        ),
    ],
    ids=["here", "already there", "both", "nowhere"],
)
def test_federation_must_be_where_it_leaves(deployment: Deployment, expected: Verdict) -> None:
    made = plan("edge-federation-failover", deployment)
    assert verdict(made, "has-federation") is expected
    assert ("has-federation" in refused_by(made)) is (expected is Verdict.FAILED)


def test_front_end_pools_that_lose_their_media_edge_are_named_with_the_cure() -> None:
    made = plan("edge-federation-failover", changed(on(EDGE1), P1, media_edges=media(EDGE1, EDGE1)))
    assert f"lyncops run edge-association {P1} --edge {EDGE2}" in " ".join(made.notes)
    back = plan("edge-federation-failback", changed(on(EDGE2), P1, media_edges=media(EDGE2, EDGE2)))
    assert f"lyncops run edge-association {P1} --edge {EDGE1}" in " ".join(back.notes)
    assert "edge-association" not in " ".join(plan("edge-federation-failover", on(EDGE1)).notes)


# Which Edge pool, which sites


def test_an_edge_pool_must_be_named_where_there_are_several() -> None:
    base = on(EDGE1)
    edges = (
        *cast("tuple[EdgePool, ...]", base.edges),
        EdgePool(fqdn=THIRD, next_hop=P1, external_fqdn=SIP2),
    )
    three = attrs.evolve(
        base,
        edges=edges,
        pools=(*cast("tuple[Pool, ...]", base.pools), edge_pool(THIRD, site="Dublin")),
    )
    made = plan("edge-federation-failover", three)
    assert refused_by(made) == {"other-edge"}
    assert f"{EDGE2} and {THIRD}" in made.refusals[0].evidence
    assert "--edge" in made.refusals[0].remedy
    assert plan("edge-federation-failover", three, other_edge=THIRD).lock[:2] == (EDGE1, THIRD)
    assert plan("edge-federation-failback", on(EDGE2), other_edge=EDGE2).lock[:2] == (EDGE2, EDGE1)


@pytest.mark.parametrize("other", [EDGE1, P2, Fqdn("edge9.contoso.com")])
def test_only_another_edge_pool_can_take_over(other: Fqdn) -> None:
    assert refused_by(plan("edge-federation-failover", on(EDGE1), other_edge=other)) == {
        "other-edge"
    }


@pytest.mark.parametrize(
    "name",
    ["edge-federation-failover", "edge-federation-failback", "xmpp-failover", "xmpp-failback"],
)
def test_only_an_edge_pool_can_be_failed_over(name: str) -> None:
    assert refused_by(plan(name, on(EDGE1), P1)) == {"edge-exists"}
    assert refused_by(
        plan(name, attrs.evolve(on(EDGE1), edges=Unread("the Edge pools", "no answer")))
    ) == {"edge-exists"}


def test_named_sites_must_exist_and_replace_what_is_read() -> None:
    made = plan("edge-federation-failover", on(EDGE1), sites=(DUBLIN,))
    assert [step for step in ids(made) if step.startswith("federation-route")] == [
        "federation-route-Dublin"
    ]
    assert refused_by(plan("edge-federation-failover", on(EDGE1), sites=(SiteName("Oslo"),))) == {
        "site-routes"
    }
    unread = attrs.evolve(on(EDGE1), sites=Unread("the sites", "no answer"))
    assert refused_by(plan("edge-federation-failover", unread)) == {"site-routes"}


def test_sites_without_a_route_hinder_xmpp_only() -> None:
    bare = attrs.evolve(on(EDGE1), sites=(Site(name=REDMOND), Site(name=DUBLIN)))
    assert verdict(plan("edge-federation-failover", bare), "site-routes") is Verdict.WARNING
    assert refused_by(plan("xmpp-failover", bare)) == {"site-routes"}


# Is the Edge pool that takes over fit for it


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ((machine(EDGE2A), machine("b.contoso.com")), Verdict.PASSED),
        ((machine(EDGE2A), silent("b.contoso.com")), Verdict.WARNING),
        ((machine(EDGE2A, up=False), silent("b.contoso.com")), Verdict.FAILED),
        ((silent(EDGE2A),), Verdict.UNKNOWN),
        ((), Verdict.UNKNOWN),
    ],
    ids=["all", "some", "stopped", "silent", "none"],
)
def test_what_takes_over_must_run(machines: tuple[Machine, ...], expected: Verdict) -> None:
    made = plan("edge-federation-failover", changed(on(EDGE1), EDGE2, machines=machines))
    assert verdict(made, "edge-alive") is expected
    assert ("edge-alive" in refused_by(made)) is (expected in (Verdict.FAILED, Verdict.UNKNOWN))


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(minutes=5), Verdict.WARNING),
        (timedelta(hours=2), Verdict.FAILED),
        (None, Verdict.FAILED),
    ],
)
def test_what_takes_over_must_be_reached_by_replication(
    age: timedelta | None, expected: Verdict
) -> None:
    made = plan("edge-federation-failover", with_replica(on(EDGE1), EDGE2A, age=age))
    assert verdict(made, "edge-replicas") is expected
    unread = with_store(on(EDGE1), replicas=Unread("the replicas", "no answer"))
    assert verdict(plan("edge-federation-failover", unread), "edge-replicas") is Verdict.UNKNOWN
    without = with_store(on(EDGE1), replicas=())
    assert verdict(plan("edge-federation-failover", without), "edge-replicas") is Verdict.WARNING


def test_nothing_moves_without_a_store_to_write_to() -> None:
    down = with_store(on(EDGE1), active_master=None, file_transfer_agents=())
    assert "store-works" in refused_by(plan("edge-federation-failover", down))
    assert "store-works" in refused_by(plan("xmpp-failover", down))


# XMPP


def test_xmpp_goes_in_the_documented_order_and_the_port_is_tried_once_something_listens() -> None:
    made = plan("xmpp-failover", on(EDGE1))
    assert not made.is_refused
    assert ids(made) == [
        f"edge-stop-{EDGE2A}",
        "xmpp-route-Redmond",
        "xmpp-route-Dublin",
        "dns-address",
        "dns-service-contoso.com",
        f"edge-start-{EDGE2A}",
        "firewall-xmpp",
        "edge-replicas-route",
    ]
    assert gate(made, "dns-address").after == (HostLeadsTo(XMPP, SIP2),)
    assert gate(made, "dns-service-contoso.com").after == (
        ServiceNames(Fqdn("_xmpp-server._tcp.contoso.com"), XMPP, 5269),
    )
    assert gate(made, "firewall-xmpp").after == (PortIsOpen(XMPP, 5269),)
    assert (
        cmdlet(made, "xmpp-route-Redmond")
        == "Set-CsSite -Identity 'Redmond' -Confirm:$false -XmppFederationRoute"
        " 'EdgeServer:edge2.contoso.com'"
    )


def test_xmpp_services_stop_and_start_on_the_servers_themselves() -> None:
    made = plan("xmpp-failover", on(EDGE1))
    stop, start = made.steps[0], made.steps[5]
    assert isinstance(stop, CmdletStep)
    assert isinstance(start, CmdletStep)
    assert stop.place == start.place == OnMachine(EDGE2A)
    assert (stop.cmdlet.NAME, start.cmdlet.NAME) == (
        "Stop-CsWindowsService",
        "Start-CsWindowsService",
    )
    assert stop.after == (ServicesAre(EDGE2A, ("RTCSRV",), running=False),)
    assert start.after == (ServicesAre(EDGE2A, ("W3SVC", "REPLICA", "RTCSRV", "RTCMRAUTH")),)


def test_servers_that_are_not_reached_are_stopped_and_started_by_hand() -> None:
    deployment = without_endpoint(on(EDGE1), EDGE2)
    made = plan("xmpp-failover", deployment)
    assert not made.is_refused
    assert verdict(made, "edge-alive") is Verdict.WARNING, "its replica reported"
    assert "Stop-CsWindowsService" in gate(made, f"edge-stop-{EDGE2A}").instructions[0]
    assert gate(made, f"edge-start-{EDGE2A}").after == (ServicesAre(EDGE2A, ("RTCSRV",)),)


@pytest.mark.parametrize("procedure", ["edge-federation-failover", "xmpp-failover"])
def test_servers_that_are_not_reached_and_do_not_report_need_the_operators_word(
    procedure: str,
) -> None:
    late = with_replica(without_endpoint(on(EDGE1), EDGE2), EDGE2A, age=timedelta(hours=2))
    assert "edge-alive" in refused_by(plan(procedure, late))


@pytest.mark.parametrize("procedure", ["edge-federation-failback", "xmpp-failback"])
def test_an_edge_pool_that_comes_home_needs_no_endpoint(procedure: str) -> None:
    """It was silent until now, and is started by hand."""
    late = with_replica(without_endpoint(on(EDGE2), EDGE1), EDGE1A, age=timedelta(hours=9))
    made = plan(procedure, late)
    assert not made.is_refused
    assert gate(made, f"edge-start-{EDGE1A}").after == (ServicesAre(EDGE1A, ("RTCSRV",)),)


def test_xmpp_comes_home_in_the_documented_order() -> None:
    made = plan("xmpp-failback", on(EDGE2))
    assert ids(made) == [
        f"edge-start-{EDGE1A}",
        "xmpp-route-Redmond",
        "xmpp-route-Dublin",
        "dns-service-contoso.com",
        "dns-address",
        "firewall-xmpp",
        "edge-replicas-route",
    ]
    assert gate(made, "dns-address").after == (HostLeadsTo(XMPP, SIP1),)
    assert made.goal == tuple(
        SiteRouteIs(s, RouteKind.XMPP, ServiceId("EdgeServer", EDGE1)) for s in (REDMOND, DUBLIN)
    )


def test_every_domain_has_its_record_and_the_host_may_be_named() -> None:
    host, fabrikam = Fqdn("im.contoso.com"), Fqdn("fabrikam.com")
    made = plan("xmpp-failover", on(EDGE1), domains=(CONTOSO, fabrikam), xmpp_host=host)
    names = [
        ServiceNames(Fqdn(f"_xmpp-server._tcp.{domain}"), host, 5269)
        for domain in (CONTOSO, fabrikam)
    ]
    assert [gate(made, f"dns-service-{domain}").after for domain in (CONTOSO, fabrikam)] == [
        (name,) for name in names
    ]
    assert gate(made, "dns-address").after == (HostLeadsTo(host, SIP2),)
    assert "--domain contoso.com --domain fabrikam.com" in " ".join(made.notes)


def test_a_domain_must_be_named() -> None:
    with pytest.raises(
        InvalidValueError, match=r"xmpp-failover needs at least one domain. Add --domain"
    ):
        plan("xmpp-failover", on(EDGE1), domains=())


def test_an_external_name_that_is_not_known_leaves_the_operators_word() -> None:
    edges = tuple(
        attrs.evolve(edge, external_fqdn=None)
        for edge in cast("tuple[EdgePool, ...]", on(EDGE1).edges)
    )
    nameless = attrs.evolve(on(EDGE1), edges=edges)
    made = plan("xmpp-failover", nameless)
    assert not made.is_refused
    assert gate(made, "dns-address").after == ()
    assert verdict(made, "edge-external-name") is Verdict.WARNING
    assert gate(plan("edge-federation-failover", nameless), "edge-setup").after == ()


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        (LyncVersion.V2013, False),
        (LyncVersion.V2015, False),
        (LyncVersion.V2019, True),
        (Unread("the version", "no answer"), False),
    ],
)
def test_2019_has_no_xmpp_gateway_and_says_so(
    version: LyncVersion | Unread, *, refused: bool
) -> None:
    for name, deployment in (("xmpp-failover", on(EDGE1)), ("xmpp-failback", on(EDGE2))):
        made = plan(name, attrs.evolve(deployment, version=version))
        assert ("version-has-xmpp" in refused_by(made)) is refused
        assert not refused or "has no XMPP gateway" in made.refusals[0].evidence
        assert (made.steps == ()) is refused


def test_a_site_with_a_space_in_its_name_can_be_pasted_back() -> None:
    sites = (Site(name=SiteName("New York"), xmpp_federation_route=ServiceId("EdgeServer", EDGE1)),)
    assert "--site 'New York'" in " ".join(
        plan("xmpp-failover", attrs.evolve(on(EDGE1), sites=sites)).notes
    )


def test_enabling_the_topology_follows_the_routes_where_it_is_asked_for() -> None:
    made = plan("xmpp-failover", on(EDGE1), enable_topology=True)
    assert ids(made).index("enable-topology") == ids(made).index("xmpp-route-Dublin") + 1


@pytest.mark.parametrize("name", ["edge-federation-failover", "xmpp-failover"])
def test_a_plan_is_saved_with_what_was_asked_for(name: str) -> None:
    made = plan(name, on(EDGE1), other_edge=EDGE2, sites=(DUBLIN,))
    read = plan_from_json(plan_to_json(made))
    assert read == made
    again = read.procedure
    assert isinstance(again, MovesRoutes)
    assert (again.other_edge, again.sites) == (EDGE2, (DUBLIN,))
    assert isinstance(again, MovesXmpp) == name.startswith("xmpp")
    assert not isinstance(again, MovesXmpp) or again.domains == (CONTOSO,)
