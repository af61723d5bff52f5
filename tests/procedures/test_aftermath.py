"""What a lost pool or site leaves broken: each once, from the topology, with the procedure or the
step by hand.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
import pytest

from lyncops.cmdlets import PoolInfo, Service
from lyncops.deployment.gaps import Gaps
from lyncops.deployment.model import Deployment, Link, MediaEdge, Pool, PoolKind, Site
from lyncops.deployment.topology import build_pools
from lyncops.deployment.topology_document import Topology
from lyncops.plan.codec import plan_from_json, plan_to_json
from lyncops.plan.model import Plan
from lyncops.plan.procedures import SiteFailover
from lyncops.procedures import make_plan
from lyncops.runs.model import Run, RunState
from lyncops.runs.report import Report
from lyncops.values import Fqdn, LyncVersion, Mode, ServiceId, SiteName, Unread
from tests.deployments import EDGE1, EDGE2, NOW, P1, P2, changed, two_sites, with_dead
from tests.procedures.asking import DISASTER, PLANNED, ask

CHAT: Final = Fqdn("chat.contoso.com")
SITE: Final = SiteName("Redmond")


def other_pool(fqdn: Fqdn, role: str, *links: Link) -> Pool:
    services = (ServiceId(role, fqdn),)
    return Pool(
        fqdn=fqdn,
        kind=PoolKind.OTHER,
        site=SiteName("Dublin"),
        version=LyncVersion.V2013,
        machines=(),
        services=services,
        links=links,
    )


def leading(role: str, to_role: str = "Registrar", to: Fqdn = P1) -> Link:
    return Link(role=role, to=ServiceId(to_role, to))


def lost(*more: Pool, deployment: Deployment | None = None) -> Deployment:
    """The site of the first pool is gone, its Edge pool too; `more` pools are in the topology."""
    found = with_dead(with_dead(deployment or two_sites(), P1), EDGE1)
    pools = () if isinstance(found.pools, Unread) else found.pools
    return attrs.evolve(found, pools=(*pools, *more))


def site_plan(deployment: Deployment, mode: Mode = DISASTER) -> Plan:
    plan = make_plan(SiteFailover(site=SITE, mode=mode, accept_data_loss=True), deployment)
    assert not plan.is_refused, plan.refusals
    return plan


def told(plan: Plan, word: str) -> str:
    (found,) = (str(each) for each in plan.left_broken if word in each.what)
    return found


def test_the_procedures_come_first_and_in_order() -> None:
    routed = Site(
        name=SITE,
        federation_route=ServiceId("EdgeServer", EDGE1),
        xmpp_federation_route=ServiceId("EdgeServer", EDGE1),
    )
    deployment = changed(lost(), P2, media_edges=(MediaEdge(ServiceId("Registrar", P2), EDGE1),))
    plan = site_plan(attrs.evolve(deployment, sites=(routed, Site(name=SiteName("Dublin")))))
    assert [each.command for each in plan.left_broken if each.command] == [
        f"lyncops run edge-federation-failover {EDGE1} --edge {EDGE2}",
        f"lyncops run xmpp-failover {EDGE1} --edge {EDGE2} --domain DOMAIN",
        f"lyncops run edge-association {P2} --edge {EDGE2}",
    ]
    by_hand = [bool(each.by_hand) for each in plan.left_broken]
    assert by_hand == sorted(by_hand)


def test_where_the_site_has_no_edge_pool_that_is_lost_partners_are_not_named() -> None:
    plan = site_plan(with_dead(two_sites(), P1))
    assert not any(each.command for each in plan.left_broken)


@pytest.mark.parametrize(
    ("role", "link", "word", "way"),
    [
        (
            "PersistentChatServer",
            leading("PersistentChatServer"),
            "Persistent Chat",
            "Topology Builder",
        ),
        (
            "TrustedApplicationPool",
            leading("TrustedApplicationPool"),
            "trusted application",
            "Move-CsApplicationEndpoint",
        ),
        (
            "MediationServer",
            leading("MediationServer"),
            "Mediation pool",
            "Set-CsMediationServer -Identity MediationServer:chat",
        ),
        (
            "PstnGateway",
            leading("PstnGateway", "MediationServer"),
            "PSTN gateway",
            "Topology Builder",
        ),
        ("Registrar", leading("Registrar", "UserServer"), "branch appliance", "Move-CsUser"),
    ],
)
def test_what_leads_to_the_lost_pool_is_named_with_its_way(
    role: str, link: Link, word: str, way: str
) -> None:
    text = told(site_plan(lost(other_pool(CHAT, role, link))), word)
    assert CHAT in text
    assert P1 in text
    assert way in text
    assert not any(
        word in each.what
        for each in site_plan(lost(other_pool(CHAT, role, leading(role, to=P2)))).left_broken
    )


@pytest.mark.parametrize("role", ["PersistentChatServer", "PstnGateway"])
def test_a_next_hop_that_no_answer_has_is_named_as_unread(role: str) -> None:
    front_end = two_sites().pool(P1)
    assert front_end is not None
    with_mediation = (*front_end.services, ServiceId("MediationServer", P1))
    deployment = changed(lost(other_pool(CHAT, role)), P1, services=with_mediation)
    (found,) = (each for each in site_plan(deployment).left_broken if CHAT in each.what)
    assert "could not be read" in found.what
    assert found.by_hand


def test_names_and_access_numbers_of_the_lost_pool_are_named() -> None:
    front_end = two_sites().pool(P1)
    assert front_end is not None
    services = (*front_end.services, ServiceId("ApplicationServer", P1))
    plan = site_plan(changed(lost(), P1, services=services, web_names=(Fqdn("web.contoso.com"),)))
    assert "web.contoso.com" in told(plan, "web services")
    assert P2 in told(plan, "web services")
    assert "Get-CsDialInConferencingAccessNumber" in told(plan, "Dial-in")


def test_one_thing_is_told_once_for_two_lost_pools() -> None:
    plan = site_plan(
        lost(other_pool(CHAT, "PersistentChatServer", leading("PersistentChatServer")))
    )
    texts = [each.what for each in plan.left_broken]
    assert len(texts) == len(set(texts))
    assert all(each.sources for each in plan.left_broken)


def test_a_lost_pool_tells_what_only_a_lost_pool_breaks_and_a_planned_failover_nothing() -> None:
    deployment = with_dead(two_sites(), P1)
    pool = ask("pool-failover", deployment, P1, DISASTER, accept_data_loss=True)
    assert any("web services" in each.what for each in pool.left_broken)
    assert (
        pool.left_broken
        == ask("evacuate", deployment, P2, DISASTER, accept_data_loss=True).left_broken
    )
    assert ask("pool-failover", two_sites(), P1, PLANNED).left_broken == ()


def test_a_site_that_is_switched_off_as_planned_breaks_the_same() -> None:
    assert any("web services" in each.what for each in site_plan(two_sites(), PLANNED).left_broken)


def test_a_saved_plan_keeps_it_and_an_old_one_has_none() -> None:
    plan = site_plan(lost())
    assert plan_from_json(plan_to_json(plan)) == plan
    assert '"left_broken"' not in plan_to_json(attrs.evolve(plan, left_broken=()))


def test_a_run_tells_it_once_its_goal_is_reached_and_not_before() -> None:
    run = Run.of(site_plan(lost()), run_id="1", operator="o", reason="", created_at=NOW)
    commands = [each.command for each in run.plan.left_broken if each.command]
    assert Report.of(run).data()["next"] == []
    done = Report.of(attrs.evolve(run, state=RunState.COMPLETED))
    assert done.data()["next"] == commands
    assert f"Next: {commands[0]}" in done.text()


def test_next_hops_and_names_are_read_from_the_properties_that_have_them() -> None:
    def service(role: str, fqdn: Fqdn, **fields: ServiceId | Fqdn) -> Service:
        own: dict[str, Any] = {
            "identity": ServiceId(role, fqdn),
            "role": role,
            "pool_fqdn": fqdn,
            **fields,
        }
        return Service(**own)

    services = (
        service("PstnGateway", CHAT, mediation_server=ServiceId("MediationServer", P1)),
        service("TrustedApplicationPool", CHAT, registrar=ServiceId("Registrar", P2)),
        service("Registrar", P1, user_server=ServiceId("UserServer", P1)),
        service("WebServer", P1, external_fqdn=Fqdn("web.contoso.com")),
    )
    infos = tuple(PoolInfo(identity=fqdn, fqdn=fqdn) for fqdn in (CHAT, P1))
    gateway, front_end = build_pools(
        Topology(sites=(), pools=infos, computers=(), services=services), Gaps()
    )
    assert gateway.links == (
        leading("PstnGateway", "MediationServer"),
        leading("TrustedApplicationPool", to=P2),
    )
    assert (front_end.links, front_end.web_names) == ((), (Fqdn("web.contoso.com"),))
