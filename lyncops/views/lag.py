"""How far each direction of the Backup Service was behind, over several reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from lyncops.checks.synchronisation import BackupServiceReport, DirectionSync, SyncState
from lyncops.checks.words import age
from lyncops.values import Fqdn
from lyncops.views.backup_service import TONES
from lyncops.views.blocks import Block, Table, Text


@attrs.frozen(slots=True, kw_only=True)
class LagPoint:
    """One reading. `lag` is the time since it was last seen steady, None where it is not known.

    `at_least`: it was not steady in any reading before, so that the lag may be longer.
    """

    at: datetime
    state: SyncState
    lag: timedelta | None
    at_least: bool = False

    def __str__(self) -> str:
        if self.lag is None:
            return "not known"
        if self.state is SyncState.STEADY:
            return "steady"
        return f"{'at least ' if self.at_least else ''}{age(self.lag)}"


@attrs.frozen(slots=True, kw_only=True)
class DirectionLag:
    """One direction, reading by reading."""

    source: Fqdn
    target: Fqdn
    points: tuple[LagPoint, ...]

    @property
    def worst(self) -> LagPoint:
        """The reading in which it was furthest behind."""
        return max(self.points, key=lambda point: point.lag or timedelta(0))


def lags(reports: Iterable[BackupServiceReport]) -> tuple[DirectionLag, ...]:
    """The lag of each direction, in the order in which the directions were first seen."""
    reports = sorted(reports, key=lambda report: report.read_at)
    ends = dict.fromkeys((d.source, d.target) for report in reports for d in report.directions)
    return tuple(
        DirectionLag(source=source, target=target, points=tuple(_points(reports, source, target)))
        for source, target in ends
    )


def _points(
    reports: Sequence[BackupServiceReport], source: Fqdn, target: Fqdn
) -> Iterator[LagPoint]:
    steady_at: datetime | None = None
    for report in reports:
        direction = _direction(report, source, target)
        state = SyncState.UNKNOWN if direction is None else direction.state
        if state is SyncState.STEADY:
            steady_at = report.read_at
        known = state is not SyncState.UNKNOWN
        since = steady_at or reports[0].read_at
        yield LagPoint(
            at=report.read_at,
            state=state,
            lag=report.read_at - since if known else None,
            at_least=known and steady_at is None,
        )


def _direction(report: BackupServiceReport, source: Fqdn, target: Fqdn) -> DirectionSync | None:
    ends = (source, target)
    return next((d for d in report.directions if (d.source, d.target) == ends), None)


def lag_blocks(found: Iterable[DirectionLag]) -> Iterator[Block]:
    """A row for each direction: how far it is behind now, and how far it ever was."""
    rows = tuple(_row(direction) for direction in found)
    columns = ("from", "to", "state", "behind now", "furthest behind", "readings")
    yield Table(columns, rows) if rows else Text("No pair of pools was seen.")


def _row(direction: DirectionLag) -> tuple[Text | str, ...]:
    last, worst = direction.points[-1], direction.worst
    return (
        direction.source,
        direction.target,
        Text(last.state.value, TONES[last.state]),
        str(last),
        f"{worst} at {worst.at:%Y-%m-%d %H:%M:%S %Z}" if worst.lag else "-",
        str(len(direction.points)),
    )
