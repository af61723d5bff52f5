"""The Backup Service: its configuration, its status per direction and module, forced
synchronisation, comparison of the stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, cast

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.causes import CONNECTION_REFUSED, windows_error
from lyncops.lab.cmdlets.registry import changes, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.model.progress import settle, standby_copies
from lyncops.lab.model.state import CONFERENCE, PRESENCE, STORE_MODULE, PoolRuntime, Track
from lyncops.lab.parameters.enums import BACKUP_MODULES, RGS_BACKUP_MODULES
from lyncops.lab.scenarios.scenario import Product
from lyncops.values import RemoteObject

_NAMESPACE: Final = "Microsoft.Rtc.Management.Hadr.BackupService"
_CONFIGURATION: Final = (
    "Microsoft.Rtc.Management.WritableConfig.Settings.BackupService.BackupServiceConfiguration"
)
_CATEGORIES: Final = {
    "CMS": ("CentralMgmt.",),
    "UserData": ("UserServices.", "ConfServices."),
    "RGS": ("ApplicationServer.",),
}
_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(hours=3)  # Set-CsBackupServiceConfiguration
_SYNC: Final = timedelta(seconds=10)  # how long the cmdlet itself takes: a guess
# On top of two intervals, before a lag counts as a backlog: a guess
_SETTLED: Final = timedelta(seconds=30)


def _modules(pool: PoolRuntime, configuration: dict[str, object]) -> tuple[str, ...]:
    """The modules of a pool; RGS backup is of 2019 and has to be switched on (fact:
    version-differences).
    """
    with_rgs = pool.version is Product.V2019 and configuration["EnableRgsBackupService"] is True
    return BACKUP_MODULES + (RGS_BACKUP_MODULES if with_rgs else ())


def _refuse_unauthorized(call: Call) -> None:
    """Only members of an authorised group may ask (fact: backup-status-direction)."""
    groups = cast(
        "tuple[str, ...]", call.world.configuration.backup_service["AuthorizedUniversalGroups"]
    )
    if not call.session.caller.ocs and not call.session.caller.groups & set(groups):
        message = placeholders.ACCESS_DENIED.format(
            user=call.session.caller.user, group=" or ".join(groups)
        )
        call.fail(
            message,
            category="PermissionDenied",
            exception="System.ServiceModel.Security.SecurityAccessDeniedException",
        )


def _running_service(call: Call) -> PoolRuntime:
    """The pool that was asked, which must be paired and have its Backup Service running."""
    pool = call.front_end_pool()
    call.backup_of(pool)
    elsewhere = call.world.switches.double_hop_to_machines and call.machine.fqdn not in {
        m.fqdn for m in call.world.members(pool)
    }
    if elsewhere and not call.session.caller.may_hop:
        message = placeholders.ACCESS_DENIED.format(user=call.session.caller.user, group=pool.fqdn)
        call.fail(
            message,
            category="PermissionDenied",
            exception="System.ServiceModel.Security.SecurityAccessDeniedException",
        )
    if not any(machine.runs("LYNCBACKUP") for machine in call.world.members(pool)):
        message = placeholders.BACKUP_SERVICE_DOWN.format(pool=pool.fqdn)
        call.fail(
            message,
            category="ConnectionError",
            target=pool.fqdn,
            exception="System.ServiceModel.EndpointNotFoundException",
            inner=windows_error(CONNECTION_REFUSED),
        )
    return pool


@reads("Get-CsBackupServiceStatus")
def get_cs_backup_service_status(call: Call) -> Iterator[RemoteObject]:
    """One direction: what the asked pool exports, and whether it imports (fact:
    backup-status-direction).
    """
    _refuse_unauthorized(call)
    pool = _running_service(call)
    names = _modules(pool, dict(call.world.configuration.backup_service))
    if call.given("Category"):
        names = tuple(name for name in names if name.startswith(_CATEGORIES[call.text("Category")]))
    rows = [(name, _export_status(call, pool, name), _import_status(call, pool)) for name in names]
    modules = [
        call.make(
            f"{_NAMESPACE}.BackupModuleStatus",
            {
                "Identity": name,
                "ExportStatus": EnumValue("ExportStatus", out),
                "ImportStatus": EnumValue("ImportStatus", into),
            },
            text=f"{name}:[{out},{into}]",  # as it prints in the field (docs/facts.md)
        )
        for name, out, into in rows
    ]
    values: dict[str, object] = {"BackupModules": modules}
    if call.world.switches.overall_backup_status:
        worst = min((out for _, out, _ in rows), key=_SEVERITY.index, default="FinalState")
        values["OverallExportStatus"] = EnumValue("ExportStatus", worst)
        values["OverallImportStatus"] = EnumValue("ImportStatus", _import_status(call, pool))
    yield call.make(f"{_NAMESPACE}.BackupServiceStatus", values)


_SEVERITY: Final = ("ErrorState", "NonSteadyState", "SteadyState", "FinalState", "NotInitialized")


def _import_status(call: Call, pool: PoolRuntime) -> str:
    return "ErrorState" if pool.spec.backup_pool in call.world.faults.sync_error else "NormalState"


def _exported(call: Call, pool: PoolRuntime, module: str) -> list[tuple[PoolRuntime, Track]]:
    """The data that this pool exports: that of the users whom it serves, its own and the
    failed-over ones.
    """
    partner = call.backup_of(pool)
    return [(p, p.tracks[module]) for p in (pool, partner) if p.serving == pool.fqdn]


def _export_status(call: Call, pool: PoolRuntime, module: str) -> str:
    world = call.world
    if pool.fqdn in world.faults.sync_error:
        return "ErrorState"
    if module == STORE_MODULE:
        return _store_status(call, pool)
    if module in RGS_BACKUP_MODULES:
        return "SteadyState"
    tracks = _exported(call, pool, module)
    if any(not track.initialized for _, track in tracks):
        return "NotInitialized"
    if pool.fqdn not in world.faults.sync_stuck and not world.backup_runs(pool):
        return "ErrorState"  # the other side cannot be reached (inferred)
    if module == CONFERENCE and call.backup_of(pool).tracks[CONFERENCE].left_behind:
        return "NonSteadyState"
    behind = max((track.unsynced for _, track in tracks), default=timedelta())
    interval = cast("timedelta", world.configuration.backup_service["SyncInterval"])
    if behind > 2 * interval + _SETTLED:
        return "NonSteadyState"
    writes = any(owner.spec.users and not owner.read_only for owner, _ in tracks)
    return "SteadyState" if writes or behind else "FinalState"


def _store_status(call: Call, pool: PoolRuntime) -> str:
    """NotInitialized on a pool that is not the active master: normal (fact:
    backup-module-states).
    """
    store = call.world.store
    copy = store.copies.get(pool.fqdn)
    if copy is None or not copy.active:
        return "NotInitialized"
    if not call.world.backup_runs(pool):
        return "ErrorState"
    return "SteadyState" if store.written else "FinalState"


@changes("Invoke-CsBackupServiceSync")
def invoke_cs_backup_service_sync(call: Call) -> None:
    """Synchronises what this pool exports, now.

    It has neither -WhatIf nor -Confirm and returns nothing.
    """
    world = call.world
    with world.lock:
        _refuse_unauthorized(call)
        pool = _running_service(call)
        known = BACKUP_MODULES + (RGS_BACKUP_MODULES if pool.version is Product.V2019 else ())
        wanted = {
            name
            for name in known
            if not call.given("BackupModule")
            or name.casefold() == call.text("BackupModule").casefold()
        }
        if not wanted:
            message = placeholders.BAD_BACKUP_MODULE.format(
                value=call.text("BackupModule"), values=", ".join(known)
            )
            call.fail(message, category="InvalidArgument")
    if not call.start():
        return
    call.wait(_SYNC)
    with world.lock:
        settle(world)
        if not world.backup_runs(pool) or pool.fqdn in world.faults.sync_error:
            call.fail(placeholders.BACKUP_SERVICE_STUCK.format(pool=pool.fqdn), target=pool.fqdn)
        _synchronize(call, pool, wanted)


def _synchronize(call: Call, pool: PoolRuntime, modules: set[str]) -> None:
    world = call.world
    for module in modules & {PRESENCE, CONFERENCE}:
        for _, track in _exported(call, pool, module):
            track.initialized, track.copied = True, world.now()
    if CONFERENCE in modules:
        call.backup_of(pool).tracks[CONFERENCE].start_restoring(world.now())
    if STORE_MODULE in modules and pool.fqdn == world.store.point:
        for copy in standby_copies(world.store.copies.values()):
            copy.configuration = world.configuration
        world.store.written.clear()


@reads("Get-CsBackupServiceConfiguration")
def get_cs_backup_service_configuration(call: Call) -> Iterator[RemoteObject]:
    """The global configuration (fact: backup-service-configuration); some properties are of later
    versions.
    """
    source = (
        call.machine.replica.configuration if call.flag("LocalStore") else call.world.configuration
    )
    version = call.world.version_of(call.machine.fqdn)
    absent = {
        *(("MaxHighPriQueuePercentagePerUserStoreSync",) if version is Product.V2013 else ()),
        *(("EnableRgsBackupService",) if version is not Product.V2019 else ()),
    }
    for identity in chosen(call, ("Global",), lambda name: (name,), placeholders.UNKNOWN_ITEM):
        settings = {
            name: value for name, value in source.backup_service.items() if name not in absent
        }
        yield call.make(_CONFIGURATION, {"Identity": identity, **settings}, text=identity)


@changes("Set-CsBackupServiceConfiguration")
def set_cs_backup_service_configuration(call: Call) -> None:
    """Changes the global configuration."""
    world = call.world
    with world.lock:
        if call.given("Identity") and call.text("Identity").casefold() != "global":
            call.fail(
                placeholders.UNKNOWN_ITEM.format(call.text("Identity")), category="ObjectNotFound"
            )
        interval = call.duration("SyncInterval")
        if interval is not None and not _SHORTEST <= interval <= _LONGEST:
            call.fail(placeholders.BAD_SYNC_INTERVAL, category="InvalidArgument")
    if not call.should_process("Global") or not call.start():
        return
    with world.lock:
        settings = world.configuration.backup_service
        given = {name: call.value(name) for name in settings if call.given(name)}
        call.change(attrs.evolve(world.configuration, backup_service={**settings, **given}))


@reads("Debug-CsInterPoolReplication")
def debug_cs_inter_pool_replication(call: Call) -> Iterator[str]:
    """Compares both stores; fails when no backup pool is assigned; returns text (fact: pairing).

    The text is invented.
    """
    call.require_group()
    pool = call.front_end_pool()
    backup = call.backup_of(pool)
    modules = {"PresenceFocus": PRESENCE, "DataConf": CONFERENCE}
    wanted = call.text("BackupModule") or "All"
    for name, module in modules.items():
        if wanted in ("All", name):
            same = not pool.tracks[module].unsynced and not pool.tracks[module].left_behind
            yield f"{module}: {pool.fqdn} -> {backup.fqdn}: {'identical' if same else 'different'}"
