"""Two paired Enterprise pools with mirrored databases, and two Edge pools: a small world that plays
along in every procedure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable, Mapping
from typing import Final

import attrs

from tests.engine.world import (
    Action,
    Call,
    Handler,
    Json,
    Problem,
    World,
    output,
    progress,
    say,
    thing,
)

P1, P2 = "pool1.contoso.com", "pool2.contoso.com"
EDGE1, EDGE2 = "edge1.contoso.com", "edge2.contoso.com"
OTHER: Final = {P1: P2, P2: P1, EDGE1: EDGE2, EDGE2: EDGE1}
SITES: Final = {"North": (P1, EDGE1), "South": (P2, EDGE2)}
FRONT_ENDS: Final = {
    pool: tuple(f"fe{pool[4]}{letter}.contoso.com" for letter in "abc") for pool in (P1, P2)
}
EDGE_SERVERS: Final = {EDGE1: ("edge1a.contoso.com",), EDGE2: ("edge2a.contoso.com",)}
DATABASES: Final = {
    "User": ("rtcab", "rtcshared", "rtcxds"),
    "Application": ("rgsconfig", "rgsdyn", "cpsdyn"),
    "CentralMgmt": ("xds", "lis"),
}
MODULES: Final = ("UserServices.PresenceFocus", "ConfServices.DataConf", "CentralMgmt.CMSMaster")
VERSION: Final = "Skype for Business Server 2015 (6.0.9319.0): volume license key installed."
FEDERATION: Final = 5061
_EDGE_SERVICES: Final = ("REPLICA", "RTCSRV", "RTCDATAPROXY", "RTCMRAUTH", "RTCMEDIARELAY")
_FRONT_END_SERVICES: Final = (
    "REPLICA",
    "RTCSRV",
    "RTCDATAMCU",
    "RTCIMMCU",
    "RTCAVMCU",
    "LYNCBACKUP",
    "MASTER",
    "FTA",
)


def sql(pool: str) -> str:
    """The pool's SQL Server."""
    return f"sql{pool[4]}.contoso.com"


def _bare(identity: str) -> str:
    return identity.rpartition(":")[2]


