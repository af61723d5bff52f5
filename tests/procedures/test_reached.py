from __future__ import annotations

from typing import Final

import attrs
import pytest

from lyncops.deployment.model import Deployment, EdgePool, PoolState
from lyncops.plan.procedures import (
    ConferenceRestore,
    EdgeFederationFailback,
    EdgeNextHop,
    PoolFailback,
    PoolFailover,
    Procedure,
    SiteFailback,
    XmppFailback,
    XmppFailover,
)
from lyncops.procedures import make_plan
from lyncops.procedures.reached import is_reached
from lyncops.values import Fqdn, Mode, ServiceId, SiteName
from tests.deployments import EDGE1, EDGE2, P1, P2, two_sites, with_state

AT_HOME: Final = two_sites()
EDGES_LEFT_BEHIND: Final = with_state(two_sites(active_store=P2), P1, PoolState.FAILED_OVER)
FAILED_OVER: Final = attrs.evolve(
    EDGES_LEFT_BEHIND,
    edges=tuple(EdgePool(fqdn=edge, next_hop=P2, external_sip_port=443) for edge in (EDGE1, EDGE2)),
)


def _with_xmpp(*routes: Fqdn | None) -> Deployment:
    """Both sites with these routes of XMPP."""
    assert isinstance(AT_HOME.sites, tuple)
    through = [ServiceId("EdgeServer", edge) if edge else None for edge in routes]
    sites = zip(AT_HOME.sites, through, strict=True)
    return attrs.evolve(
        AT_HOME,
        sites=tuple(attrs.evolve(site, xmpp_federation_route=route) for site, route in sites),
    )


DOMAINS: Final = ("contoso.com",)
XMPP_BACK: Final = XmppFailback(edge_pool=EDGE1, domains=DOMAINS)
XMPP_AWAY: Final = XmppFailover(edge_pool=EDGE1, domains=DOMAINS)
NO_EDGE: Final = Fqdn("edge9.contoso.com")
SITE, NOWHERE, PLANNED = SiteName("Redmond"), SiteName("Nowhere"), Mode.PLANNED
FAILOVER: Final = PoolFailover(pool=P1, mode=Mode.PLANNED)
FAILBACK: Final = PoolFailback(pool=P1, mode=Mode.PLANNED)


@pytest.mark.parametrize(
    ("procedure", "deployment", "reached"),
    [
        pytest.param(FAILOVER, AT_HOME, False, id="a failover"),
        pytest.param(FAILOVER, FAILED_OVER, True, id="failed over already"),
        pytest.param(FAILOVER, EDGES_LEFT_BEHIND, False, id="failed over by half"),
        pytest.param(FAILBACK, FAILED_OVER, False, id="a failback"),
        pytest.param(FAILBACK, AT_HOME, True, id="at home already"),
        pytest.param(EdgeNextHop(edge_pool=EDGE1, next_hop=P1), AT_HOME, True, id="that next hop"),
        pytest.param(EdgeNextHop(edge_pool=EDGE1, next_hop=P2), AT_HOME, False, id="another one"),
        pytest.param(SiteFailback(site=SITE, mode=PLANNED), AT_HOME, True, id="a site at home"),
        pytest.param(SiteFailback(site=SITE, mode=PLANNED), FAILED_OVER, False, id="a site away"),
        pytest.param(SiteFailback(site=NOWHERE, mode=PLANNED), AT_HOME, False, id="no such site"),
        pytest.param(EdgeFederationFailback(edge_pool=EDGE1), AT_HOME, True, id="federation home"),
        pytest.param(XMPP_BACK, _with_xmpp(EDGE1, EDGE1), True, id="xmpp at home"),
        pytest.param(XMPP_BACK, _with_xmpp(EDGE1, None), True, id="xmpp of one site at home"),
        pytest.param(XMPP_BACK, _with_xmpp(EDGE1, EDGE2), False, id="xmpp at home by half"),
        pytest.param(XMPP_BACK, _with_xmpp(None, None), False, id="no xmpp at all"),
        pytest.param(
            XmppFailback(edge_pool=EDGE1, domains=DOMAINS, sites=(SITE, NOWHERE)),
            _with_xmpp(EDGE1, EDGE1),
            False,
            id="xmpp of a site that is not there",
        ),
        pytest.param(XMPP_AWAY, _with_xmpp(EDGE2, EDGE2), True, id="xmpp away already"),
        pytest.param(XMPP_AWAY, _with_xmpp(EDGE1, EDGE1), False, id="xmpp to be moved"),
        pytest.param(
            XmppFailover(edge_pool=NO_EDGE, domains=DOMAINS, other_edge=EDGE2),
            _with_xmpp(EDGE2, EDGE2),
            False,
            id="xmpp of an Edge pool that is not there",
        ),
        pytest.param(ConferenceRestore(pool=P1), AT_HOME, False, id="what cannot be seen"),
    ],
)
def test_what_is_so_already_needs_nothing(
    procedure: Procedure, deployment: Deployment, *, reached: bool
) -> None:
    assert is_reached(make_plan(procedure, deployment), deployment) is reached


def test_a_local_copy_of_the_topology_proves_nothing() -> None:
    old = attrs.evolve(AT_HOME, from_local_store=True)
    assert not is_reached(make_plan(FAILBACK, old), old)
