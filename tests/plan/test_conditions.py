from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.central_management import Replica, StoreCopy
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, EdgePool, PoolState
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.trials import Deed, Trial
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.plan.conditions import (
    BackupModuleIs,
    BackupServiceSteady,
    Condition,
    EdgeNextHopIs,
    FederatedEdgeIs,
    MediaEdgeIs,
    MirrorPrincipalIs,
    MirrorsAreSynchronized,
    NoEdgeLeadsTo,
    PoolIsAlive,
    PoolIsHome,
    PoolStateIs,
    ReplicasUpToDate,
    RouteKind,
    ServicesAre,
    SiteRouteIs,
    StoreHasSingleMaster,
    StoreIsActiveOn,
    SyncIntervalIs,
    UnlessRefuted,
    UserCan,
    all_hold,
    scope_of,
)
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread
from tests.deployments import (
    EDGE1,
    EDGE2,
    P1,
    P2,
    changed,
    machine,
    media,
    silent,
    two_sites,
    with_dead,
    with_state,
    with_store,
)

HEALTHY = two_sites()
FE1 = Fqdn("pool1-fe1.contoso.com")
NOWHERE = Fqdn("pool9.contoso.com")
SEEN_ALIVE = Witness(Vantage.HERE, Says.ALIVE, "port 443 answers")
GAP = Unread("it", "no answer")
CONTENT = "ConfServices.DataConf"
MIRRORED = DatabaseMirror(
    database="rtcxds",
    database_type="User",
    state_on_primary="Principal",
    state_on_mirror="Mirror",
    status_on_primary="synchronized",
    status_on_mirror="synchronized",
)


def module(
    name: str, export: ExportState | str, import_: ImportState = ImportState.NORMAL
) -> BackupModule:
    return BackupModule(name=name, export=export, import_=import_)


def copies(
    *, p1: bool | Unread, p2: bool | Unread, third: bool | Unread = False
) -> tuple[StoreCopy, ...]:
    claims = ((P1, p1), (P2, p2), (NOWHERE, third))
    return tuple(
        StoreCopy(pool=pool, active=active, version=LyncVersion.V2013) for pool, active in claims
    )


def replicas(**up_to_date: bool) -> Deployment:
    found = tuple(
        Replica(computer=Fqdn(f"{name}.contoso.com"), up_to_date=good)
        for name, good in up_to_date.items()
    )
    return with_store(HEALTHY, replicas=found)


