"""The Backup Service that keeps a pair of pools alike: configuration, state, synchronisation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar, Final, Self

from lyncops.cmdlets.base import (
    ONLY_2019,
    SINCE_2013,
    SINCE_2015,
    Cmdlet,
    NoOutput,
    command,
    parameter,
)
from lyncops.cmdlets.enums import (
    BackupCategory,
    BackupModule,
    BackupModules,
    ExportStatus,
    ImportStatus,
)
from lyncops.cmdlets.kinds import (
    BOOLEAN,
    FQDN,
    IDENTITY,
    INT32,
    STRING,
    STRINGS,
    SWITCH,
    TIMESPAN,
    Kind,
    choice,
    timespan,
)
from lyncops.cmdlets.reading import (
    as_bool,
    as_int,
    as_text,
    as_timedelta,
    items_of,
    several,
    word_of,
)
from lyncops.cmdlets.result import Result, prop, result
from lyncops.errors import InvalidValueError
from lyncops.values import Effect, RemoteObject

BACKUP_CATEGORY: Final = choice("BackupCategory", BackupCategory)
BACKUP_MODULES: Final = choice("BackupModules", BackupModules)
BACKUP_MODULE: Final = choice("String", BackupModule)


def _names(value: object) -> str | tuple[str, ...]:
    """One name as a text, which fits whatever the parameter is; several as a list, which the
    reference's String would not take.
    """
    if isinstance(value, str):
        return STRING.convert(value)
    names = STRINGS.convert(value)
    return names[0] if len(names) == 1 else names


NAMES: Final = Kind[str | tuple[str, ...]]("String", _names)
SYNC_INTERVAL: Final = timespan(timedelta(seconds=5), timedelta(hours=3))

_LATER_MODULES: Final = {
    BackupModule.RGS_DATA_STORE.value: ONLY_2019,
    BackupModule.RGS_FILE_STORE.value: ONLY_2019,
}


@result
class BackupModuleStatus(Result):
    """One module, one direction (fact: backup-module-states).

    `CentralMgmt.CMSMaster` says NotInitialized on the pool without the active store: that is
    healthy.
    """

    BARE: ClassVar[str] = "Identity"

    identity: str | None = prop(as_text, "Identity", "Name", "Module", "BackupModule", default=None)
    export_status: ExportStatus | None = prop(
        word_of(ExportStatus, first=None), "ExportStatus", default=None
    )
    import_status: ImportStatus | None = prop(word_of(ImportStatus), "ImportStatus", default=None)


_MODULE_AS_TEXT: Final = re.compile(
    r"(?P<Identity>\w[\w.]*):\s*\[\s*(?P<ExportStatus>\w+)\s*,\s*(?P<ImportStatus>\w+)\s*\]"
)
"""What the ToString of a module gives, `UserServices.PresenceFocus:[FinalState,NormalState]`, which
is all that depth 1 carries."""


_OF_A_MODULE: Final = ("Identity", "Name", "Module", "BackupModule", "ExportStatus", "ImportStatus")


def _modules(value: object) -> tuple[BackupModuleStatus, ...]:
    """Modules as objects, as their texts, or as one text that lists them.

    A type's name is not a module.
    """
    found: list[BackupModuleStatus] = []
    for item in items_of(value):
        if isinstance(item, RemoteObject) and any(
            item.get(name) is not None for name in _OF_A_MODULE
        ):
            found.append(BackupModuleStatus.decode(item))
        else:
            text = as_text(item) or ""
            found += [
                BackupModuleStatus.decode(match.groupdict())
                for match in _MODULE_AS_TEXT.finditer(text)
            ]
    return tuple(found)


@result
class BackupServiceStatus(Result):
    """The Backup Service of one pool towards its partner: ask both pools.

    The names of the overall states are not established.
    """

    backup_modules: tuple[BackupModuleStatus, ...] = prop(
        _modules, "BackupModules", "Modules", default=()
    )
    overall_export_status: ExportStatus | None = prop(
        word_of(ExportStatus, first=None), "OverallExportStatus", "ExportStatus", default=None
    )
    overall_import_status: ImportStatus | None = prop(
        word_of(ImportStatus), "OverallImportStatus", "ImportStatus", default=None
    )

    @classmethod
    def decode(cls, item: object) -> Self:
        """Read one pipeline object; the modules are what looks like them, where no property has a
        name that is known.
        """
        found = super().decode(item)
        name = next(
            (name for name, value in found.unknown_properties.items() if _are_modules(value)), None
        )
        if found.backup_modules or name is None or not isinstance(item, RemoteObject):
            return found
        properties = {
            "BackupModules" if each == name else each: value
            for each, value in item.properties.items()
        }
        return super().decode(RemoteObject(properties, item.type_names, item.text))


def _are_modules(value: object) -> bool:
    modules = _modules(value)
    return bool(modules) and all(module.identity and module.export_status for module in modules)


@result
class BackupServiceConfiguration(Result):
    """How the Backup Service works, for all pools."""

    identity: str | None = prop(as_text, "Identity", default=None)
    sync_interval: timedelta | None = prop(as_timedelta, "SyncInterval", default=None)
    max_concurrent_calls: int | None = prop(as_int, "MaxConcurrentCalls", default=None)
    authorized_universal_groups: tuple[str, ...] = prop(
        several(as_text), "AuthorizedUniversalGroups", default=()
    )
    authorized_local_accounts: tuple[str, ...] = prop(
        several(as_text), "AuthorizedLocalAccounts", default=()
    )
    max_batches_per_cms_sync: int | None = prop(as_int, "MaxBatchesPerCmsSync", default=None)
    max_batches_per_user_store_sync: int | None = prop(
        as_int, "MaxBatchesPerUserStoreSync", default=None
    )
    max_data_conf_package_size_kb: int | None = prop(
        as_int, "MaxDataConfPackageSizeKB", default=None
    )
    max_high_pri_queue_percentage_per_user_store_sync: int | None = prop(
        as_int, "MaxHighPriQueuePercentagePerUserStoreSync", default=None
    )
    enable_rgs_backup_service: bool | None = prop(as_bool, "EnableRgsBackupService", default=None)


@command("Get-CsBackupServiceStatus", SINCE_2013)
class GetCsBackupServiceStatus(Cmdlet[BackupServiceStatus]):
    """Ask how far a pool's changes have reached its backup pool.

    Refused unless the caller is in RTCUniversalServerAdmins and that group is authorised. It takes
    a category, never a module: the procedure page's `-BackupModule` does not exist (fact:
    wrong-parameter-names).
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    category: BackupCategory | None = parameter("Category", BACKUP_CATEGORY, default=None)
    force: bool = parameter("Force", SWITCH, default=False)


