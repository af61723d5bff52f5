"""How a person reads by hand what lyncops reads by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lyncops.plan.conditions import (
    AuthorizedGroupsAre,
    BackupServiceSteady,
    Condition,
    EdgeNextHopIs,
    HostLeadsTo,
    MediaEdgeIs,
    MirrorPrincipalIs,
    MirrorsAreSynchronized,
    PoolIsAlive,
    PoolIsHome,
    PortIsOpen,
    ReplicasUpToDate,
    RouteKind,
    ServiceNames,
    ServicesAre,
    SiteRouteIs,
    StoreHasSingleMaster,
    SyncIntervalIs,
    UnlessRefuted,
)
from lyncops.values import Fqdn, SiteName
from lyncops.views.reading import reading_of
from tests.deployments import P1

EDGE, FE = Fqdn("edge1.contoso.com"), Fqdn("fe1.contoso.com")
SRV = Fqdn("_xmpp-server._tcp.contoso.com")


@pytest.mark.parametrize(
    ("condition", "typed"),
    [
        (PoolIsHome(P1), f"Get-CsRegistrarConfiguration -Identity 'Service:Registrar:{P1}'"),
        (PoolIsAlive(P1), f"Get-CsService -PoolFqdn '{P1}'"),
        (BackupServiceSteady(P1), f"Get-CsBackupServiceStatus -PoolFqdn '{P1}'"),
        (
            MirrorPrincipalIs(P1, ("User",), on_mirror=True),
            f"Get-CsDatabaseMirrorState -PoolFqdn '{P1}'",
        ),
        (MirrorsAreSynchronized(P1, ("User",)), f"Get-CsDatabaseMirrorState -PoolFqdn '{P1}'"),
        (ServicesAre(FE), f"Get-CsWindowsService -ComputerName '{FE}'"),
        (EdgeNextHopIs(EDGE, P1), "Get-CsService -EdgeServer"),
        (MediaEdgeIs(P1, EDGE), f"Get-CsService -PoolFqdn '{P1}'"),
        (
            SiteRouteIs(SiteName("Site1"), RouteKind.SIP, None),
            "Get-CsSite -Identity 'Site1'",
        ),
        (
            StoreHasSingleMaster(),
            "Get-CsManagementStoreReplicationStatus -CentralManagementStoreStatus",
        ),
        (ReplicasUpToDate(), "Get-CsManagementStoreReplicationStatus"),
        (SyncIntervalIs(timedelta(minutes=2)), "Get-CsBackupServiceConfiguration"),
        (AuthorizedGroupsAre(("CONTOSO\\Helpdesk",)), "Get-CsBackupServiceConfiguration"),
        (UnlessRefuted(PoolIsAlive(P1)), f"Get-CsService -PoolFqdn '{P1}'"),
        (HostLeadsTo(EDGE, P1), f"Resolve-DnsName -Name '{EDGE}'"),
        (ServiceNames(SRV, EDGE, 5269), f"Resolve-DnsName -Name '{SRV}' -Type SRV"),
        (PortIsOpen(EDGE, 5061), f"Test-NetConnection -ComputerName '{EDGE}' -Port 5061"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_a_person_types(condition: Condition, typed: str) -> None:
    assert reading_of(condition) == typed