CASES: list[tuple[Condition, Deployment, bool | None]] = [
    (PoolStateIs(P1, PoolState.ACTIVE), HEALTHY, True),
    (PoolStateIs(P1, PoolState.FAILED_OVER), HEALTHY, False),
    (PoolStateIs(P1, PoolState.FAILED_OVER), with_state(HEALTHY, P1, PoolState.FAILED_OVER), True),
    (PoolStateIs(P1, PoolState.ACTIVE), changed(HEALTHY, P1, state=GAP), None),
    (PoolStateIs(NOWHERE, PoolState.ACTIVE), HEALTHY, None),
    (PoolStateIs(P1, PoolState.ACTIVE), attrs.evolve(HEALTHY, pools=GAP), None),
    (PoolIsHome(P1), with_state(HEALTHY, P1, PoolState.FAILED_BACK), True),
    (PoolIsHome(P1), with_state(HEALTHY, P1, PoolState.FAILING_OVER), False),
    (PoolIsHome(P1), changed(HEALTHY, P1, state=GAP), None),
    (PoolIsAlive(P1), HEALTHY, True),
    (PoolIsAlive(P1), with_dead(HEALTHY, P1), False),
    (PoolIsAlive(NOWHERE), HEALTHY, None),
    (BackupModuleIs(P1, CONTENT), HEALTHY, True),
    (BackupModuleIs(P1, "confservices.dataconf"), HEALTHY, True),
    (
        BackupModuleIs(P1, CONTENT),
        changed(HEALTHY, P1, backup_modules=(module(CONTENT, ExportState.NON_STEADY),)),
        False,
    ),
    (
        BackupModuleIs(P1, CONTENT),
        changed(HEALTHY, P1, backup_modules=(module(CONTENT, "Curious"),)),
        False,
    ),
    (
        BackupModuleIs(P1, CONTENT, (ExportState.FINAL,)),
        changed(HEALTHY, P1, backup_modules=(module(CONTENT, ExportState.STEADY),)),
        False,
    ),
    (
        BackupModuleIs(P1, CONTENT),
        changed(
            HEALTHY, P1, backup_modules=(module(CONTENT, ExportState.STEADY, ImportState.ERROR),)
        ),
        False,
    ),
    (BackupModuleIs(P1, "ApplicationServer.RGSDataStore"), HEALTHY, None),
    (BackupModuleIs(P1, CONTENT), changed(HEALTHY, P1, backup_modules=GAP), None),
    (BackupServiceSteady(P1), HEALTHY, True),
    (BackupServiceSteady(P2), HEALTHY, True),
    (
        BackupServiceSteady(P1),
        changed(HEALTHY, P1, backup_modules=(module(CONTENT, ExportState.NOT_INITIALIZED),)),
        False,
    ),
    (BackupServiceSteady(P1), changed(HEALTHY, P1, backup_modules=()), None),
    (
        MirrorPrincipalIs(P1, ("rtcxds",), on_mirror=False),
        changed(HEALTHY, P1, mirrors=(MIRRORED,)),
        True,
    ),
    (
        MirrorPrincipalIs(P1, ("RTCXDS",), on_mirror=True),
        changed(HEALTHY, P1, mirrors=(MIRRORED,)),
        False,
    ),
    (
        MirrorPrincipalIs(P1, ("rtcxds", "rtcab"), on_mirror=False),
        changed(HEALTHY, P1, mirrors=(MIRRORED,)),
        None,
    ),
    (MirrorPrincipalIs(P1, ("rtcxds",), on_mirror=False), changed(HEALTHY, P1, mirrors=GAP), None),
    (MirrorPrincipalIs(NOWHERE, ("rtcxds",), on_mirror=False), HEALTHY, None),
    (PoolIsAlive(P1), changed(HEALTHY, P1, machines=(silent(FE1),)), None),
    (PoolIsAlive(P1), changed(HEALTHY, P1, machines=(machine(FE1, up=False),)), False),
    (ServicesAre(FE1), HEALTHY, True),
    (ServicesAre(FE1, ("RTCSRV",), running=False), HEALTHY, False),
    (ServicesAre(FE1, ("rtcsrv", "NOSUCH")), HEALTHY, None),
    (ServicesAre(NOWHERE), HEALTHY, None),
    (ServicesAre(FE1), changed(HEALTHY, P1, machines=(silent(FE1),)), None),
    (ServicesAre(FE1), attrs.evolve(HEALTHY, pools=GAP), None),
    (StoreIsActiveOn(P1), HEALTHY, True),
    (StoreIsActiveOn(P2), HEALTHY, False),
    (
        StoreIsActiveOn(P1),
        with_store(HEALTHY, active_master=FE1, file_transfer_agents=(FE1,)),
        True,
    ),
    (StoreIsActiveOn(P1), with_store(HEALTHY, active_master=None, file_transfer_agents=()), False),
    (StoreIsActiveOn(P1), with_store(HEALTHY, file_transfer_agents=()), False),
    (StoreIsActiveOn(P1), with_store(HEALTHY, file_transfer_agents=(P1, P2)), False),
    (StoreIsActiveOn(P1), with_store(HEALTHY, copies=copies(p1=True, p2=True)), False),
    (StoreIsActiveOn(P1), with_store(HEALTHY, copies=copies(p1=False, p2=False)), False),
    (StoreIsActiveOn(P1), with_store(HEALTHY, copies=copies(p1=True, p2=GAP)), None),
    (StoreIsActiveOn(P1), with_store(HEALTHY, copies=GAP), None),
    (StoreIsActiveOn(P1), with_store(HEALTHY, active_master=GAP), None),
    (StoreIsActiveOn(P1), with_store(HEALTHY, file_transfer_agents=GAP), None),
    (StoreHasSingleMaster(), HEALTHY, True),
    (StoreHasSingleMaster(), two_sites(active_store=P2), True),
    (StoreHasSingleMaster(), with_store(HEALTHY, active_master=P2), False),
    (StoreHasSingleMaster(), with_store(HEALTHY, copies=copies(p1=True, p2=True)), False),
    (
        StoreHasSingleMaster(),
        with_store(HEALTHY, copies=copies(p1=True, p2=True, third=GAP)),
        False,
    ),
    (
        StoreHasSingleMaster(),
        with_store(HEALTHY, copies=copies(p1=True, p2=False, third=GAP)),
        True,
    ),
    (StoreHasSingleMaster(), with_store(HEALTHY, file_transfer_agents=(P2,)), True),
    (
        StoreHasSingleMaster(),
        with_store(HEALTHY, active_master=GAP, copies=copies(p1=True, p2=GAP)),
        None,
    ),
    (UnlessRefuted(StoreHasSingleMaster()), with_store(HEALTHY, copies=GAP), True),
    (UnlessRefuted(StoreHasSingleMaster()), with_store(HEALTHY, active_master=P2), False),
    (PoolIsAlive(P1), with_dead(HEALTHY, P1, (SEEN_ALIVE,)), None),
    (StoreHasSingleMaster(), with_store(HEALTHY, copies=copies(p1=False, p2=False)), False),
    (StoreHasSingleMaster(), with_store(HEALTHY, copies=copies(p1=False, p2=GAP)), None),
    (StoreHasSingleMaster(), with_store(HEALTHY, copies=GAP), None),
    (ReplicasUpToDate(), HEALTHY, True),
    (ReplicasUpToDate(), replicas(a=True, b=False), False),
    (ReplicasUpToDate(ignoring=(Fqdn("b.contoso.com"),)), replicas(a=True, b=False), True),
    (ReplicasUpToDate(only=(Fqdn("a.contoso.com"),)), replicas(a=True, b=False), True),
    (ReplicasUpToDate(only=(Fqdn("c.contoso.com"),)), replicas(a=True), None),
    (
        ReplicasUpToDate(only=(Fqdn("a.contoso.com"), Fqdn("c.contoso.com"))),
        replicas(a=True),
        None,
    ),
    (ReplicasUpToDate(), replicas(), None),
    (ReplicasUpToDate(), with_store(HEALTHY, replicas=GAP), None),
    (EdgeNextHopIs(EDGE1, P1), HEALTHY, True),
    (EdgeNextHopIs(EDGE1, P2), HEALTHY, False),
    (EdgeNextHopIs(NOWHERE, P2), HEALTHY, None),
    (EdgeNextHopIs(EDGE1, P1), attrs.evolve(HEALTHY, edges=GAP), None),
    (
        EdgeNextHopIs(EDGE1, P1),
        attrs.evolve(HEALTHY, edges=(EdgePool(fqdn=EDGE1, next_hop=FE1),)),
        True,
    ),
    (
        EdgeNextHopIs(EDGE1, P1),
        attrs.evolve(HEALTHY, edges=(EdgePool(fqdn=EDGE1, next_hop=None),)),
        False,
    ),
    (NoEdgeLeadsTo(P1), HEALTHY, False),
    (NoEdgeLeadsTo(P1), attrs.evolve(HEALTHY, edges=(EdgePool(fqdn=EDGE1, next_hop=P2),)), True),
    (NoEdgeLeadsTo(P1), attrs.evolve(HEALTHY, edges=GAP), None),
    (MediaEdgeIs(P1, EDGE1), changed(HEALTHY, P1, media_edges=media(EDGE1, EDGE1)), True),
    (MediaEdgeIs(P1, EDGE1), changed(HEALTHY, P1, media_edges=media(EDGE1, EDGE2)), False),
    (
        MediaEdgeIs(P1, EDGE1, "Registrar"),
        changed(HEALTHY, P1, media_edges=media(EDGE1, EDGE2)),
        True,
    ),
    (
        MediaEdgeIs(P1, EDGE1, "MediationServer"),
        changed(HEALTHY, P1, media_edges=media(EDGE1, EDGE2)),
        False,
    ),
    (MediaEdgeIs(P1, EDGE1), HEALTHY, False),
    (MediaEdgeIs(NOWHERE, EDGE1), HEALTHY, None),
    (SiteRouteIs(SiteName("site:redmond"), RouteKind.SIP, ServiceId("Edge", EDGE1)), HEALTHY, True),
    (SiteRouteIs(SiteName("Redmond"), RouteKind.XMPP, None), HEALTHY, True),
    (
        SiteRouteIs(SiteName("Dublin"), RouteKind.SIP, ServiceId("EdgeServer", EDGE1)),
        HEALTHY,
        False,
    ),
    (SiteRouteIs(SiteName("Paris"), RouteKind.SIP, None), HEALTHY, None),
    (SiteRouteIs(SiteName("Paris"), RouteKind.SIP, None), attrs.evolve(HEALTHY, sites=GAP), None),
    (FederatedEdgeIs(EDGE1), HEALTHY, True),
    (FederatedEdgeIs(EDGE2), HEALTHY, False),
    (FederatedEdgeIs(EDGE1), attrs.evolve(HEALTHY, edges=GAP), None),
    (SyncIntervalIs(timedelta(minutes=2)), HEALTHY, True),
    (SyncIntervalIs(timedelta(minutes=3)), HEALTHY, False),
    (SyncIntervalIs(timedelta(minutes=2)), attrs.evolve(HEALTHY, backup_service=GAP), None),
]