@command("Get-CsBackupServiceStatus", SINCE_2013, expands="BackupModules")
class GetCsBackupModules(Cmdlet[BackupModuleStatus]):
    """Ask for the modules of the Backup Service by themselves.

    Within the status, remoting may bring no more of them than the name of their type.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    category: BackupCategory | None = parameter("Category", BACKUP_CATEGORY, default=None)
    force: bool = parameter("Force", SWITCH, default=False)


@command("Get-CsBackupServiceConfiguration", SINCE_2013, sets=("Filter", "Identity"))
class GetCsBackupServiceConfiguration(Cmdlet[BackupServiceConfiguration]):
    """Read how the Backup Service works."""

    filter: str | None = parameter("Filter", STRING, default=None, sets=("Filter",))
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    identity: str | None = parameter("Identity", IDENTITY, default=None, sets=("Identity",))


@command("Set-CsBackupServiceConfiguration", SINCE_2013)
class SetCsBackupServiceConfiguration(Cmdlet[NoOutput]):
    """Change how the Backup Service works.

    `sync_interval` is 5 seconds to 3 hours, 2 minutes by default: about what an unplanned failover
    loses.
    """

    identity: str | None = parameter("Identity", IDENTITY, default=None)
    authorized_local_accounts: str | tuple[str, ...] | None = parameter(
        "AuthorizedLocalAccounts", NAMES, default=None
    )
    authorized_universal_groups: str | tuple[str, ...] | None = parameter(
        "AuthorizedUniversalGroups", NAMES, default=None
    )
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    max_batches_per_cms_sync: int | None = parameter("MaxBatchesPerCmsSync", INT32, default=None)
    max_batches_per_user_store_sync: int | None = parameter(
        "MaxBatchesPerUserStoreSync", INT32, default=None
    )
    max_concurrent_calls: int | None = parameter("MaxConcurrentCalls", INT32, default=None)
    max_data_conf_package_size_kb: int | None = parameter(
        "MaxDataConfPackageSizeKB", INT32, default=None
    )
    sync_interval: timedelta | None = parameter("SyncInterval", SYNC_INTERVAL, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)
    max_high_pri_queue_percentage_per_user_store_sync: int | None = parameter(
        "MaxHighPriQueuePercentagePerUserStoreSync", INT32, default=None, versions=SINCE_2015
    )
    enable_rgs_backup_service: bool | None = parameter(
        "EnableRgsBackupService", BOOLEAN, default=None, versions=ONLY_2019
    )


@command("Remove-CsBackupServiceConfiguration", SINCE_2013)
class RemoveCsBackupServiceConfiguration(Cmdlet[NoOutput]):
    """Put the Backup Service's settings back to their defaults."""

    identity: str = parameter("Identity", IDENTITY)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)


