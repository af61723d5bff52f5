"""The Central Management store: its replication, who masters it, and its failover."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from lyncops.cmdlets.base import EVERY_VERSION, SINCE_2013, Cmdlet, NoOutput, command, parameter
from lyncops.cmdlets.kinds import FQDN, FQDN_STRING, STRING, SWITCH
from lyncops.cmdlets.reading import as_bool, as_datetime, as_fqdn, as_text, several
from lyncops.cmdlets.result import Result, prop, result
from lyncops.values import Fqdn


@result
class ReplicaState(Result):
    """How far the replica on one computer is (fact: replica-status).

    `up_to_date` goes False for a moment after every change.

    Judge a False by `last_status_report`: Microsoft's tool says that an hour is a fault. A replica
    that failed may have none.
    """

    replica_fqdn: Fqdn | None = prop(as_fqdn, "ReplicaFqdn", "Replica", "Fqdn", default=None)
    up_to_date: bool | None = prop(as_bool, "UpToDate", "IsUpToDate", default=None)
    last_status_report: datetime | None = prop(as_datetime, "LastStatusReport", default=None)
    last_update_creation: datetime | None = prop(as_datetime, "LastUpdateCreation", default=None)
    product_version: str | None = prop(as_text, "ProductVersion", default=None)


@result
class CentralManagementStoreStatus(Result):
    """Who masters the store and transfers its files.

    Master None and agents empty: the store is unavailable (fact: store-status).

    The names are of a pool or of one of its machines. Of the names of the last four properties none
    is established (fact: texts-not-known).
    """

    active_master_fqdn: Fqdn | None = prop(
        as_fqdn, "ActiveMasterFqdn", "ActiveMaster", default=None
    )
    active_file_transfer_agents: tuple[Fqdn, ...] = prop(
        several(as_fqdn),
        "ActiveFileTransferAgents",
        "ActiveFileTransferAgentFqdns",
        "FileTransferAgents",
        default=(),
    )
    active_replicas: tuple[Fqdn, ...] = prop(several(as_fqdn), "ActiveReplicas", default=())
    deleted_replicas: tuple[Fqdn, ...] = prop(several(as_fqdn), "DeletedReplicas", default=())
    active_master_last_heartbeat: datetime | None = prop(
        as_datetime,
        "ActiveMasterLastHeartbeat",
        "ActiveMasterLastHeartBeat",
        "MasterLastHeartbeat",
        default=None,
    )
    active_file_transfer_agent_last_heartbeats: tuple[datetime, ...] = prop(
        several(as_datetime),
        "ActiveFileTransferAgentLastHeartbeats",
        "ActiveFileTransferAgentLastHeartbeat",
        default=(),
    )


@result
class ManagementConnection(Result):
    """Where this session's management cmdlets read the topology from."""

    BARE: ClassVar[str] = "Connection"

    store_provider: str | None = prop(as_text, "StoreProvider", default=None)
    connection: str | None = prop(as_text, "Connection", default=None)
    read_only: bool | None = prop(as_bool, "ReadOnly", default=None)


@command("Get-CsManagementStoreReplicationStatus", EVERY_VERSION)
class GetCsManagementStoreReplicationStatus(Cmdlet[ReplicaState]):
    """Ask for the replica of every computer, Edge servers included, or of one.

    `replica_fqdn` is a computer, not a pool. It can write nothing at all, which is a finding of its
    own (fact: replica-status). It has no `-LocalStore`: without the store it fails. The form with
    `-CentralManagementStoreStatus` is `GetCsCentralManagementStoreStatus`.
    """

    replica_fqdn: str | None = parameter("ReplicaFqdn", FQDN_STRING, default=None)


@result
class FileTransferAgent(Result):
    """A machine whose File Transfer Agent is active."""

    BARE: ClassVar[str] = "Fqdn"

    fqdn: Fqdn | None = prop(
        as_fqdn, "Fqdn", "MachineFqdn", "ComputerFqdn", "Name", "Identity", default=None
    )


@command(
    "Get-CsManagementStoreReplicationStatus",
    EVERY_VERSION,
    fixed={"CentralManagementStoreStatus": True},
)
class GetCsCentralManagementStoreStatus(Cmdlet[CentralManagementStoreStatus]):
    """Ask who masters the store: `-CentralManagementStoreStatus`."""


