"""Invoke-CsPoolFailOver, Invoke-CsPoolFailBack, Get-CsPoolBackupRelationship,
Get-/Set-CsRegistrarConfiguration.

The pool named is always the one that first homed the users, in both directions (the IMPORTANT box
of the recovery guide).
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping
from datetime import timedelta
from typing import Final

import attrs

from lyncops.lab.cmdlets import placeholders
from lyncops.lab.cmdlets.call import Call
from lyncops.lab.cmdlets.registry import changes, reads
from lyncops.lab.cmdlets.selection import chosen
from lyncops.lab.cmdlets.shapes import EnumValue
from lyncops.lab.model.progress import settle
from lyncops.lab.model.state import CONFERENCE, Loss, PoolRuntime
from lyncops.lab.model.switches import RelationShape
from lyncops.values import Fqdn, RemoteObject

_RELATION: Final = "Microsoft.Rtc.Management.Hadr.BackupService.BackupRelation"
_REGISTRAR_SETTINGS: Final = (
    "Microsoft.Rtc.Management.WritableConfig.Settings.Registrar.RegistrarSettings"
)
# 15-20 minutes, measured for up to 200,000 users (fact: recovery-figures)
_FAILOVER_BASE: Final = timedelta(minutes=15)
_FAILOVER_SPREAD: Final = timedelta(minutes=5)
_MEASURED_USERS: Final = 200_000
# Up to 60 minutes for 20,000 users (fact: failback)
_FAILBACK_PER_USER: Final = timedelta(minutes=60) / 20_000
_FAILBACK_LEAST: Final = timedelta(minutes=5)  # `several minutes` (fact: failback)
_FINAL_SYNC: Final = timedelta(seconds=30)  # a guess
_ITEMS_PER_USER_MINUTE: Final = 0.02  # a guess, for the loss count only

# Facts page 3, verbatim; the two spaces before `before` are Microsoft's.
NEXT_HOP: Final = (
    'This Front-end pool "{pool}" is specified in topology as the next hop for the Edge server.'
    " Failing over this pool may cause External access/Federation/Split-domain/XMPP features to"
    " stop working. Please use Topology Builder to change the Edge internal next hop setting to"
    " point to a different Front-end pool,  before you proceed."
)


@changes("Invoke-CsPoolFailOver")
def invoke_cs_pool_failover(call: Call) -> None:
    """Moves the users to the backup pool.

    Refuses, in this order: unknown or unpaired pool; store not available; already failed over; the
    backup pool itself failed over; the backup pool or (without -DisasterMode) the pool unreachable;
    an Edge pool that has the pool as next hop. Returns nothing (fact: no-output). A pool left
    FailingOver by a failure can be failed over again (fact: store-before-pool).
    """
    world = call.world
    with world.lock:
        if call.flag("WhatIf") and not world.switches.what_if_checks:
            call.should_process(call.fqdn("PoolFqdn"), high_impact=True)
            return
        pool = call.front_end_pool()
        backup = call.backup_of(pool)
        _refuse_failover(call, pool, backup)
        if _is_next_hop(call, pool) and not (
            call.flag("Force") and world.switches.force_passes_next_hop
        ):
            message = NEXT_HOP.format(pool=pool.fqdn)
            if world.switches.next_hop_terminates:
                call.fail(message, target=pool.fqdn)
            call.error(message, target=pool.fqdn)
            return
    if not call.should_process(pool.fqdn, high_impact=True) or not call.start():
        return
    with _moving(call, pool):
        _fail_over(call, pool, backup)


@contextlib.contextmanager
def _moving(call: Call, pool: PoolRuntime) -> Generator[None]:
    """One failover or failback of a pool at a time."""
    with call.world.lock:
        if pool.moving:
            call.fail(
                placeholders.BUSY.format(pool=pool.fqdn), category="ResourceBusy", target=pool.fqdn
            )
        pool.moving = True
    try:
        yield
    finally:
        pool.moving = False


def _refuse_failover(call: Call, pool: PoolRuntime, backup: PoolRuntime) -> None:
    world = call.world
    if not world.store_works:
        call.fail(placeholders.STORE_NOT_AVAILABLE, category="ResourceUnavailable")
    if world.configuration.pool_states[pool.fqdn] == "FailedOver":
        call.fail(
            placeholders.ALREADY_FAILED_OVER.format(pool=pool.fqdn, backup=backup.fqdn),
            target=pool.fqdn,
        )
    if pool.moving:
        call.fail(
            placeholders.BUSY.format(pool=pool.fqdn), category="ResourceBusy", target=pool.fqdn
        )
    if backup.serving == pool.fqdn or world.configuration.pool_states[backup.fqdn] == "FailingOver":
        call.fail(
            placeholders.BACKUP_IS_FAILED_OVER.format(pool=pool.fqdn, backup=backup.fqdn),
            target=pool.fqdn,
        )
    if not world.is_alive(backup) or not world.has_sql(backup):
        message = placeholders.BACKUP_POOL_DOWN.format(pool=pool.fqdn, backup=backup.fqdn)
        call.fail(message, category="ConnectionError", target=backup.fqdn)
    if not call.flag("DisasterMode") and not (world.is_alive(pool) and world.has_sql(pool)):
        # Also when only the SQL Server of the back end is down (fact: disaster-failover).
        call.fail(
            placeholders.POOL_UNREACHABLE.format(pool=pool.fqdn),
            category="ConnectionError",
            target=pool.fqdn,
        )


def _is_next_hop(call: Call, pool: PoolRuntime) -> bool:
    edges = call.world.configuration.of_role("EdgeServer")
    return any(edge.properties["Registrar"] == f"Registrar:{pool.fqdn}" for edge in edges)


def _fail_over(call: Call, pool: PoolRuntime, backup: PoolRuntime) -> None:
    world = call.world
    disaster = call.flag("DisasterMode")
    steps = [
        step.format(pool=pool.fqdn, backup=backup.fqdn) for step in placeholders.FAILOVER_STEPS
    ]
    duration = _FAILOVER_BASE + _FAILOVER_SPREAD * min(pool.spec.users / _MEASURED_USERS, 1)
    call.verbose(steps[0])
    if disaster and world.is_alive(pool):
        call.warn(placeholders.POOL_ALIVE_IN_DISASTER_MODE.format(pool=pool.fqdn))
    with world.lock:
        call.change(world.configuration.with_pool_state(pool.fqdn, "FailingOver"))
        pool.read_only = not disaster
    call.verbose(steps[1])
    call.wait(duration * 0.4, call.name, steps[1], span=(0, 40))
    if not disaster:
        _reach_final_state(call, pool)
    call.verbose(steps[2])
    call.wait(duration * 0.6, call.name, steps[2], span=(40, 100))
    with world.lock:
        settle(world)
        _refuse_if_lost(call, backup, *(() if disaster else (pool,)))
        if disaster:
            _lose(call, pool)
        pool.serving, pool.read_only, pool.failed_over_at = backup.fqdn, False, world.now()
        for track in pool.tracks.values():
            track.written = track.copied = world.now()
        call.change(world.configuration.with_pool_state(pool.fqdn, "FailedOver"))
    call.verbose(steps[3])


def _reach_final_state(call: Call, pool: PoolRuntime) -> None:
    """The pool is read-only: the Backup Service copies the rest until nothing more can change
    (fact: planned-failover).
    """
    world = call.world
    call.wait(_FINAL_SYNC, span=(40, 40))
    with world.lock:
        settle(world)
        behind = max((track.unsynced for track in pool.tracks.values()), default=timedelta())
        stuck = not world.backup_runs(pool) or pool.fqdn in world.faults.sync_error
        uninitialized = not all(track.initialized for track in pool.tracks.values())
        if stuck or uninitialized:
            pool.read_only = False
            call.change(world.configuration.with_pool_state(pool.fqdn, "Active"))
            call.fail(placeholders.NOT_FINAL_STATE.format(pool=pool.fqdn), target=pool.fqdn)
    call.wait(behind / 10, span=(40, 40))


def _refuse_if_lost(call: Call, *needed: PoolRuntime) -> None:
    """Fail when a pool or the store was lost meanwhile; the pool stays in the state that it had
    reached.
    """
    for pool in needed:
        if not call.world.is_alive(pool):
            call.fail(
                placeholders.MIDWAY.format(cmdlet=call.name, target=pool.fqdn),
                category="ConnectionError",
                target=pool.fqdn,
            )
    if not call.world.store_writable:
        call.fail(placeholders.STORE_NOT_AVAILABLE, category="ResourceUnavailable")


def _lose(call: Call, pool: PoolRuntime) -> None:
    """What was not copied is lost (fact: disaster-failover); it is counted so that a test
    can ask.
    """
    unsynced: Mapping[str, timedelta] = {
        name: track.unsynced for name, track in pool.tracks.items()
    }
    minutes = sum(span.total_seconds() / 60 for span in unsynced.values())
    items = round(minutes * pool.spec.users * _ITEMS_PER_USER_MINUTE)
    call.world.losses.append(
        Loss(at=call.world.now(), cmdlet=call.name, pool=pool.fqdn, unsynced=unsynced, items=items)
    )


@changes("Invoke-CsPoolFailBack")
def invoke_cs_pool_failback(call: Call) -> None:
    """Moves the users home; -PoolFqdn is that of the failover.

    -DisasterMode means that the *backup* pool is gone; what was written there is lost (fact:
    failback-disaster). Refuses: unknown or unpaired pool; store not available; a pool that is not
    failed over; the pool unreachable; without -DisasterMode, the backup pool unreachable. Returns
    nothing.
    """
    world = call.world
    with world.lock:
        if call.flag("WhatIf") and not world.switches.what_if_checks:
            call.should_process(call.fqdn("PoolFqdn"), high_impact=True)
            return
        pool = call.front_end_pool()
        backup = call.backup_of(pool)
        if not world.store_works:
            call.fail(placeholders.STORE_NOT_AVAILABLE, category="ResourceUnavailable")
        state = world.configuration.pool_states[pool.fqdn]
        if state != "FailedOver":
            call.fail(
                placeholders.NOT_FAILED_OVER.format(pool=pool.fqdn, state=state), target=pool.fqdn
            )
        if not world.is_alive(pool) or not world.has_sql(pool):
            call.fail(
                placeholders.POOL_STILL_DOWN.format(pool=pool.fqdn),
                category="ConnectionError",
                target=pool.fqdn,
            )
        disaster = call.flag("DisasterMode")
        if not disaster and not (world.is_alive(backup) and world.has_sql(backup)):
            message = placeholders.BACKUP_POOL_DOWN.format(pool=pool.fqdn, backup=backup.fqdn)
            call.fail(message, category="ConnectionError", target=backup.fqdn)
    if not call.should_process(pool.fqdn, high_impact=True) or not call.start():
        return
    with _moving(call, pool):
        _fail_back(call, pool, backup, disaster=disaster)


def _fail_back(call: Call, pool: PoolRuntime, backup: PoolRuntime, *, disaster: bool) -> None:
    world = call.world
    steps = [
        step.format(pool=pool.fqdn, backup=backup.fqdn) for step in placeholders.FAILBACK_STEPS
    ]
    duration = max(_FAILBACK_LEAST, _FAILBACK_PER_USER * pool.spec.users)
    call.verbose(steps[0])
    if disaster and world.is_alive(backup):
        call.warn(placeholders.POOL_ALIVE_IN_DISASTER_MODE.format(pool=backup.fqdn))
    if not disaster:
        with world.lock:
            pool.read_only = True
        call.verbose(steps[1])
        try:
            call.wait(duration * 0.5, call.name, steps[1], span=(0, 50))
        finally:
            pool.read_only = False
    call.verbose(steps[2])
    call.wait(duration * 0.5, call.name, steps[2], span=(50, 100))
    with world.lock:
        settle(world)
        _refuse_if_lost(call, pool, *(() if disaster else (backup,)))
        if disaster:
            _lose(call, pool)
        elif pool.failed_over_at is not None:
            # Conference content stays on the backup pool until it is synchronised from there (fact:
            # conference-content).
            pool.tracks[CONFERENCE].left_behind += world.now() - pool.failed_over_at
        pool.serving, pool.failed_over_at = pool.fqdn, None
        for track in pool.tracks.values():
            track.written = track.copied = world.now()
        ended = "Active" if world.switches.failback_ends_as_active else "FailedBack"
        call.change(world.configuration.with_pool_state(pool.fqdn, ended))
    call.verbose(steps[3])


@reads("Get-CsPoolBackupRelationship")
def get_cs_pool_backup_relationship(call: Call) -> Iterator[object]:
    """The backup pool; nothing for an unpaired pool.

    Property names are not established (fact: backup-relation).
    """
    pool = call.front_end_pool()
    backup = pool.spec.backup_pool
    if backup is None:
        return
    shape = call.world.switches.backup_relation
    if shape is RelationShape.STRING:
        yield str(backup)
    else:
        first, second = shape.value.split(", ")
        yield call.make(_RELATION, {first: pool.fqdn, second: backup}, text=_RELATION)


@reads("Get-CsRegistrarConfiguration")
def get_cs_registrar_configuration(call: Call) -> Iterator[RemoteObject]:
    """`Global`, and one `Service:Registrar:<pool>` for each Front End pool, which carries PoolState
    (fact: pool-state).
    """
    configuration = (
        call.machine.replica.configuration if call.flag("LocalStore") else call.world.configuration
    )
    entries: dict[str, Fqdn | None] = {"Global": None}
    by_default = call.world.switches.pool_state_global
    entries |= {
        f"Service:Registrar:{fqdn}": fqdn
        for fqdn, state in configuration.pool_states.items()
        if not by_default or state != "Active" or configuration.registrar_settings.get(fqdn)
    }
    for identity in chosen(
        call, entries, lambda name: (name, name.removeprefix("Service:")), placeholders.UNKNOWN_ITEM
    ):
        fqdn = entries[identity]
        state = configuration.pool_states[fqdn] if fqdn is not None else "Active"
        values: dict[str, object] = {
            "Identity": identity,
            "MinEndpointExpiration": 300,
            "MaxEndpointExpiration": 900,
            "DefaultEndpointExpiration": 600,
            "MaxEndpointsPerUser": 8,
            "EnableDHCPServer": False,
            "MaxUserCount": 200_000,
            "BackupStoreUnavailableThreshold": timedelta(minutes=5),
            **(configuration.registrar_settings.get(fqdn, {}) if fqdn is not None else {}),
        }
        if call.world.switches.pool_state_present:
            values["PoolState"] = EnumValue("PoolState", state)
        yield call.make(_REGISTRAR_SETTINGS, values, text=identity)


@changes("Set-CsRegistrarConfiguration")
def set_cs_registrar_configuration(call: Call) -> None:
    """Settings of a pool's registrar. PoolState can be written by hand; it moves no user."""
    world = call.world
    identity = call.text("Identity").removeprefix("Service:").removeprefix("service:")
    with world.lock:
        record = world.configuration.service(identity)
        if record is None or record.role != "Registrar":
            call.fail(
                placeholders.UNKNOWN_ITEM.format(call.text("Identity")), category="ObjectNotFound"
            )
        if not call.should_process(f"Service:{record.identity}") or not call.start():
            return
        configuration = world.configuration
        if call.given("PoolState"):
            configuration = configuration.with_pool_state(record.pool, call.text("PoolState"))
        known = (
            "MinEndpointExpiration",
            "MaxEndpointExpiration",
            "DefaultEndpointExpiration",
            "MaxEndpointsPerUser",
            "EnableDHCPServer",
        )
        given = {
            name: call.value(name)
            for name in (*known, "MaxUserCount", "BackupStoreUnavailableThreshold")
            if call.given(name)
        }
        settings = {**configuration.registrar_settings.get(record.pool, {}), **given}
        call.change(
            attrs.evolve(
                configuration,
                registrar_settings={**configuration.registrar_settings, record.pool: settings},
            )
        )
