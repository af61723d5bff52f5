"""What each condition rests on: which gap of a reading leaves it open, which does not, and what has
to be read for it.
"""

from __future__ import annotations

import attrs
import pytest

from lyncops.deployment.backup_module import EVERY_MODULE, BackupModule, ExportState, ImportState
from lyncops.deployment.gaps import (
    FEDERATION_PORT,
    FRONT_END,
    GROUPS,
    MEDIA_EDGE,
    NEXT_HOP,
    ROUTES,
    Gap,
    Part,
)
from lyncops.deployment.mirror import DatabaseMirror
from lyncops.deployment.model import Deployment, PoolState, WindowsService
from lyncops.deployment.scope import Facet, Scope
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.plan.conditions import (
    AuthorizedGroupsAre,
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
)
from lyncops.values import Fqdn, SiteName, Unread
from tests.deployments import EDGE1, P1, P2, changed, machine, two_sites, with_dead, with_store

FE1 = Fqdn("pool1-fe1.contoso.com")
CONTENT, STORE = "ConfServices.DataConf", "CentralMgmt.CMSMaster"
MIRRORED = DatabaseMirror(
    database="rtcxds",
    database_type="User",
    state_on_primary="Principal",
    state_on_mirror="Mirror",
    status_on_primary="synchronized",
    status_on_mirror="synchronized",
)
WHOLE = changed(two_sites(), P1, mirrors=(MIRRORED,))
SAID = "is 4443"

RESTS_ON: list[tuple[Condition, Part, Fqdn | None, str]] = [
    (PoolIsAlive(P1), Part.MACHINES, P1, FRONT_END),
    (BackupModuleIs(P1, CONTENT), Part.BACKUP_STATUS, P1, CONTENT),
    (BackupServiceSteady(P1), Part.BACKUP_STATUS, P1, ""),
    (MirrorPrincipalIs(P1, ("rtcxds",), on_mirror=False), Part.MIRRORS, P1, "rtcxds"),
    (MirrorsAreSynchronized(P1, ("rtcxds",)), Part.MIRRORS, P1, "rtcxds"),
    (StoreIsActiveOn(P1), Part.STORE, None, ""),
    (StoreHasSingleMaster(), Part.STORE, None, ""),
    (ReplicasUpToDate(), Part.REPLICAS, None, ""),
    (ReplicasUpToDate(only=(FE1,)), Part.REPLICAS, None, FE1),
    (EdgeNextHopIs(EDGE1, P1), Part.EDGES, EDGE1, NEXT_HOP),
    (NoEdgeLeadsTo(P1), Part.EDGES, None, NEXT_HOP),
    (MediaEdgeIs(P1, EDGE1), Part.POOLS, P1, MEDIA_EDGE),
    (SiteRouteIs(SiteName("Redmond"), RouteKind.XMPP, None), Part.SITES, None, ROUTES),
    (FederatedEdgeIs(EDGE1), Part.EDGES, None, FEDERATION_PORT),
    (AuthorizedGroupsAre(("RTCUniversalServerAdmins",)), Part.SETTINGS, None, GROUPS),
]
"""Each with the part that it rests on, of which pool, and what of it; an empty text stands
for any."""


def with_gap(part: Part, pool: Fqdn | None, item: str) -> Deployment:
    gap = Gap(part=part, what="Something", reason=SAID, pool=pool, item=item)
    return attrs.evolve(WHOLE, gaps=(gap,))


@pytest.mark.parametrize(("condition", "part", "pool", "item"), RESTS_ON)
def test_what_was_left_open_of_what_it_rests_on_leaves_it_open(
    condition: Condition, part: Part, pool: Fqdn | None, item: str
) -> None:
    before = condition.evaluate(WHOLE)
    assert before.holds is not None
    for gap_pool, gap_item in ((pool, item), (None, item), (pool, ""), (pool, item.upper())):
        truth = condition.evaluate(with_gap(part, gap_pool, gap_item))
        assert truth.holds is None
        mark = "" if before.evidence.endswith(".") else ";"
        assert truth.evidence == f"{before.evidence}{mark} Something was not understood: {SAID}"


@pytest.mark.parametrize(("condition", "part", "pool", "item"), RESTS_ON)
def test_what_was_left_open_elsewhere_changes_nothing(
    condition: Condition, part: Part, pool: Fqdn | None, item: str
) -> None:
    before = condition.evaluate(WHOLE)
    for other in Part:
        if other is not part:
            assert condition.evaluate(with_gap(other, pool, item)) == before
    if pool is not None:
        assert condition.evaluate(with_gap(part, Fqdn("other.contoso.com"), item)) == before
    if item:
        assert condition.evaluate(with_gap(part, pool, "another")) == before