@pytest.mark.parametrize(("condition", "deployment", "expected"), CASES)
def test_a_condition_is_true_false_or_unknown_and_says_what_was_seen(
    condition: Condition, deployment: Deployment, *, expected: bool | None
) -> None:
    truth = condition.evaluate(deployment)
    assert truth.holds is expected
    assert truth.evidence


def test_media_edges_are_told_with_the_service_or_that_none_was_seen() -> None:
    deployment = changed(HEALTHY, P1, media_edges=media(EDGE1, EDGE2))
    told = MediaEdgeIs(P1, EDGE1).evaluate(deployment).evidence
    assert told == f"ConferencingServer:{P1} with {EDGE2}"
    absent = MediaEdgeIs(P1, EDGE1, "MediationServer").evaluate(deployment).evidence
    assert absent == f"no MediationServer of {P1} was seen that uses an Edge pool"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (PoolStateIs(P1, PoolState.FAILED_OVER), "pool1.contoso.com is FailedOver"),
        (PoolIsHome(P1), "pool1.contoso.com serves its own users"),
        (PoolIsAlive(P1), "pool1.contoso.com is alive"),
        (
            BackupModuleIs(P1, CONTENT),
            "ConfServices.DataConf of pool1.contoso.com is in FinalState or SteadyState",
        ),
        (BackupServiceSteady(P1), "the Backup Service of pool1.contoso.com is steady"),
        (
            MirrorPrincipalIs(P1, ("xds", "lis"), on_mirror=True),
            "the principal of xds and lis of pool1.contoso.com is the mirror",
        ),
        (ServicesAre(FE1, ("RTCSRV",)), "RTCSRV on pool1-fe1.contoso.com runs"),
        (ServicesAre(FE1, running=False), "the services on pool1-fe1.contoso.com are stopped"),
        (StoreIsActiveOn(P2), "the Central Management store is active on pool2.contoso.com alone"),
        (StoreHasSingleMaster(), "the Central Management store is active on exactly one pool"),
        (
            ReplicasUpToDate(ignoring=(FE1,)),
            "all replicas are up to date (but for pool1-fe1.contoso.com)",
        ),
        (ReplicasUpToDate(only=(FE1,)), "the replica of pool1-fe1.contoso.com is up to date"),
        (EdgeNextHopIs(EDGE1, P2), "the next hop of edge1.contoso.com is pool2.contoso.com"),
        (NoEdgeLeadsTo(P1), "no Edge pool has pool1.contoso.com as its next hop"),
        (MediaEdgeIs(P1, EDGE1), "pool1.contoso.com uses edge1.contoso.com for media"),
        (
            SiteRouteIs(SiteName("Redmond"), RouteKind.XMPP, None),
            "XmppFederationRoute of site Redmond is not set",
        ),
        (FederatedEdgeIs(EDGE1), "edge1.contoso.com is the one Edge pool with federation"),
        (
            UnlessRefuted(PoolIsHome(P1)),
            "pool1.contoso.com serves its own users, as far as that can be read",
        ),
        (SyncIntervalIs(timedelta(minutes=2)), "the sync interval is 2 minutes"),
        (
            MirrorsAreSynchronized(P1, ("xds", "lis")),
            "the mirrors of xds and lis of pool1.contoso.com are synchronised",
        ),
        (
            UserCan(Deed.SIGN_IN, P1, ("sip:a@contoso.com",)),
            str(Trial(Deed.SIGN_IN, P1, ("sip:a@contoso.com",))),
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: Condition, words: str) -> None:
    assert str(condition) == words


