"""Failing a pool over and back, its backup relation, and its Front Ends' readiness."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from lyncops.cmdlets.base import (
    ONLY_2015,
    ONLY_2019,
    SINCE_2013,
    SINCE_2015,
    UNTIL_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.enums import FabricType, PoolResetType, UpgradeReadiness
from lyncops.cmdlets.kinds import (
    FQDN,
    FQDN_STRING,
    GUID,
    INT32,
    STRING,
    STRINGS,
    SWITCH,
    TIMESPAN,
    USER,
    Kind,
    choice,
)
from lyncops.cmdlets.reading import as_bool, as_fqdn, as_int, as_text, several, word_of
from lyncops.cmdlets.result import Result, prop, result
from lyncops.values import Fqdn

FABRIC_TYPE: Final = choice("String", FabricType)
POOL_RESET_TYPE: Final = choice("PoolResetType", PoolResetType)
FLUSH_TYPE: Final = Kind[str]("FlushType", STRING.convert)  # its words are not established

# What remoting adds: PSComputerName, PSShowComputerName, RunspaceId
_HOST_PROPERTIES: Final = (
    "ps",
    "runspace",
)


@result
class PoolBackupRelation(Result):
    """A pool and its backup pool.

    The names of its properties are not established (fact: backup-relation): ask `backup_of`.
    """

    BARE: ClassVar[str] = "BackupPoolFqdn"

    pool_fqdn: Fqdn | None = prop(
        as_fqdn,
        "PoolFqdn",
        "Pool",
        "PrimaryPoolFqdn",
        "PrimaryPool",
        "SourcePoolFqdn",
        "SourcePool",
        "Fqdn",
        default=None,
    )
    backup_pool_fqdn: Fqdn | None = prop(
        as_fqdn,
        *(
            "BackupPoolFqdn",
            "BackupPool",
            "BackupFqdn",
            "BackupPoolName",
            "BackupClusterFqdn",
            "Backup",
            "RelatedPoolFqdn",
        ),
        *(
            "PairedPoolFqdn",
            "PairedPool",
            "PartnerPoolFqdn",
            "PartnerPool",
            "TargetPoolFqdn",
            "TargetPool",
        ),
        default=None,
    )

    def backup_of(self, pool: Fqdn) -> Fqdn | None:
        """The FQDN in the relation that is not `pool`: its backup pool, whichever way round and by
        whatever name it was written.
        """
        own = (
            value
            for name, value in self.unknown_properties.items()
            if not name.casefold().startswith(_HOST_PROPERTIES)
        )
        others = map(as_fqdn, own)
        named = (
            name
            for name in (self.backup_pool_fqdn, self.pool_fqdn, *others)
            if name is not None and "." in name
        )
        return next((name for name in named if name != pool), None)

    @property
    def why_unread(self) -> str | None:
        """Why no backup pool in it does not mean that there is none; None where one was written, or
        the property was empty.
        """
        return self.gap("backup_pool_fqdn")


@result
class UpgradeDomain(Result):
    """Front Ends that may be taken down together (fact: upgrade-readiness)."""

    BARE: ClassVar[str] = "Name"

    name: str | None = prop(
        as_text, "UpgradeDomainName", "UpgradeDomain", "Name", "Identity", default=None
    )
    frontends: tuple[Fqdn, ...] = prop(
        several(as_fqdn), "Frontends", "FrontEnds", "Servers", "Machines", default=()
    )
    ready_for_upgrade: bool | None = prop(
        as_bool, "ReadyforUpgrade", "IsReadyForUpgrade", default=None
    )


@result
class PoolUpgradeState(Result):
    """Whether Front Ends of the pool may be taken down now (fact: upgrade-readiness)."""

    BARE: ClassVar[str] = "PoolUpgradeState"

    state: UpgradeReadiness | None = prop(
        word_of(UpgradeReadiness), "PoolUpgradeState", "State", "Status", default=None
    )
    pool_fqdn: Fqdn | None = prop(as_fqdn, "PoolFqdn", "Pool", default=None)
    total_frontends: int | None = prop(
        as_int, "TotalFrontends", "TotalFrontendsInPool", default=None
    )
    total_active_frontends: int | None = prop(
        as_int, "TotalActiveFrontends", "ActiveFrontends", default=None
    )
    upgrade_domains: tuple[UpgradeDomain, ...] = prop(
        several(UpgradeDomain.decode), "UpgradeDomains", default=()
    )


@command("Invoke-CsPoolFailOver", SINCE_2013)
class InvokeCsPoolFailOver(Cmdlet[NoOutput]):
    """Fail a pool over to its backup pool.

    `pool_fqdn` is the pool that fails: the first home of the users, never the pool that takes them.
    Without `disaster_mode` the pool must be up, and its last changes are carried over first; with
    it the pool is not contacted, and what the last synchronisation had not copied is lost.
    `wait_time` is how long to wait for the data, not how long to run. Writes nothing: read the
    state back.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    disaster_mode: bool = parameter("DisasterMode", SWITCH, default=False)
    flush_storage_service: bool = parameter("FlushStorageService", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    database_command_timeout_in_seconds: int | None = parameter(
        "DatabaseCommandTimeoutInSeconds", INT32, default=None, versions=SINCE_2015
    )
    services_stop_delay_mins: int | None = parameter(
        "ServicesStopDelayMins", INT32, default=None, versions=SINCE_2015
    )
    skip_data_verification: bool = parameter(
        "SkipDataVerification", SWITCH, default=False, versions=SINCE_2015
    )


@command("Invoke-CsPoolFailBack", SINCE_2013)
class InvokeCsPoolFailBack(Cmdlet[NoOutput]):
    """Fail a pool back.

    `pool_fqdn` is the same FQDN that was given to the failover. `disaster_mode` means that the
    *backup* pool is gone: what users changed while they were there is lost. May take an hour for
    20,000 users (fact: failback). Writes nothing: read the state back.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    disaster_mode: bool = parameter("DisasterMode", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    database_command_timeout_in_seconds: int | None = parameter(
        "DatabaseCommandTimeoutInSeconds", INT32, default=None, versions=SINCE_2015
    )
    skip_data_verification: bool = parameter(
        "SkipDataVerification", SWITCH, default=False, versions=SINCE_2015
    )


@command("Get-CsPoolBackupRelationship", SINCE_2013)
class GetCsPoolBackupRelationship(Cmdlet[PoolBackupRelation]):
    """Ask for a pool's backup pool. There is no Set: Topology Builder pairs pools."""

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    force: bool = parameter("Force", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)


@command("Get-CsPoolFabricState", SINCE_2013, sets=("PoolFqdn", "RoutingGroup", "Tenant", "User"))
class GetCsPoolFabricState(Cmdlet[str]):
    """Ask for the state of the pool's routing groups and their replicas, as text.

    The text is for people: no output of it was ever found published, so it is not parsed (fact:
    fabric-state).
    """

    pool_fqdn: str | None = parameter(
        "PoolFqdn", FQDN_STRING, default=None, sets=("PoolFqdn",), mandatory_in=("PoolFqdn",)
    )
    health_state: str | None = parameter(
        "HealthState", STRING, default=None, sets=("PoolFqdn",), versions=SINCE_2015
    )
    show_all: bool = parameter(
        "ShowAll", SWITCH, default=False, sets=("PoolFqdn",), versions=SINCE_2015
    )
    output_csv_file: str | None = parameter(
        "OutputCsvFile", STRING, default=None, sets=("PoolFqdn",), versions=SINCE_2015
    )
    service_name: str | None = parameter(
        "ServiceName", STRING, default=None, sets=("PoolFqdn",), versions=SINCE_2015
    )
    force: bool = parameter("Force", SWITCH, default=False)
    type: FabricType | None = parameter("Type", FABRIC_TYPE, default=None, sets=("PoolFqdn",))
    query_timeout: int | None = parameter("QueryTimeout", INT32, default=None, sets=("PoolFqdn",))
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    routing_group: str | None = parameter(
        "RoutingGroup",
        STRING,
        default=None,
        sets=("RoutingGroup",),
        mandatory_in=("RoutingGroup",),
        versions=SINCE_2015,
    )
    replica_build_progress: bool = parameter(
        "ReplicaBuildProgress", SWITCH, default=False, sets=("RoutingGroup",)
    )
    minutes_to_poll: int | None = parameter(
        "MinutesToPoll", INT32, default=None, sets=("RoutingGroup",)
    )
    poll_interval: int | None = parameter(
        "PollInterval", INT32, default=None, sets=("RoutingGroup",)
    )
    replica_build_progress_timeout: int | None = parameter(
        "ReplicaBuildProgressTimeout", INT32, default=None, sets=("RoutingGroup",)
    )
    tenant: str | None = parameter(
        "Tenant",
        GUID,
        default=None,
        sets=("Tenant",),
        mandatory_in=("Tenant",),
        versions=SINCE_2015,
    )
    user_uri: str | None = parameter(
        "UserUri", USER, default=None, sets=("User",), mandatory_in=("User",), versions=SINCE_2015
    )


@command("Get-CsPoolUpgradeReadinessState", UNTIL_2015)
class GetCsPoolUpgradeReadinessState(Cmdlet[PoolUpgradeState]):
    """Ask whether Front Ends may be taken down.

    Run it on a Front End of the pool: it has no parameter for one. 2019 has Get-CsUpgradeDomainInfo
    instead.
    """

    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    skip_idle_secondary_verification: bool = parameter(
        "SkipIdleSecondaryVerification", SWITCH, default=False, versions=ONLY_2015
    )


@command("Get-CsUpgradeDomainInfo", ONLY_2019)
class GetCsUpgradeDomainInfo(Cmdlet[PoolUpgradeState]):
    """Ask whether Front Ends may be taken down, in 2019. Run it on a Front End of the pool.

    The page's syntax says Int32 for `-QueryTimeout` and its table a switch; the syntax is followed.
    """

    force: bool = parameter("Force", SWITCH, default=False)
    query_timeout: int | None = parameter("QueryTimeout", INT32, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)


@command("Reset-CsPoolRegistrarState", SINCE_2013)
class ResetCsPoolRegistrarState(Cmdlet[NoOutput]):
    """Reset the state that a pool's Front Ends share.

    ServiceReset restarts services; QuorumLossRecovery can lose what was not yet written; FullReset
    may leave the pool unable to start.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    machine_fqdn: str | None = parameter("MachineFqdn", FQDN, default=None)
    no_re_start: bool = parameter("NoReStart", SWITCH, default=False)
    reset_local_databases: bool = parameter("ResetLocalDatabases", SWITCH, default=False)
    reset_type: PoolResetType | None = parameter("ResetType", POOL_RESET_TYPE, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    services_stop_delay_mins: int | None = parameter(
        "ServicesStopDelayMins", INT32, default=None, versions=SINCE_2015
    )


@command("Start-CsPool", SINCE_2015)
class StartCsPool(Cmdlet[NoOutput]):
    """Start all Front Ends of a pool together.

    `quorum_loss_recovery` can lose what was not yet written.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    quorum_loss_recovery: bool = parameter("QuorumLossRecovery", SWITCH, default=False)
    skip_routing_group: tuple[str, ...] | None = parameter(
        "SkipRoutingGroup", STRINGS, default=None
    )
    skip_server: tuple[str, ...] | None = parameter("SkipServer", STRINGS, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)


@command("Invoke-CsStorageServiceFlush", SINCE_2013)
class InvokeCsStorageServiceFlush(Cmdlet[NoOutput]):
    """Write out what waits in the storage service's queues of a pool."""

    flush_type: str = parameter("FlushType", FLUSH_TYPE)
    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    binding: str | None = parameter("Binding", STRING, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    host_name_storage_service: str | None = parameter(
        "HostNameStorageService", STRING, default=None
    )
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)


@command("Invoke-CsComputerFailOver", SINCE_2015)
class InvokeCsComputerFailOver(Cmdlet[NoOutput]):
    """Move one Front End's users to its siblings before maintenance. Waits an hour by default."""

    computer_name: str | None = parameter("ComputerName", STRING, default=None)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    no_stop: bool = parameter("NoStop", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    draining_timeout: timedelta | None = parameter("DrainingTimeout", TIMESPAN, default=None)
    skip_fabric_health_check: bool = parameter("SkipFabricHealthCheck", SWITCH, default=False)


@command("Invoke-CsComputerFailBack", SINCE_2015)
class InvokeCsComputerFailBack(Cmdlet[NoOutput]):
    """Take one Front End into service again."""

    computer_name: str | None = parameter("ComputerName", STRING, default=None)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    no_start: bool = parameter("NoStart", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    skip_fabric_health_check: bool = parameter("SkipFabricHealthCheck", SWITCH, default=False)