@pytest.mark.parametrize(
    ("condition", "scope"),
    [
        (PoolStateIs(P1, PoolState.ACTIVE), Scope.of(Facet.POOL_STATE, pools=[P1])),
        (PoolIsHome(P1), Scope.of(Facet.POOL_STATE, pools=[P1])),
        (PoolIsAlive(P1), Scope.of(Facet.MACHINES, pools=[P1])),
        (BackupModuleIs(P1, CONTENT), Scope.of(Facet.BACKUP_STATUS, pools=[P1])),
        (
            BackupServiceSteady(P1),
            Scope.of(Facet.BACKUP_STATUS, Facet.SETTINGS, pools=[P1]),
        ),
        (MirrorPrincipalIs(P1, ("xds",), on_mirror=True), Scope.of(Facet.MIRRORS, pools=[P1])),
        (MirrorsAreSynchronized(P1, ("xds",)), Scope.of(Facet.MIRRORS, pools=[P1])),
        (ServicesAre(FE1), Scope.of(Facet.MACHINES, pools=[FE1])),
        (StoreIsActiveOn(P1), Scope.of(Facet.STORE)),
        (StoreHasSingleMaster(), Scope.of(Facet.STORE)),
        (ReplicasUpToDate(only=(FE1,)), Scope.of(Facet.REPLICAS)),
        (AuthorizedGroupsAre(("x",)), Scope.of(Facet.SETTINGS)),
        (EdgeNextHopIs(EDGE1, P1), Scope()),
    ],
)
def test_no_more_is_read_than_it_needs(condition: Condition, scope: Scope) -> None:
    assert condition.scope == scope


def test_silence_is_no_death() -> None:
    for word, holds in (
        (Says.SILENT, None),
        (Says.DENIED, None),
        (Says.UNASKED, None),
        (Says.ALIVE, None),
        (Says.DEAD, False),
    ):
        deployment = with_dead(WHOLE, P1, (Witness(Vantage.HERE, word, "it was asked"),))
        assert PoolIsAlive(P1).evaluate(deployment).holds is holds


def modules(*found: BackupModule) -> Deployment:
    return changed(WHOLE, P1, backup_modules=found)


def module(
    name: str, export: ExportState, import_: ImportState = ImportState.NORMAL
) -> BackupModule:
    return BackupModule(name=name, export=export, import_=import_)


STEADY, ERROR, IDLE = ExportState.STEADY, ExportState.ERROR, ExportState.NOT_INITIALIZED


@pytest.mark.parametrize(
    ("condition", "deployment", "holds", "evidence"),
    [
        (
            BackupModuleIs(P1, CONTENT),
            modules(module(EVERY_MODULE, STEADY)),
            True,
            f"{CONTENT} could not be distinguished",
        ),
        (
            BackupModuleIs(P1, CONTENT),
            modules(module(EVERY_MODULE, ERROR)),
            None,
            f"{CONTENT} could not be distinguished",
        ),
        (
            BackupModuleIs(P1, CONTENT),
            modules(module(EVERY_MODULE, STEADY, ImportState.ERROR)),
            None,
            "could not be distinguished",
        ),
        (
            BackupModuleIs(P1, CONTENT),
            modules(module(STORE, STEADY)),
            None,
            f"did not report {CONTENT}",
        ),
        (
            BackupModuleIs(P1, CONTENT),
            modules(module(EVERY_MODULE, ERROR), module(CONTENT, STEADY)),
            True,
            "SteadyState/NormalState",
        ),
        (
            BackupServiceSteady(P1),
            modules(module(EVERY_MODULE, IDLE)),
            None,
            "for the store's module alone that would be normal",
        ),
        (
            BackupServiceSteady(P1),
            modules(module(EVERY_MODULE, ERROR)),
            False,
            "ErrorState/NormalState",
        ),
        (
            BackupServiceSteady(P1),
            modules(module(STORE, IDLE), module(CONTENT, STEADY)),
            True,
            "every module is steady",
        ),
        (
            BackupServiceSteady(P1),
            modules(module(CONTENT, IDLE)),
            False,
            f"{CONTENT} NotInitialized/NormalState",
        ),
        (BackupServiceSteady(P1), modules(), None, "reported no module of the Backup Service"),
    ],
)
def test_overall_states_and_idle_modules(
    condition: Condition, deployment: Deployment, *, holds: bool | None, evidence: str
) -> None:
    truth = condition.evaluate(deployment)
    assert truth.holds is holds
    assert evidence in truth.evidence


BEHIND = attrs.evolve(MIRRORED, database="rtcab", status_on_mirror="")
SUSPENDED = attrs.evolve(MIRRORED, database="rtcshared", status_on_primary="suspended")
ALONE = attrs.evolve(
    MIRRORED, database="rgsdyn", state_on_mirror="DatabaseInaccessibleOrMirroringNotEnabled"
)