@command(
    "Get-CsManagementStoreReplicationStatus",
    EVERY_VERSION,
    fixed={"CentralManagementStoreStatus": True},
    expands="ActiveFileTransferAgents",
)
class GetCsFileTransferAgents(Cmdlet[FileTransferAgent]):
    """Ask for the active File Transfer Agents by themselves.

    Within the status, remoting may bring no more of them than the name of their type.
    """


@command("Invoke-CsManagementStoreReplication", EVERY_VERSION)
class InvokeCsManagementStoreReplication(Cmdlet[NoOutput]):
    """Ask for replication now, to every computer or one.

    Allow two to three minutes before the replicas say True. Writes nothing.
    """

    replica_fqdn: str | None = parameter("ReplicaFqdn", FQDN_STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)


@command("Invoke-CsManagementServerFailover", SINCE_2013, sets=("DisasterRecovery", "Normal"))
class InvokeCsManagementServerFailover(Cmdlet[NoOutput]):
    """Fail the Central Management store over.

    Run it on a server of the pool that is to *receive* the store. In a disaster give
    `backup_sql_server_fqdn` (of the topology's backup store) and, because the source cannot be
    asked, `force`; else neither. `backup_sql_server_fqdn` is also right when the mirror is the
    principal: the `-MirrorSQLServerFqdn` of the procedure page does not exist (fact:
    wrong-parameter-names). With `what_if` it tells which pool hosts the store, in words that are
    not established. It can end without error and leave two active stores, or none (fact:
    store-bad-ends): read the state back.
    """

    backup_sql_server_fqdn: str | None = parameter(
        "BackupSqlServerFqdn",
        FQDN,
        default=None,
        sets=("DisasterRecovery",),
        mandatory_in=("DisasterRecovery",),
    )
    force: bool = parameter("Force", SWITCH, default=False, sets=("DisasterRecovery",))
    backup_mirror_sql_instance_name: str | None = parameter(
        "BackupMirrorSqlInstanceName", STRING, default=None, sets=("DisasterRecovery",)
    )
    backup_mirror_sql_server_fqdn: str | None = parameter(
        "BackupMirrorSqlServerFqdn", FQDN, default=None, sets=("DisasterRecovery",)
    )
    backup_sql_instance_name: str | None = parameter(
        "BackupSqlInstanceName", STRING, default=None, sets=("DisasterRecovery",)
    )
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    restore: bool = parameter("Restore", SWITCH, default=False, sets=("Normal",))


@command(
    "Move-CsManagementServer",
    EVERY_VERSION,
    sets=("DisasterMode", "FromBackup", "NonUserPool", "NonUserPoolDisasterMode", "UseSqlBackup"),
)
class MoveCsManagementServer(Cmdlet[NoOutput]):
    """Move the Central Management store to this computer for good, not to a backup pool.

    Must run locally on the receiving server; a remote management session cannot call it (fact:
    move-management-server-local).
    """

    target_fqdn: str | None = parameter("TargetFqdn", FQDN, default=None, versions=SINCE_2013)
    force: bool = parameter("Force", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    configuration_file_name: str | None = parameter(
        "ConfigurationFileName", STRING, default=None, sets=("FromBackup",)
    )
    lis_configuration_file_name: str | None = parameter(
        "LisConfigurationFileName", STRING, default=None, sets=("FromBackup",)
    )


@command("Get-CsManagementConnection", EVERY_VERSION)
class GetCsManagementConnection(Cmdlet[ManagementConnection]):
    """Ask where the management cmdlets read the topology from."""


@command("Get-CsConfigurationStoreLocation", EVERY_VERSION)
class GetCsConfigurationStoreLocation(Cmdlet[str]):
    """Ask Active Directory where the Central Management store is."""

    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    report: str | None = parameter("Report", STRING, default=None)


@command("Set-CsConfigurationStoreLocation", EVERY_VERSION)
class SetCsConfigurationStoreLocation(Cmdlet[NoOutput]):
    """Write to Active Directory where the Central Management store is."""

    sql_server_fqdn: str = parameter("SqlServerFqdn", FQDN)
    global_settings_domain_controller: str | None = parameter(
        "GlobalSettingsDomainController", FQDN, default=None
    )
    sql_instance_name: str | None = parameter("SqlInstanceName", STRING, default=None)
    skip_lookup: bool = parameter("SkipLookup", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    mirror_sql_instance_name: str | None = parameter(
        "MirrorSqlInstanceName", STRING, default=None, versions=SINCE_2013
    )
    mirror_sql_server_fqdn: str | None = parameter(
        "MirrorSqlServerFqdn", FQDN, default=None, versions=SINCE_2013
    )