def test_sentences_and_phrases_are_joined_without_a_stop_and_a_semicolon() -> None:
    seen = all_hold([PoolIsAlive(P1), PoolIsHome(P1), PoolIsAlive(P2)], HEALTHY).evidence
    assert seen.count("run. ") == 1
    assert ".;" not in seen


def test_together_they_are_false_as_soon_as_one_is_and_unknown_only_without_a_false_one() -> None:
    true, false, unknown = PoolIsAlive(P1), PoolIsAlive(P2), PoolIsAlive(NOWHERE)
    deployment = with_dead(HEALTHY, P2)
    assert all_hold((true, unknown, false), deployment).holds is False
    assert all_hold((true, unknown), deployment).holds is None
    assert all_hold((true, true), deployment).holds is True
    assert all_hold((), deployment).holds is True


def test_the_scope_of_several_keeps_to_the_pools_that_they_name() -> None:
    both = scope_of(
        (
            PoolIsHome(P1),
            PoolIsHome(P2),
            StoreHasSingleMaster(),
            NoEdgeLeadsTo(P1),
            ReplicasUpToDate(),
        )
    )
    assert both == Scope.of(Facet.POOL_STATE, Facet.STORE, Facet.REPLICAS, pools=(P1, P2))
    assert scope_of((PoolIsHome(P1), ServicesAre(FE1))).pools == {P1, FE1}
    assert scope_of(()) == Scope()