@pytest.mark.parametrize(
    ("databases", "holds", "evidence"),
    [
        (("rtcxds",), True, "1 database synchronised"),
        (("RTCXDS",), True, "1 database synchronised"),
        (
            ("rtcxds", "rtcab"),
            False,
            "rtcab is synchronized on the primary and silent on the mirror",
        ),
        (
            ("rtcshared",),
            False,
            "rtcshared is suspended on the primary and synchronized on the mirror",
        ),
        (("rgsdyn",), False, "rgsdyn is synchronized"),
        (("rtcxds", "lis"), None, "did not report the mirror of lis"),
    ],
)
def test_mirrors_are_synchronised_half_by_half(
    databases: tuple[str, ...], *, holds: bool | None, evidence: str
) -> None:
    deployment = changed(WHOLE, P1, mirrors=(MIRRORED, BEHIND, SUSPENDED, ALONE))
    truth = MirrorsAreSynchronized(P1, databases).evaluate(deployment)
    assert truth.holds is holds
    assert evidence in truth.evidence


def test_each_database_counts_by_itself() -> None:
    other = attrs.evolve(
        MIRRORED, database="rtcab", state_on_primary="Mirror", state_on_mirror="Principal"
    )
    deployment = changed(WHOLE, P1, mirrors=(MIRRORED, other))
    for on_mirror in (True, False):
        assert (
            MirrorPrincipalIs(P1, ("rtcxds", "rtcab"), on_mirror=on_mirror)
            .evaluate(deployment)
            .holds
            is False
        )
    truth = MirrorPrincipalIs(P1, ("rtcab",), on_mirror=True).evaluate(deployment)
    assert truth.holds is True
    assert truth.evidence == "rtcab is Mirror on the primary and Principal on the mirror"


@pytest.mark.parametrize(
    ("condition", "holds", "evidence"),
    [
        (ServicesAre(FE1, ("RTCSRV",)), True, "1 service running"),
        (ServicesAre(FE1, ("FTA",), running=False), True, "1 service stopped"),
        (ServicesAre(FE1, ("RTCSRV", "FTA")), False, "FTA is Stopped"),
        (ServicesAre(FE1, ("RTCSRV", "FTA"), running=False), False, "RTCSRV is Running"),
        (
            ServicesAre(FE1, ("RTCSRV", "MASTER")),
            None,
            "MASTER is 'Wird beendet', which is not a known status",
        ),
        (ServicesAre(FE1, ("RTCHA",)), None, "did not report RTCHA"),
        (ServicesAre(FE1), None, "MASTER is 'Wird beendet'"),
        (
            ServicesAre(Fqdn("fe9.contoso.com")),
            None,
            "the topology has no computer fe9.contoso.com",
        ),
    ],
)
def test_services_are_told_by_name_and_status(
    condition: Condition, *, holds: bool | None, evidence: str
) -> None:
    found = tuple(
        WindowsService(name=name, status=status)
        for name, status in (("RTCSRV", "Running"), ("FTA", "Stopped"), ("MASTER", "Wird beendet"))
    )
    deployment = changed(WHOLE, P1, machines=(attrs.evolve(machine(FE1), services=found),))
    truth = condition.evaluate(deployment)
    assert truth.holds is holds
    assert evidence in truth.evidence


def test_the_evidence_of_the_store_names_who_claims_it() -> None:
    truth = StoreIsActiveOn(P2).evaluate(WHOLE)
    assert truth.holds is False
    assert truth.evidence == f"active on {P1}, active master {P1}, file transfer agents {P1}"
    copies = WHOLE.central_management.copies
    assert isinstance(copies, tuple)
    none = with_store(
        WHOLE, copies=tuple(attrs.evolve(copy, active=False) for copy in copies), active_master=None
    )
    truth = StoreIsActiveOn(P1).evaluate(none)
    assert "active on no pool, active master none" in truth.evidence
    assert "a known bad end of a store failover" in truth.evidence


def test_a_next_hop_that_the_topology_does_not_know_is_known_by_its_name() -> None:
    gone = Fqdn("gone.contoso.com")
    assert not isinstance(WHOLE.edges, Unread)
    deployment = attrs.evolve(
        WHOLE, edges=tuple(attrs.evolve(edge, next_hop=gone) for edge in WHOLE.edges)
    )
    assert EdgeNextHopIs(EDGE1, gone).evaluate(deployment).holds is True
    assert EdgeNextHopIs(EDGE1, P1).evaluate(deployment).holds is False
    assert NoEdgeLeadsTo(gone).evaluate(deployment).holds is False
