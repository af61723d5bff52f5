"""A reading as metrics. Names and units follow the conventions of Prometheus: seconds, and times
as seconds since 1970.

What could not be read is absent: a metric that says 0 says that somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from lyncops.checks.synchronisation import BackupServiceReport, SyncState
from lyncops.deployment.central_management import CentralManagement
from lyncops.deployment.model import Deployment, PoolState
from lyncops.exporter.reading import Direction, Reading, Seen
from lyncops.procedures.readiness import Readiness, ReadinessVerdict
from lyncops.values import Unread

Row = tuple[Sequence[str], float]
_VERDICTS: Final = {
    ReadinessVerdict.READY: "ready",
    ReadinessVerdict.READY_WITH_WARNINGS: "warnings",
    ReadinessVerdict.NOT_READY: "not_ready",
}
_MODULE: Final = ("source", "target", "module")


def metrics_of(reading: Reading, now: datetime) -> Iterator[Metric]:
    """All metrics of a reading, as they are asked for at `now`."""
    yield from _of_reading(reading, now)
    if reading.seen is not None:
        yield from _of_deployment(reading.seen)
    yield _gauge(
        "backup_service_last_steady_timestamp_seconds",
        "When a module of the Backup Service was last seen steady by this exporter.",
        _MODULE,
        ((direction, at.timestamp()) for direction, at in _known(reading)),
    )


def _known(reading: Reading) -> Iterator[tuple[Direction, datetime]]:
    """The modules that were steady once, in one order."""
    yield from sorted(reading.steady_at.items())


def _of_reading(reading: Reading, now: datetime) -> Iterator[Metric]:
    yield _gauge(
        "reading_success",
        "Whether the last reading reached the servers.",
        (),
        [((), float(reading.seen is not None))],
    )
    yield _gauge(
        "reading_timestamp_seconds",
        "When the last reading ended.",
        (),
        [((), reading.ended_at.timestamp())],
    )
    if reading.succeeded_at is not None:
        yield _gauge(
            "reading_success_timestamp_seconds",
            "When the last reading that reached the servers ended.",
            (),
            [((), reading.succeeded_at.timestamp())],
        )
    yield _gauge(
        "reading_age_seconds",
        "How old the last reading is now.",
        (),
        [((), max(0.0, (now - reading.ended_at).total_seconds()))],
    )
    yield _gauge(
        "reading_duration_seconds",
        "How long the last reading took.",
        (),
        [((), (reading.ended_at - reading.began_at).total_seconds())],
    )
    readings = CounterMetricFamily("lyncops_readings", "Readings since the exporter began.")
    readings.add_metric((), reading.read)
    yield readings
    errors = CounterMetricFamily(
        "lyncops_reading_errors", "Readings that reached no server.", labels=["error"]
    )
    for error, number in sorted(reading.failed.items()):
        errors.add_metric((error,), number)
    yield errors


def _of_deployment(seen: Seen) -> Iterator[Metric]:
    deployment = seen.deployment
    version = "" if isinstance(deployment.version, Unread) else deployment.version.value
    yield _gauge(
        "deployment_info",
        "The deployment and its version.",
        ("deployment", "version"),
        [((deployment.name, version), 1)],
    )
    yield _gauge(
        "unread_answers",
        "Answers of the last reading that could not be read.",
        (),
        [((), len([one for one in deployment.unread if one != deployment.rights]))],
    )
    yield from _of_pools(deployment)
    yield from _of_backup_service(seen.backup_service)
    yield from _of_store(deployment.central_management)
    yield from _of_readiness(seen.readiness)


def _of_pools(deployment: Deployment) -> Iterator[Metric]:
    pools = deployment.front_end_pools
    yield _gauge(
        "pool_state",
        "The state of a pool: 1 for the one that it is in.",
        ("pool", "state"),
        _choices(((pool.fqdn,), pool.state) for pool in pools if isinstance(pool.state, PoolState)),
    )
    asked = [
        pool
        for pool in pools
        if not any(isinstance(m.services, Unread) and not m.services.asked for m in pool.machines)
    ]
    yield _gauge(
        "pool_machines",
        "The servers of a pool.",
        ("pool",),
        (((pool.fqdn,), len(pool.machines)) for pool in asked),
    )
    yield _gauge(
        "pool_machines_up",
        "The servers of a pool whose Front-End service runs.",
        ("pool",),
        (((pool.fqdn,), len(pool.machines_up)) for pool in asked),
    )


def _of_backup_service(report: BackupServiceReport) -> Iterator[Metric]:
    yield _gauge(
        "backup_service_state",
        "The state of a module of the Backup Service: 1 for the one that it is in.",
        (*_MODULE, "state"),
        _choices(
            ((direction.source, direction.target, module.name), module.state)
            for direction in report.directions
            if isinstance(direction.modules, tuple)
            for module in direction.modules
        ),
    )
    yield _gauge(
        "backup_service_direction_state",
        "The worst state of what a pool copies to its backup pool: 1 for the one that it is in.",
        ("source", "target", "state"),
        _choices(
            ((direction.source, direction.target), direction.state)
            for direction in report.directions
        ),
    )
    if not isinstance(report.settings, Unread):
        yield _gauge(
            "backup_service_sync_interval_seconds",
            "How often the Backup Service copies.",
            (),
            [((), report.settings.sync_interval.total_seconds())],
        )


def _of_store(store: CentralManagement) -> Iterator[Metric]:
    copies = () if isinstance(store.copies, Unread) else store.copies
    yield _gauge(
        "store_active",
        "Whether the copy of the Central Management store on a pool is the active one.",
        ("pool",),
        (((one.pool,), float(one.active)) for one in copies if isinstance(one.active, bool)),
    )
    replicas = () if isinstance(store.replicas, Unread) else store.replicas
    yield _gauge(
        "replica_up_to_date",
        "Whether the replica of the configuration on a computer is up to date.",
        ("computer",),
        (((one.computer,), float(one.up_to_date)) for one in replicas),
    )
    yield _gauge(
        "replica_last_report_timestamp_seconds",
        "When the replica on a computer last reported its status.",
        ("computer",),
        (
            ((one.computer,), one.last_status_report.timestamp())
            for one in replicas
            if one.last_status_report is not None
        ),
    )


def _of_readiness(found: Readiness) -> Iterator[Metric]:
    modes = [((pool.pool, mode.mode.value), mode) for pool in found.pools for mode in pool.modes]
    yield _gauge(
        "readiness",
        "Could the pool be failed over now in this mode: 1 for the verdict that it has.",
        ("pool", "mode", "verdict"),
        (
            ((*labels, word), float(mode.verdict is verdict))
            for labels, mode in modes
            for verdict, word in _VERDICTS.items()
        ),
    )
    yield _gauge(
        "readiness_obstacles",
        "The checks that refuse the failover of a pool in this mode.",
        ("pool", "mode"),
        ((labels, len(mode.obstacles)) for labels, mode in modes),
    )


def _choices(states: Iterable[tuple[Sequence[str], PoolState | SyncState]]) -> Iterator[Row]:
    """A row for each state that there is; 1 for the one that holds."""
    for labels, state in states:
        every: type[StrEnum] = type(state)
        for each in every:
            yield (*labels, each.value), float(each is state)


def _gauge(name: str, about: str, labels: Sequence[str], rows: Iterable[Row]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"lyncops_{name}", about, labels=labels)
    for values, number in rows:
        family.add_metric([str(value) for value in values], number)
    return family
