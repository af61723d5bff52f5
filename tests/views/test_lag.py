from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import attrs

from lyncops.checks.synchronisation import (
    BackupServiceReport,
    SyncState,
    backup_service_report,
    silent_report,
)
from lyncops.deployment.backup_module import BackupModule, ExportState, ImportState
from lyncops.views.blocks import plain_lines
from lyncops.views.lag import DirectionLag, lag_blocks, lags
from tests.deployments import NOW, P1, P2, changed, two_sites

MINUTE = timedelta(minutes=1)


def report(minute: int, export: ExportState) -> BackupServiceReport:
    module = BackupModule(
        name="UserServices.PresenceFocus", export=export, import_=ImportState.NORMAL
    )
    deployment = changed(two_sites(), P1, backup_modules=(module,))
    return backup_service_report(attrs.evolve(deployment, read_at=NOW + minute * MINUTE), (P1,))


def from_p1(reports: Sequence[BackupServiceReport]) -> DirectionLag:
    return next(each for each in lags(reports) if (each.source, each.target) == (P1, P2))


def test_a_direction_is_behind_since_it_was_last_seen_steady() -> None:
    steady, behind = ExportState.STEADY, ExportState.NON_STEADY
    found = from_p1([report(0, steady), report(2, behind), report(5, behind), report(6, steady)])
    assert [point.lag for point in found.points] == [0 * MINUTE, 2 * MINUTE, 5 * MINUTE, 0 * MINUTE]
    assert str(found.worst) == "5 minutes"
    assert str(found.points[-1]) == "steady"


def test_where_it_was_never_steady_the_lag_is_a_least_one() -> None:
    found = from_p1([report(0, ExportState.NON_STEADY), report(4, ExportState.NON_STEADY)])
    assert str(found.points[-1]) == "at least 4 minutes"


def test_what_could_not_be_read_has_no_lag_and_says_so() -> None:
    silent = silent_report("no server answers", NOW + 3 * MINUTE)
    found = from_p1([report(0, ExportState.STEADY), silent, report(4, ExportState.NON_STEADY)])
    assert [point.lag for point in found.points] == [0 * MINUTE, None, 4 * MINUTE]
    assert str(found.points[1]) == "not known"
    assert found.points[1].state is SyncState.UNKNOWN


def test_the_order_of_the_reports_does_not_matter() -> None:
    reports = [report(minute, ExportState.NON_STEADY) for minute in (0, 1, 2)]
    assert lags(reports) == lags(reversed(reports))


def test_the_table_tells_now_and_the_furthest() -> None:
    reports = [report(0, ExportState.STEADY), report(9, ExportState.ERROR)]
    lines = [line for block in lag_blocks(lags(reports)) for line in plain_lines(block)]
    assert any("error" in line and "9 minutes" in line and "03:09" in line for line in lines)
    assert [line for block in lag_blocks(()) for line in plain_lines(block)] == [
        "No pair of pools was seen."
    ]
