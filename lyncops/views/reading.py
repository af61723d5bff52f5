"""How a person reads by hand whether a condition holds: the cmdlets that lyncops would ask."""

from __future__ import annotations

from lyncops.cmdlets import (
    GetCsBackupServiceConfiguration,
    GetCsBackupServiceStatus,
    GetCsCentralManagementStoreStatus,
    GetCsDatabaseMirrorState,
    GetCsManagementStoreReplicationStatus,
    GetCsRegistrarConfiguration,
    GetCsService,
    GetCsSite,
    GetCsWindowsService,
)
from lyncops.cmdlets.base import Cmdlet, quoted
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
    ServiceNames,
    ServicesAre,
    SiteRouteIs,
    StoreHasSingleMaster,
    StoreIsActiveOn,
    SyncIntervalIs,
    UnlessRefuted,
)


def reading_of(condition: Condition) -> str:
    """The PowerShell that shows it; "" where no command does."""
    if isinstance(condition, UnlessRefuted):
        return reading_of(condition.condition)
    cmdlet = _cmdlet(condition)
    return _outside(condition) if cmdlet is None else cmdlet.to_powershell()


def _cmdlet(condition: Condition) -> Cmdlet[object] | None:  # noqa: C901 -- one branch a kind
    match condition:
        case PoolStateIs() | PoolIsHome():
            return GetCsRegistrarConfiguration(identity=f"Service:Registrar:{condition.pool}")
        case PoolIsAlive():
            return GetCsService(pool_fqdn=condition.pool)
        case BackupModuleIs() | BackupServiceSteady():
            return GetCsBackupServiceStatus(pool_fqdn=condition.pool)
        case MirrorPrincipalIs() | MirrorsAreSynchronized():
            return GetCsDatabaseMirrorState(pool_fqdn=condition.pool)
        case ServicesAre():
            return GetCsWindowsService(computer_name=condition.machine)
        case EdgeNextHopIs() | NoEdgeLeadsTo() | FederatedEdgeIs():
            return GetCsService(edge_server=True)
        case MediaEdgeIs():
            return GetCsService(pool_fqdn=condition.pool)
        case SiteRouteIs():
            return GetCsSite(identity=condition.site)
        case StoreIsActiveOn() | StoreHasSingleMaster():
            return GetCsCentralManagementStoreStatus()
        case ReplicasUpToDate():
            return GetCsManagementStoreReplicationStatus()
        case SyncIntervalIs() | AuthorizedGroupsAre():
            return GetCsBackupServiceConfiguration()
        case _:
            return None


def _outside(condition: Condition) -> str:
    """What DNS and the network show."""
    match condition:
        case HostLeadsTo():
            return f"Resolve-DnsName -Name {quoted(condition.host)}"
        case ServiceNames():
            return f"Resolve-DnsName -Name {quoted(condition.name)} -Type SRV"
        case PortIsOpen():
            host = quoted(condition.host)
            return f"Test-NetConnection -ComputerName {host} -Port {condition.port}"
        case _:
            return ""