@pytest.mark.parametrize(
    ("condition", "facets"),
    [
        (PoolIsAlive(P1), {Facet.MACHINES}),
        (UnlessRefuted(PoolIsAlive(P1)), {Facet.MACHINES}),
        (BackupModuleIs(P1, CONTENT), {Facet.BACKUP_STATUS}),
        (BackupServiceSteady(P1), {Facet.BACKUP_STATUS, Facet.SETTINGS}),
        (MirrorPrincipalIs(P1, ("xds",), on_mirror=True), {Facet.MIRRORS}),
        (PoolStateIs(P1, PoolState.ACTIVE), {Facet.POOL_STATE}),
        (SyncIntervalIs(timedelta(minutes=1)), {Facet.SETTINGS}),
        (StoreIsActiveOn(P1), {Facet.STORE}),
        (EdgeNextHopIs(EDGE1, P1), set[Facet]()),
        (MediaEdgeIs(P1, EDGE1), set[Facet]()),
        (SiteRouteIs(SiteName("x"), RouteKind.SIP, None), set[Facet]()),
        (FederatedEdgeIs(EDGE1), set[Facet]()),
    ],
)
def test_a_condition_says_what_must_be_read(condition: Condition, facets: set[Facet]) -> None:
    assert condition.scope.facets == facets