@command("Invoke-CsBackupServiceSync", SINCE_2013)
class InvokeCsBackupServiceSync(Cmdlet[NoOutput]):
    """Synchronise a pool's changes to its backup pool now.

    Every module unless `backup_module` names one. To restore conference content after a failback
    run it against the *backup* pool (fact: conference-content). It has neither `-WhatIf` nor
    `-Confirm`, and writes nothing.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    backup_module: BackupModule | None = parameter(
        "BackupModule", BACKUP_MODULE, default=None, words=_LATER_MODULES
    )
    force: bool = parameter("Force", SWITCH, default=False)


@command("Backup-CsPool", SINCE_2013)
class BackupCsPool(Cmdlet[NoOutput]):
    """Bring a pool's data to its backup pool and wait for it.

    `full_backup` waits for the final state, `steady_state` for no backlog: they exclude each other,
    and `failed_over_pool_only` needs `full_backup` (fact: backup-pool-parameters).
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    category: BackupCategory | None = parameter("Category", BACKUP_CATEGORY, default=None)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None)
    failed_over_pool_only: bool = parameter("FailedOverPoolOnly", SWITCH, default=False)
    force: bool = parameter("Force", SWITCH, default=False)
    full_backup: bool = parameter("FullBackup", SWITCH, default=False)
    local_store: bool = parameter("LocalStore", SWITCH, default=False)
    report: str | None = parameter("Report", STRING, default=None)
    retry_count: int | None = parameter("RetryCount", INT32, default=None)
    steady_state: bool = parameter("SteadyState", SWITCH, default=False)
    wait_time: timedelta | None = parameter("WaitTime", TIMESPAN, default=None)
    what_if: bool = parameter("WhatIf", SWITCH, default=False)

    def __attrs_post_init__(self) -> None:
        if self.full_backup and self.steady_state:
            raise InvalidValueError(
                "Backup-CsPool: -FullBackup and -SteadyState exclude each other.",
                remedy="Leave one of them out.",
            )
        if self.failed_over_pool_only and not self.full_backup:
            raise InvalidValueError(
                "Backup-CsPool: -FailedOverPoolOnly needs -FullBackup.",
                remedy="Set both, or neither.",
            )
        super().__attrs_post_init__()


@command("Debug-CsInterPoolReplication", SINCE_2013)
class DebugCsInterPoolReplication(Cmdlet[str]):
    """Compare the stores of a pool and its backup pool, as text.

    Fails when no backup pool is assigned. With `resync_signature_mismatch_items` it changes data.
    """

    pool_fqdn: str = parameter("PoolFqdn", FQDN)
    backup_module: BackupModules | None = parameter("BackupModule", BACKUP_MODULES, default=None)
    force: bool = parameter("Force", SWITCH, default=False)
    confirm: bool | None = parameter("Confirm", SWITCH, default=None, versions=SINCE_2015)
    database_command_timeout_in_seconds: int | None = parameter(
        "DatabaseCommandTimeoutInSeconds", INT32, default=None, versions=SINCE_2015
    )
    resync_signature_mismatch_items: bool = parameter(
        "ResyncSignatureMismatchItems", SWITCH, default=False, versions=SINCE_2015
    )
    suppress_multi_master_detection: bool = parameter(
        "SuppressMultiMasterDetection", SWITCH, default=False, versions=SINCE_2015
    )
    what_if: bool = parameter("WhatIf", SWITCH, default=False, versions=SINCE_2015)

    @property
    def effect(self) -> Effect:
        """A READ unless it is asked to repair differing items."""
        return (
            Effect.CHANGE
            if self.resync_signature_mismatch_items and not self.what_if
            else Effect.READ
        )
