"""Invented deployments: small builders for tables of cases, and hypothesis strategies for thousands
of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

import attrs
from hypothesis import strategies as st

from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.deployment.central_management import CentralManagement, Replica, StoreCopy
from lyncops.deployment.model import (
    BackupServiceSettings,
    Deployment,
    EdgePool,
    Machine,
    MediaEdge,
    Pool,
    PoolKind,
    PoolState,
    Site,
    WindowsService,
)
from lyncops.deployment.witnesses import Says, Vantage, Witness
from lyncops.values import Fqdn, LyncVersion, ServiceId, SiteName, Unread

T = TypeVar("T")
NOW: Final = datetime(2014, 6, 1, 3, 0, tzinfo=UTC)
P1: Final = Fqdn("pool1.contoso.com")
P2: Final = Fqdn("pool2.contoso.com")
EDGE1: Final = Fqdn("edge1.contoso.com")
EDGE2: Final = Fqdn("edge2.contoso.com")
FRONT_END_SERVICES: Final = ("W3SVC", "REPLICA", "RTCSRV", "RTCDATAMCU", "LYNCBACKUP")
NO_ANSWER: Final = "the RPC server is unavailable"
BOTH_SAY_DEAD: Final = (
    Witness(Vantage.SERVER, Says.DEAD, "pool2-fe1.contoso.com says: the RPC server is unavailable"),
    Witness(
        Vantage.HERE, Says.DEAD, "no answer at ports 443; pool2-fe1.contoso.com answers at 443"
    ),
)
STEADY: Final = (
    BackupModule(
        name="UserServices.PresenceFocus", export=ExportState.STEADY, import_=ImportState.NORMAL
    ),
    BackupModule(
        name="ConfServices.DataConf", export=ExportState.FINAL, import_=ImportState.NORMAL
    ),
)


def machine(fqdn: str, *, services: Iterable[str] = FRONT_END_SERVICES, up: bool = True) -> Machine:
    status = "Running" if up else "Stopped"
    return Machine(
        fqdn=Fqdn(fqdn),
        services=tuple(WindowsService(name=name, status=status) for name in services),
    )


def silent(fqdn: str, *witnesses: Witness) -> Machine:
    """A machine that does not answer, and is dead by all witnesses unless others are given."""
    return Machine(
        fqdn=Fqdn(fqdn),
        services=Unread(f"the services of {fqdn}", NO_ANSWER),
        witnesses=witnesses or BOTH_SAY_DEAD,
    )


def cms_module(export: ExportState) -> BackupModule:
    return BackupModule(name="CentralMgmt.CMSMaster", export=export, import_=ImportState.NORMAL)


def front_end_pool(
    fqdn: Fqdn,
    *,
    partner: Fqdn | None,
    site: str,
    kind: PoolKind = PoolKind.ENTERPRISE,
    size: int = 3,
    version: LyncVersion = LyncVersion.V2013,
    state: PoolState = PoolState.ACTIVE,
) -> Pool:
    host, _, domain = fqdn.partition(".")
    standard = kind is PoolKind.STANDARD
    names = [fqdn] if standard else [f"{host}-fe{number}.{domain}" for number in range(1, size + 1)]
    return Pool(
        fqdn=fqdn,
        kind=kind,
        site=SiteName(site),
        version=version,
        machines=tuple(machine(name) for name in names),
        services=(ServiceId("Registrar", fqdn), ServiceId("UserServer", fqdn)),
        backup_pool=partner,
        state=state,
        backup_modules=STEADY,
        users=Unread(f"the users of {fqdn}", "not counted", asked=False),
        sql_server=fqdn if standard else Fqdn(f"{host}-sql.{domain}"),
        sql_instance="rtc",
    )


def edge_pool(fqdn: Fqdn, *, site: str) -> Pool:
    host, _, domain = fqdn.partition(".")
    return Pool(
        fqdn=fqdn,
        kind=PoolKind.EDGE,
        site=SiteName(site),
        version=LyncVersion.V2013,
        machines=(
            machine(f"{host}-a.{domain}", services=("W3SVC", "REPLICA", "RTCSRV", "RTCMRAUTH")),
        ),
        services=(ServiceId("EdgeServer", fqdn),),
    )


def store(
    pools: Iterable[Pool], *, active: Fqdn = P1, copies: Mapping[Fqdn, bool] | None = None
) -> CentralManagement:
    """A healthy store whose active copy is on `active`; every machine of `pools` has a replica that
    is up to date.
    """
    flags = copies if copies is not None else {P1: active == P1, P2: active == P2}
    machines = [m.fqdn for pool in pools for m in pool.machines]
    recent = NOW - timedelta(minutes=2)
    return CentralManagement(
        copies=tuple(
            StoreCopy(pool=pool, active=flag, version=LyncVersion.V2013, sql_instance="rtc")
            for pool, flag in flags.items()
        ),
        active_master=active,
        file_transfer_agents=(active,),
        replicas=tuple(
            Replica(
                computer=fqdn,
                up_to_date=True,
                last_status_report=recent,
                last_update_creation=recent,
                product_version="5.0.8308.0",
            )
            for fqdn in machines
        ),
    )


def two_sites(
    *, kind: PoolKind = PoolKind.ENTERPRISE, size: int = 3, active_store: Fqdn = P1
) -> Deployment:
    """A healthy pair in two sites, an Edge pool in each with its next hop on the same site's pool,
    the store on `active_store`.
    """
    first = front_end_pool(P1, partner=P2, site="Redmond", kind=kind, size=size)
    second = front_end_pool(P2, partner=P1, site="Dublin", kind=kind, size=size)
    pools = (with_cms_module(first, active_store), with_cms_module(second, active_store))
    edges = (edge_pool(EDGE1, site="Redmond"), edge_pool(EDGE2, site="Dublin"))
    return Deployment(
        name="contoso",
        version=LyncVersion.V2013,
        read_at=NOW,
        read_through="https://pool2-fe1.contoso.com/OcsPowershell",
        sites=(
            Site(name=SiteName("Redmond"), federation_route=ServiceId("EdgeServer", EDGE1)),
            Site(name=SiteName("Dublin")),
        ),
        pools=(*pools, *edges),
        edges=(
            EdgePool(fqdn=EDGE1, next_hop=P1, external_sip_port=5061),
            EdgePool(fqdn=EDGE2, next_hop=P2, external_sip_port=443),
        ),
        central_management=store((*pools, *edges), active=active_store),
        backup_service=BackupServiceSettings(sync_interval=timedelta(minutes=2)),
        rights=Unread("the operator's rights", "the endpoint does not say"),
    )


def with_cms_module(pool: Pool, active_store: Fqdn) -> Pool:
    export = ExportState.STEADY if pool.fqdn == active_store else ExportState.NOT_INITIALIZED
    return attrs.evolve(pool, backup_modules=(*STEADY, cms_module(export)))


def _replaced(thing: T, changes: Mapping[str, object]) -> T:
    return cast("T", attrs.evolve(cast("Any", thing), **changes))


def changed(deployment: Deployment, fqdn: Fqdn, **changes: object) -> Deployment:
    """The deployment with fields of one pool replaced."""
    pools = cast("tuple[Pool, ...]", deployment.pools)
    return attrs.evolve(
        deployment, pools=tuple(_replaced(p, changes) if p.fqdn == fqdn else p for p in pools)
    )


def with_store(deployment: Deployment, **changes: object) -> Deployment:
    """The deployment with fields of its Central Management store replaced."""
    return attrs.evolve(
        deployment, central_management=_replaced(deployment.central_management, changes)
    )


def with_dead(
    deployment: Deployment, fqdn: Fqdn, witnesses: tuple[Witness, ...] = ()
) -> Deployment:
    """The deployment as a survivor reads it when every machine of the pool is gone, and the store
    with it if it was there.
    """
    pool = deployment.pool(fqdn)
    assert pool is not None
    modules = Unread(f"the Backup Service status of {fqdn}", NO_ANSWER)
    result = changed(
        deployment,
        fqdn,
        machines=tuple(silent(m.fqdn, *witnesses) for m in pool.machines),
        backup_modules=modules,
    )
    master = deployment.central_management.active_master
    if isinstance(master, Fqdn) and deployment.pool_of(master) == pool:
        result = with_store(
            attrs.evolve(result, from_local_store=True),
            active_master=None,
            file_transfer_agents=(),
            replicas=Unread("the replicas", "the Central Management store is not available"),
        )
    return result


def media(registrar: Fqdn | None, conferencing: Fqdn | None = None) -> tuple[MediaEdge, ...]:
    """What two services of P1 use for media."""
    found = (("Registrar", registrar), ("ConferencingServer", conferencing))
    return tuple(MediaEdge(ServiceId(role, P1), edge) for role, edge in found)


def with_state(deployment: Deployment, fqdn: Fqdn, state: PoolState) -> Deployment:
    return changed(deployment, fqdn, state=state)


_MODULE_STATES = st.sampled_from(list(ExportState))
_VERSIONS = st.sampled_from([LyncVersion.V2013, LyncVersion.V2015, LyncVersion.V2019])


@st.composite
def _machines(draw: st.DrawFn, fqdn: Fqdn, kind: PoolKind) -> tuple[Machine, ...]:
    host, _, domain = fqdn.partition(".")
    size = 1 if kind is PoolKind.STANDARD else draw(st.integers(1, 6))
    names = (
        [fqdn]
        if kind is PoolKind.STANDARD
        else [f"{host}-fe{number}.{domain}" for number in range(1, size + 1)]
    )
    whole = draw(st.sampled_from(["up", "up", "silent", "mixed"]))
    states = [
        draw(st.sampled_from(["up", "down", "silent"])) if whole == "mixed" else whole
        for _ in names
    ]
    return tuple(
        silent(name) if state == "silent" else machine(name, up=state == "up")
        for name, state in zip(names, states, strict=True)
    )


@st.composite
def pools_of_a_pair(draw: st.DrawFn, first: Fqdn, second: Fqdn) -> tuple[Pool, Pool]:
    """Two pools that back each other up, in any health and any state; never both failed over, as
    Lync itself prevents.
    """
    kind, version = draw(st.sampled_from([PoolKind.ENTERPRISE, PoolKind.STANDARD])), draw(_VERSIONS)
    states = draw(
        st.sampled_from(
            [
                (PoolState.ACTIVE, PoolState.ACTIVE),
                (PoolState.FAILED_BACK, PoolState.ACTIVE),
                (PoolState.FAILED_OVER, PoolState.ACTIVE),
                (PoolState.ACTIVE, PoolState.FAILED_OVER),
                (PoolState.FAILING_OVER, PoolState.ACTIVE),
            ]
        )
    )
    made: list[Pool] = []
    for fqdn, partner, state, site in (
        (first, second, states[0], "Redmond"),
        (second, first, states[1], "Dublin"),
    ):
        pool = front_end_pool(
            fqdn, partner=partner, site=site, kind=kind, version=version, state=state
        )
        machines = draw(_machines(fqdn, kind))
        exports = draw(st.tuples(_MODULE_STATES, _MODULE_STATES))
        modules: tuple[BackupModule, ...] | Unread = tuple(
            attrs.evolve(module, export=export)
            for module, export in zip(STEADY, exports, strict=True)
        )
        if not any(m.is_up for m in machines):
            modules = Unread(f"the Backup Service status of {fqdn}", NO_ANSWER)
        made.append(attrs.evolve(pool, machines=machines, backup_modules=modules))
    return made[0], made[1]


@st.composite
def stores(draw: st.DrawFn, pools: tuple[Pool, ...]) -> CentralManagement:
    """A store in any condition: healthy on any pool, doubly active, with none active, silent,
    unreadable.
    """
    names = [pool.fqdn for pool in pools]
    active = draw(st.sampled_from(names))
    hosts = draw(st.sets(st.sampled_from(names), max_size=2)) | {active}
    flags = {name: name == active for name in names if name in hosts}
    healthy = store(pools, active=active, copies=flags)
    match draw(
        st.sampled_from(["healthy", "healthy", "two", "none", "silent", "unread", "behind"])
    ):
        case "two":
            return attrs.evolve(
                healthy, copies=tuple(attrs.evolve(c, active=True) for c in _copies(healthy))
            )
        case "none":
            return attrs.evolve(
                healthy,
                copies=tuple(attrs.evolve(c, active=False) for c in _copies(healthy)),
                active_master=None,
            )
        case "silent":
            return attrs.evolve(healthy, active_master=None, file_transfer_agents=(), replicas=())
        case "unread":
            nothing = Unread("the Central Management store", "it is not available")
            return attrs.evolve(
                healthy, active_master=nothing, file_transfer_agents=nothing, replicas=nothing
            )
        case "behind":
            late = draw(
                st.sampled_from([None, NOW - timedelta(minutes=3), NOW - timedelta(hours=3)])
            )
            return attrs.evolve(
                healthy,
                replicas=tuple(
                    attrs.evolve(r, up_to_date=False, last_status_report=late)
                    for r in _replicas(healthy)
                ),
            )
        case _:
            return healthy


def _copies(central: CentralManagement) -> tuple[StoreCopy, ...]:
    return cast("tuple[StoreCopy, ...]", central.copies)


def _replicas(central: CentralManagement) -> tuple[Replica, ...]:
    return cast("tuple[Replica, ...]", central.replicas)


@st.composite
def deployments(draw: st.DrawFn, *, pairs: int = 2) -> Deployment:
    """A deployment of up to `pairs` pairs, a lonely pool, Edge pools and a store, in any health,
    with gaps in what was read.
    """
    pools: list[Pool] = []
    for number in range(draw(st.integers(1, pairs))):
        first, second = (
            Fqdn(f"pool{2 * number + 1}.contoso.com"),
            Fqdn(f"pool{2 * number + 2}.contoso.com"),
        )
        pools.extend(draw(pools_of_a_pair(first, second)))
    if draw(st.booleans()):
        pools.append(front_end_pool(Fqdn("lonely.contoso.com"), partner=None, site="Oslo"))
    front_ends = tuple(pools)
    hops = st.none() | st.sampled_from([pool.fqdn for pool in front_ends])
    edges = tuple(
        EdgePool(fqdn=fqdn, next_hop=draw(hops), external_sip_port=5061)
        for fqdn in draw(st.lists(st.sampled_from([EDGE1, EDGE2]), unique=True))
    )
    version = draw(_VERSIONS | st.just(Unread("the version", "no answer")))
    base = two_sites()
    return attrs.evolve(
        base,
        version=version,
        pools=(*front_ends, *(edge_pool(edge.fqdn, site="Redmond") for edge in edges)),
        edges=draw(st.just(edges) | st.just(Unread("the Edge pools", "no answer"))),
        central_management=draw(stores(front_ends)),
    )
