"""Two paired Standard or Enterprise pools as scripted cmdlets: what they answer is written here by
hand, shape by shape.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatch
from typing import cast

import attrs
from psrpcore import types as ps

from tests.independent.psrp import Fatal, Handler, OnTheWire, Problem

P1, P2 = "pool1.contoso.com", "pool2.contoso.com"
FE = {
    P1: ("fe1.contoso.com", "fe1b.contoso.com", "fe1c.contoso.com"),
    P2: ("fe2.contoso.com", "fe2b.contoso.com", "fe2c.contoso.com"),
}
EDGE = "edge1.contoso.com"
VERSION = "Skype for Business Server 2015 (6.0.9319.0): volume license key installed."
Call = Mapping[str, object]


def thing(kind: str = "", /, **properties: object) -> ps.PSCustomObject:
    """An object with properties."""
    made = ps.PSCustomObject(**properties)
    made.PSObject.type_names = [
        f"Deserialized.Microsoft.Rtc.Management.{kind or 'Xds.Thing'}",
        "Deserialized.System.Object",
    ]
    return made


@attrs.define(kw_only=True)
class Lync:
    """The deployment's state, and `shapes`: answers in place of the usual ones, by cmdlet."""

    state: dict[str, str] = attrs.field(factory=lambda: {P1: "Active", P2: "Active"})
    active: dict[str, bool] = attrs.field(factory=lambda: {P1: True, P2: False})
    master: str = P1
    next_hop: str = P1
    failover: Callable[[Lync, str, Call], Iterable[object]] | None = None
    shapes: dict[str, Handler] = attrs.field(factory=dict[str, Handler])
    dead: set[str] = attrs.field(factory=set[str])
    modules: Callable[[Sequence[object]], object] = list
    """How the Backup Service's modules arrive within its status."""
    overall: tuple[str, str] = ("", "")

    def scripts(self) -> dict[str, Handler]:
        """All cmdlets."""
        usual: dict[str, Handler] = {
            "Import-Module": lambda _n, _a: [],
            "Select-Object": lambda _n, _a: [],
            "Get-Command": self._commands,
            "Get-CsServerVersion": lambda _n, _a: [VERSION],
            "Get-CsSite": lambda _n, _a: [self._site("North", P1), self._site("South", P2)],
            "Get-CsPool": lambda _n, _a: [
                self._pool(P1, "North"),
                self._pool(P2, "South"),
                self._edge_pool(),
            ],
            "Get-CsComputer": lambda _n, _a: [
                thing(Identity=fe, Pool=pool, Fqdn=fe) for pool in FE for fe in FE[pool]
            ],
            "Get-CsService": self._services,
            "Get-CsManagementStoreReplicationStatus": self._replication,
            "Get-CsPoolBackupRelationship": self._relation,
            "Get-CsBackupServiceStatus": self._backup_status,
            "Get-CsBackupServiceConfiguration": lambda _n, _a: [
                thing(Identity="Global", SyncInterval=ps.PSDuration(minutes=2))
            ],
            "Get-CsRegistrarConfiguration": self._registrar,
            "Get-CsDatabaseMirrorState": lambda _n, a: [
                Problem(f'The role is not present on pool "{a.get("PoolFqdn")}".')
            ],
            "Get-CsWindowsService": self._windows_services,
            "Get-CsUser": lambda _n, _a: [
                thing(SipAddress="sip:a@contoso.com", Identity="CN=a", RegistrarPool=P1)
            ],
            "Get-CsUserPoolInfo": self._user_pool,
            "Get-CsConferenceDirectory": lambda _n, _a: [],
            "Get-CsUserDatabaseState": lambda _n, a: [
                thing(Identity=f"UserDatabase:{a.get('RegistrarPool')}", Online=True)
            ],
            "Invoke-CsPoolFailOver": self._fail_over,
            "Invoke-CsPoolFailBack": self._fail_back,
            "Invoke-CsManagementServerFailover": self._store_failover,
            "Set-CsEdgeServer": self._set_edge,
            "Invoke-CsBackupServiceSync": lambda _n, _a: [],
            "Invoke-CsManagementStoreReplication": lambda _n, _a: [],
        }
        return {**usual, **self.shapes}

    def _commands(self, _name: str, arguments: Call) -> Iterable[object]:
        asked = cast("str | list[str]", arguments["Name"])
        patterns = [asked] if isinstance(asked, str) else asked
        return [
            thing("CmdletInfo", Name=name)
            for name in self.scripts()
            if any(fnmatch(name, str(each)) for each in patterns)
        ]

    def _site(self, name: str, pool: str) -> object:
        return thing(
            Identity=f"Site:{name}",
            DisplayName=name,
            Description="",
            SiteType="CentralSite",
            Pools=[pool],
        )

    def _pool(self, pool: str, site: str) -> object:
        roles = (
            "Registrar",
            "UserServer",
            "ConferencingServer",
            "CentralManagement",
            "UserDatabase",
            "CentralManagementDatabase",
        )
        services = [f"{role}:{pool}" for role in roles]
        return thing(
            Identity=pool,
            Fqdn=pool,
            Computers=list(FE[pool]),
            Services=services,
            Site=f"Site:{site}",
        )

    def _edge_pool(self) -> object:
        return thing(
            Identity=EDGE,
            Fqdn=EDGE,
            Computers=[EDGE],
            Services=[f"EdgeServer:{EDGE}"],
            Site="Site:South",
        )

    def _services(self, _name: str, _arguments: Call) -> Iterable[object]:
        for pool, site in ((P1, "North"), (P2, "South")):
            sql = f"sql{pool[4]}.contoso.com"
            common = {"SiteId": f"Site:{site}", "PoolFqdn": pool, "Version": 7}
            yield thing(
                Identity=f"Registrar:{pool}",
                Role="Registrar",
                ServiceId="1-Registrar-1",
                EdgeServer=f"EdgeServer:{EDGE}",
                **common,
            )
            yield thing(
                Identity=f"UserServer:{pool}",
                Role="UserServer",
                UserDatabase=f"UserDatabase:{sql}",
                **common,
            )
            yield thing(Identity=f"ConferencingServer:{pool}", Role="ConferencingServer", **common)
            yield thing(
                Identity=f"CentralManagement:{pool}",
                Role="CentralManagement",
                Active=self.active[pool],
                CentralManagementDatabase=f"CentralManagementDatabase:{sql}",
                **common,
            )
            databases = {
                "SiteId": f"Site:{site}",
                "PoolFqdn": sql,
                "Version": 7,
                "SqlInstanceName": "rtc",
            }
            yield thing(Identity=f"UserDatabase:{sql}", Role="UserDatabase", **databases)
            yield thing(
                Identity=f"CentralManagementDatabase:{sql}",
                Role="CentralManagementDatabase",
                **databases,
            )
        yield thing(
            Identity=f"EdgeServer:{EDGE}",
            Role="EdgeServer",
            SiteId="Site:South",
            PoolFqdn=EDGE,
            Version=7,
            Registrar=f"Registrar:{self.next_hop}",
            AccessEdgeExternalSipPort=ps.PSUInt16(5061),
        )

    def _replication(self, _name: str, arguments: Call) -> Iterable[object]:
        if arguments.get("CentralManagementStoreStatus"):
            yield thing(
                "Xds.CentralManagementStoreStatusResult",
                ActiveMasterFqdn=self.master or None,
                ActiveFileTransferAgents=[self.master] if self.master else [],
            )
            return
        now = ps.PSDateTime.now(dt.UTC)
        for fqdn in (*FE[P1], *FE[P2], EDGE):
            up = fqdn not in self.dead
            yield thing(
                "Xds.ReplicaState",
                UpToDate=up,
                ReplicaFqdn=fqdn,
                LastStatusReport=now,
                LastUpdateCreation=now,
                ProductVersion="6.0.9319.0",
            )

    def _relation(self, _name: str, arguments: Call) -> Iterable[object]:
        asked = str(arguments["PoolFqdn"])
        yield thing(
            "Hadr.BackupService.BackupRelation",
            PoolFqdn=asked,
            BackupPoolFqdn=P2 if asked == P1 else P1,
        )

    def _backup_status(self, _name: str, arguments: Call) -> Iterable[object]:
        pool = str(arguments["PoolFqdn"])
        store = "FinalState" if self.active[pool] else "NotInitialized"
        modules = (
            ("UserServices.PresenceFocus", "FinalState"),
            ("ConfServices.DataConf", "FinalState"),
            ("CentralMgmt.CMSMaster", store),
        )
        within = [
            thing(Identity=name, ExportStatus=said, ImportStatus="NormalState")
            for name, said in modules
        ]
        status = thing(BackupModules=within)
        export, into = self.overall
        yield OnTheWire(
            status,
            thing(
                BackupModules=self.modules(within),
                OverallExportStatus=export,
                OverallImportStatus=into,
            ),
        )

    def _registrar(self, _name: str, arguments: Call) -> Iterable[object]:
        pool = str(arguments.get("Identity", "")).rpartition(":")[2]
        yield thing(Identity=f"Service:Registrar:{pool}", PoolState=self.state.get(pool, "Active"))

    def _windows_services(self, _name: str, arguments: Call) -> Iterable[object]:
        if str(arguments.get("ComputerName", "")) in self.dead:
            yield Fatal(Problem("The RPC server is unavailable."))
            return
        for name in ("RTCSRV", "REPLICA", "LYNCBACKUP", "MASTER", "FTA"):
            yield thing(
                "Deployment.Core.NTService",
                Name=name,
                DisplayName=name,
                Status="Running",
                RoleName=["Registrar"],
            )

    def _user_pool(self, _name: str, arguments: Call) -> Iterable[object]:
        yield thing(
            Identity=arguments.get("Identity"),
            PrimaryPoolFqdn=P1,
            BackupPoolFqdn=P2,
            PrimaryPoolPrimaryRegistrar=FE[P1][0],
            BackupPoolPrimaryRegistrar=FE[P2][0],
        )

    def _fail_over(self, _name: str, arguments: Call) -> Iterable[object]:
        pool = str(arguments["PoolFqdn"])
        if self.failover is not None:
            return self.failover(self, pool, arguments)
        self.state[pool] = "FailedOver"
        return []

    def _fail_back(self, _name: str, arguments: Call) -> Iterable[object]:
        self.state[str(arguments["PoolFqdn"])] = "Active"
        return []

    def _store_failover(self, _name: str, arguments: Call) -> Iterable[object]:
        if not arguments.get("WhatIf"):
            self.active = {pool: not active for pool, active in self.active.items()}
            self.master = next(pool for pool, active in self.active.items() if active)
        return []

    def _set_edge(self, _name: str, arguments: Call) -> Iterable[object]:
        self.next_hop = str(arguments["Registrar"]).rpartition(":")[2]
        return []
