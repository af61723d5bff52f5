"""Plans to save: one with every kind of step, condition and place, and those that procedures make
of invented deployments.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, cast

from hypothesis import strategies as st

from lyncops.checks.result import CheckResult, Verdict
from lyncops.cmdlets import BackupModule, InvokeCsPoolFailOver, MirrorRole, StopCsWindowsService
from lyncops.deployment.backup_module import ExportState
from lyncops.deployment.model import PoolState
from lyncops.plan.conditions import (
    AuthorizedGroupsAre,
    BackupModuleIs,
    BackupServiceSteady,
    Condition,
    EdgeNextHopIs,
    FederatedEdgeIs,
    HostLeadsTo,
    MediaEdgeIs,
    MirrorPrincipalIs,
    MirrorsAreSynchronized,
    NoEdgeLeadsTo,
    PoolIsAlive,
    PoolIsHome,
    PoolStateIs,
    PortIsOpen,
    ReplicasUpToDate,
    RouteKind,
    ServiceNames,
    ServicesAre,
    SiteRouteIs,
    StoreHasSingleMaster,
    StoreIsActiveOn,
    SyncIntervalIs,
)
from lyncops.plan.model import CmdletStep, ManualStep, Mode, Plan, WaitStep
from lyncops.plan.procedures import (
    PROCEDURES,
    EdgeAssociation,
    EdgeNextHop,
    MovesSite,
    PoolFailover,
)
from lyncops.procedures import make_plan
from lyncops.values import Anywhere, Fqdn, LyncVersion, OnMachine, OnPool, ServiceId, SiteName
from tests.deployments import EDGE1, EDGE2, NOW, P1, P2, deployments

FE: Final = Fqdn("pool1-fe1.contoso.com")
EVERY_CONDITION: Final[tuple[Condition, ...]] = (
    AuthorizedGroupsAre(("RTCUniversalServerAdmins",)),
    BackupModuleIs(P1, "ConfServices.DataConf", (ExportState.FINAL,)),
    BackupServiceSteady(P1),
    EdgeNextHopIs(EDGE1, P1),
    FederatedEdgeIs(EDGE1),
    HostLeadsTo(Fqdn("xmpp.contoso.com"), EDGE1),
    MediaEdgeIs(P1, EDGE1),
    MirrorPrincipalIs(P1, ("xds", "lis"), on_mirror=True),
    MirrorsAreSynchronized(P1, ("xds", "lis")),
    NoEdgeLeadsTo(P1),
    PoolIsAlive(P1),
    PoolIsHome(P1),
    PoolStateIs(P1, PoolState.FAILED_OVER),
    PortIsOpen(Fqdn("xmpp.contoso.com"), 5269),
    ReplicasUpToDate(ignoring=(FE,), only=(EDGE1,)),
    ServiceNames(Fqdn("_xmpp-server._tcp.contoso.com"), Fqdn("xmpp.contoso.com"), 5269),
    ServicesAre(FE, ("RTCSRV",), running=False),
    SiteRouteIs(SiteName("Redmond"), RouteKind.XMPP, ServiceId("EdgeServer", EDGE1)),
    SiteRouteIs(SiteName("Redmond"), RouteKind.SIP, None),
    StoreHasSingleMaster(),
    StoreIsActiveOn(P1),
    SyncIntervalIs(timedelta(minutes=2)),
)


def full_plan() -> Plan:
    return Plan(
        procedure=PoolFailover(pool=P1, mode=Mode.DISASTER),
        deployment="contoso",
        version=LyncVersion.V2013,
        created_at=NOW,
        lock=(P1, P2),
        checks=(
            CheckResult(
                check_id="pool-exists",
                question="Is it there?",
                verdict=Verdict.PASSED,
                evidence="It is.",
            ),
        ),
        steps=(
            CmdletStep(
                step_id="one",
                title="Move",
                why="Since",
                sources=(),
                cmdlet=InvokeCsPoolFailOver(
                    pool_fqdn=P1, disaster_mode=True, wait_time=timedelta(seconds=90)
                ),
                place=Anywhere(prefer=P2, avoid=P1),
                before=EVERY_CONDITION,
                after=(PoolIsHome(P2),),
            ),
            CmdletStep(
                step_id="two",
                title="Stop",
                why="Since",
                sources=(),
                cmdlet=StopCsWindowsService(name="RTCXMPPTGW"),
                place=OnMachine(FE),
                optional=True,
            ),
            CmdletStep(
                step_id="three",
                title="Stop",
                why="Since",
                sources=(),
                cmdlet=StopCsWindowsService(),
                place=OnPool(P2),
                estimate=timedelta(minutes=1),
            ),
            WaitStep(
                step_id="four",
                title="Wait",
                why="Since",
                sources=(),
                until=EVERY_CONDITION[:2],
                deadline=timedelta(minutes=3),
                estimate=timedelta(minutes=2),
            ),
            ManualStep(
                step_id="five",
                title="Change DNS",
                why="Since",
                sources=(),
                instructions=("Do it.", "Look."),
                where="DNS",
                how_to_see="nslookup",
                after=EVERY_CONDITION[-1:],
            ),
        ),
        goal=EVERY_CONDITION[:3],
        expected_loss="None",
        notes=("A note with \N{EN DASH} a dash",),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """What a procedure makes of an invented deployment, refused or not."""
    kind = PROCEDURES[draw(st.sampled_from(sorted(PROCEDURES)))]
    known = {option.field: option for option in kind.options()}
    places = ["Redmond", "Dublin", "Nowhere"]
    pools = [P1, P2, EDGE1, "lonely.contoso.com", "nowhere.contoso.com"]
    target = st.sampled_from(places if issubclass(kind, MovesSite) else pools)
    next_hop = st.sampled_from([P1, P2])
    values: dict[str, st.SearchStrategy[object]] = {
        "mode": st.sampled_from(kind.MODES) if kind.MODES else st.none(),
        "accept_data_loss": st.booleans(),
        "next_hop": next_hop if kind is EdgeNextHop else st.none() | next_hop,
        "other_edge": st.just(EDGE2),
        "domains": st.just((Fqdn("contoso.com"),)),
        "sync_interval": st.timedeltas(timedelta(seconds=5), timedelta(hours=3)),
        "modules": st.lists(st.sampled_from(BackupModule), max_size=2),
        "principal": st.none() | st.sampled_from(MirrorRole),
    }
    if kind is EdgeAssociation:
        values["edge_pool"] = st.just(EDGE2)
    given = {name: draw(value) for name, value in values.items() if name in known}
    named = {name: draw(target) for name, option in known.items() if option.asked.is_target}
    return make_plan(kind(**cast("dict[str, Any]", {**given, **named})), draw(deployments()))