@attrs.define(kw_only=True)
class Deployment:
    """The state.

    `status` is the type of Get-CsBackupServiceStatus: with or without a ToString of its modules.
    """

    states: dict[str, str] = attrs.field(factory=lambda: {P1: "Active", P2: "Active"})
    store: str = P1
    on_mirror: set[tuple[str, str]] = attrs.field(factory=set[tuple[str, str]])
    next_hops: dict[str, str] = attrs.field(factory=lambda: {EDGE1: P1, EDGE2: P2})
    federated: set[str] = attrs.field(factory=lambda: {EDGE1})
    federation_route: dict[str, str] = attrs.field(
        factory=lambda: dict.fromkeys(SITES, f"EdgeServer:{EDGE1}")
    )
    xmpp_route: dict[str, str] = attrs.field(
        factory=lambda: dict.fromkeys(SITES, f"EdgeServer:{EDGE1}")
    )
    media: dict[tuple[str, str], str] = attrs.field(
        factory=lambda: {
            (pool, role): f"EdgeServer:{edge}"
            for pool, edge in ((P1, EDGE1), (P2, EDGE2))
            for role in ("Registrar", "ConferencingServer", "MediationServer")
        }
    )
    stopped: set[tuple[str, str]] = attrs.field(factory=set[tuple[str, str]])
    dead: set[str] = attrs.field(factory=set[str])
    modules: dict[str, str] = attrs.field(factory=lambda: dict.fromkeys(MODULES, "FinalState"))
    interval: str = "00:02:00"
    status: str = "BackupServiceStatus"
    failover: Handler | None = None
    """What Invoke-CsPoolFailOver does in place of moving the pool at once."""

    def install(self, world: World) -> World:
        """Give the world its cmdlets."""
        world.handlers |= {
            "Get-CsServerVersion": lambda _call: [output(VERSION)],
            "Get-CsSite": self._sites,
            "Get-CsPool": self._pools,
            "Get-CsComputer": self._computers,
            "Get-CsService": self._services,
            "Get-CsManagementStoreReplicationStatus": self._replication,
            "Get-CsPoolBackupRelationship": self._relation,
            "Get-CsBackupServiceStatus": self._backup_status,
            "Get-CsBackupServiceConfiguration": self._backup_configuration,
            "Get-CsRegistrarConfiguration": self._registrar,
            "Get-CsDatabaseMirrorState": self._mirrors,
            "Get-CsWindowsService": self._windows_services,
            "Get-CsUser": self._users,
            "Get-CsUserPoolInfo": self._user_pool,
            "Get-CsConferenceDirectory": lambda _call: [
                output(
                    thing(
                        "Deploy.Internal.ConferenceDirectory",
                        Identity="1",
                        ServiceID=f"UserServer:{P1}",
                    )
                )
            ],
            "Get-CsAccessEdgeConfiguration": lambda _call: [
                output(
                    thing(
                        "WritableConfig.Settings.Edge.AccessEdgeConfiguration",
                        Identity="Global",
                        AllowFederatedUsers=True,
                    )
                )
            ],
            "Invoke-CsPoolFailOver": self._fail_over,
            "Invoke-CsPoolFailBack": self._fail_back,
            "Invoke-CsManagementServerFailover": self._store_failover,
            "Invoke-CsDatabaseFailover": self._database_failover,
            "Set-CsEdgeServer": self._set_edge,
            "Set-CsSite": self._set_site,
            "Set-CsRegistrar": self._set_media("Registrar"),
            "Set-CsConferenceServer": self._set_media("ConferencingServer"),
            "Set-CsMediationServer": self._set_media("MediationServer"),
            "Set-CsBackupServiceConfiguration": self._set_interval,
            "Stop-CsWindowsService": self._stop_services,
            "Start-CsWindowsService": self._start_services,
        }
        return world

    # -- what is there
    # ----------------------------------------------------------------------------------------------

    def _sites(self, _call: Call) -> Iterable[Action]:
        for name, pools in SITES.items():
            yield output(
                thing(
                    "Deploy.Internal.Site+CentralSite",
                    Identity=f"Site:{name}",
                    DisplayName=name,
                    SiteType="CentralSite",
                    Pools=[*pools, sql(pools[0])],
                    FederationRoute=self.federation_route[name],
                    XmppFederationRoute=self.xmpp_route[name],
                )
            )

    def _pools(self, _call: Call) -> Iterable[Action]:
        roles = (
            "Registrar",
            "UserServer",
            "ConferencingServer",
            "MediationServer",
            "ApplicationServer",
            "CentralManagement",
        )
        for site, (pool, edge) in SITES.items():
            services = [f"{role}:{pool}" for role in roles]
            yield _cluster(pool, FRONT_ENDS[pool], services, site)
            yield _cluster(edge, EDGE_SERVERS[edge], [f"EdgeServer:{edge}"], site)
            databases = [
                f"{kind}:{sql(pool)}"
                for kind in ("UserDatabase", "ApplicationDatabase", "CentralManagementDatabase")
            ]
            yield _cluster(sql(pool), (sql(pool),), databases, site)

    def _computers(self, _call: Call) -> Iterable[Action]:
        for pool, machines in (FRONT_ENDS | EDGE_SERVERS).items():
            for machine in machines:
                yield output(
                    thing("Deploy.Internal.Computer", Identity=machine, Pool=pool, Fqdn=machine)
                )

    def _services(self, call: Call) -> Iterable[Action]:
        wanted = {name for name, value in call.parameters.items() if value is True}
        for role, made in self._every_service():
            if not wanted or role in wanted:
                yield output(made)

    def _every_service(self) -> Iterable[tuple[str, Json]]:
        for number, (site, (pool, edge)) in enumerate(SITES.items(), 1):
            common = {"SiteId": f"Site:{site}", "PoolFqdn": pool, "Version": 7}
            server = f"{{}}:{sql(pool)}".format
            registrar: dict[str, Json] = {
                "EdgeServer": self.media[pool, "Registrar"],
                "BackupRegistrar": f"Registrar:{OTHER[pool]}",
            }
            own: dict[str, dict[str, Json]] = {
                "Registrar": registrar,
                "UserServer": {"UserDatabase": server("UserDatabase")},
                "ConferencingServer": {"EdgeServer": self.media[pool, "ConferencingServer"]},
                "MediationServer": {
                    "EdgeServer": self.media[pool, "MediationServer"],
                    "Registrar": f"Registrar:{pool}",
                },
                "ApplicationServer": {"ApplicationDatabase": server("ApplicationDatabase")},
                "CentralManagement": {
                    "Active": self.store == pool,
                    "CentralManagementDatabase": server("CentralManagementDatabase"),
                },
            }
            for role, properties in own.items():
                yield role, _service(role, pool, f"{number}-{role}-1", {**common, **properties})
            database: dict[str, Json] = {
                **common,
                "PoolFqdn": sql(pool),
                "SqlInstanceName": "rtc",
                "MirrorSqlServerFqdn": f"sql{pool[4]}m.contoso.com",
            }
            yield (
                "UserDatabase",
                _service("UserDatabase", sql(pool), f"{number}-UserDatabase-1", database),
            )
            store: dict[str, Json] = {**database, "MirrorSqlInstanceName": "rtc"}
            yield (
                "CentralManagementDatabase",
                _service(
                    "CentralManagementDatabase",
                    sql(pool),
                    f"{number}-CentralManagementDatabase-1",
                    store,
                ),
            )
            outside = {
                "Registrar": f"Registrar:{self.next_hops[edge]}",
                "AccessEdgeExternalSipPort": FEDERATION if edge in self.federated else 443,
                "AccessEdgeExternalFqdn": f"sip{edge[4]}.contoso.com",
            }
            yield (
                "EdgeServer",
                _service(
                    "EdgeServer",
                    edge,
                    f"{number}-EdgeServer-1",
                    {**common, "PoolFqdn": edge, **outside},
                ),
            )

    def _replication(self, call: Call) -> Iterable[Action]:
        if call.parameters.get("CentralManagementStoreStatus"):
            kind = "Xds.CentralManagementStoreStatusResult"
            yield output(
                thing(kind, ActiveMasterFqdn=self.store, ActiveFileTransferAgents=[self.store])
            )
            return
        now = dt.datetime.now(dt.UTC).isoformat()
        for machine in (
            machine for machines in (FRONT_ENDS | EDGE_SERVERS).values() for machine in machines
        ):
            yield output(
                thing(
                    "Xds.ReplicaState",
                    UpToDate=machine not in self.dead,
                    ReplicaFqdn=machine,
                    LastStatusReport=now,
                    LastUpdateCreation=now,
                    ProductVersion="6.0.9319.0",
                )
            )

    def _relation(self, call: Call) -> Iterable[Action]:
        pool = call.text("PoolFqdn")
        yield output(
            thing("Hadr.BackupService.BackupRelation", PoolFqdn=pool, BackupPoolFqdn=OTHER[pool])
        )

    def _backup_status(self, call: Call) -> Iterable[Action]:
        pool = call.text("PoolFqdn")
        if self.dead.issuperset(FRONT_ENDS.get(pool, ("nobody",))):
            yield Problem(f"The Backup Service of {pool} could not be reached.").thrown()
            return
        kind = "BackupModuleStatus" if self.status == "BackupServiceStatus" else "PlainModuleStatus"
        states = self.modules | ({} if self.store == pool else {MODULES[2]: "NotInitialized"})
        modules = [
            thing(
                f"Hadr.BackupService.{kind}",
                Identity=name,
                ExportStatus=state,
                ImportStatus="NormalState",
            )
            for name, state in states.items()
        ]
        worst = next(
            (state for state in self.modules.values() if state != "FinalState"), "FinalState"
        )
        overall = {"OverallExportStatus": worst, "OverallImportStatus": "NormalState"}
        yield output(thing(f"Hadr.BackupService.{self.status}", BackupModules=modules, **overall))

    def _backup_configuration(self, _call: Call) -> Iterable[Action]:
        yield output(
            thing(
                "WritableConfig.Settings.BackupService.BackupServiceConfiguration",
                Identity="Global",
                SyncInterval=self.interval,
                MaxConcurrentCalls=10,
                AuthorizedUniversalGroups=["RTCUniversalServerAdmins"],
                AuthorizedLocalAccounts=["Network Service"],
            )
        )

    def _registrar(self, call: Call) -> Iterable[Action]:
        asked = _bare(call.text("Identity"))
        for pool in (P1, P2):
            if asked in {"", pool}:
                kind = "WritableConfig.Settings.Registrar.RegistrarConfiguration"
                yield output(
                    thing(kind, Identity=f"Service:Registrar:{pool}", PoolState=self.states[pool])
                )

    def _mirrors(self, call: Call) -> Iterable[Action]:
        pool, asked = call.text("PoolFqdn"), call.text("DatabaseType")
        for kind, names in DATABASES.items():
            if asked not in {"", kind}:
                continue
            moved = (pool, kind) in self.on_mirror
            for name in names:
                yield output(
                    thing(
                        "Deployment.DatabaseMirrorState",
                        DatabaseName=name,
                        StateOnPrimary="Mirror" if moved else "Principal",
                        StateOnMirror="Principal" if moved else "Mirror",
                        MirroringStatusOnPrimary="synchronized",
                        MirroringStatusOnMirror="synchronized",
                    )
                )

    def _windows_services(self, call: Call) -> Iterable[Action]:
        machine = call.text("ComputerName") or call.machine
        if machine in self.dead:
            yield Problem(
                f"Cannot open Service Control Manager on computer '{machine}'. This operation might"
                " require other privileges.",
                inner=Problem(
                    "The RPC server is unavailable.",
                    exception="System.ComponentModel.Win32Exception",
                    code=1722,
                ),
            ).thrown()
            return
        for name in _EDGE_SERVICES if machine.startswith("edge") else _FRONT_END_SERVICES:
            status = "Stopped" if (machine, name) in self.stopped else "Running"
            yield output(
                thing(
                    "Deployment.Core.NTService",
                    Name=name,
                    DisplayName=name,
                    Status=status,
                    RoleName=["Registrar"],
                )
            )

    def _users(self, call: Call) -> Iterable[Action]:
        for name, pool in (("anna", P1), ("ben", P1), ("carla", P2)):
            if pool in (call.text("Filter") or pool):
                sip = f"sip:{name}@contoso.com"
                yield output(
                    thing(
                        "ADConnect.Schema.OCSADUser",
                        Identity=f"CN={name}",
                        SipAddress=sip,
                        RegistrarPool=pool,
                    )
                )

    def _user_pool(self, call: Call) -> Iterable[Action]:
        home = P2 if "carla" in call.text("Identity") else P1
        serving = self.states[home] != "FailedOver"
        yield output(
            thing(
                "Xds.GetOCsUserPoolInfoCmdlet+UserInformation",
                Identity=call.text("Identity"),
                PrimaryPoolFqdn=home,
                BackupPoolFqdn=OTHER[home],
                PrimaryPoolPrimaryRegistrar=FRONT_ENDS[home][0] if serving else "",
                BackupPoolPrimaryRegistrar=FRONT_ENDS[OTHER[home]][0],
            )
        )

    # -- what changes it
    # ----------------------------------------------------------------------------------------------

    def _fail_over(self, call: Call) -> Iterable[Action]:
        pool = call.text("PoolFqdn")
        if pool in self.next_hops.values() and not call.parameters.get("DisasterMode"):
            yield Problem(
                f'This Front-end pool "{pool}" is specified in topology as the next hop for the'
                " Edge server."
            ).thrown()
        if self.failover is not None:
            yield from self.failover(call)
            return
        yield say("verbose", f"Failing over {pool}")
        yield progress("Failing over the pool", pool, 50)
        self.states[pool] = "FailedOver"

    def _fail_back(self, call: Call) -> Iterable[Action]:
        yield say("verbose", f"Failing back {call.text('PoolFqdn')}")
        self.states[call.text("PoolFqdn")] = "Active"

    def _store_failover(self, _call: Call) -> Iterable[Action]:
        self.store = OTHER[self.store]
        return ()

    def _database_failover(self, call: Call) -> Iterable[Action]:
        side = (call.text("PoolFqdn"), call.text("DatabaseType"))
        (self.on_mirror.add if call.text("NewPrincipal") == "Mirror" else self.on_mirror.discard)(
            side
        )
        return ()

    def _set_edge(self, call: Call) -> Iterable[Action]:
        self.next_hops[_bare(call.text("Identity"))] = _bare(call.text("Registrar"))
        return ()

    def _set_site(self, call: Call) -> Iterable[Action]:
        name = call.text("Identity")
        for parameter, routes in (
            ("FederationRoute", self.federation_route),
            ("XmppFederationRoute", self.xmpp_route),
        ):
            if parameter in call.parameters:
                routes[name] = call.text(parameter)
        return ()

    def _set_media(self, role: str) -> Handler:
        def set_it(call: Call) -> Iterable[Action]:
            self.media[_bare(call.text("Identity")), role] = call.text("EdgeServer")
            return ()

        return set_it

    def _set_interval(self, call: Call) -> Iterable[Action]:
        self.interval = call.text("SyncInterval")
        return ()

    def _stop_services(self, call: Call) -> Iterable[Action]:
        machine = call.text("ComputerName") or call.machine
        self.stopped |= {(machine, name) for name in _EDGE_SERVICES}
        return ()

    def _start_services(self, call: Call) -> Iterable[Action]:
        machine = call.text("ComputerName") or call.machine
        self.stopped -= {(machine, name) for name in _EDGE_SERVICES}
        return ()


def slow_failover(
    deployment: Deployment, call: Call, lines: int, wait: Action
) -> Generator[Action]:
    """A failover that says where it is, and ends after each `wait`."""
    pool = call.text("PoolFqdn")
    deployment.states[pool] = "FailingOver"
    for number in range(lines):
        yield say("verbose", f"Step {number + 1} of {lines}")
        yield wait
    deployment.states[pool] = "FailedOver"


def _cluster(pool: str, machines: tuple[str, ...], services: list[str], site: str) -> Action:
    return output(
        thing(
            "Deploy.Internal.Cluster",
            Identity=pool,
            Fqdn=pool,
            Computers=list(machines),
            Services=services,
            Site=f"Site:{site}",
        )
    )


def _service(role: str, pool: str, number: str, properties: Mapping[str, Json]) -> Json:
    return thing(
        f"Xds.Display{role}", Identity=f"{role}:{pool}", ServiceId=number, Role=role, **properties
    )
