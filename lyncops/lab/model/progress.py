"""What happens by itself while time passes: replication of the configuration, and the Backup
Service.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, cast
from zlib import crc32

from lyncops.lab.model.state import MachineState, PoolRuntime, StoreCopy
from lyncops.lab.model.world import World

# 2-3 minutes after a change (fact: replication-time)
_FIRST_REPLICATION: Final = timedelta(minutes=2)
_REPLICATION_SPREAD: Final = 60  # seconds
# Inferred: a healthy replica reports well within the hour of fact: replica-age
_REPORT_EVERY: Final = timedelta(minutes=5)
# Nothing is looked at more often: deployments of hundreds of pools stay fast
_GRAIN: Final = timedelta(seconds=1)
_CATCH_UP: Final = 10  # a backlog is copied ten times faster than it grew: a guess


def settle(world: World) -> None:
    """Let everything happen that happens by itself until now. The caller holds the world's lock."""
    now = world.clock.now()
    elapsed = now - world.settled
    if elapsed < _GRAIN and not world.pending:
        return
    for fqdn in tuple(world.pending):
        _finish_services(world, world.machine_states[fqdn], now)
    tick = last_tick(world, now)
    for pool in world.pools.values():
        _copy_data(world, pool, (now, tick), elapsed)
    _copy_store(world, now)
    _replicate(world, now)
    world.settled = now


def _finish_services(world: World, machine: MachineState, now: datetime) -> None:
    for service in machine.services.values():
        if service.due is not None and service.due <= now:
            service.status = "Running" if service.status == "StartPending" else "Stopped"
            service.due = None
    if all(service.due is None for service in machine.services.values()):
        world.pending.discard(machine.fqdn)


def last_tick(world: World, now: datetime) -> datetime:
    """When the Backup Service last ran before `now`."""
    interval = cast("timedelta", world.configuration.backup_service["SyncInterval"])
    return world.scenario.start + ((now - world.scenario.start) // interval) * interval


def _copy_data(
    world: World, pool: PoolRuntime, times: tuple[datetime, datetime], elapsed: timedelta
) -> None:
    now, tick = times
    if pool.spec.backup_pool is None:
        return
    server = world.serving_pool(pool)
    writes = server is not None and not pool.read_only and pool.spec.users > 0
    copies = (
        server is not None
        and world.backup_runs(server)
        and pool.fqdn not in world.faults.sync_error
    )
    for track in pool.tracks.values():
        if track.restored is not None and track.restored <= now:
            track.left_behind, track.restored = timedelta(), None
        if copies and track.initialized:
            until = now if pool.read_only else tick
            reached = min(until, track.copied + _CATCH_UP * elapsed)
            track.copied = max(track.copied, min(reached, track.written) if not writes else reached)
        if writes:
            track.written = now


def _copy_store(world: World, now: datetime) -> None:
    """The Backup Service copies the store to the standby (not to be confused with replication,
    fact: backup-module-states).
    """
    store = world.store
    source = store.copies[store.point]
    if (
        len(store.claimants) != 1
        or not source.active
        or not world.backup_runs(world.pools[source.pool])
    ):
        return
    tick = last_tick(world, now)
    seen = [entry for entry in store.written if entry[0] <= tick]
    if seen and source.pool not in world.faults.sync_stuck | world.faults.sync_error:
        for copy in standby_copies(store.copies.values()):
            copy.configuration = seen[-1][1]
        store.written = store.written[len(seen) :]


def standby_copies(copies: Iterable[StoreCopy]) -> tuple[StoreCopy, ...]:
    """The copies that are not active."""
    return tuple(copy for copy in copies if not copy.active)


def replication_delay(machine: MachineState) -> timedelta:
    """How long a change takes to this machine: between two and three minutes, always the same for
    one machine.
    """
    return _FIRST_REPLICATION + timedelta(
        seconds=crc32(machine.fqdn.encode()) % _REPLICATION_SPREAD
    )


def _replicate(world: World, now: datetime) -> None:
    store = world.store
    if not world.replication_works:
        return
    for machine in world.machine_states.values():
        if not machine.runs("REPLICA"):
            continue
        replica = machine.replica
        if replica.applied < store.changed:
            done = max(
                store.changed, machine.since, replica.requested or store.changed
            ) + replication_delay(machine)
            if done > now:
                continue
            replica.applied = store.changed
            replica.configuration = store.configuration
            replica.last_creation = store.changed
            replica.last_report = done
        reports = (now - (replica.last_report or machine.since)) // _REPORT_EVERY
        if replica.last_report is None:
            replica.last_report = min(now, machine.since + replication_delay(machine))
        elif reports > 0:
            replica.last_report += reports * _REPORT_EVERY
